import type { PoolSpec } from '../clusters/spec-schema.ts';

export interface WatchDecision {
  /** Whether a pool may get another worker for pods that wait: then they are looked at all the time. */
  readonly canGrow: boolean;
  /** Whether scale-down may ask about this minute's look: then all pods are read. */
  readonly mayShrink: boolean;
  readonly reason: string;
}

type WatchedPool = Pick<PoolSpec, 'name' | 'min' | 'max' | 'scaleDown'>;

/** So many looks find a node unneeded before it goes; the API server is not made to list all pods more often than that takes. */
const looksPerQuietTime = 5;

/**
 * What of a cluster is looked at in this minute, by its pools and the pool of each node that it has. Pure. A pool without room between its
 * least and its greatest number neither grows nor shrinks by demand. The minute is one of the clock's, so that nothing has to be remembered.
 */
export function decideWatch(
  pools: readonly WatchedPool[],
  nodePools: readonly string[],
  now: Date,
): WatchDecision {
  const counts = new Map<string, number>();
  for (const pool of nodePools) counts.set(pool, (counts.get(pool) ?? 0) + 1);
  const countOf = ({ name }: WatchedPool): number => counts.get(name) ?? 0;
  const growing = pools.filter((pool) => pool.min < pool.max && countOf(pool) < pool.max);
  const shrinking = pools.filter((pool) => pool.scaleDown.enabled && countOf(pool) > pool.min);
  const everyMinutes = Math.min(...shrinking.map(minutesBetween));
  const mayShrink = shrinking.length > 0 && Math.floor(now.getTime() / 60_000) % everyMinutes === 0;
  const words = [
    growing.length > 0 ? `${namesOf(growing)} can grow` : 'no pool can grow',
    shrinking.length > 0
      ? `${namesOf(shrinking)} can shrink, looked at every ${everyMinutes} min`
      : 'no pool can shrink',
  ];
  return { canGrow: growing.length > 0, mayShrink, reason: words.join('; ') };
}

function minutesBetween({ scaleDown }: WatchedPool): number {
  return Math.max(1, Math.floor(scaleDown.quietSeconds / 60 / looksPerQuietTime));
}

function namesOf(pools: readonly WatchedPool[]): string {
  return pools.map(({ name }) => name).join(', ');
}
