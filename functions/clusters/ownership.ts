import { ForeignResource } from '../runtime/errors.ts';
import { objectKeys, tagKeys } from './names.ts';

export type Tags = Readonly<Record<string, string>>;

/** Whose a resource is. */
export interface Owner {
  readonly deployment: string;
  readonly cluster: string;
  readonly slot?: string;
  readonly pool?: string;
}

/** All tags of a resource: the owner's, its name, and those that the spec asks for. */
export function tagsOf(owner: Owner, name: string, fromSpec: Tags = {}): Tags {
  return {
    ...fromSpec,
    Name: name,
    ...ownerTags(owner),
  };
}

function placeTags({ slot, pool }: Owner): Tags {
  return {
    ...(slot !== undefined && { [tagKeys.slot]: slot }),
    ...(pool !== undefined && { [tagKeys.pool]: pool }),
  };
}

/**
 * Refuses to go on with a resource that is not this cluster's (S20): called by every port before it changes something that exists.
 * A resource without our tags counts as a stranger's, even when its name is ours.
 */
export function assertOwn(what: string, tags: Tags, owner: Owner): void {
  for (const [key, value] of Object.entries(ownerTags(owner)))
    if (tags[key] !== value)
      throw new ForeignResource(
        `${what} has ${tags[key] === undefined ? 'no tag' : `"${tags[key]}" in its tag`} ${key}, and "${value}" was expected: it is left alone`,
      );
}

/** Whether a resource is this cluster's: what `assertOwn` would let through. Pure. */
export function isOwn(tags: Tags, owner: Owner): boolean {
  return Object.entries(ownerTags(owner)).every(([key, value]) => tags[key] === value);
}

function ownerTags(owner: Owner): Tags {
  return {
    [tagKeys.deployment]: owner.deployment,
    [tagKeys.cluster]: owner.cluster,
    ...placeTags(owner),
  };
}

/** Part of a bucket: what lies below a prefix. */
export interface ObjectPlace {
  readonly bucket: string;
  readonly prefix: string;
}

/**
 * The same guard for objects, which have no tags: they are a cluster's own by where they lie. Throws ForeignResource for a place that is
 * not the cluster's folder in the deployment's bucket or one of its issuers' in the other, and for a key outside the place (S20).
 */
export function assertOwnObjects(
  { bucket, prefix }: ObjectPlace,
  keys: readonly string[],
  { cluster }: Owner,
  buckets: { readonly deployment: string; readonly issuers: string },
): void {
  const own =
    (bucket === buckets.deployment && prefix === objectKeys(cluster).root) ||
    (bucket === buckets.issuers && isIssuerFolder(prefix, cluster));
  if (!own) throw new ForeignResource(`s3://${bucket}/${prefix} is not of ${cluster}: it is left alone`);
  const outside = keys.find((key) => !key.startsWith(prefix));
  if (outside !== undefined)
    throw new ForeignResource(`${outside} is not below s3://${bucket}/${prefix}: it is left alone`);
}

/** Length of a cluster's uid, and what it is made of. */
const uidPattern = /^[0-9a-f]{12}$/;

/**
 * Whether a folder of the issuers' bucket, `<cluster>-<uid>/`, is of a cluster of this name. Pure. By its end, since the folders of
 * `demo-b` begin with `demo-` as well.
 */
export function isIssuerFolder(folder: string, cluster: string): boolean {
  return (
    folder.startsWith(`${cluster}-`) && uidPattern.test(folder.slice(cluster.length + 1).replace(/\/$/, ''))
  );
}

/** The wanted tags that are not there or differ. Tags beyond the wanted ones are other people's and stay. */
export function missingTags(present: Tags, wanted: Tags): Tags {
  return Object.fromEntries(Object.entries(wanted).filter(([key, value]) => present[key] !== value));
}

/** AWS's list of tags as a record. */
export function readTags(
  tags: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined,
): Tags {
  return Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']));
}

/** A record as AWS's list of tags. */
export function writeTags(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
