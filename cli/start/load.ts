import { setTimeout as sleep } from 'node:timers/promises';
import { makeObjects } from '../../functions/aws/objects.ts';
import { makeRegistry } from '../../functions/aws/registry.ts';
import { type KubernetesClient, KubernetesError } from '../../functions/kubernetes/client.ts';
import { openKubernetes } from '../../functions/kubernetes/open.ts';
import { pathOfObject } from '../../functions/kubernetes/paths.ts';
import { CommandError } from '../output.ts';
import { renderUnplaced } from '../scaling.ts';
import type { Target } from '../target.ts';
import { type LoadObject, wantedPods } from './manifests.ts';
import { type Patience, patiently } from './patiently.ts';
import {
  decideProgress,
  type LeftOutPod,
  type LoadNode,
  type LoadProgress,
  listNodes,
  listPods,
} from './watch-load.ts';
import { type PlansSeen, watchPlans } from './watch-plan.ts';

/** A burst that was absorbed, as `npm start -- --load FILE --json` reports it. */
export interface Load {
  /** That run on ready nodes, of those that the file asks for. */
  readonly pods: number;
  readonly workersBefore: number;
  readonly workersAfter: number;
  /** Workers that came up, by the name of their zone. */
  readonly zones: Readonly<Record<string, number>>;
  /** From the first object applied to the last pod that runs. */
  readonly seconds: number;
  /** What plans have asked for, and why, and for which pods they had no worker. */
  readonly plans: PlansSeen;
  /** Pods that do not run, and why: none where the burst was absorbed. */
  readonly leftOut: readonly LeftOutPod[];
}

export interface LoadOptions {
  readonly cluster: string;
  readonly file: string;
  readonly objects: readonly LoadObject[];
  /** Whether what was applied is deleted again. */
  readonly remove: boolean;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
  readonly timeoutSeconds?: number;
}

const pollMilliseconds = 500;

/** Applies a file's objects to a cluster and waits until all their pods run on ready nodes, new ones where it takes them. */
export async function absorbLoad(target: Target, options: LoadOptions): Promise<Load> {
  const { cluster, say, signal, timeoutSeconds = 600 } = options;
  const patience = { deadline: Date.now() + timeoutSeconds * 1000, say, signal };
  const ports = { registry: makeRegistry(target.config), objects: makeObjects(target.config) };
  const client = await openKubernetes(ports, cluster, 'kubernetes-admin', signal);
  try {
    const before = await patiently(() => listNodes(client, signal), patience);
    const readPlans = () => ports.registry.getScaling(cluster, signal);
    const plans = watchPlans(await readPlans());
    const began = Date.now();
    await applyAll(client, options, patience);
    const look = async (): Promise<void> => {
      for (const line of plans.look(await readPlans())) say(line);
    };
    const { nodes, progress } = await untilAbsorbed(client, options, { before, look, patience });
    const load = summarizeLoad(progress, before, nodes, plans.seen(), (Date.now() - began) / 1000);
    for (const line of renderLoad(load, before, nodes)) say(line);
    if (options.remove) await removeAll(client, options, patience);
    return load;
  } finally {
    client.close();
  }
}

async function applyAll(
  client: KubernetesClient,
  { file, objects, say, signal }: LoadOptions,
  patience: Patience,
): Promise<void> {
  for (const object of objects) {
    const { kind, metadata } = object;
    try {
      await patiently(() => client.apply(pathOfObject(object), object, signal), patience);
    } catch (error) {
      if (!(error instanceof KubernetesError)) throw error;
      throw new CommandError(`${file}, ${kind} ${metadata.name}: ${error.message}`);
    }
  }
  const pods = wantedPods(objects).map(({ count, owner }) => `${owner} (${count})`);
  say(`Applied ${file}: pods of ${pods.join(', ')}.`);
}

interface Watching {
  readonly before: readonly LoadNode[];
  /** Says what is new of plans. */
  readonly look: () => Promise<void>;
  readonly patience: Patience;
}

