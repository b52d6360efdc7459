import { finds, meetsOne } from './labels.ts';
import {
  hostnameKey,
  type Labels,
  type NodeTerm,
  type PodShape,
  type PodTerm,
  type Preference,
  type SpreadConstraint,
} from './model.ts';

/** A node, as far as topology goes. */
export interface Place {
  readonly name: string;
  readonly labels: Labels;
}

/** A place's value of a topology key. */
export function valueIn({ labels, name }: Place, key: string): string | undefined {
  return key === hostnameKey ? name : labels[key];
}

/** Which pods are counted together. */
interface Count {
  readonly topologyKey: string;
  /** Those that all of these find. */
  readonly terms: readonly PodTerm[];
  /** On nodes that one of these takes; without any, on all. */
  readonly nodeTerms: readonly NodeTerm[];
}

/** Pods that are counted together, by value of the topology key (for the host name: by node). */
export interface Group extends Count {
  /** How many pods there are that are counted. */
  readonly found: Map<string, number>;
  /** How many pods there are that keep away from those that are counted: anti-affinity holds both ways. */
  readonly shunners: Map<string, number>;
  total: number;
  /** Where the first of pods that want each other is planned to go, while there was no other anywhere. */
  home?: string | undefined;
}

/** A pod's constraints on topology, with its groups looked up. */
export interface Bonds {
  /** Groups in which this pod counts. */
  readonly counted: readonly Group[];
  /** Those among them that other pods (or its like) want to be with. */
  readonly sought: readonly Group[];
  readonly together: readonly Bond[];
  readonly apart: readonly Bond[];
  readonly spread: readonly SpreadBond[];
  /** All constraints by topology key. */
  readonly byKey: ReadonlyMap<string, KeyBonds>;
}

/** The constraints of one topology key. */
interface KeyBonds {
  readonly together: readonly Bond[];
  readonly apart: readonly Bond[];
  /** Groups that other pods keep away from, and in which this pod counts. */
  readonly shunned: readonly Group[];
  readonly spread: readonly SpreadBond[];
}

export interface Bond {
  readonly group: Group;
  /** The pod itself counts in it. */
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
  private readonly soughtGroups = new Set<Group>();
  private readonly byLabels = new Map<string, Group[]>();
  private readonly byShape = new WeakMap<PodShape, Bonds>();

  /** Must be called with every shape before `bondsOf` is asked: a pod counts in groups that others name. */
  register(shape: PodShape): void {
    for (const group of this.companyOf(shape)) this.soughtGroups.add(group);
    for (const term of shape.apart ?? []) this.shunnedGroups.add(this.group(byTerm(term)));
    for (const one of shape.spread ?? []) this.group(bySpread(one, shape));
    for (const preference of shape.preferences ?? []) {
      if (preference.kind === 'together' || preference.kind === 'apart') this.group(byTerm(preference.term));
      if (preference.kind === 'spread') this.group(bySpread(preference.constraint, shape));
    }
  }

  /** What binds a pod of this shape; `kept`: preferences that are taken for demands. */
  bondsOf(shape: PodShape, kept: readonly Preference[] = []): Bonds {
    if (kept.length > 0) return this.makeBonds(shape, kept);
    let bonds = this.byShape.get(shape);
    if (!bonds) {
      bonds = this.makeBonds(shape, []);
      this.byShape.set(shape, bonds);
    }
    return bonds;
  }

