import type { DrainObservation } from './contracts.ts';

export interface DrainTiming {
  /** Time-out of the terminate hook, seconds. */
  readonly hookSeconds: number;
  /** Left before the hook ends for good, for what follows the last look at the pods, seconds. */
  readonly hookReserveSeconds: number;
}

/** A lifecycle action lasts 48 hours or a hundred of its time-outs, whichever is less, heartbeats or not (reference worker-lifecycle §5). */
export const hookSecondsMax = ({ hookSeconds }: DrainTiming): number =>
  Math.min(48 * 3_600, 100 * hookSeconds);

/**
 * When a drain must have ended. Pure. `beganAt`: when the node was first marked, which outlives an execution that failed; else the execution's
 * own beginning. In the hook it is never later than the hook's own end.
 */
export function deadlineOf(
  { startedAt, deadlineAt, policy, waitingInHook }: DrainObservation,
  beganAt: string | undefined,
  timing: DrainTiming,
): Date {
  const began = Date.parse(beganAt ?? startedAt);
  const asked = deadlineAt ? Date.parse(deadlineAt) : began + policy.deadlineSeconds * 1_000;
  if (!waitingInHook) return new Date(asked);
  // The execution begins within a minute of the hook's action, or with the action that it asked for itself.
  const hookEnds = Date.parse(startedAt) + (hookSecondsMax(timing) - timing.hookReserveSeconds) * 1_000;
  return new Date(Math.min(asked, hookEnds));
}

/** How a drain's time is shared out, seconds. */
export interface DrainPace {
  readonly deadline: Date;
  readonly now: Date;
  readonly left: number;
  /** A look at the pods comes no later than this before it is due; a pod is deleted so much before its grace period would end with the deadline. */
  readonly margin: number;
}

/** Pure. The margin is a tenth of the drain, a minute at most: short drains leave pods as much of their time as they can. */
export function paceOf({ startedAt }: DrainObservation, deadline: Date, now: Date): DrainPace {
  const total = Math.max(0, deadline.getTime() - Date.parse(startedAt)) / 1_000;
  const left = (deadline.getTime() - now.getTime()) / 1_000;
  return { deadline, now, left, margin: Math.min(60, total / 10) };
}

/** From so long before the deadline on it may be time to delete a pod: looks come often. */
const endSeconds = 960;

/**
 * Seconds until the next look. Pure. An eighth of the time that the drain has lasted: 2 s at first, a minute at most in the first two hours and
 * five minutes after them, half of the margin near the deadline; never more than a third of the hook's time-out, so that each round's heartbeat
 * comes in time. Longest drain of a spec, 172,000 s: 8 rounds of 2 s, 26 to a minute each, 115 of a minute until two hours, 550 of five minutes
 * and 32 near the end. At 25 events a round that is some 18,300 of the 25,000 events that an execution may have; the workflow's own bound is
 * 900 rounds, 22,500 events, which leaves the rest to repeats.
 */
export function waitSecondsOf(
  { startedAt }: DrainObservation,
  { now, left, margin }: DrainPace,
  { hookSeconds }: DrainTiming,
): number {
  const elapsed = Math.max(0, (now.getTime() - Date.parse(startedAt)) / 1_000);
  const most = elapsed < 7_200 ? 60 : 300;
  const untilEnd =
    left > endSeconds ? left - endSeconds : Math.max(1, Math.min(margin / 2, left > 0 ? left : 2));
  return Math.max(1, Math.floor(Math.min(Math.max(2, elapsed / 8), most, hookSeconds / 3, untilEnd)));
}
