import type { ScheduledEvent } from '../aws/instance-statuses.ts';
import type { SweepFinding, SweepScope } from './contracts.ts';
import type { SweptWorker } from './observe-workers.ts';

export interface DrainSweepPolicy {
  /** What a spot worker has from its warning on, less what is needed to end it, seconds. */
  readonly spotSeconds: number;
  /** So long before what AWS has scheduled a drain must have ended, seconds. */
  readonly scheduledReserveSeconds: number;
  /** A drain that comes too late for its event has this much all the same, seconds. */
  readonly leastSeconds: number;
}

export const drainSweepPolicy: DrainSweepPolicy = {
  spotSeconds: 110,
  scheduledReserveSeconds: 300,
  leastSeconds: 60,
};

/** What the sweep knows beyond the worker itself. */
export interface DrainOccasion {
  /** What an event says; it is only a reason to look, but what spot announces is nowhere else to be seen. */
  readonly scope: SweepScope | undefined;
  readonly scheduled: readonly ScheduledEvent[];
}

/**
 * Whether a worker is to be drained now, first match wins. Pure. One that waits in its terminate hook needs somebody to let it go. What AWS has
 * scheduled begins a drain only so early that the pool's deadline fits before it: that may be weeks from now (reference
 * worker-lifecycle §3). One that has not joined runs nothing.
 */
export function decideDrainSweep(
  { lifecycleState, drain, ...worker }: SweptWorker,
  { scope, scheduled }: DrainOccasion,
  policy: DrainSweepPolicy,
  now: Date,
): SweepFinding {
  const { instanceId } = worker;
  const at = (milliseconds: number) => new Date(milliseconds).toISOString();
  const leaving = lifecycleState === 'Terminating:Wait';
  const serving = lifecycleState === 'InService';
  const start = { ...worker, action: 'start-drain' } as const;
  const told = scope?.instanceId === instanceId ? scope.cause : undefined;
  if (told === 'spot-interruption' && (leaving || serving))
    return {
      ...start,
      cause: told,
      afterwards: 'terminate',
      deadlineAt: at(now.getTime() + policy.spotSeconds * 1_000),
      reason: `spot takes ${instanceId} back`,
    };
  if (leaving)
    return {
      ...start,
      cause: 'termination',
      afterwards: 'complete-hook',
      reason: `${instanceId} waits in its terminate hook`,
    };
  if (!serving) return { ...worker, action: 'none', reason: `${instanceId} is ${lifecycleState}` };
  if (told === 'rebalance' && drain.onRebalanceRecommendation === 'replace')
    return {
      ...start,
      cause: told,
      afterwards: 'terminate',
      reason: `spot recommends to replace ${instanceId} soon`,
    };
  const event = earliest(scheduled.filter((one) => one.instanceId === instanceId));
  if (!event) return { ...worker, action: 'none', reason: `${instanceId} is in service` };
  const endsAt = Date.parse(event.notBefore) - policy.scheduledReserveSeconds * 1_000;
  const what = `AWS has ${event.code} for ${instanceId} at ${event.notBefore}`;
  const beginsAt = endsAt - drain.deadlineSeconds * 1_000;
  if (now.getTime() < beginsAt)
    return { ...worker, action: 'none', reason: `${what}: its drain begins at ${at(beginsAt)}` };
  return {
    ...start,
    cause: 'health-event',
    afterwards: 'terminate',
    deadlineAt: at(Math.max(endsAt, now.getTime() + policy.leastSeconds * 1_000)),
    reason: what,
  };
}

function earliest(events: readonly ScheduledEvent[]): ScheduledEvent | undefined {
  return events.toSorted((one, other) => Date.parse(one.notBefore) - Date.parse(other.notBefore))[0];
}
