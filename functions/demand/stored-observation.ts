import type { PodShape } from '../scheduling/model.ts';
import type { PendingPods, WorkerNode, WorkerPod, WorkersObservation } from './contracts.ts';

/** Of another format the reader says nothing: the next look, a minute later, writes its own. */
export const format = 1;

interface StoredPod {
  readonly name: string;
  /** Index among `shapes`. */
  readonly shape: number;
  readonly resident?: true;
  readonly staysBecause?: string;
}

/**
 * The observation as it lies in the bucket. Shapes are listed once and named by their index: pods of one Deployment share theirs, so 50,000
 * pods take a few megabytes, and their readers one object for each shape.
 */
export interface StoredObservation extends Omit<WorkersObservation, 'nodes' | 'pending' | 'daemonSets'> {
  readonly format: typeof format;
  readonly shapes: readonly PodShape[];
  readonly nodes: readonly (Omit<WorkerNode, 'pods'> & { readonly pods: readonly StoredPod[] })[];
  readonly pending: readonly (Omit<PendingPods, 'shape'> & { readonly shape: number })[];
  readonly daemonSets: readonly number[];
}

/** Text of an observation, each shape once. Shapes that are one object are not compared any further. Pure. */
export function renderObservation(observation: WorkersObservation): string {
  const shapes = createShapes();
  const stored: StoredObservation = {
    ...observation,
    format,
    nodes: observation.nodes.map((node) => ({
      ...node,
      pods: node.pods.map((pod) => storePod(pod, shapes)),
    })),
    pending: observation.pending.map((group) => ({ ...group, shape: shapes.indexOf(group.shape) })),
    daemonSets: observation.daemonSets.map((shape) => shapes.indexOf(shape)),
    shapes: shapes.all,
  };
  return JSON.stringify(stored);
}

function storePod({ resident, staysBecause, view }: WorkerPod, shapes: Shapes): StoredPod {
  return {
    name: view.name,
    shape: shapes.indexOf(view.shape),
    ...(resident && { resident }),
    ...(staysBecause !== undefined && { staysBecause }),
  };
}

type Shapes = ReturnType<typeof createShapes>;

/** Every shape once. `intern` gives the one object that stands for all shapes that are equal to it. */
export function createShapes() {
  const all: PodShape[] = [];
  const byText = new Map<string, number>();
  const byObject = new Map<PodShape, number>();
  const indexOf = (shape: PodShape): number => {
    const same = byObject.get(shape);
    if (same !== undefined) return same;
    const text = JSON.stringify(shape);
    const equal = byText.get(text);
    if (equal !== undefined) return equal;
    const index = all.push(shape) - 1;
    byText.set(text, index);
    byObject.set(shape, index);
    return index;
  };
  return {
    all: all as readonly PodShape[],
    indexOf,
    intern: (shape: PodShape): PodShape => all[indexOf(shape)] ?? shape,
  };
}

/**
 * What `renderObservation` made. Undefined for another format. Throws RangeError for what it did not make: only the head, the kinds of the
 * lists and every index into the shapes are looked at, in one pass that copies no shape. The object has one writer, by IAM as well, so that
 * a schema walking all pods would find nothing more. Pure.
 */
export function parseObservation(text: string): WorkersObservation | undefined {
  const stored = JSON.parse(text) as StoredObservation | null;
  if (typeof stored !== 'object' || stored === null) throw new RangeError('it is no object');
  if (stored.format !== format) return undefined;
  requireHead(stored);
  const { format: _, shapes, ...rest } = stored;
  const shapeAt = (index: number): PodShape => {
    const shape = shapes[index];
    if (!shape) throw new RangeError(`it has no shape ${index}`);
    return shape;
  };
  return {
    ...rest,
    nodes: stored.nodes.map((node) => ({
      ...node,
      pods: node.pods.map(
        ({ name, resident = false, shape, staysBecause }): WorkerPod => ({
          view: { name, shape: shapeAt(shape) },
          resident,
          ...(staysBecause !== undefined && { staysBecause }),
        }),
      ),
    })),
    pending: stored.pending.map((group) => ({ ...group, shape: shapeAt(group.shape) })),
    daemonSets: stored.daemonSets.map(shapeAt),
  };
}

const lists = ['shapes', 'nodes', 'pending', 'leftOut', 'daemonSets'] as const;

function requireHead(stored: StoredObservation): void {
  if (typeof stored.cluster !== 'string') throw new RangeError('it names no cluster');
  if (Number.isNaN(Date.parse(stored.observedAt))) throw new RangeError('it does not say when it was made');
  if (typeof stored.reachable !== 'boolean' || typeof stored.allPods !== 'boolean')
    throw new RangeError('it does not say what could be read');
  for (const list of lists) if (!Array.isArray(stored[list])) throw new RangeError(`${list} is no list`);
  for (const { name, pods } of stored.nodes)
    if (typeof name !== 'string' || !Array.isArray(pods))
      throw new RangeError('a node has no name or no pods');
}