/** Polls until every wanted pod runs; also ends when time has run out. A line at each change. */
async function untilAbsorbed(
  client: KubernetesClient,
  { objects, say, signal }: LoadOptions,
  { before, look, patience }: Watching,
): Promise<{ progress: LoadProgress; nodes: readonly LoadNode[] }> {
  const wanted = wantedPods(objects);
  const list = () =>
    Promise.all([listNodes(client, signal), ...wanted.map((one) => listPods(client, one, signal))]);
  for (let last = ''; ; ) {
    const [nodes, ...found] = await patiently(list, patience);
    await look();
    const progress = decideProgress(wanted, found.flat(), nodes);
    const line = renderProgress(progress, before, nodes);
    if (line !== last) say(line);
    last = line;
    if (progress.running >= progress.wanted && progress.leftOut.length === 0) return { progress, nodes };
    if (Date.now() > patience.deadline) return { progress, nodes };
    await sleep(pollMilliseconds, undefined, { signal });
  }
}

/** Deletes in reverse order; what is gone already, with its namespace for instance, is well. */
async function removeAll(
  client: KubernetesClient,
  { file, objects, say, signal }: LoadOptions,
  patience: Patience,
) {
  const background = { propagationPolicy: 'Background' } as const;
  for (const object of objects.toReversed())
    await patiently(() => client.delete(pathOfObject(object), background, signal), patience);
  say(`Deleted what ${file} had brought.`);
}

/** The load in numbers. Pure. */
export function summarizeLoad(
  progress: LoadProgress,
  before: readonly LoadNode[],
  after: readonly LoadNode[],
  plans: PlansSeen,
  seconds: number,
): Load {
  const zones: Record<string, number> = {};
  for (const { zone } of freshOf(before, after)) zones[zone] = (zones[zone] ?? 0) + 1;
  return {
    pods: progress.running,
    workersBefore: workersOf(before).length,
    workersAfter: workersOf(after).length,
    zones,
    seconds,
    plans,
    leftOut: progress.leftOut,
  };
}

const workersOf = (nodes: readonly LoadNode[]): LoadNode[] => nodes.filter(({ pool }) => pool !== undefined);
const freshOf = (before: readonly LoadNode[], after: readonly LoadNode[]): LoadNode[] => {
  const known = new Set(before.map(({ name }) => name));
  return workersOf(after).filter(({ name }) => !known.has(name));
};

function renderProgress(
  { bound, running, wanted }: LoadProgress,
  before: readonly LoadNode[],
  nodes: readonly LoadNode[],
): string {
  const fresh = freshOf(before, nodes);
  const ready = fresh.filter((worker) => worker.ready).length;
  return `  ${running} of ${wanted} pods run, ${bound} have a place; new workers: ${fresh.length} have joined, ${ready} are ready`;
}

/** How it ended, for a person: each worker that came up with why it was asked for, and each pod that does not run with why not. Pure. */
export function renderLoad(load: Load, before: readonly LoadNode[], after: readonly LoadNode[]): string[] {
  const { launches, unplaced } = load.plans;
  const whole = load.leftOut.length === 0;
  const counted = `there were ${load.workersBefore} workers, now there are ${load.workersAfter}.`;
  return [
    whole
      ? `All ${load.pods} pods run, ${load.seconds.toFixed(1)} s after the first was asked for; ${counted}`
      : `${load.leftOut.length} pods do NOT run after ${load.seconds.toFixed(1)} s; ${counted}`,
    ...freshOf(before, after).map(({ name, pool, zone }) => {
      const why = launches.find((one) => one.pool === pool && one.zone === zone)?.reason;
      return `  ${name} came up in ${zone}, of pool ${pool}${why === undefined ? '' : `: ${why}`}`;
    }),
    ...load.leftOut.map(({ pod, reason }) => `  ${pod}: ${reason}`),
    ...(whole ? [] : renderUnplaced(unplaced).map((line) => `  ${line}`)),
  ];
}
