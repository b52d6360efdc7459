import type { Clock } from '../../../kernel/clock.ts';
import { type Resource, resources } from '../resources.ts';
import { endOf, root, type Store } from '../store.ts';
import type { Watcher } from '../watch-objects.ts';
import { cleanUp } from './clean-up.ts';
import { keepBudgets } from './disruption.ts';
import { createElection } from './lead.ts';
import { createNodeLifecycle } from './node-lifecycle.ts';
import { keepReplicas } from './replicas.ts';
import { schedulePods } from './schedule.ts';
import { type Authority, signRequests } from './sign-requests.ts';
import { endNamespaces, keepWorkloads } from './workloads.ts';

/** What controllers act with. */
export interface Controllers {
  readonly store: Store;
  readonly watcher: Watcher;
  readonly clock: Clock;
  /** Signs kubelets' client certificates. */
  readonly authority: Authority;
  /** Who runs them: an instance. */
  readonly identity: string;
  /** Factor on Kubernetes' own waits. */
  readonly waitScale: number;
  readonly namespacedResources: readonly Resource[];
  now(): Date;
  compact(revision: string): Promise<void>;
  log(line: string): void;
  readonly signal: AbortSignal;
}

type Reconcile = () => Promise<void>;

/** Kubernetes' own figures, in seconds, and what they are at least: nothing is looked at more often than once a second. */
const retrySeconds = 2;
const leaseSeconds = 15;
const retryMilliseconds = (scale: number): number => Math.max(1_000, retrySeconds * 1000 * scale);
const leaseMilliseconds = (scale: number): number => Math.max(4_000, leaseSeconds * 1000 * scale);
/** As often as kube-apiserver compacts etcd and, here, expired things are looked for. */
const compactMilliseconds = 5 * 60 * 1000;
const cleanUpMilliseconds = 30_000;
/** Several changes at once are looked at once. */
const settleMilliseconds = 25;

/**
 * Runs what stands for kube-controller-manager, on one of a cluster's machines at a time: at once when something changes that it is about,
 * and by the clock where time itself is the change. Ends with the signal.
 */
export async function runControllers(controllers: Controllers): Promise<void> {
  const { clock, log, signal, waitScale } = controllers;
  const lead = createElection(controllers, leaseMilliseconds(waitScale));
  for (let last = ''; !signal.aborted; ) {
    try {
      if (await lead()) await runWhileLeading(controllers, lead);
      last = '';
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      if (failure !== last && !signal.aborted) log(`controllers of the API stand-in: ${failure}`);
      last = failure;
    }
    await clock.sleep(retryMilliseconds(waitScale), signal).catch(() => {});
  }
}

/** Until the lease is another's, or something fails: then it is tried for again. */
async function runWhileLeading(controllers: Controllers, lead: () => Promise<boolean>): Promise<void> {
  const { clock, log, store, waitScale } = controllers;
  const ending = new AbortController();
  const signal = AbortSignal.any([controllers.signal, ending.signal]);
  const work = reconcilers(controllers);
  const changed = new Set<string>(Object.keys(work.byKind));
  const wake = createWake();
  const from = String(BigInt(await store.revision()) + 1n);
  const failures: unknown[] = [];
  const hear = async (): Promise<void> => {
    const everything = { key: root, end: endOf(root), from, signal };
    for await (const events of controllers.watcher(everything)) {
      for (const { key } of events) changed.add(key.slice(root.length).split('/')[1] ?? '');
      wake.now();
    }
    throw new Error('the watch of etcd ended');
  };
  const hearing = hear().catch((error: unknown) => {
    failures.push(error);
    wake.now();
  });
  log(`controllers of the API stand-in run on ${controllers.identity}`);
  try {
    for (let next = 0; !signal.aborted && failures.length === 0; ) {
      if (clock.now().getTime() >= next) {
        if (!(await lead())) return;
        await work.byTime();
        next = clock.now().getTime() + retryMilliseconds(waitScale);
      }
      const kinds = [...changed];
      changed.clear();
      const due = new Set(kinds.flatMap((kind) => work.byKind[kind] ?? []));
      await Promise.all([...due].map((reconcile) => reconcile()));
      await wake.within(clock, next - clock.now().getTime(), signal);
      await clock.sleep(settleMilliseconds, signal);
    }
    if (failures.length > 0) throw failures[0];
  } finally {
    ending.abort();
    await hearing;
  }
}

interface Work {
  /** What to do when an object of a kind changes, by its plural. */
  readonly byKind: Readonly<Record<string, readonly Reconcile[]>>;
  byTime(): Promise<void>;
}

function reconcilers(controllers: Controllers): Work {
  const watchNodes = createNodeLifecycle(controllers);
  const run = (reconcile: (all: Controllers) => Promise<void>) => () => reconcile(controllers);
  const [sign, budgets, workloads] = [run(signRequests), run(keepBudgets), run(keepWorkloads)];
  const [replicas, schedule, namespaces] = [run(keepReplicas), run(schedulePods), run(endNamespaces)];
  const seldom = everySoOften(controllers.clock);
  const cleanUpNow = seldom(cleanUpMilliseconds, () => cleanUp(controllers));
  const compactNow = seldom(compactMilliseconds, createCompaction(controllers));
  return {
    byKind: {
      certificatesigningrequests: [sign],
      poddisruptionbudgets: [budgets],
      pods: [budgets, replicas, schedule],
      deployments: [workloads, replicas],
      daemonsets: [workloads, replicas],
      replicasets: [workloads, replicas, budgets],
      statefulsets: [workloads],
      customresourcedefinitions: [workloads],
      nodes: [workloads, replicas, schedule, watchNodes],
      namespaces: [namespaces],
    },
    async byTime() {
      await watchNodes();
      await namespaces();
      await cleanUpNow();
      await compactNow();
    },
  };
}

const everySoOften =
  (clock: Clock) =>
  (milliseconds: number, act: Reconcile): Reconcile => {
    let last = 0;
    return async () => {
      if (clock.now().getTime() - last < milliseconds) return;
      last = clock.now().getTime();
      await act();
    };
  };

/** Gives up what was before the last time, so that lists and watches of the last minutes still hold. */
function createCompaction({ compact, store }: Controllers): Reconcile {
  let before: string | undefined;
  return async () => {
    if (before !== undefined) await compact(before);
    before = await store.revision();
  };
}

/** Something that can be waited for, for a while. */
function createWake() {
  let woken = false;
  let ring: (() => void) | undefined;
  return {
    now(): void {
      woken = true;
      ring?.();
    },
    async within(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
      if (!woken && !signal.aborted && milliseconds > 0)
        await new Promise<void>((resolve) => {
          const cancel = clock.after(milliseconds, () => ring?.());
          ring = () => {
            ring = undefined;
            cancel();
            signal.removeEventListener('abort', onAbort);
            resolve();
          };
          const onAbort = (): void => ring?.();
          signal.addEventListener('abort', onAbort, { once: true });
        });
      woken = false;
    },
  };
}

/** Every kind that lies in namespaces. */
export const namespacedResources = resources.filter(({ namespaced }) => namespaced);
