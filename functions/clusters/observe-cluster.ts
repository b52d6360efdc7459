import type { IdentityProviders } from '../aws/identity-providers.ts';
import type { IssuerDocuments } from '../aws/issuer-documents.ts';
import type { LaunchTemplateFact, LaunchTemplates } from '../aws/launch-templates.ts';
import type { LoadBalancerFact, LoadBalancers, TargetGroupFact } from '../aws/load-balancers.ts';
import type { InterfaceFact, Networks, SecurityGroupFact, SubnetOfVpc } from '../aws/networks.ts';
import type { InstanceProfileFact, NodeRoleFact, NodeRoles } from '../aws/node-roles.ts';
import type { Objects } from '../aws/objects.ts';
import type { Parameters } from '../aws/parameters.ts';
import type { PoolGroups } from '../aws/pool-groups.ts';
import type { ClusterRecord, Registry, SlotRecord } from '../aws/registry.ts';
import type { SlotGroupBuilder, SlotGroupFound } from '../aws/slot-group-builder.ts';
import type { EtcdVolumeFact, Volumes } from '../aws/volumes.ts';
import { issuerOf } from '../identity/names.ts';
import { type IdentityObservation, observeIdentity } from '../identity/observe-identity.ts';
import type { Config } from '../runtime/config.ts';
import type { PoolObservation } from '../workers/decide-pool-parts.ts';
import {
  mayReadImageParameter,
  namesOf,
  poolGroupName,
  poolResourceName,
  slotResourceName,
} from './names.ts';
import type { ClusterSpec, PoolSpec } from './spec-schema.ts';

/** What AWS has of a slot besides its volume. */
export interface SlotObservation {
  readonly slot: string;
  readonly role?: NodeRoleFact | undefined;
  readonly profile?: InstanceProfileFact | undefined;
  readonly launchTemplate?: LaunchTemplateFact | undefined;
  readonly group?: SlotGroupFound | undefined;
}

/** Everything that a plan is decided from, complete: what is not in it does not exist. A call that fails fails the observation. */
export interface ClusterObservation {
  readonly record?: ClusterRecord | undefined;
  readonly slotRecords: readonly SlotRecord[];
  /** Addresses that the registry promised to slots of other clusters. */
  readonly promisedAddresses: readonly string[];
  readonly subnets: readonly SubnetOfVpc[];
  readonly vpcCidrs: readonly string[];
  readonly imageExists: boolean;
  /** All interfaces in the deployment's subnets. */
  readonly interfaces: readonly InterfaceFact[];
  readonly securityGroups: readonly SecurityGroupFact[];
  readonly volumes: readonly EtcdVolumeFact[];
  readonly loadBalancer?: LoadBalancerFact | undefined;
  readonly targetGroup?: TargetGroupFact | undefined;
  readonly slots: readonly SlotObservation[];
  readonly pools: readonly PoolObservation[];
  /** Undefined before a cluster is recorded: its issuer is not known then. */
  readonly identity?: IdentityObservation | undefined;
}

export interface ObserveDeps {
  readonly registry: Registry;
  readonly networks: Networks;
  readonly volumes: Volumes;
  readonly loadBalancers: LoadBalancers;
  readonly roles: NodeRoles;
  readonly templates: LaunchTemplates;
  readonly groups: SlotGroupBuilder;
  readonly poolGroups: Pick<PoolGroups, 'find'>;
  readonly parameters: Parameters;
  readonly objects: Pick<Objects, 'get'>;
  readonly documents: Pick<IssuerDocuments, 'get'>;
  readonly providers: Pick<IdentityProviders, 'find'>;
}

export async function observeCluster(
  spec: ClusterSpec,
  deps: ObserveDeps,
  config: Config,
  signal: AbortSignal,
): Promise<ClusterObservation> {
  const { registry, networks, volumes, loadBalancers, parameters } = deps;
  const names = namesOf(config.deployment, spec.name);
  const groupNames = [
    names.loadBalancerSecurityGroup,
    names.controlPlaneSecurityGroup,
    names.workerSecurityGroup,
  ];
  const [record, slotRecords, promisedAddresses] = await Promise.all([
    registry.getCluster(spec.name, signal),
    registry.getSlots(spec.name, signal),
    promisedToOthers(registry, spec.name, signal),
  ]);
  const { amiParameter } = spec.controlPlane;
  const mayRead = mayReadImageParameter(config.deployment, amiParameter);
  const [subnets, vpcCidrs, image, interfaces, securityGroups, found] = await Promise.all([
    networks.subnets(config.subnetIds, signal),
    networks.vpcCidrs(config.vpcId, signal),
    mayRead ? parameters.value(amiParameter, signal) : undefined,
    networks.interfaces(config.subnetIds, signal),
    networks.securityGroups(config.vpcId, groupNames, signal),
    volumes.ofCluster(spec.name, signal),
  ]);
  const [loadBalancer, targetGroup, slots, pools, identity] = await Promise.all([
    loadBalancers.find(names.loadBalancer, signal),
    loadBalancers.findTargetGroup(names.targetGroup, signal),
    Promise.all(
      spec.zones.map((slot) =>
        observeSlot(slot, slotResourceName(config.deployment, spec.name, slot), deps, signal),
      ),
    ),
    Promise.all(spec.pools.map((pool) => observePool(spec.name, pool, deps, config.deployment, signal))),
    record &&
      observeIdentity(
        deps,
        issuerOf(config, record.layout),
        { deployment: config.deployment, cluster: spec.name },
        signal,
      ),
  ]);
  return {
    record,
    slotRecords,
    promisedAddresses,
    subnets,
    vpcCidrs,
    imageExists: image !== undefined,
    interfaces,
    securityGroups,
    volumes: found,
    loadBalancer,
    targetGroup,
    slots,
    pools,
    identity,
  };
}

async function observeSlot(
  slot: string,
  name: string,
  { roles, templates, groups }: ObserveDeps,
  signal: AbortSignal,
): Promise<SlotObservation> {
  const [role, profile, launchTemplate, group] = await Promise.all([
    roles.find(name, signal),
    roles.findProfile(name, signal),
    templates.find(name, signal),
    groups.find(name, signal),
  ]);
  return { slot, role, profile, launchTemplate, group };
}

async function observePool(
  cluster: string,
  { name: pool, zones }: PoolSpec,
  { roles, templates, poolGroups }: ObserveDeps,
  deployment: string,
  signal: AbortSignal,
): Promise<PoolObservation> {
  const name = poolResourceName(deployment, cluster, pool);
  const [role, profile, template, groups] = await Promise.all([
    roles.find(name, signal),
    roles.findProfile(name, signal),
    templates.find(name, signal),
    Promise.all(zones.map((zone) => poolGroups.find(poolGroupName(deployment, cluster, pool, zone), signal))),
  ]);
  return { pool, role, profile, template, groups: groups.flatMap((group) => group ?? []) };
}

async function promisedToOthers(registry: Registry, cluster: string, signal: AbortSignal): Promise<string[]> {
  const claims = await registry.listAddresses(signal);
  return claims.filter((claim) => claim.cluster !== cluster).map(({ address }) => address);
}
