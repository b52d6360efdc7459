import type { Owned, OwnedKind } from '../../functions/aws/owned.ts';
import type { OwnedLoadBalancers } from '../../functions/aws/owned-balancers.ts';
import type { OwnedGroup, OwnedGroups } from '../../functions/aws/owned-groups.ts';
import type { OwnedProfiles, OwnedProviders, OwnedRoles } from '../../functions/aws/owned-identities.ts';
import type { OwnedSecurityGroup, OwnedSecurityGroups } from '../../functions/aws/owned-network.ts';
import type { ObjectVersion, OwnedObjects } from '../../functions/aws/owned-objects.ts';
import type { OwnedRecords } from '../../functions/aws/owned-records.ts';
import type { OwnedVolumes } from '../../functions/aws/owned-volumes.ts';
import type { RunningExecution } from '../../functions/aws/running-executions.ts';
import {
  assertOwn,
  assertOwnObjects,
  isOwn,
  type Owner,
  type Tags,
} from '../../functions/clusters/ownership.ts';
import { AwsRefused } from '../../functions/runtime/errors.ts';
import { issuersBucketName } from '../../node/kubernetes/input.ts';
import type { FakeAws } from './fake-aws.ts';
import type { FakeIssuerDocuments } from './fake-issuer-documents.ts';
import type { FakeObjects } from './fake-objects.ts';
import type { FakeRegistry } from './fake-registry.ts';
import { testConfig } from './fake-task-context.ts';

/** An instance of a slot's or a pool's group. */
export interface FakeInstance {
  readonly group: string;
  readonly tags: Tags;
  readonly networkInterfaceId?: string;
  readonly volumeId?: string;
  /** When it began to end, by the test's clock. */
  endingAt?: number;
}

export interface FakeOwnedWorld {
  readonly aws: FakeAws;
  readonly registry: FakeRegistry;
  readonly objects: FakeObjects;
  readonly documents: FakeIssuerDocuments;
  readonly now: () => number;
}

/** So long an instance takes to end. */
const endingMilliseconds = 40_000;

/**
 * What retirement sees of a fake deployment, and how AWS lets it go: it refuses what something else still has, whatever is said of order. Open
 * for tests to look at: `instances`, `running` executions, and `strangers`, calls for what is not the cluster's.
 */
export function fakeOwned(world: FakeOwnedWorld) {
  const instances = new Map<string, FakeInstance>();
  const deletingGroups = new Set<string>();
  const running: RunningExecution[] = [];
  const live = () => settle(world, instances, deletingGroups);
  const state = { ...world, instances, deletingGroups, live };
  return {
    instances,
    running,
    /** Each slot gets its instance, each pool's group as many as it wants. */
    launch: () => launch(world, instances),
    deps: {
      ownedGroups: fakeGroups(state),
      ownedInstances: fakeInstances(state),
      ownedBalancers: fakeBalancers(state),
      ownedTargetGroups: fakeTargetGroups(state),
      ownedTemplates: fakeTemplates(state),
      ownedProfiles: fakeProfiles(state),
      ownedRoles: fakeRoles(state),
      ownedProviders: fakeProviders(state),
      ownedInterfaces: fakeInterfaces(state),
      ownedVolumes: fakeVolumes(state),
      ownedSecurityGroups: fakeSecurityGroups(state),
      ownedObjects: fakeOwnedObjects(state),
      ownedRecords: fakeRecords(state),
      runningExecutions: { of: async () => structuredClone(running) },
    },
  };
}

interface State extends FakeOwnedWorld {
  readonly instances: Map<string, FakeInstance>;
  readonly deletingGroups: Set<string>;
  readonly live: () => void;
}

function launch({ aws }: FakeOwnedWorld, instances: Map<string, FakeInstance>): void {
  const add = (group: string, tags: Tags, held: Partial<FakeInstance> = {}) =>
    instances.set(`i-${String(instances.size + 1).padStart(8, '0')}`, { group, tags, ...held });
  for (const { name, tags } of aws.groupMap.values()) {
    const ofSlot = (one: { readonly tags: Tags }) =>
      one.tags['trivet:cluster'] === tags['trivet:cluster'] &&
      one.tags['trivet:slot'] === tags['trivet:slot'];
    const networkInterfaceId = aws.interfaces.find(ofSlot)?.networkInterfaceId;
    const volumeId = aws.volumeList.find(ofSlot)?.volumeId;
    add(name, tags, { ...(networkInterfaceId && { networkInterfaceId }), ...(volumeId && { volumeId }) });
  }
  for (const { desired, name, tags } of aws.poolGroupMap.values())
    for (let one = 0; one < desired; one += 1) add(name, tags);
}

