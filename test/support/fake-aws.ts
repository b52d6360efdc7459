import type { IdentityProviderFact, IdentityProviders } from '../../functions/aws/identity-providers.ts';
import type { LaunchTemplateFact, LaunchTemplates } from '../../functions/aws/launch-templates.ts';
import type { LoadBalancerFact, LoadBalancers, TargetGroupFact } from '../../functions/aws/load-balancers.ts';
import type {
  IngressRule,
  InterfaceFact,
  Networks,
  SecurityGroupFact,
  SubnetOfVpc,
} from '../../functions/aws/networks.ts';
import type { InstanceProfileFact, NodeRoleFact, NodeRoles } from '../../functions/aws/node-roles.ts';
import type { Parameters } from '../../functions/aws/parameters.ts';
import type { PoolGroupBuilt, PoolGroups } from '../../functions/aws/pool-groups.ts';
import type { SlotGroupBuilder, SlotGroupFound } from '../../functions/aws/slot-group-builder.ts';
import type { EtcdVolumeFact, Volumes } from '../../functions/aws/volumes.ts';
import { assertOwn, type Tags } from '../../functions/clusters/ownership.ts';
import { AwsRefused } from '../../functions/runtime/errors.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** AWS as the cluster tasks see it, in memory: open for tests to look at and to spoil. `effects` lists every mutation, in order. */
export interface FakeAws {
  readonly subnets: SubnetOfVpc[];
  readonly vpcCidrs: string[];
  readonly images: Map<string, string>;
  readonly securityGroups: Mutable<SecurityGroupFact>[];
  readonly interfaces: Mutable<InterfaceFact>[];
  readonly volumeList: Mutable<EtcdVolumeFact>[];
  readonly balancers: Map<string, Mutable<LoadBalancerFact>>;
  readonly targetGroups: Map<string, Mutable<TargetGroupFact>>;
  readonly roleMap: Map<string, Mutable<NodeRoleFact>>;
  readonly profiles: Map<string, Mutable<InstanceProfileFact>>;
  /** Permissions boundaries, by the role's name. */
  readonly boundaries: Map<string, string>;
  /** By ARN. */
  readonly providerMap: Map<string, Mutable<IdentityProviderFact>>;
  readonly templateMap: Map<string, Mutable<LaunchTemplateFact>>;
  readonly groupMap: Map<string, Mutable<SlotGroupFound>>;
  readonly effects: string[];
  /** Called before each mutation; may throw, as AWS may. */
  onEffect: (name: string) => void;
  readonly networks: Networks;
  readonly volumes: Volumes;
  readonly loadBalancers: LoadBalancers;
  readonly roles: NodeRoles;
  readonly providers: IdentityProviders;
  readonly templates: LaunchTemplates;
  readonly groups: SlotGroupBuilder;
  readonly poolGroupMap: Map<string, Mutable<PoolGroupBuilt>>;
  readonly poolGroups: PoolGroups;
  readonly parameters: Parameters;
}

const defaultImage = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64';

/** An empty VPC 10.0.0.0/16 with one subnet in each of the zones a, b and c. */
export function fakeAws(): FakeAws {
  let count = 0;
  const state = {
    subnets: ['a', 'b', 'c'].map((letter, index) => ({
      subnetId: `subnet-${letter}`,
      zone: `us-east-1${letter}`,
      cidr: `10.0.${index}.0/24`,
    })),
    vpcCidrs: ['10.0.0.0/16'],
    images: new Map([[defaultImage, 'ami-0123456789abcdef0']]),
    securityGroups: [],
    interfaces: [],
    volumeList: [],
    balancers: new Map(),
    targetGroups: new Map(),
    roleMap: new Map(),
    profiles: new Map(),
    boundaries: new Map(),
    providerMap: new Map(),
    templateMap: new Map(),
    groupMap: new Map(),
    poolGroupMap: new Map(),
    effects: [],
    onEffect: () => {},
  } as unknown as Mutable<FakeAws>;
  const effect = (name: string) => {
    state.onEffect(name);
    state.effects.push(name);
    count += 1;
    return String(count).padStart(4, '0');
  };
  state.networks = fakeNetworks(state, effect);
  state.volumes = fakeVolumes(state, effect);
  state.loadBalancers = fakeLoadBalancers(state, effect);
  state.roles = fakeRoles(state, effect);
  state.providers = fakeProviders(state, effect);
  state.templates = fakeTemplates(state, effect);
  state.groups = fakeGroups(state, effect);
  state.poolGroups = fakePoolGroups(state, effect);
  state.parameters = { value: async (name) => state.images.get(name) };
  return state;
}

type Effect = (name: string) => string;

const copy = <T>(value: T): T => structuredClone(value);

