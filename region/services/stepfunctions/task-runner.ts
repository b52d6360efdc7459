import type { InvokeCommandOutput } from '@aws-sdk/client-lambda';
import { AwsError, NotPlayedError } from '../../kernel/errors.ts';
import type { Kernel, Principal } from '../../kernel/kernel.ts';
import { StateFailure, stateErrors } from '../../states/errors.ts';
import { isObject, type JsonObject, type JsonValue } from '../../states/json.ts';
import type { TaskCall, Tasks } from '../../states/run.ts';
import type { Execution } from './executions.ts';
import type { Tokens } from './tokens.ts';

export interface TaskRunnerParts {
  readonly kernel: Kernel;
  readonly tokens: Tokens;
  /** The role of the execution that asks. */
  readonly principal: Principal;
  /** The execution that has an ARN; undefined when there is none. */
  findExecution(arn: string): Execution | undefined;
}

/** Reaches Lambda and Step Functions for the Task states of one execution, with its state machine's role. */
export function createTaskRunner(parts: TaskRunnerParts): Tasks {
  return {
    openToken: parts.tokens.open,
    call: (call) =>
      call.resource.service === 'lambda' ? invokeLambda(parts, call) : startChild(parts, call),
    awaitExecution: (submission, signal) => awaitChild(parts, submission, signal),
  };
}

async function invokeLambda({ kernel, principal }: TaskRunnerParts, call: TaskCall): Promise<JsonValue> {
  const given = call.arguments as JsonObject;
  const { Payload: payload, ...rest } = given;
  const input = {
    ...rest,
    ...(payload === undefined ? {} : { Payload: Buffer.from(JSON.stringify(payload)) }),
  };
  let answer: InvokeCommandOutput;
  try {
    answer = await kernel.invoke<InvokeCommandOutput>('lambda', 'invoke', input, principal);
  } catch (thrown) {
    throw serviceFailure(kernel, 'Lambda', 'AWSLambda', thrown);
  }
  const text = Buffer.from(answer.Payload ?? new Uint8Array()).toString();
  if (answer.FunctionError !== undefined) throw functionFailure(text);
  return {
    ...(answer.ExecutedVersion === undefined ? {} : { ExecutedVersion: answer.ExecutedVersion }),
    Payload: parsePayload(text),
    ...sdkMetadata(kernel),
    StatusCode: answer.StatusCode ?? 200,
  };
}

function parsePayload(text: string): JsonValue {
  if (text === '') return {};
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

function sdkMetadata(kernel: Kernel): JsonObject {
  return { SdkHttpMetadata: { HttpStatusCode: 200 }, SdkResponseMetadata: { RequestId: kernel.ids.uuid() } };
}

/** Error types of a runtime that ended without an answer: the function's code had no part in the name. */
const endedWithoutAnswer: ReadonlySet<string> = new Set(['Sandbox.Timedout', 'Runtime.ExitError']);

/**
 * A function's error: its type is the error name, its payload the cause. A time-out or a crash is Lambda.Unknown
 * (reference aws-etcd-kubeadm-facts §4.1).
 */
function functionFailure(payload: string): StateFailure {
  const parsed = parsePayload(payload);
  const type = isObject(parsed) ? parsed.errorType : undefined;
  const known = typeof type === 'string' && type !== '' && !endedWithoutAnswer.has(type);
  return new StateFailure(known ? type : 'Lambda.Unknown', payload);
}

/** An AWS error as Step Functions names it. What the region does not play ends the execution, and cannot be caught. */
function serviceFailure(kernel: Kernel, prefix: string, service: string, thrown: unknown): unknown {
  if (thrown instanceof NotPlayedError) return new StateFailure(stateErrors.runtime, thrown.message);
  if (!(thrown instanceof AwsError)) return thrown;
  const { code, message, status } = thrown;
  const request = kernel.ids.uuid();
  const cause = `${message} (Service: ${service}; Status Code: ${status}; Error Code: ${code}; Request ID: ${request}; Proxy: null)`;
  const denied = code.startsWith('AccessDenied');
  const name = denied ? `${service}Exception` : code.endsWith('Exception') ? code : `${code}Exception`;
  return new StateFailure(`${prefix}.${name}`, cause);
}

async function startChild({ kernel, principal }: TaskRunnerParts, call: TaskCall): Promise<JsonValue> {
  const { StateMachineArn, Name, Input } = call.arguments as JsonObject;
  const input = {
    stateMachineArn: StateMachineArn,
    ...(Name === undefined ? {} : { name: Name }),
    ...(Input === undefined ? {} : { input: JSON.stringify(Input) }),
  };
  try {
    const { executionArn, startDate } = await kernel.invoke<{ executionArn: string; startDate: Date }>(
      'stepfunctions',
      'startExecution',
      input,
      principal,
    );
    return { ExecutionArn: executionArn, ...sdkMetadata(kernel), StartDate: startDate.getTime() };
  } catch (thrown) {
    throw serviceFailure(kernel, 'StepFunctions', 'AWSStepFunctions', thrown);
  }
}

/** Waits for a child execution; one that its parent no longer waits for is stopped, as AWS does. */
async function awaitChild(
  { kernel, principal, findExecution }: TaskRunnerParts,
  submission: JsonValue,
  signal: AbortSignal,
): Promise<JsonValue> {
  const arn = isObject(submission) ? String(submission.ExecutionArn) : '';
  const child = findExecution(arn);
  if (!child) throw new StateFailure(stateErrors.runtime, `There is no execution ${arn}.`);
  const stop = (): void => {
    if (child.status !== 'RUNNING') return;
    kernel
      .invoke('stepfunctions', 'stopExecution', { executionArn: arn }, principal)
      .catch((error: unknown) => kernel.log(`stepfunctions: ${arn} could not be stopped: ${String(error)}`));
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  await child.done;
  signal.removeEventListener('abort', stop);
  const description = childDescription(child);
  if (child.status === 'SUCCEEDED') return description;
  throw new StateFailure(stateErrors.taskFailed, JSON.stringify(description));
}

/** What `.sync:2` gives: the description in Pascal case, with input and output as JSON rather than text. */
function childDescription(child: Execution): JsonObject {
  const { result } = child;
  const failed = result !== undefined && result.status !== 'SUCCEEDED' ? result : undefined;
  return {
    ...(failed?.cause === undefined ? {} : { Cause: failed.cause }),
    ...(failed?.error === undefined ? {} : { Error: failed.error }),
    ExecutionArn: child.arn,
    Input: JSON.parse(child.inputText) as JsonValue,
    InputDetails: { Included: true },
    Name: child.name,
    ...(result?.status === 'SUCCEEDED' ? { Output: result.output, OutputDetails: { Included: true } } : {}),
    StartDate: child.startDate.getTime(),
    StateMachineArn: child.machine.arn,
    Status: child.status,
    StopDate: child.stopDate?.getTime() ?? null,
  };
}
