import type { PoolSpec } from '../clusters/spec-schema.ts';
import type { WorkerNode, WorkersObservation } from '../demand/contracts.ts';
import { drainedFor } from '../drain/mark-node.ts';
import { decideWorkerRemovals, type RemovableNode } from '../scheduling/decide-worker-removals.ts';
import type { Removal, Unneeded } from './contracts.ts';
import { type Place, type ScalingInput, sizeOf, stayingNodes } from './places.ts';

export interface RemovalPlan {
  readonly removals: readonly Removal[];
  readonly unneeded: readonly Unneeded[];
  readonly reason: string;
}

/**
 * Which workers may go since their pods fit on those that stay. Pure. Each pool by its own rules; of several pools with workers to remove the
 * first has its way and the others come next time, since each was judged as if the others stayed.
 */
export function decideRemovals(
  input: ScalingInput,
  places: readonly Place[],
  observation: WorkersObservation,
  now: Date,
): RemovalPlan {
  if (isUnsettled(input, observation))
    return {
      removals: [],
      unneeded: input.unneeded,
      reason: `no pod waits; what goes since ${input.removedAt} may not be seen yet`,
    };
  if (!observation.allPods)
    return { removals: [], unneeded: input.unneeded, reason: 'no pod waits; not all pods were read' };
  const nodes = stayingNodes(places, observation);
  const around: Omit<Surroundings, 'going'> = {
    places,
    now,
    since: new Map(input.unneeded.map(({ node, since }) => [node, since])),
  };
  const plans = input.spec.pools
    .filter(({ scaleDown }) => scaleDown.enabled)
    .map((pool) => removalsOf(pool, nodes, { ...around, going: goingOf(pool, places, observation) }));
  const removals = plans.find((plan) => plan.removals.length > 0)?.removals ?? [];
  const unneeded = plans.flatMap((plan) => plan.unneeded);
  const words = removals.length > 0 ? `${removals.length} of ${removals[0]?.pool} go` : 'none has to go yet';
  return { removals, unneeded, reason: `no pod waits; ${unneeded.length} workers are not needed; ${words}` };
}

/** From the decision that a worker goes to the mark on its node, by which the next decision knows of it, seconds. */
const settleSeconds = 20;

/** Whether a look may be too old to show all workers that are on their way out: then no further one goes. A time that cannot be read says nothing. */
function isUnsettled({ removedAt = '' }: ScalingInput, { observedAt }: WorkersObservation): boolean {
  return Date.parse(observedAt) < Date.parse(removedAt) + settleSeconds * 1_000;
}

interface Surroundings {
  readonly places: readonly Place[];
  readonly now: Date;
  /** By node, since when it is not needed. */
  readonly since: ReadonlyMap<string, string>;
  /** By zone, how many workers are being drained by which the pool will have fewer. */
  readonly going: ReadonlyMap<string, number>;
}

/** Until such a drain ends, its group is to have as many workers as before. */
function goingOf(
  pool: PoolSpec,
  places: readonly Place[],
  { nodes }: WorkersObservation,
): ReadonlyMap<string, number> {
  const drained = new Set(
    nodes.flatMap(({ name, taints }) => (drainedFor(taints) === 'scale-down' ? [name] : [])),
  );
  return new Map(
    places
      .filter((place) => place.pool.name === pool.name)
      .map(({ group, zone }) => {
        const serving = group.instances.filter(({ lifecycleState }) => lifecycleState === 'InService');
        return [zone, serving.filter(({ instanceId }) => drained.has(instanceId)).length];
      }),
  );
}

function removalsOf(pool: PoolSpec, nodes: readonly WorkerNode[], around: Surroundings) {
  const { going, now, places } = around;
  const own = places.filter((place) => place.pool.name === pool.name);
  const underWay = own.reduce((sum, { zone }) => sum + (going.get(zone) ?? 0), 0);
  const above = own.reduce((sum, { group }) => sum + group.desired, 0) - underWay - pool.min;
  const { quietSeconds, removalsMax, utilizationPercentMax } = pool.scaleDown;
  const decision = decideWorkerRemovals(
    nodes.map((node) => removableNode(node, pool, own, around)),
    { [pool.name]: Math.max(0, above) },
    {
      quietSeconds,
      removalsMax: Math.max(0, removalsMax - underWay),
      utilizationMax: utilizationPercentMax / 100,
    },
    now,
  );
  const left = new Map(
    own.map((place) => [place.zone, place.group.desired - (going.get(place.zone) ?? 0) - place.group.min]),
  );
  const removals = decision.removals.flatMap(({ node, reason }): Removal[] => {
    const place = own.find(({ group }) => group.instances.some(({ instanceId }) => instanceId === node));
    const room = place ? (left.get(place.zone) ?? 0) : 0;
    if (!place || room <= 0) return [];
    left.set(place.zone, room - 1);
    return [{ pool: pool.name, zone: place.zone, instanceId: node, reason }];
  });
  return { removals, unneeded: decision.unneeded };
}

function removableNode(
  node: WorkerNode,
  pool: PoolSpec,
  own: readonly Place[],
  { now, since }: Surroundings,
): RemovableNode {
  const staysBecause = stays(node, pool, own, now);
  const unneededSince = since.get(node.name);
  const { allocatable, labels, name, pods, taints } = node;
  return {
    name,
    labels,
    taints,
    allocatable,
    pool: node.pool,
    pods: pods.filter(({ resident }) => !resident).map(({ view }) => view),
    resident: pods.filter(({ resident }) => resident).map(({ view }) => view),
    ...(staysBecause !== undefined && { staysBecause }),
    ...(unneededSince !== undefined && { unneededSince }),
  };
}

function stays(node: WorkerNode, pool: PoolSpec, own: readonly Place[], now: Date): string | undefined {
  if (node.pool !== pool.name) return 'its pool is judged by itself';
  const place = own.find(({ group }) => group.instances.some((one) => one.instanceId === node.name));
  const instance = place?.group.instances.find((one) => one.instanceId === node.name);
  if (!place || instance?.lifecycleState !== 'InService') return 'its group does not have it in service';
  if (sizeOf(place.group) > place.group.desired) return 'its group is getting smaller already';
  if (place.group.desired <= place.group.min) return `zone ${place.zone} is at its least number of workers`;
  const { ageSecondsMin } = pool.scaleDown;
  const ageSeconds = (now.getTime() - Date.parse(node.createdAt)) / 1000;
  // A time that cannot be read is no age.
  if (!(ageSeconds >= ageSecondsMin)) return `it is younger than ${ageSecondsMin} s`;
  return node.staysBecause ?? node.pods.find((pod) => pod.staysBecause !== undefined)?.staysBecause;
}