function retag(resource: { tags: Tags } | undefined, wanted: Tags) {
  if (resource) resource.tags = { ...resource.tags, ...wanted };
}

function fakeNetworks(state: FakeAws, effect: Effect): Networks {
  const group = (id: string) => state.securityGroups.find((one) => one.securityGroupId === id);
  const same = (left: IngressRule, right: IngressRule) => JSON.stringify(left) === JSON.stringify(right);
  return {
    subnets: async (ids) => state.subnets.filter(({ subnetId }) => ids.includes(subnetId)),
    vpcCidrs: async () => state.vpcCidrs,
    securityGroups: async (_vpcId, names) =>
      copy(state.securityGroups.filter(({ name }) => names.includes(name))),
    async createSecurityGroup({ name, tags }) {
      const made = { securityGroupId: `sg-${effect('createSecurityGroup')}`, name, tags, ingress: [] };
      state.securityGroups.push(made);
      return copy(made);
    },
    async allowIngress({ securityGroupId, tags }, rules, owner) {
      assertOwn(securityGroupId, tags, owner);
      effect('allowIngress');
      const one = group(securityGroupId);
      if (one) one.ingress = [...one.ingress, ...rules];
    },
    async revokeIngress({ securityGroupId, tags }, rules, owner) {
      assertOwn(securityGroupId, tags, owner);
      effect('revokeIngress');
      const one = group(securityGroupId);
      if (one) one.ingress = one.ingress.filter((present) => !rules.some((rule) => same(rule, present)));
    },
    interfaces: async (subnetIds) =>
      copy(state.interfaces.filter(({ subnetId }) => subnetIds.includes(subnetId))),
    async createInterface({ subnetId, address, securityGroupIds, tags }) {
      const id = effect('createInterface');
      if (state.interfaces.some((one) => one.subnetId === subnetId && one.addresses.includes(address)))
        throw new AwsRefused(`${address} is in use`, { code: 'InvalidIPAddress.InUse' });
      const made = {
        networkInterfaceId: `eni-${id}`,
        subnetId,
        addresses: [address],
        securityGroupIds,
        tags,
      };
      state.interfaces.push(made);
      return copy(made);
    },
    async setInterfaceGroups({ networkInterfaceId, tags }, securityGroupIds, owner) {
      assertOwn(networkInterfaceId, tags, owner);
      effect('setInterfaceGroups');
      const one = state.interfaces.find((present) => present.networkInterfaceId === networkInterfaceId);
      if (one) one.securityGroupIds = securityGroupIds;
    },
    async tag({ id, tags }, wanted, owner) {
      assertOwn(id, tags, owner);
      effect('tagNetwork');
      retag(group(id) ?? state.interfaces.find((one) => one.networkInterfaceId === id), wanted);
    },
  };
}

function fakeVolumes(state: FakeAws, effect: Effect): Volumes {
  const tokens = new Map<string, EtcdVolumeFact>();
  const find = (id: string) => state.volumeList.find(({ volumeId }) => volumeId === id);
  return {
    ofCluster: async (cluster) =>
      copy(state.volumeList.filter(({ tags }) => tags['trivet:cluster'] === cluster)),
    async create({ zone, shape, tags, clientToken }) {
      const known = tokens.get(clientToken);
      if (known) return copy(known);
      const made = { volumeId: `vol-${effect('createVolume')}`, state: 'available', zone, tags, ...shape };
      tokens.set(clientToken, made);
      state.volumeList.push(made);
      return copy({ ...made, state: 'creating' });
    },
    async modify({ volumeId, tags }, shape, owner) {
      assertOwn(volumeId, tags, owner);
      effect('modifyVolume');
      Object.assign(find(volumeId) ?? {}, shape);
    },
    async tag({ volumeId, tags }, wanted, owner) {
      assertOwn(volumeId, tags, owner);
      effect('tagVolume');
      retag(find(volumeId), wanted);
    },
  };
}

