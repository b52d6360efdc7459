import type { JsonValue } from './json.ts';

/** Types of a definition that `validateDefinition` has accepted. Templates may hold JSONata strings anywhere inside. */
export interface StateGraph {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

export interface StateMachineDefinition extends StateGraph {
  readonly Comment?: string;
  readonly QueryLanguage: 'JSONata';
  readonly TimeoutSeconds?: number;
}

export type State =
  | TaskState
  | PassState
  | ChoiceState
  | WaitState
  | SucceedState
  | FailState
  | ParallelState
  | MapState;

export type StateType = State['Type'];

interface Transforming {
  readonly Comment?: string;
  readonly Assign?: Readonly<Record<string, JsonValue>>;
  readonly Output?: JsonValue;
}

interface Continuing {
  readonly Next?: string;
  readonly End?: boolean;
}

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly MaxAttempts?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: 'FULL' | 'NONE';
}

export interface Catcher extends Transforming {
  readonly ErrorEquals: readonly string[];
  readonly Next: string;
}

interface Guarded {
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly Catcher[];
}

export interface TaskState extends Transforming, Continuing, Guarded {
  readonly Type: 'Task';
  readonly Resource: string;
  readonly Arguments?: JsonValue;
  readonly TimeoutSeconds?: number | string;
  readonly HeartbeatSeconds?: number | string;
}

export interface PassState extends Transforming, Continuing {
  readonly Type: 'Pass';
}

interface ChoiceRule extends Transforming {
  readonly Condition: string | boolean;
  readonly Next: string;
}

export interface ChoiceState extends Transforming {
  readonly Type: 'Choice';
  readonly Choices: readonly ChoiceRule[];
  readonly Default?: string;
}

export interface WaitState extends Transforming, Continuing {
  readonly Type: 'Wait';
  readonly Seconds?: number | string;
  readonly Timestamp?: string;
}

export interface SucceedState extends Transforming {
  readonly Type: 'Succeed';
}

export interface FailState {
  readonly Type: 'Fail';
  readonly Comment?: string;
  readonly Error?: string;
  readonly Cause?: string;
}

export interface ParallelState extends Transforming, Continuing, Guarded {
  readonly Type: 'Parallel';
  readonly Branches: readonly StateGraph[];
  readonly Arguments?: JsonValue;
}

export interface MapState extends Transforming, Continuing, Guarded {
  readonly Type: 'Map';
  readonly ItemProcessor: StateGraph;
  readonly Items?: JsonValue;
  readonly ItemSelector?: JsonValue;
  readonly MaxConcurrency?: number | string;
  readonly ToleratedFailureCount?: number | string;
  readonly ToleratedFailurePercentage?: number | string;
}
