import { tagKeys } from '../clusters/names.ts';
import type { Owner, Tags } from '../clusters/ownership.ts';
import { classify, hasCode } from './classify.ts';

/** One thing of a cluster in AWS, as its retirement needs it. */
export interface Owned {
  /** By which AWS deletes it: an id, a name or an ARN. */
  readonly id: string;
  readonly tags: Tags;
  /** AWS's word for how it is, where it has one. */
  readonly state?: string;
}

/** What a cluster has of one kind, and how it goes. */
export interface OwnedKind<T extends Owned = Owned> {
  /** All that carries the cluster's tags, or a name that only the cluster's own has; complete. */
  ofCluster(owner: Owner, signal?: AbortSignal): Promise<T[]>;
  /**
   * Deletes one; what is gone already is done. Gives why AWS does not let it go yet, undefined when it goes. Throws ForeignResource for
   * what is not the owner's (S20).
   */
  remove(item: T, owner: Owner, signal?: AbortSignal): Promise<string | undefined>;
}

/** EC2's filters for what carries a cluster's tags. */
export function tagFilters({ deployment, cluster }: Owner): { Name: string; Values: string[] }[] {
  return [
    { Name: `tag:${tagKeys.deployment}`, Values: [deployment] },
    { Name: `tag:${tagKeys.cluster}`, Values: [cluster] },
  ];
}

/** How AWS says no to a deletion: that there is no such thing, or that something else has to go first. */
export interface Refusals {
  readonly gone: Refusal;
  readonly busy?: Refusal;
}

/** Codes, and part of the message where these say other things as well. */
export interface Refusal {
  readonly codes: readonly string[];
  readonly text?: RegExp;
}

/** Awaits a deletion: undefined when it is done or there was nothing to delete, and AWS's words when something else has to go first. */
export async function deleting(
  call: string,
  promise: Promise<unknown>,
  { gone, busy }: Refusals,
): Promise<string | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if (says(error, gone)) return undefined;
    if (busy && says(error, busy) && error instanceof Error) return error.message;
    throw classify(error, call);
  }
}

function says(error: unknown, { codes, text = /^/ }: Refusal): boolean {
  return hasCode(error, codes) && error instanceof Error && text.test(error.message);
}