function fakeLoadBalancers(state: FakeAws, effect: Effect): LoadBalancers {
  const balancer = (arn: string) => [...state.balancers.values()].find((one) => one.arn === arn);
  const group = (arn: string) => [...state.targetGroups.values()].find((one) => one.arn === arn);
  return {
    find: async (name) => copy(state.balancers.get(name)),
    findTargetGroup: async (name) => copy(state.targetGroups.get(name)),
    async create({ name, scheme, subnetIds, securityGroupIds, tags }) {
      effect('createLoadBalancer');
      const dnsName = `${name}-0123456789abcdef.elb.us-east-1.amazonaws.com`;
      const arn = `arn:lb/${name}`;
      const places = { scheme, subnetIds, securityGroupIds };
      state.balancers.set(name, { arn, dnsName, ...places, attributes: {}, listeners: {}, tags });
      return copy({ arn, dnsName, ...places, attributes: {}, listeners: {}, tags });
    },
    async createTargetGroup({ name, tags }) {
      effect('createTargetGroup');
      state.targetGroups.set(name, { arn: `arn:tg/${name}`, attributes: {}, addresses: [], tags });
      return copy({ arn: `arn:tg/${name}`, attributes: {}, addresses: [], tags });
    },
    async createListener({ arn, tags }, { port, targetGroupArn }, owner) {
      assertOwn(arn, tags, owner);
      effect('createListener');
      const one = balancer(arn);
      if (one) one.listeners = { ...one.listeners, [port]: targetGroupArn };
    },
    async setAttributes({ arn, tags }, attributes, owner) {
      assertOwn(arn, tags, owner);
      effect('setAttributes');
      const one = balancer(arn);
      if (one) one.attributes = { ...one.attributes, ...attributes };
    },
    async setTargetGroupAttributes({ arn, tags }, attributes, owner) {
      assertOwn(arn, tags, owner);
      effect('setTargetGroupAttributes');
      const one = group(arn);
      if (one) one.attributes = { ...one.attributes, ...attributes };
    },
    async register({ arn, tags }, addresses, owner) {
      assertOwn(arn, tags, owner);
      effect('register');
      const one = group(arn);
      if (one) one.addresses = [...new Set([...one.addresses, ...addresses])].sort();
    },
    async tag({ arn, tags }, wanted, owner) {
      assertOwn(arn, tags, owner);
      effect('tagLoadBalancer');
      retag(balancer(arn) ?? group(arn), wanted);
    },
  };
}

function fakeRoles(state: FakeAws, effect: Effect): NodeRoles {
  return {
    find: async (name) => copy(state.roleMap.get(name)),
    findProfile: async (name) => copy(state.profiles.get(name)),
    async create({ name, tags, trustPolicy, boundaryArn = 'boundary of nodes' }) {
      effect('createRole');
      const made = { name, roleId: `AROA-${name}`, tags, trustPolicy: copy(trustPolicy) };
      state.roleMap.set(name, made);
      state.boundaries.set(name, boundaryArn);
      return copy(made);
    },
    async putTrustPolicy({ name, tags }, document, owner) {
      assertOwn(name, tags, owner);
      effect('putTrustPolicy');
      Object.assign(state.roleMap.get(name) ?? {}, { trustPolicy: copy(document) });
    },
    async putPolicy({ name, tags }, document, owner) {
      assertOwn(name, tags, owner);
      effect('putPolicy');
      Object.assign(state.roleMap.get(name) ?? {}, { policy: copy(document) });
    },
    async createProfile({ name, tags }) {
      effect('createProfile');
      state.profiles.set(name, { name, tags, roleNames: [] });
      return { name, tags, roleNames: [] };
    },
    async addRole({ name, tags }, roleName, owner) {
      assertOwn(name, tags, owner);
      effect('addRole');
      state.profiles.set(name, { name, tags, roleNames: [roleName] });
    },
    async tag({ name, tags }, wanted, owner) {
      assertOwn(name, tags, owner);
      effect('tagRole');
      retag(state.roleMap.get(name), wanted);
    },
  };
}

function fakeProviders(state: FakeAws, effect: Effect): IdentityProviders {
  return {
    find: async (arn) => copy(state.providerMap.get(arn)),
    async create({ url, clientId, tags }) {
      effect('createProvider');
      const arn = `arn:aws:iam::123456789012:oidc-provider/${url.replace('https://', '')}`;
      state.providerMap.set(arn, { arn, clientIds: [clientId], tags });
    },
    async addClientId({ arn, tags }, clientId, owner) {
      assertOwn(arn, tags, owner);
      effect('addClientId');
      const one = state.providerMap.get(arn);
      if (one) one.clientIds = [...one.clientIds, clientId];
    },
    async tag({ arn, tags }, wanted, owner) {
      assertOwn(arn, tags, owner);
      effect('tagProvider');
      retag(state.providerMap.get(arn), wanted);
    },
  };
}

