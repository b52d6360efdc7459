import type { WorkersObservation } from '../demand/contracts.ts';
import { decideWorkerPlan, type WorkerPlan } from '../scheduling/decide-worker-plan.ts';
import type { NodeView, Offering } from '../scheduling/model.ts';
import type { Removal, SizeChange, Unneeded } from './contracts.ts';
import { decideRemovals } from './decide-removals.ts';
import { comingNodes, type Place, placesOf, type ScalingInput, sizeOf, stayingNodes } from './places.ts';
import { priceOf } from './price-list.ts';

export interface ScalingDecision {
  readonly action: 'none' | 'resize' | 'remove';
  readonly reason: string;
  readonly changes: readonly SizeChange[];
  readonly removals: readonly Removal[];
  /** Pods that no plan has a place for, with why. */
  readonly leftOut: WorkerPlan['leftOut'];
  /** To be remembered for the next decision. */
  readonly unneeded: readonly Unneeded[];
  /** Where every pod goes; absent where none waits. */
  readonly plan?: WorkerPlan;
}

const nothing = { action: 'none', changes: [], removals: [], leftOut: [], unneeded: [] } as const;

/**
 * How many workers each group is to have, or which workers go (design §7). Pure. What is old or could not be read decides nothing: unknown is
 * never idle. Nothing goes while a pod waits or a worker is on its way.
 */
export function decideScaling(input: ScalingInput, now: Date): ScalingDecision {
  const { found } = input;
  if (!found) return { ...nothing, reason: 'nobody has looked at the workers yet' };
  const { ageSeconds, fresh, observation } = found;
  if (!fresh)
    return {
      ...nothing,
      reason: `the latest look at the workers is ${Math.round(ageSeconds)} s old`,
      unneeded: input.unneeded,
    };
  if (!observation.reachable)
    return {
      ...nothing,
      reason: `the cluster's API could not be asked: ${observation.reason ?? 'no reason given'}`,
      unneeded: input.unneeded,
    };
  const places = placesOf(input, observation, now);
  if (observation.pending.length > 0) return grow(input, places, observation);
  const coming = comingNodes(places, observation);
  if (coming.length > 0)
    return { ...nothing, reason: `no pod waits; ${coming.length} workers are on their way` };
  const { removals, reason, unneeded } = decideRemovals(input, places, observation, now);
  return { ...nothing, action: removals.length > 0 ? 'remove' : 'none', removals, reason, unneeded };
}

function grow(
  input: ScalingInput,
  places: readonly Place[],
  observation: WorkersObservation,
): ScalingDecision {
  // A node whose pods nobody has read is not empty: where no pool can grow only what waits is read, and that found no place on it.
  const staying = observation.allPods ? stayingNodes(places, observation) : [];
  const present = staying.map(
    ({ allocatable, labels, name, pods, pool, taints }): NodeView => ({
      name,
      labels,
      taints,
      allocatable,
      pool,
      pods: pods.map(({ view }) => view),
    }),
  );
  const remaining = Object.fromEntries(input.spec.pools.map(({ name }) => [name, roomOf(name, places)]));
  const plan = decideWorkerPlan({
    pods: observation.pending.flatMap(({ pods, shape }) => pods.map((name) => ({ name, shape }))),
    nodes: [...present, ...comingNodes(places, observation)],
    offerings: places.flatMap((place) => offeringOf(place, input.region)),
    remaining,
  });
  const changes = changesOf(plan, places, remaining, input.region);
  return {
    ...nothing,
    action: changes.length > 0 ? 'resize' : 'none',
    changes,
    leftOut: plan.leftOut,
    reason: reasonOf(plan, changes, places),
    plan,
  };
}

/** How many more workers a pool may have over all its zones: its groups alone would let each zone come to all of them. */
function roomOf(name: string, places: readonly Place[]): number {
  const own = places.filter(({ pool }) => pool.name === name);
  const [first] = own;
  return first ? Math.max(0, first.pool.max - own.reduce((sum, { group }) => sum + sizeOf(group), 0)) : 0;
}

function offeringOf({ group, next, pool, zone }: Place, region: string): Offering[] {
  if (!next || sizeOf(group) >= group.max) return [];
  const { fresh, type } = next;
  const { pricePerHour } = priceOf(type, pool.capacity);
  return [
    { pool: pool.name, zone: `${region}${zone}`, instanceType: type.instanceType, ...fresh, pricePerHour },
  ];
}

/** A change for each group that gets workers, never above the group's bound, nor all of a pool's above what it has room for. */
function changesOf(
  plan: WorkerPlan,
  places: readonly Place[],
  remaining: Readonly<Record<string, number>>,
  region: string,
): SizeChange[] {
  const left = new Map(Object.entries(remaining));
  return places.flatMap(({ group, next, pool, zone }): SizeChange[] => {
    const planned = plan.additions.filter((one) => one.pool === pool.name && one.zone === `${region}${zone}`);
    const room = Math.min(left.get(pool.name) ?? 0, group.max - sizeOf(group));
    const count = Math.min(planned.length, Math.max(0, room));
    if (count === 0 || !next) return [];
    left.set(pool.name, (left.get(pool.name) ?? 0) - count);
    const pods = planned.reduce((sum, one) => sum + one.pods.length, 0);
    const { estimated } = priceOf(next.type, pool.capacity);
    const reason = `${pods} ${pods === 1 ? 'pod has' : 'pods have'} no place: ${count} more of ${next.type.instanceType}${estimated ? ', whose price is estimated' : ''}`;
    return [{ pool: pool.name, zone, from: group.desired, to: group.desired + count, reason }];
  });
}

function reasonOf(plan: WorkerPlan, changes: readonly SizeChange[], places: readonly Place[]): string {
  const count = (groups: readonly { readonly pods: readonly unknown[] }[]) =>
    groups.reduce((sum, { pods }) => sum + pods.length, 0);
  const leftOut = count(plan.leftOut);
  const onPresent = count(plan.onPresent);
  const waiting = count(plan.additions) + onPresent + leftOut;
  const launched = changes.reduce((sum, { from, to }) => sum + to - from, 0);
  const closed = places.filter(({ next }) => !next).map(({ pool, zone }) => `${pool.name} in ${zone}`);
  const parts = [
    `${waiting} ${waiting === 1 ? 'pod waits' : 'pods wait'}`,
    launched > 0 && `${launched} ${launched === 1 ? 'worker is' : 'workers are'} to be launched`,
    onPresent > 0 && `${onPresent} have room on workers that are there or on their way`,
    leftOut > 0 && `${leftOut} have no place: ${plan.leftOut[0]?.reason}`,
    closed.length > 0 && `nothing can be launched now for ${closed.join(', ')}`,
  ];
  return parts.filter((part) => part !== false).join('; ');
}
