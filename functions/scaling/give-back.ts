import { poolGroupName } from '../clusters/names.ts';
import { addFailures, type Launched } from './back-off.ts';
import type { SizeChange } from './contracts.ts';
import { countStaying, type ScalingInput } from './places.ts';

/**
 * A launch that failed so long ago, seconds: `scale-workers` would have taken back by then what it asked for; and what is older than the first
 * back-off says nothing of the next launch.
 */
const failureSeconds = { min: 60, max: 300 } as const;

export interface GivenBack<I> {
  /** As if it were done, so that the same look plans for the other zones. */
  readonly input: I;
  readonly changes: readonly SizeChange[];
}

type Sized = Pick<ScalingInput, 'deployment' | 'spec' | 'groups' | 'backOffs'>;

/**
 * What a zone does not give is asked for no more, and the zone is left alone for a while. Pure. `scale-workers` does so within seconds; but it
 * may have died, or it was another who asked: pods would wait for ever for a worker that is on its way. `failures`: when launches of groups
 * have failed since one last brought an instance, by the group's name, ISO 8601.
 */
export function giveBack<I extends Sized>(
  input: I,
  failures: ReadonlyMap<string, readonly string[]>,
  now: Date,
): GivenBack<I> {
  const launched: Launched[] = [];
  const changes: SizeChange[] = [];
  const groups = [...input.groups];
  for (const { instanceTypes, name: pool, zones } of input.spec.pools)
    for (const zone of zones.toSorted()) {
      const name = poolGroupName(input.deployment, input.spec.name, pool, zone);
      const index = groups.findIndex((one) => one.name === name);
      const group = groups[index];
      if (!group || !failures.get(name)?.some((at) => isTelling(at, now))) continue;
      const staying = countStaying(group);
      if (staying >= group.desired) continue;
      // A group tries all of its types before a launch fails.
      launched.push(...instanceTypes.map((instanceType) => ({ pool, zone, instanceType })));
      const to = Math.max(staying, group.min);
      if (to >= group.desired) continue;
      const reason = `its zone gives no instance: ${staying} of ${group.desired} are there`;
      changes.push({ pool, zone, from: group.desired, to, reason });
      groups[index] = { ...group, desired: to };
    }
  return { input: { ...input, groups, backOffs: addFailures(input.backOffs, launched, now) }, changes };
}

function isTelling(at: string, now: Date): boolean {
  const seconds = (now.getTime() - Date.parse(at)) / 1000;
  return seconds >= failureSeconds.min && seconds <= failureSeconds.max;
}
