import { isLeaving } from '../clusters/lifecycle-state.ts';
import type { PoolSpec } from '../clusters/spec-schema.ts';
import type { Removal, SizeChange } from './contracts.ts';
import type { Place } from './places.ts';

/** Why a person's size cannot be, with the fix; undefined where it can. Pure. */
export function refuseSize({ max, min, name }: PoolSpec, size: number): string | undefined {
  if (Number.isInteger(size) && size >= min && size <= max) return undefined;
  return `pool ${name} has ${min} to ${max} workers by its spec and ${size} are asked for: choose a number within, or change min or max of the pool in the spec and provision again`;
}

export interface PersonSizes {
  readonly changes: readonly SizeChange[];
  readonly removals: readonly Removal[];
}

/**
 * The sizes of a pool's groups for as many workers as a person asks for: more go to the smallest groups, and those that are too many come from
 * the largest, the ones with fewest pods first. Pure. `places`: the pool's own. `podsOn`: pods of an instance, undefined where it is no node.
 */
export function decidePersonSizes(
  places: readonly Place[],
  size: number,
  podsOn: (instanceId: string) => number | undefined,
): PersonSizes {
  const sizes = new Map(places.map(({ group, zone }) => [zone, group.desired]));
  const at = ({ zone }: Place): number => sizes.get(zone) ?? 0;
  for (let total = places.reduce((sum, place) => sum + at(place), 0); total !== size; ) {
    const step = total < size ? 1 : -1;
    const open = places.filter((one) => (step === 1 ? at(one) < one.group.max : at(one) > one.group.min));
    const [chosen] = open.toSorted((one, two) => step * (at(one) - at(two)));
    if (!chosen) break;
    sizes.set(chosen.zone, at(chosen) + step);
    total += step;
  }
  const reason = `a person asks for ${size} workers`;
  return {
    changes: places.flatMap((place): SizeChange[] => {
      const { group, pool, zone } = place;
      if (at(place) <= group.desired) return [];
      return [{ pool: pool.name, zone, from: group.desired, to: at(place), reason }];
    }),
    removals: places.flatMap((place): Removal[] => {
      const { group, pool, zone } = place;
      const load = (instanceId: string): number => podsOn(instanceId) ?? -1;
      return group.instances
        .filter(({ lifecycleState }) => !isLeaving(lifecycleState))
        .toSorted((one, two) => load(one.instanceId) - load(two.instanceId))
        .slice(0, Math.max(0, group.desired - at(place)))
        .map(({ instanceId }) => ({ pool: pool.name, zone, instanceId, reason }));
    }),
  };
}
