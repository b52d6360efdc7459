import { poolLabel } from '../../node/worker/protocol.ts';
import type { KubernetesClient, KubernetesObject } from '../kubernetes/client.ts';
import { pathOf } from '../kubernetes/paths.ts';
import type { PodShape } from '../scheduling/model.ts';
import type { PendingPods, WorkerNode, WorkerPod, WorkersObservation } from './contracts.ts';
import type { WatchDecision } from './decide-watch.ts';
import {
  type Claim,
  type DaemonSet,
  type DisruptionBudget,
  type Node,
  nameOf,
  type Pod,
  type StorageClass,
  type Surroundings,
  type Volume,
} from './kubernetes-objects.ts';
import { isFinished, isResident, readBudget, staysBecause } from './read-disruption.ts';
import { readNode } from './read-node.ts';
import { type ReadPod, readPod } from './read-pod.ts';
import { claimNames } from './read-volumes.ts';
import { createShapes } from './stored-observation.ts';
import { podsPath, visitUnplaced } from './unplaced.ts';

/** What a look at a reachable API says. */
export interface SeenWorkers {
  readonly seen: Omit<WorkersObservation, 'cluster' | 'observedAt' | 'reachable' | 'reason'>;
  readonly decision: WatchDecision;
  /** Tells what waits from what waited at another look. */
  readonly waiting: string;
}

type Shapes = ReturnType<typeof createShapes>;
type Lister = Pick<KubernetesClient, 'list' | 'visit'>;

/**
 * Reads a cluster's workers and the pods that wait for one. Pods that have a place are read only where `decide` says that somebody asks: they
 * are most of what an API server holds. Lists are read page by page, and of a page only what is needed is kept. Throws KubernetesError.
 */
export async function observeWorkers(
  client: Lister,
  decide: (nodes: readonly WorkerNode[]) => WatchDecision,
  signal: AbortSignal,
): Promise<SeenWorkers> {
  const nodes = await readNodes(client, signal);
  const decision = decide(nodes);
  const unplaced: Pod[] = [];
  const { waiting } = await visitUnplaced(client, (pod) => unplaced.push(withoutRest(pod)), signal);
  const allPods = decision.mayShrink || (unplaced.length > 0 && decision.canGrow);
  const nothing = { pending: [], leftOut: [], daemonSets: [] };
  if (!allPods && unplaced.length === 0) return { seen: { nodes, ...nothing, allPods }, decision, waiting };
  const around = await readSurroundings(client, unplaced, signal);
  const shapes = createShapes();
  const waits = {
    ...groupPending(unplaced, around, shapes),
    daemonSets: await daemonSetsOf(client, around, signal),
  };
  if (!allPods) return { seen: { nodes, ...waits, allPods }, decision, waiting };
  const budgets = await listAll<DisruptionBudget>(client, 'policy/v1', 'PodDisruptionBudget', signal);
  const bound = await readBound(client, { nodes, around, shapes, budgets }, signal);
  const seen = {
    nodes: nodes.map((node) => ({ ...node, pods: bound.get(node.name) ?? [] })),
    ...waits,
    budgets: budgets.map(readBudget),
    allPods,
  };
  return { seen, decision, waiting };
}

async function readNodes(client: Lister, signal: AbortSignal): Promise<WorkerNode[]> {
  const nodes: WorkerNode[] = [];
  await client.visit<Node>(
    pathOf({ apiVersion: 'v1', kind: 'Node' }),
    { labelSelector: poolLabel },
    (node) => {
      const worker = readNode(node, []);
      if (worker) nodes.push(worker);
    },
    signal,
  );
  return nodes;
}

/** Who manages which field, and what a pod's status says, are most of it. */
function withoutRest({ metadata, spec }: Pod): Pod {
  const { creationTimestamp, labels, name, namespace, uid } = metadata;
  return {
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
      ...(labels && { labels }),
      ...(creationTimestamp !== undefined && { creationTimestamp }),
    },
    ...(spec && { spec }),
  };
}

function listAll<T extends KubernetesObject>(
  client: Lister,
  apiVersion: string,
  kind: string,
  signal: AbortSignal,
): Promise<T[]> {
  return client.list<T>(pathOf({ apiVersion, kind }), {}, signal);
}

