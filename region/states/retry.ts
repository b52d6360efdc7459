import type { Retrier } from './definition.ts';
import { type StateFailure, stateErrors } from './errors.ts';

const defaults = { intervalSeconds: 1, maxAttempts: 3, backoffRate: 2 } as const;

/**
 * Whether `ErrorEquals` covers a failure (reference aws-etcd-kubeadm-facts §4.1): States.Runtime by nothing;
 * States.DataLimitExceeded by its own name alone; States.TaskFailed covers all but time-outs. A missed heartbeat is a
 * time-out, so States.Timeout covers it too.
 */
export function coversError(errorEquals: readonly string[], failure: StateFailure): boolean {
  const { error } = failure;
  if (error === stateErrors.runtime) return false;
  if (error !== undefined && errorEquals.includes(error)) return true;
  if (error === stateErrors.dataLimitExceeded) return false;
  if (errorEquals.includes(stateErrors.all)) return true;
  const timedOut = error === stateErrors.timeout || error === stateErrors.heartbeatTimeout;
  if (timedOut) return errorEquals.includes(stateErrors.timeout);
  return errorEquals.includes(stateErrors.taskFailed);
}

/** Seconds before retry number `retry` (from 1): exponential, capped, and with FULL jitter anywhere in [0, delay). */
export function retryDelaySeconds(retrier: Retrier, retry: number, random: () => number): number {
  const interval = retrier.IntervalSeconds ?? defaults.intervalSeconds;
  const rate = retrier.BackoffRate ?? defaults.backoffRate;
  const exponential = interval * rate ** (retry - 1);
  const capped = Math.min(exponential, retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY);
  return retrier.JitterStrategy === 'FULL' ? random() * capped : capped;
}

export interface RetryBudget {
  /** Seconds to wait before the next attempt, or undefined when no retrier covers the failure any more. */
  next(failure: StateFailure): number | undefined;
  /** Retries so far: `$states.context.State.RetryCount`. */
  readonly count: number;
}

/** Counts the retries of one visit of a state; each retrier has a count of its own. */
export function createRetryBudget(retriers: readonly Retrier[], random: () => number): RetryBudget {
  const used = new Map<Retrier, number>();
  let count = 0;
  return {
    get count() {
      return count;
    },
    next: (failure) => {
      const retrier = retriers.find((candidate) => coversError(candidate.ErrorEquals, failure));
      if (!retrier) return undefined;
      const retry = (used.get(retrier) ?? 0) + 1;
      if (retry > (retrier.MaxAttempts ?? defaults.maxAttempts)) return undefined;
      used.set(retrier, retry);
      count += 1;
      return retryDelaySeconds(retrier, retry, random);
    },
  };
}
