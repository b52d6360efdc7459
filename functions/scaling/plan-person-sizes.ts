/**
 * Says what a person's size of a pool takes: which groups get another number, and which workers go. Refuses a size, a cluster or a pool that
 * cannot be, before anything is changed.
 *
 * Changes nothing, so a repeat is safe: it looks anew, and what is done already is not planned again.
 */
import { makeObjects, type Objects } from '../aws/objects.ts';
import { makePoolGroups, type PoolGroups } from '../aws/pool-groups.ts';
import { type ClusterRecord, makeRegistry, type Registry } from '../aws/registry.ts';
import { poolGroupName } from '../clusters/names.ts';
import { describePause, pauseOf } from '../clusters/pause.ts';
import { retiringReason } from '../clusters/retiring.ts';
import type { WorkerNode } from '../demand/contracts.ts';
import { type FoundObservation, readObservation } from '../demand/read-observation.ts';
import { drainedFor } from '../drain/mark-node.ts';
import {
  ClusterUnknown,
  KubernetesUnavailable,
  ScalingRefused,
  ScalingUnfinished,
} from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { requirePool } from '../workers/require-pool.ts';
import { isHeldBack } from './back-off.ts';
import { type BackOff, planPersonSizes, type SizeChange } from './contracts.ts';
import { decidePersonSizes, type PersonPlace, refuseSize, type SeenWorker } from './decide-person-sizes.ts';
import { readPersonRequest } from './read-person-request.ts';

export interface PlanPersonSizesDeps {
  readonly registry: Pick<Registry, 'getCluster' | 'listClusters' | 'getScaling'>;
  readonly objects: Objects;
  readonly groups: Pick<PoolGroups, 'describe'>;
}

export const handler = task(
  planPersonSizes,
  (config): PlanPersonSizesDeps => ({
    registry: makeRegistry(config),
    objects: makeObjects(config),
    groups: makePoolGroups(config),
  }),
  async (input, { groups, objects, registry }, { clock, config, log, signal }) => {
    const { cluster, pool: name, size } = readPersonRequest(input.request);
    const record = await requireCluster(cluster, registry, signal);
    const pool = requirePool(record.spec, name);
    const now = clock.now();
    const refusal = retiringReason(record) ?? refuseSize(pool, size) ?? refusePaused(record, now);
    if (refusal !== undefined) throw new ScalingRefused(refusal);
    const zones = pool.zones.toSorted();
    const nameOf = (zone: string) => poolGroupName(config.deployment, cluster, name, zone);
    const [facts, found, scaling] = await Promise.all([
      groups.describe(zones.map(nameOf), signal),
      readObservation(objects, cluster, now, signal),
      registry.getScaling(cluster, signal),
    ]);
    const { tried = [] } = input;
    const places = zones.flatMap((zone): PersonPlace[] => {
      const group = facts.find((one) => one.name === nameOf(zone));
      return group ? [placeOf({ pool, zone, group }, tried, scaling?.backOffs ?? [], now)] : [];
    });
    if (places.length === 0)
      throw new ScalingRefused(`pool ${name} of ${cluster} has no groups yet: provision the cluster first`);
    const direction = input.direction ?? undefined;
    const decision = decidePersonSizes({ places, size, direction, seen: lookupOf(found) });
    log.info('planned', { cluster, pool: name, size, ...decision });
    const { action } = decision;
    if (action === 'refuse')
      throw new (direction === undefined ? ScalingRefused : ScalingUnfinished)(decision.reason);
    if (decision.removals.length > 0) requireSight(cluster, found);
    return { ...decision, action };
  },
);

async function requireCluster(
  cluster: string,
  registry: PlanPersonSizesDeps['registry'],
  signal: AbortSignal,
): Promise<ClusterRecord> {
  const record = await registry.getCluster(cluster, signal);
  if (record) return record;
  const there = (await registry.listClusters(signal)).join(', ') || 'none';
  throw new ClusterUnknown(`the registry knows no cluster ${cluster}; there are: ${there}`);
}

/** No worker joins, and none leaves its terminate hook, while the sweep is held. */
function refusePaused(record: ClusterRecord, now: Date): string | undefined {
  const pause = pauseOf(record, now);
  return pause && `${describePause(record.name, pause)}; end the pause first, for workers join by the sweep`;
}

function placeOf(
  place: Pick<PersonPlace, 'pool' | 'zone' | 'group'>,
  tried: readonly SizeChange[],
  backOffs: readonly BackOff[],
  now: Date,
): PersonPlace {
  const { group, pool, zone } = place;
  const refused = tried.findLast((one) => one.zone === zone)?.reason;
  const suspended = group.suspended.find(({ process }) => process === 'Launch');
  const closed = refused ?? (suspended && `its launches are suspended: ${suspended.reason}`);
  const heldBack = pool.instanceTypes.every((instanceType) =>
    isHeldBack(backOffs, { pool: pool.name, zone, instanceType }, now),
  );
  return { ...place, heldBack, ...(closed !== undefined && { closed }) };
}

/** What was last seen of each worker. */
function lookupOf(found: FoundObservation | undefined): (instanceId: string) => SeenWorker | undefined {
  const { allPods = false, nodes = [] } = found?.observation ?? {};
  const byName = new Map(nodes.map((node) => [node.name, node]));
  return (instanceId) => {
    const node = byName.get(instanceId);
    return node && seenWorker(node, allPods);
  };
}

function seenWorker(node: WorkerNode, allPods: boolean): SeenWorker {
  const pods = node.pods.filter(({ resident }) => !resident);
  const staysBecause = node.staysBecause ?? pods.find((pod) => pod.staysBecause !== undefined)?.staysBecause;
  return {
    going: drainedFor(node.taints) === 'scale-down',
    createdAt: node.createdAt,
    ...(staysBecause !== undefined && { staysBecause }),
    ...(allPods && { pods: pods.length }),
  };
}

/** Nobody goes by a look that is too old or saw nothing: unknown is never idle. */
function requireSight(cluster: string, found: FoundObservation | undefined): void {
  const reason = !found
    ? 'nobody has looked yet'
    : !found.fresh
      ? `the latest look is ${Math.round(found.ageSeconds)} s old`
      : found.observation.reachable
        ? undefined
        : `the API could not be asked: ${found.observation.reason ?? 'no reason given'}`;
  if (reason !== undefined)
    throw new KubernetesUnavailable(`the workers of ${cluster} are not seen, so that none may go: ${reason}`);
}
