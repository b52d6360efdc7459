import { holds, timesIn } from './amounts.ts';
import { type Bin, become, type Offer, put, roomIn } from './bins.ts';
import { hostnameKey } from './model.ts';
import type { Attempt } from './pod-classes.ts';
import { allowance, type SpreadBond, settleIn, strays, valueIn } from './topology.ts';
import type { Workspace } from './workspace.ts';

/** Part of the places: those with one value of a topology key, or all. */
interface Domain {
  readonly key: string;
  readonly value: string;
}

/** How many planned nodes are looked at for one that may rather grow than a further one be launched. */
const growthCandidatesMax = 64;

/** A node that was not planned yet has no name. */
const furtherNode = 'a further node';

/** Prices are sums of decimals. */
const priceTolerance = 1e-9;

/** Places as many pods of an attempt's class as have no place yet and find one. `grow`: nodes may be planned for them. */
export function place(attempt: Attempt, workspace: Workspace, grow: boolean): void {
  const placing = new Placing(attempt, workspace, grow);
  const key = [...attempt.bonds.byKey.keys()].find((one) => one !== hostnameKey);
  if (key === undefined) placing.fill(undefined, Number.POSITIVE_INFINITY);
  else placing.spread(key);
}

/** One attempt at a class. Bins only get fuller, so that one which was full for this class is not looked at again. */
class Placing {
  private readonly attempt: Attempt;
  private readonly workspace: Workspace;
  private readonly grow: boolean;
  private readonly values = new Map<string, readonly string[]>();
  private readonly domains = new Map<string, readonly string[]>();
  private readonly firstOpen = new Map<string, number>();

  constructor(attempt: Attempt, workspace: Workspace, grow: boolean) {
    this.attempt = attempt;
    this.workspace = workspace;
    this.grow = grow;
  }

  private get left(): number {
    const { names, placed } = this.attempt.podClass;
    return names.length - placed;
  }

  /** Value by value, always the one that has fewest of those that are counted: an even spread, and the zone where company is. */
  spread(key: string): void {
    const full = new Set<string>();
    while (this.left > 0) {
      const value = this.nextValue(key, full);
      if (value === undefined) return;
      const limit = allowance(this.attempt.bonds, key, value, this.leastOf);
      if (this.fill({ key, value }, limit) === 0) full.add(value);
    }
  }

  private nextValue(key: string, full: ReadonlySet<string>): string | undefined {
    const { bonds } = this.attempt;
    const counting = [...bonds.spread, ...bonds.apart].find(({ group }) => group.topologyKey === key);
    const burden = (value: string) =>
      counting ? (counting.group.found.get(value) ?? 0) : this.workspace.within(key, value).length;
    let best: { value: string; burden: number } | undefined;
    for (const value of this.valuesOf(key)) {
      if (full.has(value) || allowance(bonds, key, value, this.leastOf) === 0) continue;
      const load = burden(value);
      if (!best || load < best.burden) best = { value, burden: load };
    }
    return best?.value;
  }

  private valuesOf(key: string): readonly string[] {
    let values = this.values.get(key);
    if (!values) {
      values = this.workspace.valuesOf(key, this.attempt);
      this.values.set(key, values);
    }
    return values;
  }

  private domainsOf(key: string): readonly string[] {
    let domains = this.domains.get(key);
    if (!domains) {
      domains = this.workspace.domainsOf(key, this.attempt);
      this.domains.set(key, domains);
    }
    return domains;
  }

  /** A further node can always be planned, so the emptiest host has none; of other keys there are only so many values. */
  private readonly leastOf = ({ group, minDomains }: SpreadBond): number => {
    const { topologyKey } = group;
    if (topologyKey === hostnameKey) return 0;
    const values = this.domainsOf(topologyKey);
    if (values.length < minDomains) return 0;
    let least = Number.POSITIVE_INFINITY;
    for (const value of values) least = Math.min(least, group.found.get(value) ?? 0);
    return Number.isFinite(least) ? least : 0;
  };

