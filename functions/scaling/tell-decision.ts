import type { ScalingRecord } from '../aws/registry.ts';
import type { PlannedNode } from '../scheduling/decide-worker-plan.ts';
import type { PlannedWorkers } from './contracts.ts';
import type { ScalingDecision } from './decide-scaling.ts';

/** One log line and one item of the registry hold no more of each. */
const linesMax = 20;
const leftOutMax = 10;

/** What people read of a decision: every pod that is left out is counted, and the first of each kind named. Pure. */
export function tellDecision(decision: ScalingDecision) {
  const { action, changes, leftOut, plan, reason, removals } = decision;
  return {
    action,
    reason,
    changes,
    removals,
    ...(plan && {
      additions: group(plan.additions).slice(0, linesMax),
      pricePerHour: plan.pricePerHour,
      lowerBoundPerHour: plan.lowerBoundPerHour,
    }),
    leftOut: shorten(leftOut),
  };
}

/**
 * What is remembered of a decision: for the next one, and for whoever asks why there are so many workers. Pure. A look that was decided on twice
 * is told once. `observedAt`: when the workers were seen of which this was decided.
 */
export function recordDecision(
  before: ScalingRecord | undefined,
  { leftOut, plan, reason, unneeded }: ScalingDecision,
  observedAt: string,
  now: Date,
): ScalingRecord {
  const earlier = before?.launches ?? [];
  const told = earlier.some((one) => one.observedAt === observedAt);
  const planned = told ? [] : group(plan?.additions ?? []).map((one) => ({ ...one, observedAt }));
  return {
    revision: (before?.revision ?? 0) + 1,
    backOffs: before?.backOffs ?? [],
    unneeded,
    launches: [...planned, ...earlier].slice(0, linesMax),
    decided: { at: now.toISOString(), reason, leftOut: shorten(leftOut) },
  };
}

/** Workers of one pool, zone and type together. */
function group(additions: readonly PlannedNode[]): PlannedWorkers[] {
  const groups = new Map<string, PlannedWorkers>();
  for (const { instanceType, pods, pool, reason, zone } of additions) {
    const key = `${pool} ${zone} ${instanceType}`;
    const { pods: there = 0, reason: first = reason, workers = 0 } = groups.get(key) ?? {};
    const sums = { workers: workers + 1, pods: there + pods.length };
    groups.set(key, { pool, zone, instanceType, ...sums, reason: first });
  }
  return [...groups.values()];
}

function shorten(leftOut: ScalingDecision['leftOut']) {
  return leftOut
    .slice(0, leftOutMax)
    .map(({ pods, reason }) => ({ pods: pods.length, first: pods[0] ?? '', reason }));
}
