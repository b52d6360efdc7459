import type { AutomationExecutionStatus } from '@aws-sdk/client-ssm';
import type { Kernel } from '../../../kernel/kernel.ts';
import type { JsonValue } from '../../../states/json.ts';
import type { Done, Signal } from './actions/action.ts';
import { playedAction } from './actions/index.ts';
import { followerOf } from './check-steps.ts';
import { Cancelled, failureMessage, StepFailure, StepTimedOut } from './errors.ts';
import type { Execution, StepRecord } from './execution.ts';
import { outputReference, resolveMembers } from './references.ts';
import { stepNamedBy } from './runbook.ts';
import { systemValue } from './system-values.ts';

/** How long a cancelled automation may take for what `onCancel` names (user guide, "Properties shared by all actions"). */
const cancellationSeconds = 120;

/** Told of each change of status of an execution, or of one of its steps. */
export type Announce = (execution: Execution, record?: StepRecord) => void;

/** What a run has and its execution does not show. */
interface Run {
  readonly kernel: Kernel;
  readonly execution: Execution;
  readonly announce: Announce;
  /** Aborted when the region stops. */
  readonly regionStops: AbortSignal;
  /** The first critical step that failed: the end of the automation is its end. */
  failed: StepRecord | undefined;
}

/** Runs an execution from its first step to its end. Never rejects. */
export async function runAutomation(
  kernel: Kernel,
  execution: Execution,
  announce: Announce,
  regionStops: AbortSignal,
): Promise<void> {
  const run: Run = { kernel, execution, announce, regionStops, failed: undefined };
  setStatus(run, 'InProgress');
  const signal = AbortSignal.any([execution.stop.signal, regionStops]);
  await follow(run, execution.steps[0], signal);
  if (signal.reason instanceof Cancelled) await cleanUp(run);
  execution.current = undefined;
  execution.endedAt = kernel.clock.now();
  execution.failureMessage = run.failed?.failure?.message;
  setStatus(run, signal.aborted ? 'Cancelled' : (run.failed?.status ?? 'Success'));
}

/** Goes from step to step, until one is the last or the signal ends the way. */
async function follow(run: Run, first: StepRecord | undefined, signal: AbortSignal): Promise<void> {
  let record = first;
  while (record && !signal.aborted) {
    run.execution.current = record;
    const next = await runStep(run, record, signal);
    const goesOn = !run.execution.isCompleting;
    record = goesOn ? run.execution.steps.find(({ step }) => step.name === next) : undefined;
  }
}

/** What `onCancel` of the step that was cancelled names, with the steps that follow it. */
async function cleanUp(run: Run): Promise<void> {
  const { execution, kernel } = run;
  const name = stepNamedBy(execution.current?.step.onCancel ?? '');
  const first = execution.steps.find((record) => record.step.name === name && record.status === 'Pending');
  if (!first) return;
  const limit = new AbortController();
  const stopLimit = kernel.clock.after(cancellationSeconds * 1000, () => limit.abort(new Cancelled()));
  await follow(run, first, AbortSignal.any([limit.signal, run.regionStops]));
  stopLimit();
}

/** Runs a step to its end and gives the name of the next one; undefined where the automation ends here. */
async function runStep(run: Run, record: StepRecord, signal: AbortSignal): Promise<string | undefined> {
  const { execution, kernel } = run;
  const { step } = record;
  const end = (status: AutomationExecutionStatus): void => {
    record.endedAt = kernel.clock.now();
    setStepStatus(run, record, status);
  };
  record.startedAt = kernel.clock.now();
  setStepStatus(run, record, 'InProgress');
  try {
    const { outputs, chosen } = await attempt(run, record, signal);
    if (outputs) record.outputs = outputs;
    end('Success');
    return chosen ?? (step.isEnd ? undefined : followerOf(step, execution.runbook.mainSteps));
  } catch (thrown) {
    if (signal.aborted) {
      end('Cancelled');
      return undefined;
    }
    record.failure = {
      message: failureMessage(thrown),
      stage: thrown instanceof StepFailure ? thrown.stage : undefined,
    };
    end(thrown instanceof StepTimedOut ? 'TimedOut' : 'Failed');
    if (step.isCritical ?? step.onFailure !== 'Continue') run.failed ??= record;
    if (step.isEnd || step.onFailure === 'Abort') return undefined;
    return stepNamedBy(step.onFailure) ?? followerOf(step, execution.runbook.mainSteps);
  }
}