  /** At most `limit` pods into a domain: first where it costs nothing, then by the cheapest growth. Returns how many. */
  fill(domain: Domain | undefined, limit: number): number {
    const before = this.left;
    const bins = domain ? this.workspace.within(domain.key, domain.value) : this.workspace.bins;
    const open = () => Math.min(this.left, limit - (before - this.left));
    this.fillAsTheyAre(bins, domain?.value ?? '', open);
    while (this.grow && open() > 0) {
      const fresh = this.cheapestNode(domain, open());
      const grown = this.cheapestGrowth(bins, open(), fresh?.pricePerPod ?? Number.POSITIVE_INFINITY);
      if (grown) {
        become(grown.bin, grown.offer);
        this.put(grown.bin, grown.count);
      } else if (fresh) {
        const bin = this.workspace.open(fresh.offer, this.choicesBeside(fresh.offer));
        this.put(bin, fresh.count);
      } else break;
    }
    return before - this.left;
  }

  private fillAsTheyAre(bins: readonly Bin[], domain: string, open: () => number): void {
    const { attempt } = this;
    let first = this.firstOpen.get(domain) ?? 0;
    for (let index = first; index < bins.length; index += 1) {
      const most = open();
      if (most <= 0) break;
      const bin = bins[index];
      if (!bin) break;
      const room = roomIn(bin, attempt);
      let closed =
        bin.closed || room === 0 || !attempt.accepts(bin.labels, bin.taints) || this.allowedOnHost(bin) === 0;
      if (!closed) {
        const count = Math.min(room, this.allowedIn(bin), most);
        if (count > 0) this.put(bin, count);
        closed = room === count && bin.choices.length === 0;
      }
      if (closed && index === first) first += 1;
    }
    this.firstOpen.set(domain, first);
  }

  private put(bin: Bin, count: number): void {
    const { attempt } = this;
    // What it may still become must suit everybody on it.
    if (bin.offer && attempt.shape.nodeTerms?.length)
      bin.choices = bin.choices.filter(({ offering }) => attempt.accepts(offering.labels, offering.taints));
    settleIn(attempt.podClass.bonds, bin);
    put(bin, attempt.podClass, count);
  }

  private allowedOnHost(bin: Bin): number {
    return allowance(this.attempt.bonds, hostnameKey, bin.name, this.leastOf);
  }

  private allowedIn(bin: Bin): number {
    if (strays(this.attempt.podClass.bonds, bin)) return 0;
    let allowed = Number.POSITIVE_INFINITY;
    for (const key of this.attempt.bonds.byKey.keys())
      allowed = Math.min(allowed, allowance(this.attempt.bonds, key, valueIn(bin, key), this.leastOf));
    return allowed;
  }

  /** The offer that costs least for each pod; of equals the one that takes more, then the pool's emptier zone. */
  private cheapestNode(domain: Domain | undefined, most: number) {
    const { bonds, podClass } = this.attempt;
    let best: { offer: Offer; count: number; pricePerPod: number; nodes: number } | undefined;
    const alone = allowance(bonds, hostnameKey, furtherNode, this.leastOf);
    const companyOnHost = (bonds.byKey.get(hostnameKey)?.together.length ?? 0) > 0;
    const onePort = (podClass.shape.hostPorts ?? []).length > 0 ? 1 : Number.POSITIVE_INFINITY;
    const cap = Math.min(most, alone, onePort);
    if (cap <= 0) return undefined;
    for (const offer of this.workspace.offers) {
      const { offering, allocatable } = offer;
      if (domain && offering.labels[domain.key] !== domain.value) continue;
      if (offer.pool.remaining <= 0) continue;
      const times = timesIn(podClass.need, allocatable, []);
      if (times === 0 || !this.attempt.accepts(offering.labels, offering.taints)) continue;
      const count = Math.min(times, cap, this.allowedBy(offer));
      if (count <= 0) continue;
      const pricePerPod = offering.pricePerHour / count;
      // By price they come in order: where one pod is all that may go there, the first price is the best one.
      if (best && cap === 1 && pricePerPod > best.pricePerPod + priceTolerance) break;
      const found = { offer, count, pricePerPod, nodes: offer.place.nodes };
      if (!best || isBetter(found, best, companyOnHost)) best = found;
    }
    return best;
  }

