import { timesIn } from './amounts.ts';
import type { LeftOut } from './decide-worker-plan.ts';
import { meetsOne, repellingTaint } from './labels.ts';
import type { Offering } from './model.ts';
import type { PodClass } from './pod-classes.ts';
import type { Workspace } from './workspace.ts';

/** Why the rest of a class has no place: pool by pool, the first thing that is in the way. */
export function explainLeftOut(podClass: PodClass, workspace: Workspace): LeftOut[] {
  const pods = podClass.names.slice(podClass.placed);
  if (pods.length === 0) return [];
  const pools = new Map<string, Offering[]>();
  for (const { offering } of workspace.offers) {
    const there = pools.get(offering.pool);
    if (there) there.push(offering);
    else pools.set(offering.pool, [offering]);
  }
  if (pools.size === 0) return [{ pods, reason: 'there is no pool that could launch a node' }];
  const obstacles = [...pools]
    .sort(([one], [two]) => (one < two ? -1 : 1))
    .map(([pool, offerings]) => `${pool}: ${obstacle(podClass, offerings, workspace)}`);
  return [{ pods, reason: obstacles.join('; ') }];
}

function obstacle({ need, shape }: PodClass, offerings: readonly Offering[], workspace: Workspace): string {
  const [one] = offerings;
  const taint = repellingTaint(one?.taints ?? [], shape.tolerations);
  if (taint)
    return `its taint ${taint.key}${taint.value ? `=${taint.value}` : ''}:${taint.effect} is not tolerated`;
  const suitable = offerings.filter(({ labels }) => meetsOne(labels, shape.nodeTerms));
  if (suitable.length === 0)
    return 'no node of it has the labels (or lies in the zone) that the pod asks for';
  const { dimensions } = workspace;
  const fitting = suitable.filter(
    ({ allocatable }) => timesIn(need, dimensions.ofAllocatable(allocatable), []) > 0,
  );
  if (fitting.length === 0) {
    const lacking = suitable.map(({ allocatable }) =>
      dimensions.lacking(need, dimensions.ofAllocatable(allocatable)),
    );
    return `too small, the pod ${lacking.at(-1) ?? 'does not fit'}`;
  }
  const offer = workspace.offers.find(({ offering }) => offering === fitting[0]);
  if ((offer?.pool.remaining ?? 0) <= 0) return 'it is at its greatest number of nodes';
  return 'affinity, anti-affinity or topology spread leaves no place';
}
