import type { State, StateGraph } from './definition.ts';
import { Interrupted, StateFailure, stateErrors, toStateFailure } from './errors.ts';
import { visitGuarded } from './guarded.ts';
import { historyEventsMax } from './history.ts';
import { type JsonValue, payloadBytes, payloadBytesMax } from './json.ts';
import { attemptMap } from './map-state.ts';
import { attemptParallel } from './parallel-state.ts';
import { type Branch, type Run, type RunOptions, type RunResult, recordNext } from './run.ts';
import { visitChoice, visitFail, visitPass, visitSucceed, visitWait } from './simple-states.ts';
import { attemptTask } from './task-state.ts';
import { type Step, tooLarge, type Visit } from './visit.ts';

/** Reason of an abort by StopExecution. */
export class Stopped extends Interrupted {
  readonly error: string | undefined;
  readonly reason: string | undefined;

  constructor(error?: string, reason?: string) {
    super();
    this.error = error;
    this.reason = reason;
  }
}

class MachineTimedOut extends Interrupted {}

/**
 * Runs one execution of a JSONata state machine to its end, writing its history. The definition must have passed
 * `validateDefinition`. Never rejects: what goes wrong is the result (design §9: states, history and error names as AWS).
 */
export async function runStateMachine(options: RunOptions): Promise<RunResult> {
  const { definition, input, history, clock } = options;
  const stateTransition = options.delays?.stateTransition ?? 0;
  const ending = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, ending.signal]) : ending.signal;
  const run: Run = {
    options,
    sources: { now: () => clock.now(), random: options.random },
    waitScale: options.delays?.waitScale ?? 1,
    transition: async (branchSignal) => {
      if (stateTransition > 0) await clock.sleep(stateTransition, branchSignal);
      options.beforeTransition?.();
      if (branchSignal.aborted) throw new Interrupted();
    },
  };
  const seconds = definition.TimeoutSeconds;
  const cancelTimeout =
    seconds === undefined
      ? () => {}
      : clock.after(seconds * 1_000, () => ending.abort(new MachineTimedOut()));
  history.record('ExecutionStarted', 0, {
    executionStartedEventDetails: {
      input: options.inputText ?? JSON.stringify(input),
      inputDetails: { truncated: false },
      roleArn: options.context.Execution.RoleArn,
    },
  });
  const branch: Branch = { signal, variables: {}, previous: 0, inFlight: undefined, children: [] };
  try {
    const output = await untilAborted(signal, walk(run, branch, definition, input));
    const details = { output: JSON.stringify(output), outputDetails: { truncated: false } };
    history.recordEnd('ExecutionSucceeded', branch.previous, { executionSucceededEventDetails: details });
    return { status: 'SUCCEEDED', output };
  } catch (thrown) {
    return signal.aborted ? endByAbort(options, signal.reason) : endByFailure(options, branch, thrown);
  } finally {
    cancelTimeout();
    // Whatever still runs in a thread that lost is told to stop.
    ending.abort(new Interrupted());
  }
}

/** Follows a graph of states from its start to its end; gives the last state's output. */
async function walk(run: Run, branch: Branch, graph: StateGraph, input: JsonValue): Promise<JsonValue> {
  let value = input;
  let name: string | undefined = graph.StartAt;
  while (name !== undefined) {
    const state: State | undefined = graph.States[name];
    if (!state) throw new StateFailure(stateErrors.runtime, `There is no state '${name}'.`);
    await run.transition(branch.signal);
    const visit = enter(run, branch, name, state, value);
    const step = await visitState(visit);
    branch.inFlight = undefined;
    if (branch.signal.aborted) throw new Interrupted();
    value = step.output;
    name = step.next;
  }
  return value;
}

function enter(run: Run, branch: Branch, name: string, state: State, input: JsonValue): Visit {
  if (payloadBytes(input) > payloadBytesMax) throw tooLarge(name);
  const eventBeforeEntry = branch.previous;
  recordNext(run, branch, `${state.Type}StateEntered`, {
    stateEnteredEventDetails: { name, input: JSON.stringify(input), inputDetails: { truncated: false } },
  });
  branch.inFlight = state.Type;
  return {
    run,
    branch,
    name,
    state,
    input,
    enteredTime: run.options.clock.now().toISOString(),
    enteredEventId: branch.previous,
    eventBeforeEntry,
    retryCount: undefined,
    taskToken: undefined,
  };
}

function visitState(visit: Visit): Promise<Step> {
  const { state } = visit;
  switch (state.Type) {
    case 'Task':
      return visitGuarded({ ...visit, state }, attemptTask);
    case 'Map':
      return visitGuarded({ ...visit, state }, (own) => attemptMap(own, walk));
    case 'Parallel':
      return visitGuarded({ ...visit, state }, (own) => attemptParallel(own, walk));
    case 'Pass':
      return visitPass({ ...visit, state });
    case 'Choice':
      return visitChoice({ ...visit, state });
    case 'Wait':
      return visitWait({ ...visit, state });
    case 'Succeed':
      return visitSucceed({ ...visit, state });
    case 'Fail':
      return visitFail({ ...visit, state });
  }
}

/** The work's outcome, or a rejection as soon as the signal is aborted: an answer that comes later is ignored. */
function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(new Interrupted());
    signal.addEventListener('abort', () => reject(new Interrupted()), { once: true });
    work.then(resolve, reject);
  });
}

function endByFailure(options: RunOptions, branch: Branch, thrown: unknown): RunResult {
  const { error, reason: cause } = toStateFailure(thrown);
  const details = textsOf(error, cause);
  const { events } = options.history;
  const previous = events.length >= historyEventsMax - 1 ? events.length : branch.previous;
  options.history.recordEnd('ExecutionFailed', previous, { executionFailedEventDetails: details });
  return { status: 'FAILED', ...details };
}

function endByAbort(options: RunOptions, reason: unknown): RunResult {
  const { history } = options;
  if (reason instanceof MachineTimedOut) {
    history.recordEnd('ExecutionTimedOut', 0, { executionTimedOutEventDetails: {} });
    return { status: 'TIMED_OUT' };
  }
  const details = reason instanceof Stopped ? textsOf(reason.error, reason.reason) : {};
  history.recordEnd('ExecutionAborted', 0, { executionAbortedEventDetails: details });
  return { status: 'ABORTED', ...details };
}

/** Error and cause within the API's limits: 256 and 32,768 characters (reference aws-etcd-kubeadm-facts §4.1). */
function textsOf(error: string | undefined, cause: string | undefined): { error?: string; cause?: string } {
  return {
    ...(error === undefined ? {} : { error: error.slice(0, 256) }),
    ...(cause === undefined ? {} : { cause: cause.slice(0, 32_768) }),
  };
}
