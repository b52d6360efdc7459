import { expect } from 'vitest';
import type { WorkerPlan } from '../../../functions/scheduling/decide-worker-plan.ts';
import {
  hostnameKey,
  type LabelSelector,
  type Labels,
  type NodeView,
  type Offering,
  type PodShape,
  type PodTerm,
  type Taint,
} from '../../../functions/scheduling/model.ts';
import type { WorkspaceInput } from '../../../functions/scheduling/workspace.ts';

/** A node as it would be once a plan is carried out. */
interface PlacedNode {
  readonly name: string;
  readonly labels: Labels;
  readonly taints: readonly Taint[];
  readonly allocatable: Readonly<Record<string, number>>;
  readonly shapes: readonly PodShape[];
}

/**
 * Holds a plan against kube-scheduler's filters, written here a second time and as plainly as possible: node by node, pod by pod, on the
 * finished placement. Spread is checked on the whole placement, which is stricter than the scheduler's own step-by-step view.
 */
export function expectSchedulable(input: WorkspaceInput, plan: WorkerPlan): void {
  const nodes = carryOut(input, plan);
  const lonely: string[] = [];
  for (const node of nodes) {
    expectRoom(node);
    for (const shape of node.shapes) {
      expect(repels(node, shape), `${node.name} repels a pod by a taint`).toBe(false);
      expect(wanted(node, shape), `${node.name} lacks labels that a pod asks for`).toBe(true);
      for (const term of shape.apart ?? [])
        expect(others(nodes, node, shape, term), `${node.name} has company that a pod keeps away from`).toBe(
          0,
        );
      for (const term of shape.together ?? []) {
        if (others(nodes, node, shape, term) > 0) continue;
        expect(finds(term.selector, shape), `${node.name} lacks company`).toBe(true);
        lonely.push(JSON.stringify(term));
      }
    }
  }
  // The first of pods that want to be together may go anywhere; a second one alone would be refused.
  expect(lonely.length, 'pods that want each other are apart').toBe(new Set(lonely).size);
  expectNothingLost(input, plan);
}

function carryOut({ pods, nodes, offerings }: WorkspaceInput, plan: WorkerPlan): PlacedNode[] {
  const shapeOf = new Map(pods.map(({ name, shape }) => [name, shape]));
  // Copies, so that each pod is an object of its own.
  const shapes = (names: readonly string[]) => names.map((name) => ({ ...(shapeOf.get(name) as PodShape) }));
  const present = nodes.map((node: NodeView): PlacedNode => {
    const added = plan.onPresent.find((one) => one.node === node.name)?.pods ?? [];
    return { ...node, shapes: [...node.pods.map(({ shape }) => ({ ...shape })), ...shapes(added)] };
  });
  const planned = plan.additions.map((addition, index): PlacedNode => {
    const offering = offerings.find(
      (one) =>
        one.pool === addition.pool &&
        one.zone === addition.zone &&
        one.instanceType === addition.instanceType,
    ) as Offering;
    return { ...offering, name: `planned-${index}`, shapes: shapes(addition.pods) };
  });
  return [...present, ...planned];
}

function expectRoom({ name, allocatable, shapes }: PlacedNode): void {
  const used: Record<string, number> = { pods: shapes.length };
  for (const { requests } of shapes)
    for (const [key, amount] of Object.entries(requests)) used[key] = (used[key] ?? 0) + amount;
  for (const [key, amount] of Object.entries(used))
    expect(amount, `${key} of ${name}`).toBeLessThanOrEqual(
      allocatable[key] ?? (key === 'pods' ? Number.POSITIVE_INFINITY : 0),
    );
  const ports = shapes.flatMap(({ hostPorts = [] }) => hostPorts);
  expect(new Set(ports).size, `ports of ${name}`).toBe(ports.length);
}

const repels = ({ taints }: PlacedNode, { tolerations = [] }: PodShape): boolean =>
  taints.some(
    ({ key, value = '', effect }) =>
      effect !== 'PreferNoSchedule' &&
      !tolerations.some(
        (one) =>
          (one.key === undefined || one.key === key) &&
          (one.operator === 'Exists' || (one.value ?? '') === value) &&
          (one.effect === undefined || one.effect === effect),
      ),
  );

const wanted = ({ labels }: PlacedNode, { nodeTerms = [] }: PodShape): boolean =>
  nodeTerms.length === 0 ||
  nodeTerms.some((term) => term.every(({ key, values = [] }) => values.includes(labels[key] ?? '')));

const domain = ({ name, labels }: PlacedNode, key: string): string | undefined =>
  key === hostnameKey ? name : labels[key];

const finds = (selector: LabelSelector | undefined, { labels }: PodShape): boolean =>
  selector !== undefined && Object.entries(selector.matchLabels ?? {}).every(([k, v]) => labels[k] === v);

const others = (
  nodes: readonly PlacedNode[],
  node: PlacedNode,
  self: PodShape,
  { topologyKey, selector, namespaces }: PodTerm,
): number =>
  nodes
    .filter((one) => domain(one, topologyKey) === domain(node, topologyKey))
    .flatMap(({ shapes }) => shapes)
    .filter(
      (one) =>
        one !== self && finds(selector, one) && (namespaces === 'all' || namespaces.includes(one.namespace)),
    ).length;

function expectNothingLost({ pods }: WorkspaceInput, plan: WorkerPlan): void {
  const named = [...plan.additions, ...plan.onPresent, ...plan.leftOut].flatMap((one) => one.pods);
  expect([...named].sort()).toEqual(pods.map(({ name }) => name).sort());
}
