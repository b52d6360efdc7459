/**
 * Looks for most of each minute, every few seconds, whether pods wait in a cluster whose pools can grow that did not wait at the last whole
 * look, and writes it down when they do: that object is what wakes `watch-workers` (ADR 20). It counts pods and keeps none, so that it runs with
 * the least memory there is. Runs in the VPC, where API servers can be reached.
 *
 * A run ends where a later one has begun, so that two never watch side by side for long. Safe to repeat, and to miss: each minute's whole look sees the same. A change is told again where no look has come of it; a cluster that
 * cannot be asked is left to the whole look, and does not keep the others from being watched.
 */
import { randomUUID } from 'node:crypto';
import { makeObjects, type Objects } from '../aws/objects.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { objectKeys } from '../clusters/names.ts';
import { retiringReason } from '../clusters/retiring.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { openKubernetes } from '../kubernetes/open.ts';
import { createLimit, type Limit } from '../runtime/limit.ts';
import { type Pause, pause } from '../runtime/pause.ts';
import { settleAll } from '../runtime/settle.ts';
import { type TaskContext, task } from '../runtime/task.ts';
import { watchDemand } from './contracts.ts';
import { readDemand } from './demand.ts';
import { visitUnplaced } from './unplaced.ts';

export interface WatchDemandDeps {
  readonly registry: Pick<Registry, 'listClusters' | 'getCluster' | 'getSlots' | 'getRun' | 'putRun'>;
  readonly objects: Objects;
  readonly open: typeof openKubernetes;
  readonly pause: Pause;
}

/** After a tick has begun, no look begins later than this: it must have ended before the task's time-out. */
const looksUntilSeconds = 51;
/** Between two looks at what waits. */
const pauseMilliseconds = 3_000;
/** A look that takes longer is of more pods than this small function can count: the whole look, each minute, sees them. */
const lookSecondsMax = 6;
/** A whole look that has not come of a change by then will not come: it is told again. */
const toldAgainSeconds = 15;
/** Looks side by side. */
const atOnce = 4;

interface Watched {
  readonly cluster: string;
  readonly client: KubernetesClient;
  looks: number;
  changes: number;
  /** What is known to wait: nothing is to be done while it is the same. */
  known: string;
  /** What was told last, and when. */
  told?: { readonly waiting: string; readonly at: number };
}

/** One run of this task. */
interface Minute {
  readonly limited: Limit;
  /** Tells it from the one before and the one after. */
  readonly run: string;
  readonly tickedAt: Date;
}

export const handler = task(
  watchDemand,
  (config): WatchDemandDeps => ({
    registry: makeRegistry(config),
    objects: makeObjects(config),
    open: openKubernetes,
    pause,
  }),
  async (_input, deps, context) => {
    const tickedAt = context.clock.now();
    const run = randomUUID();
    await deps.registry.putRun('watch-demand', run, context.signal);
    const clusters = await deps.registry.listClusters(context.signal);
    const limited = createLimit(atOnce);
    const found = await settleAll(
      clusters.map((cluster) => watchCluster({ cluster, limited, run, tickedAt }, deps, context)),
    );
    return { watched: found.flat() };
  },
);

/** A cluster of which no whole look was made, whose pools cannot grow, or that is being retired, is left alone. */
async function watchCluster(
  { cluster, ...minute }: Minute & { readonly cluster: string },
  deps: WatchDemandDeps,
  context: TaskContext,
) {
  const demand = await readDemand(deps.objects, cluster, context.signal);
  if (!demand?.canGrow) return [];
  const retiring = retiringReason(await deps.registry.getCluster(cluster, context.signal));
  if (retiring !== undefined) {
    context.log.info('left alone', { cluster, reason: retiring });
    return [];
  }
  const client = await deps.open(deps, cluster, 'kubernetes-admin', context.signal);
  const watched: Watched = { cluster, client, looks: 0, changes: 0, known: demand.waiting };
  try {
    await goOnLooking(watched, minute, deps, context);
    return [{ cluster, looks: watched.looks, changes: watched.changes }];
  } finally {
    client.close();
  }
}

/** What goes wrong here is the whole look's to say. */
async function goOnLooking(
  watched: Watched,
  { limited, run, tickedAt }: Minute,
  deps: WatchDemandDeps,
  context: TaskContext,
): Promise<void> {
  const { clock, log, signal } = context;
  const endsAt = tickedAt.getTime() + looksUntilSeconds * 1000;
  while (clock.now().getTime() + pauseMilliseconds <= endsAt) {
    await deps.pause(pauseMilliseconds, signal);
    try {
      if ((await deps.registry.getRun('watch-demand', signal)) !== run) return;
      if (!(await limited(() => lookAgain(watched, deps, context)))) return;
    } catch (error) {
      log.warn('stopped looking', { cluster: watched.cluster, error });
      return;
    }
  }
}

/** Tells that something else waits, unless a whole look has seen it meanwhile. False where the pools cannot grow any more. */
async function lookAgain(
  watched: Watched,
  { objects }: WatchDemandDeps,
  { clock, signal }: TaskContext,
): Promise<boolean> {
  watched.looks += 1;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(lookSecondsMax * 1000)]);
  const { waiting } = await visitUnplaced(watched.client, () => {}, limit);
  if (waiting === watched.known) return true;
  const demand = await readDemand(objects, watched.cluster, signal);
  if (!demand?.canGrow) return false;
  watched.known = demand.waiting;
  const now = clock.now().getTime();
  const { told } = watched;
  const awaited = told?.waiting === waiting && now - told.at < toldAgainSeconds * 1000;
  if (waiting === demand.waiting || awaited) return true;
  const observedAt = new Date(now).toISOString();
  const key = objectKeys(watched.cluster).demandChange;
  await objects.put(key, JSON.stringify({ observedAt, waiting }), undefined, signal);
  watched.told = { waiting, at: now };
  watched.changes += 1;
  return true;
}
