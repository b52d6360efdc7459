import type { TaskState } from './definition.ts';
import { Interrupted, StateFailure, stateErrors, toStateFailure } from './errors.ts';
import { type JsonValue, payloadBytes, payloadBytesMax } from './json.ts';
import { findTaskResource, type TaskResource } from './resources.ts';
import { recordNext, type TokenHandle } from './run.ts';
import { evaluate, evaluateInteger, tooLarge, type Visit } from './visit.ts';

/** Longest time-out and heartbeat: 99,999,999 seconds, as AWS limits them. */
const timeoutSecondsMax = 99_999_999;

interface Attempt {
  readonly visit: Visit<TaskState>;
  readonly resource: TaskResource;
  readonly token: TokenHandle | undefined;
  readonly timeoutSeconds: number | undefined;
  readonly heartbeatSeconds: number | undefined;
}

/** One attempt of a Task state; gives the task's result. Throws StateFailure as Retry and Catch see it. */
export async function attemptTask(visit: Visit<TaskState>): Promise<JsonValue> {
  const { run, state } = visit;
  const resource = findTaskResource(state.Resource);
  if (!resource) throw new StateFailure(stateErrors.runtime, `The resource ${state.Resource} is not played.`);
  const token = resource.waitsFor === 'token' ? run.options.tasks.openToken() : undefined;
  visit.taskToken = token?.token;
  try {
    const parameters = await evaluate(visit, 'Arguments', state.Arguments ?? visit.input);
    if (payloadBytes(parameters) > payloadBytesMax) throw tooLarge(visit.name);
    const range = { min: 1, max: timeoutSecondsMax };
    const timeoutSeconds = await evaluateInteger(visit, 'TimeoutSeconds', state.TimeoutSeconds, range);
    const heartbeatSeconds = await evaluateInteger(visit, 'HeartbeatSeconds', state.HeartbeatSeconds, range);
    return await perform({ visit, resource, token, timeoutSeconds, heartbeatSeconds }, parameters);
  } finally {
    token?.close();
    visit.taskToken = undefined;
  }
}

async function perform(attempt: Attempt, parameters: JsonValue): Promise<JsonValue> {
  const { visit, timeoutSeconds, heartbeatSeconds } = attempt;
  const { run, branch } = visit;
  recordNext(run, branch, 'TaskScheduled', {
    taskScheduledEventDetails: {
      ...named(attempt),
      region: visit.run.options.context.Execution.Id.split(':')[3] ?? '',
      parameters: JSON.stringify(parameters),
      ...(timeoutSeconds === undefined ? {} : { timeoutInSeconds: timeoutSeconds }),
      ...(heartbeatSeconds === undefined ? {} : { heartbeatInSeconds: heartbeatSeconds }),
    },
  });
  recordNext(run, branch, 'TaskStarted', { taskStartedEventDetails: named(attempt) });
  try {
    const result = await withinTime(attempt, (signal) => work(attempt, parameters, signal));
    if (payloadBytes(result) > payloadBytesMax) throw tooLarge(attempt.resource.service);
    recordNext(run, branch, 'TaskSucceeded', { taskSucceededEventDetails: described(attempt, result) });
    return result;
  } catch (thrown) {
    if (thrown instanceof Interrupted || branch.signal.aborted) throw thrown;
    throw recordFailure(attempt, toStateFailure(thrown));
  }
}

/** Calls the service and, for the patterns that wait, waits for the token or the execution. */
async function work(attempt: Attempt, parameters: JsonValue, signal: AbortSignal): Promise<JsonValue> {
  const { visit, resource, token } = attempt;
  const { tasks } = visit.run.options;
  const answer = await tasks.call({ resource, arguments: parameters, signal });
  if (resource.waitsFor === 'answer' || signal.aborted) return answer;
  recordNext(visit.run, visit.branch, 'TaskSubmitted', {
    taskSubmittedEventDetails: described(attempt, answer),
  });
  return token ? await token.outcome : await tasks.awaitExecution(answer, signal);
}

/**
 * Waits for the work no longer than TimeoutSeconds, and no longer than HeartbeatSeconds after the last heartbeat.
 * What comes later is ignored.
 */
function withinTime(
  { visit, token, timeoutSeconds, heartbeatSeconds }: Attempt,
  begin: (signal: AbortSignal) => Promise<JsonValue>,
): Promise<JsonValue> {
  const { clock } = visit.run.options;
  const { signal: outer } = visit.branch;
  const inner = new AbortController();
  return new Promise<JsonValue>((resolve, reject) => {
    let cancelHeartbeat = (): void => {};
    const cancelTimeout =
      timeoutSeconds === undefined
        ? () => {}
        : clock.after(timeoutSeconds * 1_000, () => expire(stateErrors.timeout));
    const settle = (finish: () => void): void => {
      cancelTimeout();
      cancelHeartbeat();
      outer.removeEventListener('abort', onOuterAbort);
      inner.abort();
      finish();
    };
    const expire = (error: string): void => settle(() => reject(new StateFailure(error)));
    const onOuterAbort = (): void => settle(() => reject(new Interrupted()));
    const beat = (): void => {
      cancelHeartbeat();
      if (heartbeatSeconds === undefined || inner.signal.aborted) return;
      cancelHeartbeat = clock.after(heartbeatSeconds * 1_000, () => expire(stateErrors.heartbeatTimeout));
    };
    if (outer.aborted) return onOuterAbort();
    outer.addEventListener('abort', onOuterAbort, { once: true });
    token?.onHeartbeat(beat);
    beat();
    begin(inner.signal).then(
      (result) => settle(() => resolve(result)),
      (thrown: unknown) => settle(() => reject(thrown)),
    );
  });
}

function recordFailure(attempt: Attempt, failure: StateFailure): StateFailure {
  const { run, branch } = attempt.visit;
  const { error, reason: cause } = failure;
  const details = {
    ...named(attempt),
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
  };
  if (error === stateErrors.timeout || error === stateErrors.heartbeatTimeout) {
    recordNext(run, branch, 'TaskTimedOut', { taskTimedOutEventDetails: details });
  } else {
    recordNext(run, branch, 'TaskFailed', { taskFailedEventDetails: details });
  }
  return failure;
}

function named({ resource }: Attempt): { resourceType: string; resource: string } {
  return { resourceType: resource.service, resource: resource.action };
}

function described(attempt: Attempt, output: JsonValue) {
  return { ...named(attempt), output: JSON.stringify(output), outputDetails: { truncated: false } };
}
