import type { Dimensions, Vector } from './amounts.ts';
import { meetsOne, repellingTaint } from './labels.ts';
import type { Labels, NodeTerm, PodShape, PodView, Taint } from './model.ts';
import type { Bonds, Topology } from './topology.ts';

/** Pods that nothing but their names tells apart; they are placed many at a time. */
export interface PodClass {
  readonly shape: PodShape;
  readonly need: Vector;
  readonly names: readonly string[];
  /** How many of `names`, from the first one, have a place. */
  placed: number;
  /** The bonds that count, whatever preferences are kept for the moment. */
  readonly bonds: Bonds;
}

/** One way to place a class: with all its preferences as if they were demands, with some, with none. */
export interface Attempt {
  readonly podClass: PodClass;
  readonly shape: PodShape;
  readonly bonds: Bonds;
  /** Whether soft taints are kept away from. */
  readonly soft: boolean;
  /** Whether it may run on a node with such labels and taints; the same answer for the same objects. */
  accepts(labels: Labels, taints: readonly Taint[]): boolean;
}

/** Pods in classes, in the order in which they are placed: by priority, then the largest first, which packs best. */
export function classify(
  pods: readonly PodView[],
  dimensions: Dimensions,
  topology: Topology,
  largest: Vector,
): PodClass[] {
  const byShape = new Map<PodShape, string[]>();
  const byText = new Map<string, string[]>();
  const shapes: { shape: PodShape; names: string[] }[] = [];
  for (const { name, shape } of pods) {
    let names = byShape.get(shape);
    if (!names) {
      const text = JSON.stringify(shape);
      names = byText.get(text);
      if (!names) {
        names = [];
        byText.set(text, names);
        shapes.push({ shape, names });
        topology.register(shape);
      }
      byShape.set(shape, names);
    }
    names.push(name);
  }
  return shapes
    .map(({ shape, names }): PodClass & { size: number } => {
      const need = dimensions.ofRequests(shape.requests);
      return { shape, need, names, placed: 0, bonds: topology.bondsOf(shape), size: sizeOf(need, largest) };
    })
    .sort(
      (one, two) =>
        (two.shape.priority ?? 0) - (one.shape.priority ?? 0) ||
        two.size - one.size ||
        total(two.need) - total(one.need),
    );
}

/** Of the largest node, the share that a pod takes of what it takes most of. */
function sizeOf(need: Vector, largest: Vector): number {
  return Math.max(...need.map((amount, index) => (amount === 0 ? 0 : amount / (largest[index] || 1))));
}

function total(need: Vector): number {
  return need.reduce((sum, amount) => sum + amount, 0);
}

/** From all preferences kept to none: the last attempt asks only for what the pod must have. */
export function* attemptsOf(podClass: PodClass, topology: Topology): Generator<Attempt> {
  const preferences = (podClass.shape.preferences ?? []).toSorted((one, two) => two.weight - one.weight);
  yield attempt(podClass, harden(podClass.shape, preferences), true, topology);
  // Soft taints go first: they are the node's wish, and the pod's own wishes may be worth more.
  for (let kept = preferences.length; kept >= 0; kept -= 1)
    yield attempt(podClass, harden(podClass.shape, preferences.slice(0, kept)), false, topology);
}

function attempt(podClass: PodClass, shape: PodShape, soft: boolean, topology: Topology): Attempt {
  const known = new Map<Labels, boolean>();
  return {
    podClass,
    shape,
    soft,
    bonds: shape === podClass.shape ? podClass.bonds : topology.bondsOf(shape),
    accepts(labels, taints) {
      // Most pods ask for no labels and most nodes have no taints.
      if (taints.length === 0 && !shape.nodeTerms?.length) return true;
      let answer = known.get(labels);
      if (answer === undefined) {
        answer =
          repellingTaint(taints, shape.tolerations, soft) === undefined && meetsOne(labels, shape.nodeTerms);
        known.set(labels, answer);
      }
      return answer;
    },
  };
}

/** The shape with these preferences as demands. */
function harden(
  shape: PodShape,
  preferences: readonly NonNullable<PodShape['preferences']>[number][],
): PodShape {
  if (preferences.length === 0) return shape;
  const hard = {
    nodeTerms: [...(shape.nodeTerms ?? [])],
    together: [...(shape.together ?? [])],
    apart: [...(shape.apart ?? [])],
    spread: [...(shape.spread ?? [])],
  };
  for (const preference of preferences) {
    if (preference.kind === 'node') hard.nodeTerms = also(hard.nodeTerms, preference.term);
    else if (preference.kind === 'spread') hard.spread.push(preference.constraint);
    else hard[preference.kind].push(preference.term);
  }
  return { ...shape, ...hard };
}

function also(terms: readonly NodeTerm[], term: NodeTerm): NodeTerm[] {
  return terms.length === 0 ? [term] : terms.map((alternative) => [...alternative, ...term]);
}
