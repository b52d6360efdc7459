/**
 * Reads each cluster's workers and the pods that wait for one, once a minute and when `watch-demand` has seen that something else waits, and
 * writes them down for those who act, who are outside the VPC (ADR 20): the object in the bucket is what wakes the sweep. Runs in the VPC,
 * where API servers can be reached.
 *
 * Safe to repeat: an observation replaces the one before. A cluster whose API cannot be asked is written down as such, and one that fails does
 * not keep the others from being watched.
 */
import { makeObjects, type Objects } from '../aws/objects.ts';
import { type ClusterRecord, makeRegistry, type Registry } from '../aws/registry.ts';
import { clusterOfKey, objectKeys } from '../clusters/names.ts';
import { retiringReason } from '../clusters/retiring.ts';
import { type KubernetesClient, KubernetesError } from '../kubernetes/client.ts';
import type { KubernetesErrorKind } from '../kubernetes/client-errors.ts';
import { openKubernetes } from '../kubernetes/open.ts';
import { KubernetesRefused } from '../runtime/errors.ts';
import { createLimit } from '../runtime/limit.ts';
import { settleAll } from '../runtime/settle.ts';
import { type TaskContext, task } from '../runtime/task.ts';
import { type WorkersObservation, watchWorkers } from './contracts.ts';
import { decideWatch } from './decide-watch.ts';
import { type Demand, rememberDemand } from './demand.ts';
import { observeWorkers } from './observe-workers.ts';
import { renderObservation } from './stored-observation.ts';

export interface WatchWorkersDeps {
  readonly registry: Pick<Registry, 'listClusters' | 'getCluster' | 'getSlots'>;
  readonly objects: Objects;
  readonly open: typeof openKubernetes;
}

/** What one look may take: it must have ended, and be written, before the task's time-out. */
const lookSecondsMax = 40;
/** Looks side by side: each holds a page of its API's answers in memory. */
const atOnce = 8;

/** No fault of the watch: another alarm calls for an API that is down. All else that lasts is for a person to mend, rights as well. */
const down: readonly KubernetesErrorKind[] = ['unreachable', 'timeout', 'unavailable', 'too-many-requests'];

export const handler = task(
  watchWorkers,
  (config): WatchWorkersDeps => ({
    registry: makeRegistry(config),
    objects: makeObjects(config),
    open: openKubernetes,
  }),
  async ({ scope }, deps, context) => {
    const named = scope && clusterOfKey(scope.objectKey, 'demandChange');
    const clusters = named ? [named] : await deps.registry.listClusters(context.signal);
    const limited = createLimit(atOnce);
    const found = await settleAll(
      clusters.map((cluster) => limited(() => watchCluster(cluster, deps, context))),
    );
    return { observed: found.flat() };
  },
);

async function watchCluster(cluster: string, deps: WatchWorkersDeps, context: TaskContext) {
  const record = await deps.registry.getCluster(cluster, context.signal);
  if (!record?.formed || !record.kubernetes || record.spec.pools.length === 0) return [];
  const retiring = retiringReason(record);
  if (retiring !== undefined) {
    context.log.info('left alone', { cluster, reason: retiring });
    return [];
  }
  const client = await deps.open(deps, cluster, 'kubernetes-admin', context.signal);
  try {
    const { demand, observation, refused } = await look(record, client, context);
    await write(observation, demand, deps, context);
    if (refused) throw new KubernetesRefused(refused.message, { cause: refused });
    const { nodes, pending, reachable } = observation;
    return [{ cluster, reachable, nodes: nodes.length, pending: countOf(pending) }];
  } finally {
    client.close();
  }
}

const countOf = (pending: WorkersObservation['pending']): number =>
  pending.reduce((sum, group) => sum + group.pods.length, 0);

interface Looked {
  readonly observation: WorkersObservation;
  /** Absent where the API cannot be asked: what waited before still may. */
  readonly demand?: Demand;
  readonly refused?: KubernetesError;
}

/** A whole look. Where the API cannot be asked, that is all it says: no node is invented, and none is gone. */
async function look(
  record: ClusterRecord,
  client: KubernetesClient,
  { clock, signal }: TaskContext,
): Promise<Looked> {
  const now = clock.now();
  const head = { cluster: record.name, observedAt: now.toISOString() };
  const limit = AbortSignal.timeout(lookSecondsMax * 1000);
  try {
    const { decision, seen, waiting } = await observeWorkers(
      client,
      (nodes) =>
        decideWatch(
          record.spec.pools,
          nodes.map(({ pool }) => pool),
          now,
        ),
      AbortSignal.any([signal, limit]),
    );
    const { canGrow } = decision;
    return { observation: { ...head, reachable: true, ...seen }, demand: { canGrow, waiting } };
  } catch (error) {
    const slow = limit.aborted && !signal.aborted;
    if (!slow && !(error instanceof KubernetesError)) throw error;
    const reason = error instanceof KubernetesError ? error.message : `not read within ${lookSecondsMax} s`;
    const nothing = { nodes: [], pending: [], leftOut: [], daemonSets: [], allPods: false };
    const observation = { ...head, reachable: false, reason, ...nothing };
    const refused = error instanceof KubernetesError && !down.includes(error.kind) ? { refused: error } : {};
    return { observation, ...refused };
  }
}

/** What waits comes last: where this dies before, the same change is told once more. */
async function write(
  observation: WorkersObservation,
  demand: Demand | undefined,
  { objects }: WatchWorkersDeps,
  { log, signal }: TaskContext,
): Promise<void> {
  const { cluster, leftOut, nodes, pending, reachable, reason } = observation;
  const key = objectKeys(cluster).workersObservation;
  await objects.put(key, renderObservation(observation), undefined, signal);
  if (demand) await rememberDemand(objects, cluster, demand, signal);
  const counts = { nodes: nodes.length, pending: countOf(pending) };
  if (!reachable || counts.pending > 0 || leftOut.length > 0)
    log.info('workers', { cluster, reachable, reason, ...counts, leftOut: leftOut.slice(0, 10) });
}
