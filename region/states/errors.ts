import type { JsonValue } from './json.ts';

/** Error names that Step Functions itself raises. */
export const stateErrors = {
  all: 'States.ALL',
  dataLimitExceeded: 'States.DataLimitExceeded',
  heartbeatTimeout: 'States.HeartbeatTimeout',
  noChoiceMatched: 'States.NoChoiceMatched',
  queryEvaluation: 'States.QueryEvaluationError',
  runtime: 'States.Runtime',
  taskFailed: 'States.TaskFailed',
  timeout: 'States.Timeout',
  toleranceExceeded: 'States.ExceedToleratedFailureThreshold',
} as const;

/** A failure inside a state machine, as `Retry` and `Catch` see it. Both parts may be missing (a Fail state without them). */
export class StateFailure extends Error {
  override readonly name = 'StateFailure';
  readonly error: string | undefined;
  readonly reason: string | undefined;

  constructor(error?: string, reason?: string) {
    super(`${error ?? 'no error name'}: ${reason ?? 'no cause'}`);
    this.error = error;
    this.reason = reason;
  }
}

/** The execution, or the branch, was ended from outside: by StopExecution, a time-out of the machine, or a failed sibling. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** What `$states.errorOutput` holds. A time-out has an empty cause, other missing parts are null (as recorded from AWS). */
export function errorOutput(failure: StateFailure): JsonValue {
  const timedOut = failure.error === stateErrors.timeout || failure.error === stateErrors.heartbeatTimeout;
  return { Error: failure.error ?? null, Cause: failure.reason ?? (timedOut ? '' : null) };
}

/** Any thrown value as a failure. A bug of the region is a runtime failure, which nothing in a definition can catch. */
export function toStateFailure(thrown: unknown): StateFailure {
  if (thrown instanceof StateFailure) return thrown;
  const reason = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return new StateFailure(stateErrors.runtime, reason);
}
