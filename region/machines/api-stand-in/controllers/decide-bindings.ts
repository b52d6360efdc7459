import { type Bin, put, roomIn } from '../../../../functions/scheduling/bins.ts';
import { meetsOne, repellingTaint } from '../../../../functions/scheduling/labels.ts';
import type { NodeView } from '../../../../functions/scheduling/model.ts';
import { type Attempt, attemptsOf, type PodClass } from '../../../../functions/scheduling/pod-classes.ts';
import { allowance, type SpreadBond, valueIn } from '../../../../functions/scheduling/topology.ts';
import { openWorkspace, type Workspace } from '../../../../functions/scheduling/workspace.ts';
import { type ApiObject, at, textOf } from '../json.ts';
import { amountsOf, cordoned, nodeNameLabel, shapeOf, taintsOf } from './pod-shape.ts';

/** Where a pod goes, or why it goes nowhere, in kube-scheduler's words. */
export type Binding =
  | { readonly pod: ApiObject; readonly node: string }
  | { readonly pod: ApiObject; readonly refusal: string };

/**
 * Where pods that have no node go, one after the other as kube-scheduler takes them: by priority, then by age. Pure. Filters are the
 * scheduler's, of which amounts, labels, taints and topology are functions/scheduling's own rules; a node is chosen that keeps most of what
 * the pod prefers, and of those the emptiest. Nobody is preempted, and volumes are not looked at.
 */
export function decideBindings(pods: readonly ApiObject[], nodes: readonly ApiObject[]): readonly Binding[] {
  const waiting = pods.filter(isWaiting).toSorted(byPriorityThenAge);
  if (waiting.length === 0) return [];
  const workspace = openWorkspace({
    pods: waiting.map((pod) => ({ name: nameOf(pod), shape: shapeOf(pod) })),
    nodes: nodes.map((node) => viewOf(node, pods)),
    offerings: [],
    remaining: {},
  });
  const classOf = new Map(
    workspace.classes.flatMap((podClass) => podClass.names.map((name) => [name, podClass] as const)),
  );
  return waiting.flatMap((pod) => {
    const podClass = classOf.get(nameOf(pod));
    return podClass ? [bind(pod, podClass, workspace)] : [];
  });
}

const nameOf = ({ metadata }: ApiObject): string => `${metadata.namespace}/${metadata.name}`;

function isWaiting({ metadata, spec, status }: ApiObject): boolean {
  const { nodeName, schedulerName, schedulingGates } = (spec ?? {}) as Record<string, unknown>;
  return (
    textOf(nodeName) === '' &&
    schedulerName === 'default-scheduler' &&
    !(Array.isArray(schedulingGates) && schedulingGates.length > 0) &&
    metadata.deletionTimestamp === undefined &&
    at(status, 'phase') === 'Pending'
  );
}

function byPriorityThenAge(one: ApiObject, two: ApiObject): number {
  const priority = (pod: ApiObject) => Number(at(pod, 'spec', 'priority') ?? 0);
  const key = (pod: ApiObject) => `${pod.metadata.creationTimestamp} ${nameOf(pod)}`;
  return priority(two) - priority(one) || (key(one) < key(two) ? -1 : 1);
}

/** A node with all that runs on it, or is about to end there: that takes its room until it is gone. */
function viewOf(node: ApiObject, pods: readonly ApiObject[]): NodeView {
  const { labels = {}, name = '' } = node.metadata;
  const running = pods.filter(
    ({ spec, status }) =>
      at(spec, 'nodeName') === name && !['Succeeded', 'Failed'].includes(textOf(at(status, 'phase'))),
  );
  return {
    name,
    labels: { ...labels, [nodeNameLabel]: name },
    taints: taintsOf(node),
    allocatable: amountsOf(at(node, 'status', 'allocatable')),
    pods: running.map((pod) => ({ name: nameOf(pod), shape: shapeOf(pod) })),
  };
}

function bind(pod: ApiObject, podClass: PodClass, workspace: Workspace): Binding {
  const { bins, topology } = workspace;
  let obstacles: readonly (string | undefined)[] = [];
  for (const attempt of attemptsOf(podClass, topology)) {
    obstacles = bins.map((bin) => obstacleIn(bin, attempt, workspace));
    const fitting = bins.filter((_, index) => obstacles[index] === undefined);
    const [chosen] = fitting.toSorted((one, two) => loadOf(one) - loadOf(two));
    if (!chosen) continue;
    put(chosen, podClass, 1);
    return { pod, node: chosen.name };
  }
  return { pod, refusal: refusalOf(obstacles.filter((one) => one !== undefined)) };
}

/** The share in use of what the node is fullest of. */
function loadOf({ allocatable, used }: Bin): number {
  return Math.max(0, ...used.map((amount, index) => (amount === 0 ? 0 : amount / (allocatable[index] || 1))));
}

/** The first filter that a node does not pass. */
function obstacleIn(bin: Bin, attempt: Attempt, { bins, dimensions }: Workspace): string | undefined {
  const { bonds, podClass, shape, soft } = attempt;
  const taint = repellingTaint(bin.taints, shape.tolerations, soft);
  if (taint?.key === cordoned.key) return 'node(s) were unschedulable';
  if (taint) return `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`;
  if (!meetsOne(bin.labels, shape.nodeTerms)) return "node(s) didn't match Pod's node affinity/selector";
  if (roomIn(bin, attempt) === 0) {
    const free = bin.allocatable.map((amount, index) => amount - (bin.used[index] ?? 0));
    const [, name] = /^needs (\S+)/.exec(dimensions.lacking(podClass.need, free) ?? '') ?? [];
    if (name === undefined) return "node(s) didn't have free ports for the requested pod ports";
    return name === 'pods' ? 'Too many pods' : `Insufficient ${name}`;
  }
  // The scheduler's defaults: a node counts for the spread where the pod's affinity takes it, whatever its taints.
  const leastOf = ({ group, minDomains }: SpreadBond): number => {
    const { topologyKey } = group;
    const values = new Set(
      bins
        .filter(({ labels }) => meetsOne(labels, podClass.shape.nodeTerms))
        .map((one) => valueIn(one, topologyKey))
        .filter((value) => value !== undefined),
    );
    if (values.size < minDomains || values.size === 0) return 0;
    return Math.min(...[...values].map((value) => group.found.get(value) ?? 0));
  };
  for (const [key, { apart, spread, together }] of bonds.byKey) {
    if (allowance(bonds, key, valueIn(bin, key), leastOf) > 0) continue;
    if (together.length > 0) return "node(s) didn't match pod affinity rules";
    if (apart.length > 0) return "node(s) didn't match pod anti-affinity rules";
    if (spread.length > 0) return "node(s) didn't match pod topology spread constraints";
    return "node(s) didn't satisfy existing pods anti-affinity rules";
  }
  return undefined;
}

/** `0/5 nodes are available: 2 Insufficient cpu, 3 node(s) had untolerated taint {a: b}. preemption: …` */
function refusalOf(obstacles: readonly string[]): string {
  if (obstacles.length === 0) return 'no nodes available to schedule pods';
  const counts = new Map<string, number>();
  for (const obstacle of obstacles) counts.set(obstacle, (counts.get(obstacle) ?? 0) + 1);
  const said = [...counts].map(([obstacle, count]) => `${count} ${obstacle}`).sort();
  const none = `0/${obstacles.length} nodes are available:`;
  return `${none} ${said.join(', ')}. preemption: ${none} ${obstacles.length} Preemption is not helpful for scheduling.`;
}