/** Tries a step as often as it may be tried. */
async function attempt(run: Run, record: StepRecord, signal: AbortSignal): Promise<Done> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await tryOnce(run, record, signal);
    } catch (thrown) {
      if (signal.aborted || tries >= record.step.maxAttempts) throw thrown;
    }
  }
}

async function tryOnce(run: Run, record: StepRecord, ending: AbortSignal): Promise<Done> {
  const { kernel, execution } = run;
  const { step } = record;
  const action = playedAction(step);
  record.outputs = {};
  const inputs = resolveMembers(step.inputs, (reference) => lookUp(run, reference));
  record.inputs = inputs;
  const timeOut = new AbortController();
  const seconds = step.timeoutSeconds ?? action.defaultTimeoutSeconds;
  const stopTimer =
    seconds === undefined
      ? () => {}
      : kernel.clock.after(seconds * 1000, () => timeOut.abort(new StepTimedOut(action.doing)));
  const signal = AbortSignal.any([ending, timeOut.signal]);
  try {
    return await action.run({
      kernel,
      step,
      inputs,
      principal: execution.principal,
      signal,
      report: (outputs) => {
        record.outputs = outputs;
      },
      receiveSignals: (receive) => receiveSignals(run, record, signal, receive),
    });
  } finally {
    stopTimer();
  }
}

/** Waits for signals until one of them is an answer. Both the step and its automation are `Waiting` meanwhile. */
async function receiveSignals<T>(
  run: Run,
  record: StepRecord,
  signal: AbortSignal,
  receive: (signal: Signal) => T | undefined,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const abort = (): void => reject(signal.reason);
  record.receive = (sent) => {
    const answer = receive(sent);
    if (answer === undefined) return;
    // At once: a second signal must not meet a step that has its answer.
    record.receive = undefined;
    resolve(answer);
  };
  setStepStatus(run, record, 'Waiting');
  setStatus(run, 'Waiting');
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    const answer = await promise;
    setStepStatus(run, record, 'InProgress');
    setStatus(run, 'InProgress');
    return answer;
  } finally {
    record.receive = undefined;
    signal.removeEventListener('abort', abort);
  }
}

/** What a reference stands for now. Throws StepFailure for the output of a step that has not succeeded. */
function lookUp({ kernel, execution }: Run, reference: string): JsonValue {
  const parameter = Object.hasOwn(execution.parameters, reference)
    ? execution.parameters[reference]
    : undefined;
  if (parameter !== undefined) return parameter;
  const system = systemValue(kernel, execution, reference);
  if (system !== undefined) return system;
  const named = outputReference(reference);
  const record = execution.steps.find(({ step }) => step.name === named?.step);
  const value = record?.status === 'Success' ? record.outputs[named?.output ?? ''] : undefined;
  if (value !== undefined) return value;
  throw new StepFailure('InputValidation', `{{ ${reference} }} has no value: its step has not succeeded`);
}

/** A status that changes nothing is not announced, nor is anything of an automation that ends with the region. */
function setStatus(run: Run, status: AutomationExecutionStatus): void {
  const { execution } = run;
  const isCleaningUp = execution.status === 'Cancelling' && status !== 'Cancelled';
  if (execution.status === status || isCleaningUp) return;
  execution.status = status;
  if (!run.regionStops.aborted) run.announce(execution);
}

function setStepStatus(run: Run, record: StepRecord, status: AutomationExecutionStatus): void {
  if (record.status === status) return;
  record.status = status;
  if (!run.regionStops.aborted) run.announce(run.execution, record);
}