/** What time has done: instances have ended, and groups that were only waiting for them are gone. */
function settle(
  { aws, now }: FakeOwnedWorld,
  instances: Map<string, FakeInstance>,
  deletingGroups: Set<string>,
): void {
  for (const [id, { endingAt }] of instances)
    if (endingAt !== undefined && now() - endingAt >= endingMilliseconds) instances.delete(id);
  for (const name of deletingGroups) {
    if ([...instances.values()].some(({ group }) => group === name)) continue;
    deletingGroups.delete(name);
    aws.groupMap.delete(name);
    aws.poolGroupMap.delete(name);
  }
}

/** Those of a list that carry the cluster's tags, as AWS finds them. */
function tagged<T extends Owned>(items: readonly T[], { deployment, cluster }: Owner): T[] {
  return structuredClone(items.filter(({ tags }) => isOwn(tags, { deployment, cluster })));
}

function fakeGroups({ aws, deletingGroups, instances, live, now }: State): OwnedGroups {
  const find = (id: string) => aws.groupMap.get(id) ?? aws.poolGroupMap.get(id);
  const facts = (): OwnedGroup[] =>
    [...aws.groupMap.values(), ...aws.poolGroupMap.values()].map((group) => ({
      id: group.name,
      tags: group.tags,
      ...(deletingGroups.has(group.name) && { state: 'Delete in progress' }),
      instanceIds: [...instances].filter(([, one]) => one.group === group.name).map(([id]) => id),
      protected: 'deletionProtection' in group && group.deletionProtection !== 'none',
    }));
  return {
    async ofCluster(owner) {
      live();
      return tagged(facts(), owner);
    },
    async unprotect({ id, tags }, owner) {
      assertOwn(id, tags, owner);
      const group = aws.groupMap.get(id);
      if (group) group.deletionProtection = 'none';
    },
    async remove({ id, tags }, owner) {
      assertOwn(id, tags, owner);
      const group = find(id);
      if (!group) return undefined;
      if ('deletionProtection' in group && group.deletionProtection !== 'none')
        throw new AwsRefused(`${id} is protected`, { code: 'ValidationError' });
      deletingGroups.add(id);
      for (const one of instances.values()) if (one.group === id) one.endingAt ??= now();
      return undefined;
    },
  };
}

function fakeInstances({ instances, live, now }: State): OwnedKind {
  return {
    async ofCluster(owner) {
      live();
      const facts = [...instances].map(([id, { endingAt, tags }]) => ({
        id,
        tags,
        state: endingAt === undefined ? 'running' : 'shutting-down',
      }));
      return tagged(facts, owner);
    },
    async remove({ id, tags }, owner) {
      assertOwn(id, tags, owner);
      const one = instances.get(id);
      if (one) one.endingAt ??= now();
      return undefined;
    },
  };
}

function fakeBalancers({ aws }: State): OwnedLoadBalancers {
  const find = (arn: string) => [...aws.balancers].find(([, one]) => one.arn === arn);
  return {
    ofCluster: async ({ deployment, cluster }) =>
      structuredClone(
        [...aws.balancers]
          .filter(([name]) => name === `${deployment}-${cluster}`)
          .map(([, { arn: id, tags }]) => ({ id, tags })),
      ),
    async unprotect({ id, tags }, owner) {
      assertOwn(id, tags, owner);
      const one = find(id)?.[1];
      if (one) one.attributes = { ...one.attributes, 'deletion_protection.enabled': 'false' };
    },
    async remove({ id, tags }, owner) {
      assertOwn(id, tags, owner);
      const [name = '', balancer] = find(id) ?? [];
      if (balancer?.attributes['deletion_protection.enabled'] === 'true')
        throw new AwsRefused(`${id} is protected`, { code: 'OperationNotPermitted' });
      aws.balancers.delete(name);
      return undefined;
    },
  };
}

function fakeTargetGroups({ aws }: State): OwnedKind {
  return {
    ofCluster: async ({ deployment, cluster }) =>
      structuredClone(
        [...aws.targetGroups]
          .filter(([name]) => name === `${deployment}-${cluster}-api`)
          .map(([, { arn: id, tags }]) => ({ id, tags })),
      ),
    async remove({ id, tags }, owner) {
      assertOwn(id, tags, owner);
      const used = [...aws.balancers.values()].some(({ listeners }) => Object.values(listeners).includes(id));
      if (used) return `${id} is in use by a listener`;
      for (const [name, one] of aws.targetGroups) if (one.arn === id) aws.targetGroups.delete(name);
      return undefined;
    },
  };
}