  private allowedBy({ offering }: Offer): number {
    if (strays(this.attempt.podClass.bonds, { name: furtherNode, labels: offering.labels })) return 0;
    let allowed = Number.POSITIVE_INFINITY;
    for (const key of this.attempt.bonds.byKey.keys())
      if (key !== hostnameKey)
        allowed = Math.min(allowed, allowance(this.attempt.bonds, key, offering.labels[key], this.leastOf));
    return allowed;
  }

  private choicesBeside({ offering }: Offer): readonly Offer[] {
    return this.workspace.offers.filter(
      (one) =>
        one.offering.pool === offering.pool &&
        one.offering.zone === offering.zone &&
        this.attempt.accepts(one.offering.labels, one.offering.taints),
    );
  }

  /** A planned node that takes more pods as a larger type for no more per pod than a further node costs: fewer nodes. */
  private cheapestGrowth(bins: readonly Bin[], most: number, pricePerPodMax: number) {
    let best: { bin: Bin; offer: Offer; count: number; pricePerPod: number } | undefined;
    let looked = 0;
    for (const bin of bins) {
      if (bin.choices.length < 2 || !bin.offer) continue;
      const largest = bin.choices.at(-1);
      if (!largest || !holds(largest.allocatable, bin.used, this.attempt.podClass.need, 1)) continue;
      const allowed = Math.min(most, this.allowedIn(bin));
      if (allowed <= 0 || !this.attempt.accepts(bin.labels, bin.taints)) continue;
      const growth = this.growthOf(bin, bin.offer, allowed);
      if (growth && growth.pricePerPod <= pricePerPodMax + priceTolerance)
        if (!best || growth.pricePerPod < best.pricePerPod - priceTolerance) best = { bin, ...growth };
      looked += 1;
      if (looked >= growthCandidatesMax) break;
    }
    return best;
  }

  private growthOf(bin: Bin, present: Offer, allowed: number) {
    const { podClass, shape } = this.attempt;
    const most = (shape.hostPorts ?? []).length > 0 ? Math.min(1, roomIn(bin, this.attempt)) : allowed;
    let best: { offer: Offer; count: number; pricePerPod: number } | undefined;
    for (const offer of bin.choices) {
      const extra = offer.offering.pricePerHour - present.offering.pricePerHour;
      if (extra <= 0 || !holds(offer.allocatable, bin.used, podClass.need, 1)) continue;
      if (!this.attempt.accepts(offer.offering.labels, offer.offering.taints)) continue;
      const count = Math.min(timesIn(podClass.need, offer.allocatable, bin.used), most);
      if (count <= 0) continue;
      const pricePerPod = extra / count;
      if (!best || pricePerPod < best.pricePerPod - priceTolerance) best = { offer, count, pricePerPod };
      // Dearer ones would only have room to spare.
      if (count >= most) break;
    }
    return best;
  }
}

interface Candidate {
  readonly count: number;
  readonly pricePerPod: number;
  readonly nodes: number;
}

function isBetter(one: Candidate, two: Candidate, companyOnHost: boolean): boolean {
  // Pods that must share a host need one that takes them all.
  if (companyOnHost && one.count !== two.count) return one.count > two.count;
  if (Math.abs(one.pricePerPod - two.pricePerPod) > priceTolerance) return one.pricePerPod < two.pricePerPod;
  if (one.count !== two.count) return one.count > two.count;
  return one.nodes < two.nodes;
}
