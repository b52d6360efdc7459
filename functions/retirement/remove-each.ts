import type { Owned, OwnedKind } from '../aws/owned.ts';
import type { EffectInput, EffectOutput } from './contracts.ts';
import type { Retirement } from './open-retirement.ts';

/** What is done to one before it is deleted, where AWS asks for that. */
type Prepare<T> = (item: T) => Promise<void>;

/**
 * Deletes exactly those of a kind that were chosen, after another look at each; one that is gone is done. What AWS does not let go of yet is
 * told, and is looked at again by the next step. Throws ForeignResource for what is not the cluster's (S20).
 */
export async function removeEach<T extends Owned>(
  { ids }: EffectInput,
  kind: Pick<OwnedKind<T>, 'ofCluster' | 'remove'>,
  { act, owner }: Retirement,
  signal: AbortSignal,
  prepare?: Prepare<T>,
): Promise<EffectOutput> {
  const found = (await kind.ofCluster(owner, signal)).filter(({ id }) => ids.includes(id));
  const refused: string[] = [];
  for (const item of found) {
    if (prepare) await act(() => prepare(item));
    const why = await act(() => kind.remove(item, owner, signal));
    if (why !== undefined) refused.push(`${item.id}: ${why}`);
  }
  return told(found.length - refused.length, refused);
}

/** The answer of a task that deletes. Pure. */
export function told(done: number, refused: readonly string[]): EffectOutput {
  const [first] = refused;
  const reason = `${done} deleted${first === undefined ? '' : `; not yet: ${refused.slice(0, 3).join('; ')}`}`;
  return { settled: first === undefined, reason };
}
