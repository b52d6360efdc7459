import { ForeignResource } from '../runtime/errors.ts';
import { tagKeys } from './names.ts';

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
    [tagKeys.deployment]: owner.deployment,
    [tagKeys.cluster]: owner.cluster,
    ...placeTags(owner),
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
  const wanted: Tags = {
    [tagKeys.deployment]: owner.deployment,
    [tagKeys.cluster]: owner.cluster,
    ...placeTags(owner),
  };
  for (const [key, value] of Object.entries(wanted))
    if (tags[key] !== value)
      throw new ForeignResource(
        `${what} has ${tags[key] === undefined ? 'no tag' : `"${tags[key]}" in its tag`} ${key}, and "${value}" was expected: it is left alone`,
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
