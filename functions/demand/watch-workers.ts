/**
 * Reads each cluster's workers and the pods that wait for one, once a minute, and writes them down for those who act, who are outside the VPC
 * (ADR 20). For the rest of the minute it goes on looking at the pods that wait, where a pool can grow, and writes anew when those have
 * changed: the object in the bucket is what wakes the sweep. Runs in the VPC, where API servers can be reached.
 *
 * Safe to repeat: an observation replaces the one before, and a look that finds another's object gives its cluster up to it. A cluster whose
 * API cannot be asked is written down as such, and one that fails does not keep the others from being watched.
 */
import { makeObjects, type Objects } from '../aws/objects.ts';
import { type ClusterRecord, makeRegistry, type Registry } from '../aws/registry.ts';
import { objectKeys } from '../clusters/names.ts';
import { type KubernetesClient, KubernetesError } from '../kubernetes/client.ts';
import type { KubernetesErrorKind } from '../kubernetes/client-errors.ts';
import { openKubernetes } from '../kubernetes/open.ts';
import { KubernetesRefused } from '../runtime/errors.ts';
import { type Pause, pause } from '../runtime/pause.ts';
import { type TaskContext, task } from '../runtime/task.ts';
import { type WorkersObservation, watchWorkers } from './contracts.ts';
import { decideWatch } from './decide-watch.ts';
import { listUnplaced, observeWorkers } from './observe-workers.ts';
import { renderObservation } from './stored-observation.ts';

export interface WatchWorkersDeps {
  readonly registry: Pick<Registry, 'listClusters' | 'getCluster' | 'getSlots'>;
  readonly objects: Objects;
  readonly open: typeof openKubernetes;
  readonly pause: Pause;
}

/** After a tick has begun, no look begins later than this: it must have ended before the task's time-out. */
const looksUntilSeconds = 42;
/** Between two looks at what waits. */
const pauseMilliseconds = 3_000;
/** What one look may take: one at all pods of 5,000 nodes needs most of it with a small function's share of a processor (ADR 20). */
const lookSecondsMax = 40;
/** By then a look must have ended, however little it had. */
const looksEndSeconds = 47;
/** Looks side by side: each holds a page of its API's answers in memory. */
const atOnce = 8;

/** No fault of the watch: another alarm calls for an API that is down. All else that lasts is for a person to mend, rights as well. */
const down: readonly KubernetesErrorKind[] = ['unreachable', 'timeout', 'unavailable', 'too-many-requests'];

/** A cluster of which more is to be seen in this minute, and what was seen. */
interface Watched {
  readonly record: ClusterRecord;
  readonly client: KubernetesClient;
  readonly tickedAt: Date;
  observation: WorkersObservation;
  canGrow: boolean;
  waiting: string;
  etag: string;
  writes: number;
}

export const handler = task(
  watchWorkers,
  (config): WatchWorkersDeps => ({
    registry: makeRegistry(config),
    objects: makeObjects(config),
    open: openKubernetes,
    pause,
  }),
  async (_input, deps, context) => {
    const tickedAt = context.clock.now();
    const clusters = await deps.registry.listClusters(context.signal);
    const limited = createLimit(atOnce);
    const results = await Promise.allSettled(
      clusters.map((cluster) => watchCluster({ cluster, tickedAt, limited }, deps, context)),
    );
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    if (failures.length > 0) throw failures[0];
    return { observed: results.flatMap((result) => (result.status === 'fulfilled' ? result.value : [])) };
  },
);

/** The whole minute of one cluster. */
async function watchCluster(
  { cluster, limited, tickedAt }: { cluster: string; tickedAt: Date; limited: Limit },
  deps: WatchWorkersDeps,
  context: TaskContext,
) {
  const watched = await limited(() => firstLook(cluster, tickedAt, deps, context));
  if (!watched) return [];
  try {
    await goOnLooking(watched, limited, deps, context);
    return [summaryOf(watched)];
  } finally {
    watched.client.close();
  }
}

function summaryOf({ observation, writes }: Watched) {
  const { cluster, nodes, pending, reachable } = observation;
  return { cluster, reachable, nodes: nodes.length, pending: countOf(pending), writes };
}

const countOf = (pending: WorkersObservation['pending']): number =>
  pending.reduce((sum, group) => sum + group.pods.length, 0);

type Limit = <T>(work: () => Promise<T>) => Promise<T>;

