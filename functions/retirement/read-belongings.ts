import { issuersBucketName } from '../../node/kubernetes/input.ts';
import type { Owned } from '../aws/owned.ts';
import { makeOwnedLoadBalancers, makeOwnedTargetGroups } from '../aws/owned-balancers.ts';
import { makeOwnedGroups, type OwnedGroup } from '../aws/owned-groups.ts';
import { makeOwnedProfiles, makeOwnedProviders, makeOwnedRoles } from '../aws/owned-identities.ts';
import { makeOwnedInstances } from '../aws/owned-instances.ts';
import {
  makeOwnedInterfaces,
  makeOwnedSecurityGroups,
  type OwnedSecurityGroup,
} from '../aws/owned-network.ts';
import { makeOwnedObjects } from '../aws/owned-objects.ts';
import { makeOwnedRecords } from '../aws/owned-records.ts';
import { makeOwnedTemplates } from '../aws/owned-templates.ts';
import { makeOwnedVolumes } from '../aws/owned-volumes.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { generationTag } from '../clusters/decide-volume.ts';
import { keptTagKeys, objectKeys, tagKeys } from '../clusters/names.ts';
import { isIssuerFolder, isOwn, type Owner } from '../clusters/ownership.ts';
import { clusterTagKey } from '../identity/add-on-policies.ts';
import { issuerOf } from '../identity/names.ts';
import type { Config } from '../runtime/config.ts';
import type { Remnant, RemnantKind } from './contracts.ts';

/** All that is there of a cluster, complete: what is not in it does not exist. A call that fails fails the whole. */
export interface Belongings {
  readonly remnants: readonly Remnant[];
  readonly kept: readonly string[];
  readonly leftAlone: readonly string[];
  readonly madeByKubernetes: readonly string[];
}

export function makeBelongingsDeps(config: Config) {
  return {
    registry: makeRegistry(config) as Pick<Registry, 'getCluster'>,
    ownedGroups: makeOwnedGroups(config),
    ownedInstances: makeOwnedInstances(config),
    ownedBalancers: makeOwnedLoadBalancers(config),
    ownedTargetGroups: makeOwnedTargetGroups(config),
    ownedTemplates: makeOwnedTemplates(config),
    ownedProfiles: makeOwnedProfiles(config),
    ownedRoles: makeOwnedRoles(config),
    ownedProviders: makeOwnedProviders(config),
    ownedInterfaces: makeOwnedInterfaces(config),
    ownedVolumes: makeOwnedVolumes(config),
    ownedSecurityGroups: makeOwnedSecurityGroups(config),
    ownedObjects: makeOwnedObjects(config),
    ownedRecords: makeOwnedRecords(config),
  };
}

export type BelongingsDeps = ReturnType<typeof makeBelongingsDeps>;

/** Looks everywhere that anything of a cluster can be: by tag, by path and by name in AWS, by folder in the buckets, by key in the registry. */
export async function readBelongings(
  cluster: string,
  deps: BelongingsDeps,
  config: Config,
  signal: AbortSignal,
): Promise<Belongings> {
  const owner: Owner = { deployment: config.deployment, cluster };
  const found = await findAll(owner, deps, config, signal);
  const own = <T extends Owned>(items: readonly T[]): T[] => items.filter(({ tags }) => isOwn(tags, owner));
  const groups = own(found.groups);
  const [volumes, disks] = split(own(found.volumes), ({ tags }) => tags[generationTag] !== undefined);
  return {
    remnants: [
      ...remnantsOf('Auto Scaling group', groups),
      ...own(found.instances).map((one) => instanceRemnant(one, groups)),
      ...remnantsOf('load balancer', own(found.balancers)),
      ...remnantsOf('target group', own(found.targetGroups)),
      ...remnantsOf('launch template', own(found.templates)),
      ...remnantsOf('instance profile', own(found.profiles)),
      ...remnantsOf('role', own(found.roles)),
      ...remnantsOf('identity provider', own(found.providers)),
      ...remnantsOf('network interface', own(found.interfaces)),
      ...remnantsOf('volume', volumes),
      ...remnantsOf('root disk', disks),
      ...own(found.securityGroups).map(securityGroupRemnant),
      ...found.objects,
      ...found.records.map(({ pk, sk }): Remnant => ({ kind: 'record', id: `${pk} ${sk}` })),
    ],
    kept: found.kept,
    // What is found by tags is the cluster's own by that; what is found by a name may be somebody else's.
    leftAlone: [
      ...found.balancers,
      ...found.targetGroups,
      ...found.profiles,
      ...found.roles,
      ...found.providers,
    ]
      .filter(({ tags }) => !isOwn(tags, owner))
      .map(({ id }) => id),
    madeByKubernetes: found.madeByKubernetes,
  };
}