function fakeTemplates({ aws }: State): OwnedKind {
  return {
    ofCluster: async (owner) =>
      tagged(
        [...aws.templateMap.values()].map(({ launchTemplateId: id, tags }) => ({ id, tags })),
        owner,
      ),
    async remove({ id, tags }, owner) {
      assertOwn(id, tags, owner);
      for (const [name, one] of aws.templateMap)
        if (one.launchTemplateId === id) aws.templateMap.delete(name);
      return undefined;
    },
  };
}

/** A fake role has no path: below the cluster's is what has its tags, or its name and nobody's tags. */
const isBelow = (name: string, tags: Tags, owner: Owner) =>
  isOwn(tags, owner) ||
  (name.startsWith(`${owner.deployment}-${owner.cluster}-`) && tags['trivet:cluster'] === undefined);

function fakeProfiles({ aws }: State): OwnedProfiles {
  return {
    ofCluster: async (owner) =>
      structuredClone(
        [...aws.profiles.values()]
          .filter(({ name, tags }) => isBelow(name, tags, owner))
          .map(({ name: id, tags, roleNames }) => ({ id, tags, roleNames })),
      ),
    async empty({ id, tags }, owner) {
      assertOwn(id, tags, owner);
      const one = aws.profiles.get(id);
      if (one) one.roleNames = [];
    },
    async remove({ id, tags }, owner) {
      assertOwn(id, tags, owner);
      if ((aws.profiles.get(id)?.roleNames.length ?? 0) > 0) return 'must remove roles from it first';
      aws.profiles.delete(id);
      return undefined;
    },
  };
}

function fakeRoles({ aws }: State): OwnedRoles {
  return {
    ofCluster: async (owner) =>
      structuredClone(
        [...aws.roleMap.values()]
          .filter(({ name, tags }) => isBelow(name, tags, owner))
          .map(({ name: id, tags }) => ({ id, tags })),
      ),
    async strip({ id, tags }, owner) {
      assertOwn(id, tags, owner);
      const role = aws.roleMap.get(id);
      if (role) delete (role as { policy?: unknown }).policy;
    },
    async remove({ id, tags }, owner) {
      assertOwn(id, tags, owner);
      if (aws.roleMap.get(id)?.policy !== undefined) return 'must delete policies first';
      if ([...aws.profiles.values()].some(({ roleNames }) => roleNames.includes(id)))
        return 'must remove roles from instance profile first';
      aws.roleMap.delete(id);
      return undefined;
    },
  };
}

function fakeProviders({ aws }: State): OwnedProviders {
  return {
    among: async (arns) =>
      arns.flatMap((id) => {
        const found = aws.providerMap.get(id);
        return found ? [{ id, tags: found.tags }] : [];
      }),
    async remove({ id, tags }, owner) {
      assertOwn(id, tags, owner);
      aws.providerMap.delete(id);
      return undefined;
    },
  };
}

function fakeInterfaces({ aws, instances, live }: State): OwnedKind {
  const held = (id: string) => [...instances.values()].some((one) => one.networkInterfaceId === id);
  return {
    async ofCluster(owner) {
      live();
      const facts = aws.interfaces.map(({ networkInterfaceId: id, tags }) => ({
        id,
        tags,
        state: held(id) ? 'in-use' : 'available',
      }));
      return tagged(facts, owner);
    },
    async remove({ id, tags }, owner) {
      assertOwn(id, tags, owner);
      if (held(id)) return `Network interface '${id}' is currently in use.`;
      const at = aws.interfaces.findIndex(({ networkInterfaceId }) => networkInterfaceId === id);
      if (at >= 0) aws.interfaces.splice(at, 1);
      return undefined;
    },
  };
}

