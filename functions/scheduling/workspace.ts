import { Dimensions, type Vector } from './amounts.ts';
import { type Bin, binOf, type Offer, type PoolRoom, type PoolZone, plannedBin } from './bins.ts';
import { meetsOne } from './labels.ts';
import { type Labels, type NodeView, type Offering, type PodView, zoneKey } from './model.ts';
import { type Attempt, classify, type PodClass } from './pod-classes.ts';
import { Topology, valueIn } from './topology.ts';

/** What there is to place pods on while a plan is made. One plan, one workspace: it is filled as the plan grows. */
export interface Workspace {
  readonly dimensions: Dimensions;
  readonly topology: Topology;
  readonly classes: readonly PodClass[];
  readonly bins: Bin[];
  readonly offers: readonly Offer[];
  /** Bins by their value of a topology key; a bin without the label is under none. */
  within(key: string, value: string): readonly Bin[];
  /** All values of a key among the nodes and offers that an attempt accepts, in order. */
  valuesOf(key: string, attempt: Attempt): readonly string[];
  /** All values of a key over which a pod's spread is counted. */
  domainsOf(key: string, attempt: Attempt): readonly string[];
  /** The same before any node was planned. */
  domainsBefore(key: string, attempt: Attempt): readonly string[];
  open(offer: Offer, choices: readonly Offer[]): Bin;
}

export interface WorkspaceInput {
  readonly pods: readonly PodView[];
  readonly nodes: readonly NodeView[];
  readonly offerings: readonly Offering[];
  /** How many more nodes each pool may have; a pool that is not named may have none. */
  readonly remaining: Readonly<Record<string, number>>;
}

/** `coming`: labels of nodes that are known to come up, whatever pods they are for: pods are spread over their zones too. */
export function openWorkspace(
  { pods, nodes, offerings, remaining }: WorkspaceInput,
  coming: readonly Labels[] = [],
): Workspace {
  const present = nodes.flatMap((node) => node.pods);
  const dimensions = new Dimensions([
    ...new Set([...pods, ...present].map(({ shape }) => shape.requests)),
    ...nodes.map(({ allocatable }) => allocatable),
    ...offerings.map(({ allocatable }) => allocatable),
  ]);
  const offers = offersOf(offerings, nodes, remaining, dimensions);
  // A pool that can have no further node opens no zone; it is offered all the same, so that pods left out are told of it.
  const open = offers.filter(({ pool }) => pool.remaining > 0);
  const sizes = [
    ...offers,
    ...nodes.map((node) => ({ allocatable: dimensions.ofAllocatable(node.allocatable) })),
  ];
  const topology = new Topology();
  for (const shape of new Set(present.map((pod) => pod.shape))) topology.register(shape);
  const classes = classify(
    pods,
    dimensions,
    topology,
    largestOf(sizes.map(({ allocatable }) => allocatable)),
  );
  const bins = nodes.map((node) => binOf(node, dimensions, topology));
  const index = indexBins(bins);
  return {
    dimensions,
    topology,
    classes,
    bins,
    offers,
    within: index.within,
    valuesOf: (key, attempt) => [...valuesOf(index.byValue(key), open, key, attempt)].sort(),
    domainsBefore: (key, attempt) =>
      domainsOf(indexBins(bins.slice(0, nodes.length)), coming, open, key, attempt),
    domainsOf: (key, attempt) => domainsOf(index, coming, open, key, attempt),
    open(offer, choices) {
      const bin = plannedBin(`planned-${bins.length + 1}`, offer, choices);
      bins.push(bin);
      index.add(bin);
      offer.place.nodes += 1;
      offer.pool.remaining -= 1;
      return bin;
    },
  };
}

/** All that pools could launch, cheapest first. */
function offersOf(
  offerings: readonly Offering[],
  nodes: readonly NodeView[],
  remaining: Readonly<Record<string, number>>,
  dimensions: Dimensions,
): Offer[] {
  const pools = new Map<string, PoolRoom>();
  const places = new Map<string, PoolZone>();
  const place = (pool: string, zone: string) => once(places, `${pool}/${zone}`, () => ({ nodes: 0 }));
  for (const { pool, labels } of nodes) if (pool !== undefined) place(pool, labels[zoneKey] ?? '').nodes += 1;
  return offerings
    .map((offering) => ({
      offering,
      allocatable: dimensions.ofAllocatable(offering.allocatable),
      pool: once(pools, offering.pool, () => ({ remaining: remaining[offering.pool] ?? 0 })),
      place: place(offering.pool, offering.zone),
    }))
    .sort((one, two) => one.offering.pricePerHour - two.offering.pricePerHour);
}

function once<T>(made: Map<string, T>, key: string, make: () => T): T {
  let one = made.get(key);
  if (one === undefined) {
    one = make();
    made.set(key, one);
  }
  return one;
}

function largestOf(sizes: readonly Vector[]): Vector {
  const largest: number[] = [];
  for (const size of sizes)
    for (const [index, amount] of size.entries())
      if (Number.isFinite(amount)) largest[index] = Math.max(largest[index] ?? 0, amount);
  return largest;
}

/** Bins by topology value, for each key that was ever asked for. */
function indexBins(bins: readonly Bin[]) {
  const byKey = new Map<string, Map<string, Bin[]>>();
  const enter = (values: Map<string, Bin[]>, key: string, bin: Bin) => {
    const value = valueIn(bin, key);
    if (value === undefined) return;
    const there = values.get(value);
    if (there) there.push(bin);
    else values.set(value, [bin]);
  };
  const byValue = (key: string): ReadonlyMap<string, readonly Bin[]> => {
    let values = byKey.get(key);
    if (!values) {
      values = new Map();
      for (const bin of bins) enter(values, key, bin);
      byKey.set(key, values);
    }
    return values;
  };
  return {
    byValue,
    within: (key: string, value: string): readonly Bin[] => byValue(key).get(value) ?? [],
    add(bin: Bin): void {
      for (const [key, values] of byKey) enter(values, key, bin);
    },
  };
}

type Index = ReturnType<typeof indexBins>;

/** Of most values the first bin is one that the attempt accepts. */
function valuesOf(
  byValue: ReturnType<Index['byValue']>,
  offers: readonly Offer[],
  key: string,
  attempt: Attempt,
): Set<string> {
  const values = new Set<string>();
  for (const [value, bins] of byValue)
    if (bins.some(({ labels, taints }) => attempt.accepts(labels, taints))) values.add(value);
  for (const { offering } of offers) {
    const value = offering.labels[key];
    if (value !== undefined && !values.has(value) && attempt.accepts(offering.labels, offering.taints))
      values.add(value);
  }
  return values;
}

/**
 * As the scheduler counts by default (`nodeAffinityPolicy: Honor`, `nodeTaintsPolicy: Ignore`): nodes that the pod's own affinity takes, with
 * whatever taints, and what could be launched for it.
 */
function domainsOf(
  index: Index,
  coming: readonly Labels[],
  offers: readonly Offer[],
  key: string,
  attempt: Attempt,
): readonly string[] {
  const { nodeTerms } = attempt.podClass.shape;
  const values = valuesOf(new Map(), offers, key, attempt);
  for (const [value, bins] of index.byValue(key))
    if (!values.has(value) && bins.some(({ labels }) => meetsOne(labels, nodeTerms))) values.add(value);
  for (const labels of coming) {
    const value = labels[key];
    if (value !== undefined && meetsOne(labels, nodeTerms)) values.add(value);
  }
  return [...values];
}
