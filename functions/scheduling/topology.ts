import { identityOf, selects, termOf } from './labels.ts';
import type { PodShape, PodTerm, SpreadConstraint } from './model.ts';

/** Pods that one term counts, by value of its topology key (for the host name: by node). */
export interface Group {
  readonly term: PodTerm;
  /** How many pods there are that the term finds. */
  readonly found: Map<string, number>;
  /** How many pods there are that keep away from those that the term finds: anti-affinity holds both ways. */
  readonly shunners: Map<string, number>;
  total: number;
}

/** A pod's constraints on topology, with its groups looked up. */
export interface Bonds {
  /** Groups whose term finds this pod. */
  readonly counted: readonly Group[];
  readonly apart: readonly Bond[];
  readonly spread: readonly SpreadBond[];
  /** All constraints by topology key. */
  readonly byKey: ReadonlyMap<string, KeyBonds>;
}

/** The constraints of one topology key. */
interface KeyBonds {
  readonly together: readonly Bond[];
  readonly apart: readonly Bond[];
  /** Groups that other pods keep away from, and whose term finds this pod. */
  readonly shunned: readonly Group[];
  readonly spread: readonly SpreadBond[];
}

export interface Bond {
  readonly group: Group;
  /** The term finds the pod itself. */
  readonly self: boolean;
}

export interface SpreadBond extends Bond {
  readonly maxSkew: number;
  readonly minDomains: number;
}

/** Every group that any of the shapes names, found again by what it counts. */
export class Topology {
  private readonly groups = new Map<string, Group>();
  private readonly shunnedGroups = new Set<Group>();
  private readonly byLabels = new Map<string, Group[]>();
  private readonly byShape = new WeakMap<PodShape, Bonds>();

  /** Must be called with every shape before `bondsOf` is asked: a pod counts in groups that others name. */
  register(shape: PodShape): void {
    for (const term of shape.together ?? []) this.group(term);
    for (const term of shape.apart ?? []) this.shunnedGroups.add(this.group(term));
    for (const one of shape.spread ?? []) this.group(termOf(one, shape.namespace));
    for (const preference of shape.preferences ?? []) {
      if (preference.kind === 'together' || preference.kind === 'apart') this.group(preference.term);
      if (preference.kind === 'spread') this.group(termOf(preference.constraint, shape.namespace));
    }
  }

  bondsOf(shape: PodShape): Bonds {
    let bonds = this.byShape.get(shape);
    if (!bonds) {
      bonds = this.makeBonds(shape);
      this.byShape.set(shape, bonds);
    }
    return bonds;
  }

  private makeBonds(shape: PodShape): Bonds {
    const counted = this.countedIn(shape);
    const bond = (term: PodTerm): Bond => {
      const group = this.group(term);
      return { group, self: counted.includes(group) };
    };
    const spreadBond = (one: SpreadConstraint): SpreadBond => ({
      ...bond(termOf(one, shape.namespace)),
      maxSkew: one.maxSkew,
      minDomains: one.minDomains ?? 1,
    });
    const together = (shape.together ?? []).map(bond);
    const apart = (shape.apart ?? []).map(bond);
    const spread = (shape.spread ?? []).map(spreadBond);
    const shunned = counted.filter((group) => this.shunnedGroups.has(group));
    const all = [...together, ...apart, ...spread].map(({ group }) => group).concat(shunned);
    const keys = new Set(all.map(({ term }) => term.topologyKey));
    const byKey = [...keys].map((key): [string, KeyBonds] => {
      const of = ({ group }: Bond) => group.term.topologyKey === key;
      return [
        key,
        {
          together: together.filter(of),
          apart: apart.filter(of),
          shunned: shunned.filter((group) => of({ group, self: true })),
          spread: spread.filter(of),
        },
      ];
    });
    return { counted, apart, spread, byKey: new Map(byKey) };
  }

  private group(term: PodTerm): Group {
    const identity = identityOf(term);
    let group = this.groups.get(identity);
    if (!group) {
      group = { term, found: new Map(), shunners: new Map(), total: 0 };
      this.groups.set(identity, group);
      this.byLabels.clear();
    }
    return group;
  }

  private countedIn({ namespace, labels }: PodShape): Group[] {
    const key = JSON.stringify([namespace, labels]);
    let counted = this.byLabels.get(key);
    if (!counted) {
      counted = [...this.groups.values()].filter(
        ({ term }) =>
          (term.namespaces === 'all' || term.namespaces.includes(namespace)) &&
          selects(term.selector, labels),
      );
      this.byLabels.set(key, counted);
    }
    return counted;
  }
}

/** Enters pods of a class into all that counts them. `valueIn`: the place's value of a topology key. */
export function enter(bonds: Bonds, count: number, valueIn: (key: string) => string | undefined): void {
  for (const group of bonds.counted) {
    group.total += count;
    add(group.found, valueIn(group.term.topologyKey), count);
  }
  for (const { group } of bonds.apart) add(group.shunners, valueIn(group.term.topologyKey), count);
}

function add(counts: Map<string, number>, value: string | undefined, count: number): void {
  if (value === undefined) return;
  const next = (counts.get(value) ?? 0) + count;
  if (next === 0) counts.delete(value);
  else counts.set(value, next);
}

/**
 * How many more pods with these bonds one value of one topology key may take, all other keys apart. `leastOf`: the least count of a spread's
 * group over all values that its pods may go to.
 */
export function allowance(
  bonds: Bonds,
  key: string,
  value: string | undefined,
  leastOf: (bond: SpreadBond) => number,
): number {
  const mine = bonds.byKey.get(key);
  if (!mine) return Number.POSITIVE_INFINITY;
  if (value === undefined)
    return mine.together.length + mine.spread.length > 0 ? 0 : Number.POSITIVE_INFINITY;
  let allowed = Number.POSITIVE_INFINITY;
  for (const { group, self } of mine.apart) {
    if (group.found.has(value)) return 0;
    if (self) allowed = 1;
  }
  for (const group of mine.shunned) if (group.shunners.has(value)) return 0;
  // The first of pods that want to be together may go anywhere.
  for (const { group, self } of mine.together)
    if (!group.found.has(value) && !(group.total === 0 && self)) return 0;
  for (const bond of mine.spread) {
    const room = bond.maxSkew + leastOf(bond) - (bond.group.found.get(value) ?? 0);
    if (room < 0) return 0;
    if (bond.self) allowed = Math.min(allowed, room);
  }
  return allowed;
}