function fakeVolumes({ aws, instances, live }: State): OwnedVolumes {
  const held = (id: string) => [...instances.values()].some(({ volumeId }) => volumeId === id);
  const facts = () =>
    aws.volumeList.map(({ volumeId: id, tags, state }) => ({ id, tags, state: held(id) ? 'in-use' : state }));
  return {
    async ofCluster(owner) {
      live();
      return tagged(facts(), owner);
    },
    tagged: async (wanted) =>
      facts()
        .filter(({ tags }) => Object.entries(wanted).every(([key, value]) => tags[key] === value))
        .map(({ id }) => id),
    async remove({ id, tags }, owner) {
      assertOwn(id, tags, owner);
      if (held(id)) return `Volume ${id} is currently attached`;
      const at = aws.volumeList.findIndex(({ volumeId }) => volumeId === id);
      if (at >= 0) aws.volumeList.splice(at, 1);
      return undefined;
    },
    async release({ id, tags }, marks, owner) {
      assertOwn(id, tags, owner);
      const one = aws.volumeList.find(({ volumeId }) => volumeId === id);
      if (!one) return;
      const { 'trivet:cluster': _own, ...others } = one.tags;
      one.tags = { ...others, ...marks };
    },
  };
}

function fakeSecurityGroups({ aws, instances }: State): OwnedSecurityGroups {
  const holders = (id: string) => [
    ...aws.interfaces
      .filter(({ securityGroupIds }) => securityGroupIds.includes(id))
      .map(({ networkInterfaceId }) => networkInterfaceId),
    ...[...aws.balancers.values()]
      .filter(({ securityGroupIds }) => securityGroupIds.includes(id))
      .map(({ arn }) => arn),
  ];
  const facts = (): OwnedSecurityGroup[] =>
    aws.securityGroups.map(({ ingress, name, securityGroupId: id, tags }) => ({
      id,
      name,
      tags,
      ingress,
      heldBy: holders(id),
    }));
  return {
    ofCluster: async (owner) => tagged(facts(), owner),
    async revoke({ id, tags }, rules, owner) {
      assertOwn(id, tags, owner);
      const one = aws.securityGroups.find(({ securityGroupId }) => securityGroupId === id);
      const sources = rules.map(({ source }) => source);
      if (one) one.ingress = one.ingress.filter(({ source }) => !sources.includes(source));
    },
    async remove({ id, tags }, owner) {
      assertOwn(id, tags, owner);
      const named = aws.securityGroups.some(
        (other) => other.securityGroupId !== id && other.ingress.some(({ source }) => source === id),
      );
      const ofWorkers = [...instances.values()].some(
        (one) => !one.networkInterfaceId && one.tags['trivet:cluster'] === owner.cluster,
      );
      if (holders(id).length > 0 || named || ofWorkers) return `resource ${id} has a dependent object`;
      const at = aws.securityGroups.findIndex(({ securityGroupId }) => securityGroupId === id);
      if (at >= 0) aws.securityGroups.splice(at, 1);
      return undefined;
    },
  };
}

function fakeOwnedObjects({ documents, objects }: State): OwnedObjects {
  const buckets = { deployment: testConfig.bucket, issuers: issuersBucketName(testConfig.bucket) };
  const bodies = (bucket: string): Map<string, unknown> =>
    bucket === buckets.issuers ? documents.objects.bodies : objects.bodies;
  const below = (bucket: string, prefix: string): ObjectVersion[] =>
    [...bodies(bucket).keys()]
      .filter((key) => key.startsWith(prefix))
      .map((key) => ({ key, versionId: 'v1' }));
  return {
    async issuerFolders(beginning) {
      const keys = below(buckets.issuers, beginning).map(({ key }) => key);
      return [...new Set(keys.map((key) => key.slice(0, key.indexOf('/') + 1)))];
    },
    // A page of few, so that it takes several.
    async versions({ bucket, prefix }) {
      const all = below(bucket, prefix);
      return { versions: all.slice(0, 10), more: all.length > 10 };
    },
    async remove(place, versions, owner) {
      assertOwnObjects(
        place,
        versions.map(({ key }) => key),
        owner,
        buckets,
      );
      for (const { key } of versions) bodies(place.bucket).delete(key);
    },
  };
}

function fakeRecords({ registry }: State): OwnedRecords {
  const lastOf = (sk: string) => ['cluster', 'lease#cluster'].indexOf(sk);
  return {
    async ofCluster(cluster) {
      const own = [...registry.items].filter(
        ([key, item]) =>
          key.startsWith(`${cluster}/`) || (key.startsWith('addresses/') && item.cluster === cluster),
      );
      return own
        .map(([key]) => ({ pk: key.split('/')[0] ?? '', sk: key.split('/')[1] ?? '' }))
        .sort((one, other) => lastOf(one.sk) - lastOf(other.sk));
    },
    async remove({ pk, sk }) {
      registry.items.delete(`${pk}/${sk}`);
    },
  };
}
