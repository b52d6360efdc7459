import { addTo, type Dimensions, timesIn, type Vector } from './amounts.ts';
import type { Labels, NodeView, Offering, Taint } from './model.ts';
import type { Attempt, PodClass } from './pod-classes.ts';
import { enter, type Place, type Topology } from './topology.ts';

/** A pool: how many more nodes it may have. */
export interface PoolRoom {
  remaining: number;
}

/** A pool in one zone: its nodes, planned ones too. */
export interface PoolZone {
  nodes: number;
}

/** An offering with its amounts as a vector and what it shares with others. */
export interface Offer {
  readonly offering: Offering;
  readonly allocatable: Vector;
  readonly pool: PoolRoom;
  readonly place: PoolZone;
}

/** Some pods of one class, by their places in its list of names. */
export interface Share {
  readonly podClass: PodClass;
  readonly from: number;
  readonly to: number;
}

/** A node that is there, or one that is planned: its instance type may still grow with what is put on it. */
export interface Bin extends Place {
  labels: Labels;
  readonly taints: readonly Taint[];
  allocatable: Vector;
  readonly used: number[];
  readonly ports: Set<string>;
  readonly shares: Share[];
  /** Of a planned node: what it is for now, and all that its pool could launch in its zone for the pods on it, cheapest first. */
  offer?: Offer;
  choices: readonly Offer[];
  /** Nothing is put on it: it is to be removed. */
  closed: boolean;
}

/** A node as it is, with the pods that run on it entered into the topology. */
export function binOf(node: NodeView, dimensions: Dimensions, topology: Topology): Bin {
  const bin: Bin = {
    name: node.name,
    labels: node.labels,
    taints: node.taints,
    allocatable: dimensions.ofAllocatable(node.allocatable),
    used: dimensions.ofRequests({}).map(() => 0),
    ports: new Set(),
    shares: [],
    choices: [],
    closed: false,
  };
  for (const { shape } of node.pods) {
    addTo(bin.used, dimensions.ofRequests(shape.requests), 1);
    for (const port of shape.hostPorts ?? []) bin.ports.add(port);
    enter(topology.bondsOf(shape), 1, bin);
  }
  return bin;
}

/** A planned node of this offer, with nothing on it yet. */
export function plannedBin(name: string, offer: Offer, choices: readonly Offer[]): Bin {
  return {
    name,
    labels: offer.offering.labels,
    taints: offer.offering.taints,
    allocatable: offer.allocatable,
    used: offer.allocatable.map(() => 0),
    ports: new Set(),
    shares: [],
    offer,
    choices,
    closed: false,
  };
}

/** Makes a planned node another of its choices. */
export function become(bin: Bin, offer: Offer): void {
  bin.offer = offer;
  bin.labels = offer.offering.labels;
  bin.allocatable = offer.allocatable;
}

/** How many pods of an attempt go into a bin as it is, by amounts and ports alone. */
export function roomIn(bin: Bin, { podClass, shape }: Attempt): number {
  const times = timesIn(podClass.need, bin.allocatable, bin.used);
  const { hostPorts = [] } = shape;
  if (hostPorts.length === 0 || times === 0) return times;
  return hostPorts.some((port) => portsClash(bin.ports, port)) ? 0 : 1;
}

/** `TCP/0.0.0.0/8080` takes the port on every address. */
export function portsClash(taken: ReadonlySet<string>, port: string): boolean {
  if (taken.size === 0) return false;
  const [protocol, address, number] = port.split('/');
  for (const other of taken) {
    const [otherProtocol, otherAddress, otherNumber] = other.split('/');
    if (otherProtocol !== protocol || otherNumber !== number) continue;
    if (address === '0.0.0.0' || otherAddress === '0.0.0.0' || address === otherAddress) return true;
  }
  return false;
}

/** Puts so many of the class's next pods into a bin. */
export function put(bin: Bin, podClass: PodClass, count: number): void {
  addTo(bin.used, podClass.need, count);
  for (const port of podClass.shape.hostPorts ?? []) bin.ports.add(port);
  enter(podClass.bonds, count, bin);
  bin.shares.push({ podClass, from: podClass.placed, to: podClass.placed + count });
  podClass.placed += count;
}

/** Takes every pod of a class away from a bin again, in the reverse order of `put`. */
export function takeBack(bin: Bin, podClass: PodClass): void {
  for (const share of bin.shares.filter((one) => one.podClass === podClass)) {
    const count = share.to - share.from;
    addTo(bin.used, podClass.need, -count);
    for (const port of podClass.shape.hostPorts ?? []) bin.ports.delete(port);
    enter(podClass.bonds, -count, bin);
    podClass.placed -= count;
    bin.shares.splice(bin.shares.indexOf(share), 1);
  }
}
