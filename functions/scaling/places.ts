import type { PoolGroupFound } from '../aws/pool-groups.ts';
import { isLeaving } from '../clusters/lifecycle-state.ts';
import { poolGroupName } from '../clusters/names.ts';
import type { ClusterSpec, PoolSpec } from '../clusters/spec-schema.ts';
import type { WorkerNode, WorkersObservation } from '../demand/contracts.ts';
import type { FoundObservation } from '../demand/read-observation.ts';
import type { NodeView } from '../scheduling/model.ts';
import { isHeldBack } from './back-off.ts';
import type { BackOff, Unneeded } from './contracts.ts';
import { type FreshNode, freshNode, type InstanceTypeFact } from './fresh-node.ts';

/** All that a plan is made of. */
export interface ScalingInput {
  readonly deployment: string;
  readonly region: string;
  readonly spec: ClusterSpec;
  readonly found: FoundObservation | undefined;
  /** The pools' groups, as far as they exist. */
  readonly groups: readonly PoolGroupFound[];
  readonly types: readonly InstanceTypeFact[];
  readonly backOffs: readonly BackOff[];
  readonly unneeded: readonly Unneeded[];
  /** When it was last decided that workers go, ISO 8601. */
  readonly removedAt?: string;
}

/** A pool's group in one zone. */
export interface Place {
  readonly pool: PoolSpec;
  /** The zone's letter. */
  readonly zone: string;
  readonly group: PoolGroupFound;
  /** What the group is taken to launch next: its first type that is not backed off. Absent: nothing can be counted on now. */
  readonly next?: { readonly type: InstanceTypeFact; readonly fresh: FreshNode };
  /** What a node of this place is by its type; undefined for a type of which nothing is known. */
  readonly freshOf: (instanceType: string) => FreshNode | undefined;
}

/** Every pool's groups that exist, in the order of pools and zones. Pure. */
export function placesOf(input: ScalingInput, observation: WorkersObservation, now: Date): Place[] {
  return input.spec.pools.flatMap((pool) =>
    pool.zones.toSorted().flatMap((zone) => {
      const name = poolGroupName(input.deployment, input.spec.name, pool.name, zone);
      const group = input.groups.find((one) => one.name === name);
      return group ? [placeOf({ pool, zone, group }, input, observation, now)] : [];
    }),
  );
}

function placeOf(
  place: Pick<Place, 'pool' | 'zone' | 'group'>,
  { backOffs, region, spec, types }: ScalingInput,
  observation: WorkersObservation,
  now: Date,
): Place {
  const { group, pool, zone } = place;
  const { daemonSets } = observation;
  const freshOf = (instanceType: string): FreshNode | undefined => {
    const type = types.find((one) => one.instanceType === instanceType);
    const known = knownAllocatable(observation, pool.name, instanceType);
    return type && freshNode({ pool, type, region, zone, network: spec.network, daemonSets, known });
  };
  const chosen = pool.instanceTypes.find(
    (instanceType) => !isHeldBack(backOffs, { pool: pool.name, zone, instanceType }, now),
  );
  const type = types.find(({ instanceType }) => instanceType === chosen);
  const fresh = type && freshOf(type.instanceType);
  const launches = group.suspended.every(({ process }) => process !== 'Launch');
  return { ...place, freshOf, ...(type && fresh && launches && { next: { type, fresh } }) };
}

function knownAllocatable({ nodes }: WorkersObservation, pool: string, instanceType: string) {
  return nodes.find(
    (node) =>
      node.pool === pool &&
      node.labels['node.kubernetes.io/instance-type'] === instanceType &&
      (node.allocatable.cpu ?? 0) > 0,
  )?.allocatable;
}

export function isReady({ conditions }: WorkerNode): boolean {
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

/** How many instances a group has; those that leave do not count. */
export function countStaying({ instances }: PoolGroupFound): number {
  return instances.filter(({ lifecycleState }) => !isLeaving(lifecycleState)).length;
}

/** How many instances a group has or is to have, whichever is more. */
export function sizeOf(group: PoolGroupFound): number {
  return Math.max(group.desired, countStaying(group));
}

/** What keeps pods off a node that has just come up, until the cloud controller and the controller manager have seen it. */
const startupTaints = ['node.cloudprovider.kubernetes.io/uninitialized', 'node.kubernetes.io/not-ready'];
/** One that is not rid of them by then is another's to mend. */
const startupSecondsMax = 600;

/** Whether a node that says it is ready takes no pods yet: it is new, and has its startup taints or not even its zone. Pure. */
function isStarting({ createdAt, taints, zone }: WorkerNode, { observedAt }: WorkersObservation): boolean {
  const ageSeconds = (Date.parse(observedAt) - Date.parse(createdAt)) / 1000;
  // A time that cannot be read is no age: nobody waits for such a node.
  if (!(ageSeconds < startupSecondsMax)) return false;
  return zone === undefined || taints.some(({ key }) => startupTaints.includes(key));
}

/** Nodes that take pods now: ready, and neither cordoned nor on their way in or out. Pure. */
export function stayingNodes(places: readonly Place[], observation: WorkersObservation): WorkerNode[] {
  const instances = places.flatMap(({ group }) => group.instances);
  const leaving = new Set(
    instances.flatMap((one) => (isLeaving(one.lifecycleState) ? [one.instanceId] : [])),
  );
  return observation.nodes.filter(
    (node) =>
      isReady(node) && !node.unschedulable && !leaving.has(node.name) && !isStarting(node, observation),
  );
}

/**
 * Workers that were asked for and take no pods yet, as nodes with what their pool gives them, so that the same pods never bring a second
 * one. Pure. An instance in service whose node is there and not ready is another's to mend: nobody may wait for it.
 */
export function comingNodes(places: readonly Place[], observation: WorkersObservation): NodeView[] {
  const byName = new Map(observation.nodes.map((node) => [node.name, node]));
  return places.flatMap(({ freshOf, group, next, pool }) => {
    const staying = group.instances.filter(({ lifecycleState }) => !isLeaving(lifecycleState));
    const joining = staying.filter(({ instanceId, lifecycleState }) => {
      const node = byName.get(instanceId);
      if (!node) return true;
      return isReady(node) ? isStarting(node, observation) : lifecycleState.startsWith('Pending');
    });
    const views = joining.map(({ instanceId, instanceType }) => ({
      name: instanceId,
      fresh: freshOf(instanceType) ?? next?.fresh,
    }));
    const missing = Array.from({ length: Math.max(0, group.desired - staying.length) }, (_, index) => ({
      name: `${group.name}-coming-${index}`,
      fresh: next?.fresh,
    }));
    return [...views, ...missing].flatMap(({ fresh, name }): NodeView[] =>
      fresh ? [{ name, ...fresh, pods: movable(byName.get(name)), pool: pool.name }] : [],
    );
  });
}

/** Pods on a node but those that a fresh one is taken to have from the start. */
const movable = (node: WorkerNode | undefined) =>
  (node?.pods ?? []).filter(({ resident }) => !resident).map(({ view }) => view);
