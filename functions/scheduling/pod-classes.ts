import type { Dimensions, Vector } from './amounts.ts';
import { meetsOne, repellingTaint } from './labels.ts';
import type { Labels, NodeTerm, PodShape, PodView, Preference, Taint } from './model.ts';
import type { Bonds, Group, Topology } from './topology.ts';

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

/**
 * Pods in classes, in the order in which they are placed: by priority, then those that others want to be with before these others, then the largest
 * first, which packs best.
 */
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
  const classes = shapes.map(({ shape, names }): PodClass & { size: number } => {
    const need = dimensions.ofRequests(shape.requests);
    return { shape, need, names, placed: 0, bonds: topology.bondsOf(shape), size: sizeOf(need, largest) };
  });
  const steps = stepsOf(classes);
  return classes.sort(
    (one, two) =>
      (two.shape.priority ?? 0) - (one.shape.priority ?? 0) ||
      (steps.get(one) ?? 0) - (steps.get(two) ?? 0) ||
      two.size - one.size ||
      total(two.need) - total(one.need),
  );
}

/**
 * How many others, one after the other, have to find a place before a class can be where they are; classes that are not named wait for none. Those
 * that want each other, in a circle or by the same term, do not wait for one another.
 */
function stepsOf(classes: readonly PodClass[]): ReadonlyMap<PodClass, number> {
  const found = new Map<Group, PodClass[]>();
  for (const { bonds } of classes) for (const { group } of bonds.together) found.set(group, []);
  for (const podClass of classes)
    for (const group of podClass.bonds.sought)
      if (!podClass.bonds.together.some((bond) => bond.group === group)) found.get(group)?.push(podClass);
  const after = new Map<Group, number>();
  const stepOf = ({ bonds }: PodClass) => Math.max(0, ...bonds.together.map(({ group }) => stepAfter(group)));
  const stepAfter = (group: Group): number => {
    let step = after.get(group);
    if (step === undefined) {
      after.set(group, 0);
      step = Math.max(0, ...(found.get(group) ?? []).map((podClass) => stepOf(podClass) + 1));
      after.set(group, step);
    }
    return step;
  };
  const followers = classes.filter(({ bonds }) => bonds.together.length > 0);
  return new Map(followers.map((podClass) => [podClass, stepOf(podClass)]));
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
  yield attempt(podClass, preferences, true, topology);
  // Soft taints go first: they are the node's wish, and the pod's own wishes may be worth more.
  for (let kept = preferences.length; kept >= 0; kept -= 1)
    yield attempt(podClass, preferences.slice(0, kept), false, topology);
}

function attempt(
  podClass: PodClass,
  kept: readonly Preference[],
  soft: boolean,
  topology: Topology,
): Attempt {
  const known = new Map<Labels, boolean>();
  const nodeTerms = hardened(podClass.shape.nodeTerms ?? [], kept);
  const shape = { ...podClass.shape, nodeTerms };
  return {
    podClass,
    shape,
    soft,
    bonds: topology.bondsOf(podClass.shape, kept),
    accepts(labels, taints) {
      // Most pods ask for no labels and most nodes have no taints.
      if (taints.length === 0 && nodeTerms.length === 0) return true;
      let answer = known.get(labels);
      if (answer === undefined) {
        answer = repellingTaint(taints, shape.tolerations, soft) === undefined && meetsOne(labels, nodeTerms);
        known.set(labels, answer);
      }
      return answer;
    },
  };
}

/** Alternatives that meet the preferred terms too. */
function hardened(terms: readonly NodeTerm[], kept: readonly Preference[]): readonly NodeTerm[] {
  const preferred = kept.flatMap((one) => (one.kind === 'node' ? one.term : []));
  if (preferred.length === 0) return terms;
  return terms.length === 0 ? [preferred] : terms.map((alternative) => [...alternative, ...preferred]);
}