async function findAll(owner: Owner, deps: BelongingsDeps, config: Config, signal: AbortSignal) {
  const { cluster } = owner;
  const all = <T>(kind: { ofCluster(owner: Owner, signal?: AbortSignal): Promise<T[]> }) =>
    kind.ofCluster(owner, signal);
  const [groups, instances, balancers, targetGroups, templates, profiles, roles] = await Promise.all([
    all(deps.ownedGroups),
    all(deps.ownedInstances),
    all(deps.ownedBalancers),
    all(deps.ownedTargetGroups),
    all(deps.ownedTemplates),
    all(deps.ownedProfiles),
    all(deps.ownedRoles),
  ]);
  const [interfaces, volumes, securityGroups, records, kept, madeByKubernetes, issuers] = await Promise.all([
    all(deps.ownedInterfaces),
    all(deps.ownedVolumes),
    all(deps.ownedSecurityGroups),
    deps.ownedRecords.ofCluster(cluster, signal),
    deps.ownedVolumes.tagged(
      { [keptTagKeys.cluster]: cluster, [tagKeys.deployment]: owner.deployment },
      signal,
    ),
    deps.ownedVolumes.tagged({ [clusterTagKey(cluster)]: 'owned' }, signal),
    findIssuers(cluster, deps, config, signal),
  ]);
  const providers = await deps.ownedProviders.among(issuers.providerArns, signal);
  const places = [
    { bucket: config.bucket, prefix: objectKeys(cluster).root },
    ...issuers.folders.map((prefix) => ({ bucket: issuersBucketName(config.bucket), prefix })),
  ];
  const objects = await Promise.all(
    places.map(async (place): Promise<Remnant[]> => {
      const { more, versions } = await deps.ownedObjects.versions(place, signal);
      if (versions.length === 0) return [];
      const amount = `${versions.length}${more ? ' or more' : ''} versions of objects`;
      return [{ kind: 'objects', id: `s3://${place.bucket}/${place.prefix}`, amount }];
    }),
  );
  return {
    ...{ groups, instances, balancers, targetGroups, templates, profiles, roles, providers },
    ...{ interfaces, volumes, securityGroups, records, kept, madeByKubernetes },
    objects: objects.flat(),
  };
}

/**
 * The issuers that a cluster of this name has had: of the record, and of folders that are still there. The provider goes before the folder
 * that tells of it.
 */
async function findIssuers(
  cluster: string,
  { ownedObjects, registry }: BelongingsDeps,
  config: Config,
  signal: AbortSignal,
): Promise<{ readonly folders: readonly string[]; readonly providerArns: readonly string[] }> {
  const [record, beginning] = await Promise.all([
    registry.getCluster(cluster, signal),
    ownedObjects.issuerFolders(`${cluster}-`, signal),
  ]);
  const folders = beginning.filter((folder) => isIssuerFolder(folder, cluster));
  const uids = folders.map((folder) => folder.slice(cluster.length + 1, -1));
  const known = new Set([...uids, ...(record ? [record.layout.clusterUid] : [])]);
  const providerArns = [...known].map((clusterUid) => issuerOf(config, { cluster, clusterUid }).providerArn);
  return { folders, providerArns };
}

function remnantsOf(kind: RemnantKind, items: readonly Owned[]): Remnant[] {
  return items.map(({ id, state }) => ({ kind, id, ...(state !== undefined && { state }) }));
}

function instanceRemnant({ id, state = 'unknown' }: Owned, groups: readonly OwnedGroup[]): Remnant {
  const group = groups.find(({ instanceIds }) => instanceIds.includes(id));
  return { kind: 'instance', id, state, ...(group && { heldBy: group.id }) };
}

/** At most a few are named: the first is reason enough to wait. */
function securityGroupRemnant({ id, heldBy }: OwnedSecurityGroup): Remnant {
  const named = heldBy.slice(0, 5).join(', ');
  return { kind: 'security group', id, ...(named !== '' && { heldBy: named }) };
}

function split<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
