import type { LaunchRecord, ScalingRecord } from '../aws/registry.ts';
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

/** A group that was to be resized so lately and has not been is on its way to it, seconds. */
const launchSecondsMax = 120;

export interface RecordedWith {
  readonly backOffs: ScalingRecord['backOffs'];
  /** When the workers were seen of which it was decided. */
  readonly observedAt: string;
  readonly now: Date;
}

/**
 * What is remembered of a decision: for the next one, and for whoever asks why there are so many workers. Pure. What is decided again before it
 * has been carried out is told once.
 */
export function recordDecision(
  before: ScalingRecord | undefined,
  { changes, leftOut, plan, reason, removals, unneeded }: ScalingDecision,
  { backOffs, now, observedAt }: RecordedWith,
): ScalingRecord {
  const earlier = before?.launches ?? [];
  const planned = group(plan?.additions ?? []).flatMap((one) => {
    const change = changes.find(({ pool, zone }) => pool === one.pool && one.zone.endsWith(zone));
    const launch = { ...one, observedAt, size: change?.to ?? 0 };
    return !change || earlier.some((other) => isSame(launch, other)) ? [] : [launch];
  });
  const removedAt = removals.length > 0 ? now.toISOString() : before?.removedAt;
  const removed = removedAt === undefined ? {} : { removedAt };
  return {
    revision: (before?.revision ?? 0) + 1,
    backOffs,
    unneeded,
    launches: [...planned, ...earlier].slice(0, linesMax),
    ...removed,
    decided: { at: now.toISOString(), reason, leftOut: shorten(leftOut) },
  };
}

function isSame(one: LaunchRecord, earlier: LaunchRecord): boolean {
  const seconds = (Date.parse(one.observedAt) - Date.parse(earlier.observedAt)) / 1000;
  const { pool, size, zone } = earlier;
  return one.pool === pool && one.zone === zone && one.size === size && seconds <= launchSecondsMax;
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
