import type { HistoryEventType } from '@aws-sdk/client-sfn';
import type { Clock } from '../kernel/clock.ts';
import type { StateMachineDefinition, StateType } from './definition.ts';
import { Interrupted } from './errors.ts';
import type { ExpressionSources } from './functions.ts';
import type { EventDetails, History } from './history.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { TaskResource } from './resources.ts';

/** One call of a Task state. `signal` is aborted when the state stops waiting: a later answer is ignored. */
export interface TaskCall {
  readonly resource: TaskResource;
  readonly arguments: JsonValue;
  readonly signal: AbortSignal;
}

/** A task token between its issue and the end of its state. */
export interface TokenHandle {
  readonly token: string;
  /** Resolves by SendTaskSuccess, rejects (StateFailure) by SendTaskFailure. */
  readonly outcome: Promise<JsonValue>;
  /** Called on each SendTaskHeartbeat. */
  onHeartbeat(listener: () => void): void;
  /** The token is worth nothing from now on. */
  close(): void;
}

/** What Task states reach outside the interpreter. All reject with StateFailure, named as Step Functions names the error. */
export interface Tasks {
  /** Calls the resource's service and gives its answer. */
  call(call: TaskCall): Promise<JsonValue>;
  /** Issues a token for a `.waitForTaskToken` task. */
  openToken(): TokenHandle;
  /** Waits for the execution that a `.sync:2` task has started; `submission` is the answer of its call. */
  awaitExecution(submission: JsonValue, signal: AbortSignal): Promise<JsonValue>;
}

/** The part of `$states.context` that is the same for the whole execution. */
interface ExecutionContext {
  readonly Execution: {
    readonly Id: string;
    readonly Name: string;
    readonly Input: JsonValue;
    readonly StartTime: string;
    readonly RoleArn: string;
    readonly RedriveCount: number;
  };
  readonly StateMachine: { readonly Id: string; readonly Name: string };
}

export interface RunOptions {
  readonly definition: StateMachineDefinition;
  readonly input: JsonValue;
  /** The input's text as it was given; history shows it unchanged. */
  readonly inputText?: string;
  readonly context: ExecutionContext;
  readonly tasks: Tasks;
  readonly clock: Clock;
  /** A number in [0, 1): jitter, `$random` and `$uuid`. */
  readonly random: () => number;
  readonly history: History;
  /** Stops the execution; a reason of type `Stopped` names error and cause. */
  readonly signal?: AbortSignal;
  /** Milliseconds before each transition, and the factor on Wait and Retry delays. */
  readonly delays?: { readonly stateTransition: number; readonly waitScale: number };
  /** Called before each transition; may abort `signal`. */
  readonly beforeTransition?: () => void;
}

export type RunResult =
  | { readonly status: 'SUCCEEDED'; readonly output: JsonValue }
  | { readonly status: 'FAILED' | 'TIMED_OUT' | 'ABORTED'; readonly error?: string; readonly cause?: string };

/** What all parts of one execution share. */
export interface Run {
  readonly options: RunOptions;
  readonly sources: ExpressionSources;
  readonly waitScale: number;
  /** Waits the transition delay; throws Interrupted when the execution has been ended meanwhile. */
  transition(signal: AbortSignal): Promise<void>;
}

/** One thread of control: the machine itself, a branch of a Parallel, or an iteration of a Map. */
export interface Branch {
  readonly signal: AbortSignal;
  /** Variables that this thread sees: a copy of the outer ones and its own. An outer variable cannot change meanwhile. */
  variables: Readonly<Record<string, JsonValue>>;
  /** `$states.context.Map` inside a Map. */
  readonly map?: JsonObject;
  /** Id of the last event of this thread: the next one's `previousEventId`. */
  previous: number;
  /** The state that would be recorded as aborted if a sibling failed now. */
  inFlight: StateType | undefined;
  children: Branch[];
  readonly iteration?: { readonly name: string; readonly index: number };
}

/** Records an event of a thread and makes it the thread's last. Throws Interrupted when the thread has been ended. */
export function recordNext(
  run: Run,
  branch: Branch,
  type: HistoryEventType,
  details: EventDetails = {},
): number {
  if (branch.signal.aborted) throw new Interrupted();
  branch.previous = run.options.history.record(type, branch.previous, details);
  return branch.previous;
}