/** Runs so many pieces of work at once, the others in the order in which they came. */
function createLimit(most: number): Limit {
  const waiting: (() => void)[] = [];
  let free = most;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

async function firstLook(
  cluster: string,
  tickedAt: Date,
  deps: WatchWorkersDeps,
  context: TaskContext,
): Promise<Watched | undefined> {
  const record = await deps.registry.getCluster(cluster, context.signal);
  if (!record?.formed || !record.kubernetes || record.spec.pools.length === 0) return undefined;
  const client = await deps.open(deps, cluster, 'kubernetes-admin', context.signal);
  try {
    const one = { record, client, tickedAt };
    const { refused, ...looked } = await look(one, context);
    const etag = await write(looked.observation, deps, context);
    if (refused) throw new KubernetesRefused(refused.message, { cause: refused });
    return { ...one, ...looked, etag, writes: 1 };
  } catch (error) {
    client.close();
    throw error;
  }
}

/** What a look that begins now may take. */
function secondsLeft(tickedAt: Date, now: Date): number {
  const gone = (now.getTime() - tickedAt.getTime()) / 1000;
  return Math.max(0, Math.min(lookSecondsMax, looksEndSeconds - gone));
}

/** A whole look. Where the API cannot be asked, that is all it says: no node is invented, and none is gone. */
async function look(
  { client, record, tickedAt }: Pick<Watched, 'record' | 'client' | 'tickedAt'>,
  { clock, signal }: TaskContext,
): Promise<Pick<Watched, 'observation' | 'canGrow' | 'waiting'> & { readonly refused?: KubernetesError }> {
  const now = clock.now();
  const head = { cluster: record.name, observedAt: now.toISOString() };
  const seconds = secondsLeft(tickedAt, now);
  const limit = AbortSignal.timeout(seconds * 1000);
  try {
    const { decision, seen, waiting } = await observeWorkers(
      client,
      (nodes) =>
        decideWatch(
          record.spec.pools,
          nodes.map(({ pool }) => pool),
          tickedAt,
        ),
      AbortSignal.any([signal, limit]),
    );
    return { observation: { ...head, reachable: true, ...seen }, canGrow: decision.canGrow, waiting };
  } catch (error) {
    const slow = limit.aborted && !signal.aborted;
    if (!slow && !(error instanceof KubernetesError)) throw error;
    const reason = error instanceof KubernetesError ? error.message : `not read within ${seconds} s`;
    const nothing = { nodes: [], pending: [], leftOut: [], daemonSets: [], allPods: false };
    const observation = { ...head, reachable: false, reason, ...nothing };
    const refused = error instanceof KubernetesError && !down.includes(error.kind) ? { refused: error } : {};
    return { observation, canGrow: false, waiting: '', ...refused };
  }
}

async function write(
  observation: WorkersObservation,
  { objects }: WatchWorkersDeps,
  { log, signal }: TaskContext,
): Promise<string> {
  const { cluster, leftOut, nodes, pending, reachable, reason } = observation;
  const key = objectKeys(cluster).workersObservation;
  const { etag } = await objects.put(key, renderObservation(observation), undefined, signal);
  const counts = { nodes: nodes.length, pending: countOf(pending) };
  if (!reachable || counts.pending > 0 || leftOut.length > 0)
    log.info('workers', { cluster, reachable, reason, ...counts, leftOut: leftOut.slice(0, 10) });
  return etag;
}

/** Looks at what waits until the minute is nearly over. What goes wrong here is the next minute's to say. */
async function goOnLooking(
  watched: Watched,
  limited: Limit,
  deps: WatchWorkersDeps,
  context: TaskContext,
): Promise<void> {
  const { clock, log, signal } = context;
  const endsAt = watched.tickedAt.getTime() + looksUntilSeconds * 1000;
  while (watched.canGrow && clock.now().getTime() + pauseMilliseconds <= endsAt) {
    await deps.pause(pauseMilliseconds, signal);
    try {
      if (!(await limited(() => lookAgain(watched, deps, context)))) return;
    } catch (error) {
      log.warn('stopped looking', { cluster: watched.record.name, error });
      return;
    }
  }
}

/** Writes anew where what waits has changed. False where this cluster is another's by now. */
async function lookAgain(one: Watched, deps: WatchWorkersDeps, context: TaskContext): Promise<boolean> {
  const { clock, signal } = context;
  const milliseconds = secondsLeft(one.tickedAt, clock.now()) * 1000;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(milliseconds)]);
  const key = objectKeys(one.record.name).workersObservation;
  // A later tick has begun, or this one was delivered twice.
  if ((await deps.objects.etag(key, signal)) !== one.etag) return false;
  const { waiting } = await listUnplaced(one.client, limited);
  if (waiting === one.waiting) return true;
  const { refused: _, ...looked } = await look(one, context);
  // What was seen a moment ago is worth more than that it cannot be seen now: that is the next minute's to say.
  if (!looked.observation.reachable) return false;
  one.etag = await write(looked.observation, deps, context);
  Object.assign(one, looked, { writes: one.writes + 1 });
  return true;
}
