import { addTo } from './amounts.ts';
import { type Bin, takeBack } from './bins.ts';
import type { NodeView, PodView } from './model.ts';
import { place } from './place.ts';
import { attemptsOf, classify, type PodClass } from './pod-classes.ts';
import { enter } from './topology.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

/** A node that may be taken away, as far as the node itself is concerned. */
export interface RemovableNode extends NodeView {
  /** Pods that go with the node and are not moved: DaemonSets' and mirror pods. Their amounts count while the node is there. */
  readonly resident?: readonly PodView[];
  /** Why it must stay whatever its load: a pod that must not be disrupted, a budget with nothing left, an annotation. */
  readonly staysBecause?: string;
  /** Since when an earlier decision has found that its pods fit elsewhere, ISO 8601. */
  readonly unneededSince?: string;
}

export interface RemovalPolicy {
  /** So long a node's pods must have fitted elsewhere before it goes, seconds. */
  readonly quietSeconds: number;
  /** Nodes that may go by one decision. */
  readonly removalsMax: number;
  /** A node that is fuller than this stays, as a share of what it has most of in use. */
  readonly utilizationMax: number;
}

export const removalPolicy: RemovalPolicy = { quietSeconds: 600, removalsMax: 10, utilizationMax: 0.5 };

export interface RemovalDecision {
  readonly removals: readonly { readonly node: string; readonly pool: string; readonly reason: string }[];
  /** Every node that is not needed now, and since when: to be remembered for the next decision. */
  readonly unneeded: readonly { readonly node: string; readonly since: string }[];
  readonly kept: readonly { readonly node: string; readonly reason: string }[];
}

/**
 * Which nodes may go, since their pods fit on those that stay (design §7). Pure. The emptiest are tried first and pods go to the fullest
 * that have room, so that most nodes come free; a node that takes another's pods stays. `removable`: how many nodes each pool has above
 * its least number.
 */
export function decideWorkerRemovals(
  nodes: readonly RemovableNode[],
  removable: Readonly<Record<string, number>>,
  policy: RemovalPolicy,
  now: Date,
): RemovalDecision {
  const all = nodes.map((node) => ({ ...node, pods: [...node.pods, ...(node.resident ?? [])] }));
  const workspace = openWorkspace({
    pods: nodes.flatMap(({ pods }) => pods),
    nodes: all,
    offerings: [],
    remaining: {},
  });
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const left = new Map(Object.entries(removable));
  workspace.bins.sort((one, two) => fullness(two) - fullness(one));
  const removals: { node: string; pool: string; reason: string }[] = [];
  const unneeded: { node: string; since: string }[] = [];
  const kept: { node: string; reason: string }[] = [];
  for (const bin of workspace.bins.toReversed()) {
    const node = byName.get(bin.name);
    if (!node) continue;
    const { pool = '' } = node;
    const obstacle = obstacleOf(node, bin, left.get(pool) ?? 0, policy) ?? moveAway(node, bin, workspace);
    if (obstacle !== undefined) {
      kept.push({ node: bin.name, reason: obstacle });
      continue;
    }
    left.set(pool, (left.get(pool) ?? 0) - 1);
    const since = node.unneededSince ?? now.toISOString();
    unneeded.push({ node: bin.name, since });
    const quietSeconds = (now.getTime() - Date.parse(since)) / 1000;
    if (quietSeconds < policy.quietSeconds || removals.length >= policy.removalsMax) continue;
    const pods = `${node.pods.length} ${node.pods.length === 1 ? 'pod fits' : 'pods fit'}`;
    removals.push({ node: bin.name, pool, reason: `its ${pods} elsewhere, since ${since}` });
  }
  return { removals, unneeded, kept };
}

function obstacleOf(
  node: RemovableNode,
  bin: Bin,
  removable: number,
  policy: RemovalPolicy,
): string | undefined {
  if (node.staysBecause !== undefined) return node.staysBecause;
  if (node.pool === undefined) return 'it is of no pool';
  if (removable <= 0) return 'its pool is at its least number of nodes';
  if (bin.shares.length > 0) return 'it takes pods of nodes that go';
  const used = fullness(bin);
  if (used > policy.utilizationMax) return `${Math.round(used * 100)} % of it is in use`;
  return undefined;
}

/** The share in use of what a node has most of in use. */
function fullness({ used, allocatable }: Bin): number {
  return Math.max(0, ...used.map((amount, index) => (amount === 0 ? 0 : amount / (allocatable[index] || 1))));
}

/** Moves all pods of a node to others; where one has no place nothing is moved, and the reason is returned. */
function moveAway(node: RemovableNode, bin: Bin, workspace: Workspace): string | undefined {
  const { dimensions, topology } = workspace;
  const classes = classify(node.pods, dimensions, topology, bin.allocatable);
  const count = (podClass: PodClass, sign: 1 | -1) => {
    addTo(bin.used, podClass.need, sign * podClass.names.length);
    enter(podClass.bonds, sign * podClass.names.length, bin);
  };
  for (const podClass of classes) count(podClass, -1);
  bin.closed = true;
  const homeless = classes.find((podClass) => {
    for (const attempt of attemptsOf(podClass, topology)) place(attempt, workspace, false);
    return podClass.placed < podClass.names.length;
  });
  if (!homeless) return undefined;
  const reason = `${homeless.names[homeless.placed]} fits nowhere else`;
  bin.closed = false;
  for (const podClass of classes) {
    for (const other of workspace.bins) if (other.shares.length > 0) takeBack(other, podClass);
    count(podClass, 1);
  }
  return reason;
}