function fakeTemplates(state: FakeAws, effect: Effect): LaunchTemplates {
  return {
    find: async (name) => copy(state.templateMap.get(name)),
    findVersion: async (id, version) => {
      const latest = [...state.templateMap.values()].find(({ launchTemplateId }) => launchTemplateId === id);
      return latest?.version === version ? copy(latest) : undefined;
    },
    async create({ name, content, tags }) {
      const launchTemplateId = `lt-${effect('createTemplate')}`;
      const instanceType = content.data.InstanceType ?? '';
      const made = { launchTemplateId, name, version: '1', dataHash: content.hash, instanceType, tags };
      state.templateMap.set(name, made);
      return copy(made);
    },
    async createVersion({ name, tags, version }, content, owner) {
      assertOwn(name, tags, owner);
      effect('createTemplateVersion');
      const next = String(Number(version) + 1);
      const { hash: dataHash, data } = content;
      const made = { version: next, dataHash, instanceType: data.InstanceType };
      Object.assign(state.templateMap.get(name) ?? {}, made);
      return next;
    },
    async createVersionOfType({ name, tags, version }, { source, instanceType }, owner) {
      assertOwn(name, tags, owner);
      effect('createVersionOfType');
      const next = String(Number(version) + 1);
      const made = { version: next, dataHash: source.dataHash, instanceType };
      Object.assign(state.templateMap.get(name) ?? {}, made);
      return next;
    },
    async tag({ name, tags }, wanted, owner) {
      assertOwn(name, tags, owner);
      effect('tagTemplate');
      retag(state.templateMap.get(name), wanted);
    },
  };
}

function fakeGroups(state: FakeAws, effect: Effect): SlotGroupBuilder {
  const single = { min: 1, max: 1, desired: 1, deletionProtection: 'prevent-all-deletion' };
  return {
    find: async (name) => copy(state.groupMap.get(name)),
    async create(shape, hook, tags) {
      effect('createGroup');
      state.groupMap.set(shape.name, { ...shape, ...single, hook, tags });
    },
    async update({ name, tags }, shape, owner) {
      assertOwn(name, tags, owner);
      effect('updateGroup');
      Object.assign(state.groupMap.get(name) ?? {}, shape, single);
    },
    async putHook({ name, tags }, hook, owner) {
      assertOwn(name, tags, owner);
      effect('putHook');
      Object.assign(state.groupMap.get(name) ?? {}, { hook });
    },
    async tag({ name, tags }, wanted, owner) {
      assertOwn(name, tags, owner);
      effect('tagGroup');
      retag(state.groupMap.get(name), wanted);
    },
  };
}

function waitsToLeave(group: PoolGroupBuilt | undefined, instanceId: string): boolean {
  return (group?.instances ?? []).some(
    (one) => one.instanceId === instanceId && one.lifecycleState === 'Terminating:Wait',
  );
}

function fakePoolGroups(state: FakeAws, effect: Effect): PoolGroups {
  const change = (name: string, changes: object) =>
    Object.assign(state.poolGroupMap.get(name) ?? {}, changes);
  return {
    find: async (name) => copy(state.poolGroupMap.get(name)),
    describe: async (names) => names.flatMap((name) => copy(state.poolGroupMap.get(name)) ?? []),
    async create(shape, hooks, tags) {
      effect('createPoolGroup');
      const fresh = { instances: [], suspended: [] };
      state.poolGroupMap.set(shape.name, { ...shape, ...fresh, desired: shape.min, hooks, tags });
    },
    async update({ name, tags, desired }, shape, owner) {
      assertOwn(name, tags, owner);
      effect('updatePoolGroup');
      change(name, { ...shape, desired: Math.min(Math.max(desired, shape.min), shape.max) });
    },
    async putHook({ name, tags }, { transition, hook }, owner) {
      assertOwn(name, tags, owner);
      effect('putPoolHook');
      change(name, { hooks: { ...state.poolGroupMap.get(name)?.hooks, [transition]: hook } });
    },
    async tag({ name, tags }, wanted, owner) {
      assertOwn(name, tags, owner);
      effect('tagPoolGroup');
      retag(state.poolGroupMap.get(name), wanted);
    },
    async setDesired(name, { from, to }, owner) {
      const group = state.poolGroupMap.get(name);
      if (group?.desired !== from) return 'changed';
      assertOwn(name, group.tags, owner);
      effect('setPoolSize');
      change(name, { desired: to });
      return 'set';
    },
    async terminate(instanceId, { decrement }) {
      const groups = [...state.poolGroupMap.values()];
      const group = groups.find(({ instances }) => instances.some((one) => one.instanceId === instanceId));
      const leaving = group?.instances.find((one) => one.instanceId === instanceId);
      if (!group || leaving?.lifecycleState.startsWith('Terminat')) return group !== undefined;
      effect('terminateWorker');
      group.instances = group.instances.map((one) =>
        one.instanceId === instanceId ? { ...one, lifecycleState: 'Terminating:Wait' } : one,
      );
      if (decrement) group.desired -= 1;
      return true;
    },
    heartbeat: async ({ group, instanceId }) => waitsToLeave(state.poolGroupMap.get(group), instanceId),
    async completeTermination({ group: name, instanceId }) {
      const group = state.poolGroupMap.get(name);
      if (!group || !waitsToLeave(group, instanceId)) return false;
      effect('completeTermination');
      group.instances = group.instances.filter((one) => one.instanceId !== instanceId);
      return true;
    },
    launchFailures: async () => [],
  };
}
