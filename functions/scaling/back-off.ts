import type { BackOff } from './contracts.ts';

/** cluster-autoscaler's: the first wait, the longest, and after how long a type begins anew, seconds (reference worker-lifecycle §1g). */
const secondsMin = 300;
const secondsMax = 1_800;
const resetSeconds = 3 * 3_600;

/** What was launched, or could not be. */
export type Launched = Pick<BackOff, 'pool' | 'zone' | 'instanceType'>;

function isSame(one: Launched, other: Launched): boolean {
  return one.pool === other.pool && one.zone === other.zone && one.instanceType === other.instanceType;
}

/** Whether a type is still not counted on. Pure. A time that cannot be read is over. */
export function isHeldBack(backOffs: readonly BackOff[], what: Launched, now: Date): boolean {
  return backOffs.some((one) => isSame(one, what) && Date.parse(one.until) > now.getTime());
}

/**
 * Back-offs after these launches have failed: 5 minutes, then twice the one before, up to 30. Pure. One that still runs is not made longer by
 * a failure that is told twice. Those that ended three hours ago are forgotten.
 */
export function addFailures(backOffs: readonly BackOff[], failed: readonly Launched[], now: Date): BackOff[] {
  const remembered = backOffs.filter(
    ({ until }) => (now.getTime() - Date.parse(until)) / 1000 < resetSeconds,
  );
  const result = [...remembered];
  for (const { instanceType, pool, zone } of failed) {
    const what = { pool, zone, instanceType };
    if (isHeldBack(result, what, now)) continue;
    const index = result.findIndex((one) => isSame(one, what));
    const before = result[index];
    const seconds = before ? Math.min(before.seconds * 2, secondsMax) : secondsMin;
    const until = new Date(now.getTime() + seconds * 1000).toISOString();
    result.splice(index === -1 ? result.length : index, 1, { ...what, until, seconds });
  }
  return result;
}