  private makeBonds(shape: PodShape, kept: readonly Preference[]): Bonds {
    const counted = this.countedIn(shape);
    const bond = (group: Group): Bond => ({ group, self: counted.includes(group) });
    const byPreference = (kind: 'together' | 'apart') =>
      kept.flatMap((one) => (one.kind === kind ? [this.group(byTerm(one.term))] : []));
    const spreads = kept.flatMap((one) => (one.kind === 'spread' ? [one.constraint] : []));
    const together = [...this.companyOf(shape), ...byPreference('together')].map(bond);
    const apart = [
      ...(shape.apart ?? []).map((term) => this.group(byTerm(term))),
      ...byPreference('apart'),
    ].map(bond);
    const spread = [...(shape.spread ?? []), ...spreads].map(
      (one): SpreadBond => ({
        ...bond(this.group(bySpread(one, shape))),
        maxSkew: one.maxSkew,
        minDomains: one.minDomains ?? 1,
      }),
    );
    const shunned = counted.filter((group) => this.shunnedGroups.has(group));
    const sought = counted.filter((group) => this.soughtGroups.has(group));
    const all = [...together, ...apart, ...spread].map(({ group }) => group).concat(shunned);
    const keys = new Set(all.map(({ topologyKey }) => topologyKey));
    const byKey = [...keys].map((key): [string, KeyBonds] => {
      const of = ({ group }: Bond) => group.topologyKey === key;
      return [
        key,
        {
          together: together.filter(of),
          apart: apart.filter(of),
          shunned: shunned.filter(({ topologyKey }) => topologyKey === key),
          spread: spread.filter(of),
        },
      ];
    });
    return { counted, sought, together, apart, spread, byKey: new Map(byKey) };
  }

  /** The scheduler lets one pod be company only where all terms find it. */
  private companyOf({ together = [] }: PodShape): Group[] {
    return together.map(({ topologyKey }) => this.group({ topologyKey, terms: together, nodeTerms: [] }));
  }

  private group(count: Count): Group {
    const { nodeTerms, terms, topologyKey } = count;
    const counted = terms.map(({ namespaces, selector }) => [namespaces, selector ?? null]);
    const identity = JSON.stringify([topologyKey, counted, nodeTerms]);
    let group = this.groups.get(identity);
    if (!group) {
      group = { ...count, found: new Map(), shunners: new Map(), total: 0 };
      this.groups.set(identity, group);
      this.byLabels.clear();
    }
    return group;
  }

  private countedIn({ namespace, labels }: PodShape): Group[] {
    const key = JSON.stringify([namespace, labels]);
    let counted = this.byLabels.get(key);
    if (!counted) {
      counted = [...this.groups.values()].filter(({ terms }) =>
        terms.every((term) => finds(term, namespace, labels)),
      );
      this.byLabels.set(key, counted);
    }
    return counted;
  }
}

function byTerm(term: PodTerm): Count {
  return { topologyKey: term.topologyKey, terms: [term], nodeTerms: [] };
}

/** A spread counts pods of the pod's own namespace, and only on nodes that the pod's affinity takes (`nodeAffinityPolicy: Honor`). */
function bySpread(
  { topologyKey, selector }: SpreadConstraint,
  { namespace, nodeTerms = [] }: PodShape,
): Count {
  return {
    topologyKey,
    terms: [{ topologyKey, namespaces: [namespace], ...(selector && { selector }) }],
    nodeTerms,
  };
}

/** Enters pods of a class that are in a place into all that counts them. */
export function enter(bonds: Bonds, count: number, place: Place): void {
  for (const group of bonds.counted) {
    if (group.nodeTerms.length > 0 && !meetsOne(place.labels, group.nodeTerms)) continue;
    group.total += count;
    if (group.total === 0) group.home = undefined;
    add(group.found, valueIn(place, group.topologyKey), count);
  }
  for (const { group } of bonds.apart) add(group.shunners, valueIn(place, group.topologyKey), count);
}

/** Notes where the first of pods that want each other is planned to go, before it is entered. */
export function settleIn({ together }: Bonds, place: Place): void {
  for (const { group, self } of together)
    if (self && group.total === 0) group.home = valueIn(place, group.topologyKey);
}

/**
 * Whether a pod would be apart from the first of those that want to be with it. The scheduler lets that one go anywhere, though only while
 * there is no other; nodes come up and pods are bound in any order, so all that it wants to be with have to be planned where it is.
 */
export function strays({ sought }: Bonds, place: Place): boolean {
  for (const { home, topologyKey } of sought)
    if (home !== undefined && valueIn(place, topologyKey) !== home) return true;
  return false;
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