/** Claims and what they are bound to only where a pod that waits has one. */
async function readSurroundings(
  client: Lister,
  unplaced: readonly Pod[],
  signal: AbortSignal,
): Promise<Surroundings> {
  const all = <T extends KubernetesObject>(apiVersion: string, kind: string) =>
    listAll<T>(client, apiVersion, kind, signal);
  const claiming = unplaced.some(({ metadata, spec }) => claimNames(metadata.name, spec).length > 0);
  const [namespaces, claims, volumes, storageClasses] = await Promise.all([
    all('v1', 'Namespace'),
    claiming ? all<Claim>('v1', 'PersistentVolumeClaim') : [],
    claiming ? all<Volume>('v1', 'PersistentVolume') : [],
    claiming ? all<StorageClass>('storage.k8s.io/v1', 'StorageClass') : [],
  ]);
  return {
    namespaces,
    claims: new Map(claims.map((one) => [nameOf(one), one])),
    volumes: new Map(volumes.map((one) => [one.metadata.name, one])),
    storageClasses: new Map(storageClasses.map((one) => [one.metadata.name, one])),
  };
}

/** One pod that cannot be read must not keep the others from being seen. */
function tryReadPod(pod: Pod, around: Surroundings): ReadPod {
  try {
    return readPod(pod, around);
  } catch (error) {
    if (error instanceof RangeError) return { stuck: error.message };
    throw error;
  }
}

function groupPending(
  unplaced: readonly Pod[],
  around: Surroundings,
  shapes: Shapes,
): Pick<WorkersObservation, 'pending' | 'leftOut'> {
  const leftOut: { pod: string; reason: string }[] = [];
  const groups = new Map<PodShape, { pods: string[]; oldest: string }>();
  for (const pod of unplaced) {
    const read = tryReadPod(pod, around);
    if ('stuck' in read) {
      leftOut.push({ pod: nameOf(pod), reason: read.stuck });
      continue;
    }
    const shape = shapes.intern(read.shape);
    const made = pod.metadata.creationTimestamp ?? '';
    const group = groups.get(shape);
    if (!group) groups.set(shape, { pods: [nameOf(pod)], oldest: made });
    else {
      group.pods.push(nameOf(pod));
      if (made < group.oldest) group.oldest = made;
    }
  }
  const pending = Array.from(
    groups,
    ([shape, group]): PendingPods => ({ shape, pods: group.pods.sort(), oldest: group.oldest }),
  );
  return { pending, leftOut };
}

/** Pods that have a place on a worker, by its name. */
async function readBound(
  client: Lister,
  about: {
    readonly nodes: readonly WorkerNode[];
    readonly around: Surroundings;
    readonly shapes: Shapes;
    readonly budgets: readonly DisruptionBudget[];
  },
  signal: AbortSignal,
): Promise<Map<string, WorkerPod[]>> {
  const byNode = new Map(about.nodes.map(({ name }): [string, WorkerPod[]] => [name, []]));
  const budgets = Map.groupBy(about.budgets, ({ metadata }) => metadata.namespace ?? 'default');
  await client.visit<Pod>(
    podsPath,
    { fieldSelector: 'spec.nodeName!=,status.phase!=Succeeded,status.phase!=Failed' },
    (pod) => {
      const there = byNode.get(pod.spec?.nodeName ?? '');
      if (!there || isFinished(pod)) return;
      // Where its volumes are does not matter any more: it has its place.
      const read = tryReadPod({ ...pod, spec: { ...pod.spec, volumes: [] } }, about.around);
      const stays =
        'stuck' in read
          ? `${nameOf(pod)} cannot be read: ${read.stuck}`
          : staysBecause(pod, budgets.get(pod.metadata.namespace ?? 'default') ?? []);
      there.push({
        view: { name: nameOf(pod), shape: about.shapes.intern('shape' in read ? read.shape : bare(pod)) },
        resident: isResident(pod),
        ...(stays !== undefined && { staysBecause: stays }),
      });
    },
    signal,
  );
  return byNode;
}

function bare({ metadata: { labels = {}, namespace = 'default' } }: Pod): PodShape {
  return { namespace, labels, requests: {} };
}

async function daemonSetsOf(client: Lister, around: Surroundings, signal: AbortSignal): Promise<PodShape[]> {
  const sets = await listAll<DaemonSet>(client, 'apps/v1', 'DaemonSet', signal);
  return sets.flatMap(({ metadata, spec }) => {
    const template = spec?.template ?? {};
    const { name, namespace = 'default' } = metadata;
    const labels = template.metadata?.labels ?? {};
    const read = tryReadPod(
      { metadata: { name, namespace, labels }, spec: { ...template.spec, volumes: [] } },
      around,
    );
    return 'shape' in read ? [read.shape] : [];
  });
}
