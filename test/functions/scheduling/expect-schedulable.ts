import { expect } from 'vitest';
import type { WorkerPlan } from '../../../functions/scheduling/decide-worker-plan.ts';
import type { WorkspaceInput } from '../../../functions/scheduling/workspace.ts';
import { createIds } from '../../../region/kernel/ids.ts';
import { type Layout, layOut } from './real-cluster.ts';
import { type Cluster, obstacleOf, type PlacedPod } from './scheduler-rules.ts';

/** In so many orders a plan is carried out. */
const orders = 4;

/**
 * Holds a plan against kube-scheduler's filters. Nodes come up and pods are made one by one, in orders drawn from the seed; a pod may go to its
 * planned node alone, and is tried again after every change. In no order is one left over, and no pod is lost from the plan.
 */
export function expectSchedulable(input: WorkspaceInput, plan: WorkerPlan, seed = 42): void {
  const layout = layOut(input, plan, '');
  for (let order = 0; order < orders; order += 1)
    expect(refusedInOrder(layout, input.nodes.length, seed + order)).toEqual([]);
  const named = [...plan.additions, ...plan.onPresent, ...plan.leftOut].flatMap(({ pods }) => pods);
  expect(named.sort()).toEqual(input.pods.map(({ name }) => name).sort());
}

function refusedInOrder({ bound, nodes, planned }: Layout, present: number, seed: number): string[] {
  const { random } = createIds(seed);
  const changes = [
    ...nodes.slice(present).map((node) => ({ nodes: [node], pods: [] })),
    ...planned.flat().map((pod) => ({ nodes: [], pods: [pod] })),
  ].map((change) => ({ ...change, at: random() }));
  let cluster: Cluster = { nodes: nodes.slice(0, present), running: bound };
  let waiting: readonly PlacedPod[] = [];
  for (const change of changes.toSorted((one, two) => one.at - two.at)) {
    cluster = { nodes: [...cluster.nodes, ...change.nodes], running: cluster.running };
    waiting = [...waiting, ...change.pods];
    for (;;) {
      const next = waiting.find((pod) => obstacleOf(pod, cluster) === undefined);
      if (!next) break;
      cluster = { nodes: cluster.nodes, running: [...cluster.running, next] };
      waiting = waiting.filter((pod) => pod !== next);
    }
  }
  return waiting.map((pod) => `${pod.name} on ${pod.node}: ${obstacleOf(pod, cluster)}`);
}
