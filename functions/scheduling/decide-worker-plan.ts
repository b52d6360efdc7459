import { holds } from './amounts.ts';
import { type Bin, become, type Share } from './bins.ts';
import { explainLeftOut } from './explain.ts';
import { meetsOne } from './labels.ts';
import { hostnameKey, type Labels } from './model.ts';
import { place } from './place.ts';
import { attemptsOf, type PodClass } from './pod-classes.ts';
import { openWorkspace, type Workspace, type WorkspaceInput } from './workspace.ts';

/** A node to be launched, what for, and why this one. */
export interface PlannedNode {
  readonly pool: string;
  readonly zone: string;
  readonly instanceType: string;
  readonly pricePerHour: number;
  readonly pods: readonly string[];
  readonly reason: string;
}

/** Pods that no plan has a place for, all for one reason. */
export interface LeftOut {
  readonly pods: readonly string[];
  readonly reason: string;
}

export interface WorkerPlan {
  readonly additions: readonly PlannedNode[];
  /** Pods that go where there is room already, or where a node is on its way. */
  readonly onPresent: readonly { readonly node: string; readonly pods: readonly string[] }[];
  readonly leftOut: readonly LeftOut[];
  readonly pricePerHour: number;
  /** No plan for the pods on new nodes can cost less than this; it counts amounts alone. */
  readonly lowerBoundPerHour: number;
}

/** Pods that wait for company may have to be looked at again once it has a place. */
const roundsMax = 4;

/**
 * Which workers to launch for pods that the scheduler has no place for (design §7). Pure. What fits where is decided as kube-scheduler does:
 * amounts, taints, node affinity and selectors, affinity and anti-affinity between pods (both ways), topology spread, host ports.
 * Higher priorities first, larger pods first; where it costs nothing first, then where it costs least per pod; equal costs are balanced over
 * zones. What pods prefer is kept while it fits and given up one by one.
 */
export function decideWorkerPlan(input: WorkspaceInput): WorkerPlan {
  const present = input.nodes.length;
  let workspace = planned(input, []);
  // A node that repels some pods may open a zone over which they would have had to be spread: then it is known beforehand.
  for (let coming: readonly Labels[] = []; ; ) {
    const late = lateDomains(workspace, present);
    if (late.length === 0) break;
    coming = [...coming, ...late];
    workspace = planned(input, coming);
  }
  return describePlan(workspace, present);
}

/** A workspace with every pod in it that finds a place. */
function planned(input: WorkspaceInput, coming: readonly Labels[]): Workspace {
  const workspace = openWorkspace(input, coming);
  const placed = () => sum(workspace.classes.map((podClass) => podClass.placed));
  for (let round = 0, before = -1; round < roundsMax && placed() > before; round += 1) {
    before = placed();
    for (const podClass of workspace.classes) placeClass(podClass, workspace);
  }
  for (const bin of workspace.bins.slice(input.nodes.length)) settle(bin);
  return workspace;
}

/** Labels of planned nodes with a value over which pods that have a place should have been spread, and were not. */
function lateDomains(workspace: Workspace, present: number): readonly Labels[] {
  // Where every pool takes every pod, each zone that can be launched in was counted from the start.
  const repelling = workspace.bins.slice(present).filter(({ taints }) => taints.length > 0);
  if (repelling.length === 0) return [];
  const late = new Map<string, Labels>();
  for (const podClass of workspace.classes.filter(
    ({ bonds, placed }) => placed > 0 && bonds.spread.length > 0,
  )) {
    const [attempt] = [...attemptsOf(podClass, workspace.topology)].slice(-1);
    for (const { group } of podClass.bonds.spread) {
      const { topologyKey } = group;
      if (!attempt || topologyKey === hostnameKey) continue;
      const counted = workspace.domainsBefore(topologyKey, attempt);
      for (const { labels } of repelling) {
        const value = labels[topologyKey];
        if (value === undefined || counted.includes(value) || !meetsOne(labels, podClass.shape.nodeTerms))
          continue;
        late.set(`${topologyKey}=${value}`, labels);
      }
    }
  }
  return [...late.values()];
}

function describePlan(workspace: Workspace, present: number): WorkerPlan {
  const planned = workspace.bins.slice(present);
  return {
    additions: planned.map((bin) => describeBin(bin, workspace)),
    onPresent: workspace.bins
      .slice(0, present)
      .flatMap(({ name, shares }) => (shares.length > 0 ? [{ node: name, pods: podsOf(shares) }] : [])),
    leftOut: workspace.classes.flatMap((podClass) => explainLeftOut(podClass, workspace)),
    pricePerHour: sum(planned.map(({ offer }) => offer?.offering.pricePerHour ?? 0)),
    lowerBoundPerHour: lowerBound(planned, workspace),
  };
}

/** Every way from all preferences kept to none, first on what is there and planned, then with further nodes. */
function placeClass(podClass: PodClass, workspace: Workspace): void {
  for (const attempt of attemptsOf(podClass, workspace.topology)) {
    if (podClass.placed === podClass.names.length) return;
    place(attempt, workspace, true);
  }
}

/** The cheapest type that has room for what is on it: what was planned for more may have stayed emptier. */
function settle(bin: Bin): void {
  const none = bin.used.map(() => 0);
  const cheapest = bin.choices.find(({ allocatable }) => holds(allocatable, bin.used, none, 0));
  const present = bin.offer?.offering.pricePerHour ?? 0;
  if (cheapest && cheapest.offering.pricePerHour < present) become(bin, cheapest);
}

function describeBin({ offer, shares, used }: Bin, { dimensions }: Workspace): PlannedNode {
  const { pool = '', zone = '', instanceType = '', pricePerHour = 0 } = offer?.offering ?? {};
  const pods = podsOf(shares);
  const filled = dimensions.fullest(used, offer?.allocatable ?? []);
  return {
    pool,
    zone,
    instanceType,
    pricePerHour,
    pods,
    reason: `${pods.length} ${pods.length === 1 ? 'pod that has' : 'pods that have'} no place; ${instanceType} in ${zone} costs least for them and is filled to ${filled}`,
  };
}

function podsOf(shares: readonly Share[]): string[] {
  return shares.flatMap(({ podClass, from, to }) => podClass.names.slice(from, to));
}

/** Every amount by the offer where it is cheapest; the dearest of these sums is the bound. */
function lowerBound(planned: readonly Bin[], { offers }: Workspace): number {
  const used: number[] = [];
  for (const bin of planned)
    for (const [index, amount] of bin.used.entries()) used[index] = (used[index] ?? 0) + amount;
  const bounds = used.map((amount, index) => {
    const prices = offers.map(
      ({ offering, allocatable }) => offering.pricePerHour / (allocatable[index] || 0),
    );
    return amount === 0 ? 0 : amount * Math.min(...prices.filter(Number.isFinite));
  });
  return Math.max(0, ...bounds.filter(Number.isFinite));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
