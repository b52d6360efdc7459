import type { Catcher, State, StateType } from './definition.ts';
import { Interrupted, StateFailure, stateErrors } from './errors.ts';
import { type Bindings, ExpressionError, evaluateTemplate, unexpectedType } from './expressions.ts';
import { type JsonObject, type JsonValue, payloadBytes, payloadBytesMax } from './json.ts';
import { type Branch, type Run, recordNext } from './run.ts';

/** One stay in one state, from StateEntered to StateExited. */
export interface Visit<S extends State = State> {
  readonly run: Run;
  readonly branch: Branch;
  readonly name: string;
  readonly state: S;
  readonly input: JsonValue;
  readonly enteredTime: string;
  readonly enteredEventId: number;
  /** The event before StateEntered. AWS hangs a failed evaluation at it while the state has recorded nothing else. */
  readonly eventBeforeEntry: number;
  /** Retries so far; undefined for states that cannot retry. */
  retryCount: number | undefined;
  taskToken: string | undefined;
}

export type Step = { readonly output: JsonValue; readonly next: string | undefined };

/** What an expression may see besides the input: the result of the state, or the error that its Catch has caught. */
export type Extras = { readonly result?: JsonValue; readonly errorOutput?: JsonValue };

interface Transformation {
  readonly assigned: Readonly<Record<string, JsonValue>> | undefined;
  readonly output: JsonValue;
}

/** `$states.context` at this moment. */
function contextObject(visit: Visit): JsonObject {
  const { context } = visit.run.options;
  const state = { Name: visit.name, EnteredTime: visit.enteredTime };
  return {
    Execution: { ...context.Execution },
    StateMachine: { ...context.StateMachine },
    State: visit.retryCount === undefined ? state : { ...state, RetryCount: visit.retryCount },
    ...(visit.branch.map === undefined ? {} : { Map: visit.branch.map }),
    ...(visit.taskToken === undefined ? {} : { Task: { Token: visit.taskToken } }),
  };
}

function bindingsOf(visit: Visit, extras: Extras, map?: JsonObject): Bindings {
  const context = map === undefined ? contextObject(visit) : { ...contextObject(visit), Map: map };
  return { ...visit.branch.variables, states: { input: visit.input, context, ...extras } };
}

/** Evaluates a field of the state. Throws StateFailure (States.QueryEvaluationError), recorded as EvaluationFailed. */
export async function evaluate(
  visit: Visit,
  location: string,
  template: JsonValue,
  extras: Extras = {},
  map?: JsonObject,
): Promise<JsonValue> {
  try {
    return await evaluateTemplate(template, location, bindingsOf(visit, extras, map), visit.run.sources);
  } catch (thrown) {
    throw thrown instanceof ExpressionError ? failEvaluation(visit, thrown) : thrown;
  }
}

/** Records a failed evaluation and gives the failure to throw. */
export function failEvaluation(visit: Visit, problem: ExpressionError): StateFailure {
  const cause = failureText(visit, problem.message);
  const error = stateErrors.queryEvaluation;
  const { branch } = visit;
  if (branch.signal.aborted) throw new Interrupted();
  const location = problem.location === undefined ? {} : { location: problem.location };
  const nothingSinceEntry = branch.previous === visit.enteredEventId;
  branch.previous = visit.run.options.history.record(
    'EvaluationFailed',
    nothingSinceEntry ? visit.eventBeforeEntry : branch.previous,
    { evaluationFailedEventDetails: { error, cause, ...location, state: visit.name } },
  );
  return new StateFailure(error, cause);
}

/** A cause in AWS's words: which state, entered at which event. */
export function failureText(visit: Visit, message: string): string {
  return `An error occurred while executing the state '${visit.name}' (entered at the event id #${visit.enteredEventId}). ${message}`;
}

/** Evaluates a field that takes an integer in a range; undefined when the state does not have the field. */
export async function evaluateInteger(
  visit: Visit,
  location: string,
  template: number | string | undefined,
  range: { readonly min: number; readonly max: number },
): Promise<number | undefined> {
  if (template === undefined) return undefined;
  const value = await evaluate(visit, location, template);
  if (typeof value === 'number' && Number.isInteger(value) && value >= range.min && value <= range.max) {
    return value;
  }
  if (typeof value !== 'number')
    throw failEvaluation(visit, unexpectedType(location, template, 'number', value));
  const message = `The value ${value} of the field '${location}' is not an integer from ${range.min} to ${range.max}.`;
  throw failEvaluation(visit, new ExpressionError(location, message));
}

/**
 * Evaluates Assign and Output. Both see the variables as they were on entry; the new ones stand from the next state on.
 * Without Output the fallback (the result, or the input) goes on. Throws States.DataLimitExceeded over 256 KiB.
 */
export async function transform(
  visit: Visit,
  fields: { readonly Assign?: Readonly<Record<string, JsonValue>>; readonly Output?: JsonValue },
  fallback: JsonValue,
  extras: Extras = {},
  prefix = '',
): Promise<Transformation> {
  const assigned =
    fields.Assign === undefined
      ? undefined
      : ((await evaluate(visit, `${prefix}Assign`, fields.Assign, extras)) as JsonObject);
  const output =
    fields.Output === undefined ? fallback : await evaluate(visit, `${prefix}Output`, fields.Output, extras);
  for (const value of [assigned ?? {}, output]) {
    if (payloadBytes(value) > payloadBytesMax) throw tooLarge(visit.name);
  }
  return { assigned, output };
}

/** The failure of a value over 256 KiB. */
export function tooLarge(what: string): StateFailure {
  return new StateFailure(
    stateErrors.dataLimitExceeded,
    `The state/task '${what}' returned a result with a size exceeding the maximum number of bytes service limit.`,
  );
}

/** Leaves the state: records StateExited and lets the assigned variables stand. */
export function exit(visit: Visit, transformation: Transformation): void {
  const { branch, name, state } = visit;
  const { assigned, output } = transformation;
  const hasAssigned = assigned !== undefined && Object.keys(assigned).length > 0;
  const type = state.Type as Exclude<StateType, 'Fail'>;
  recordNext(visit.run, branch, `${type}StateExited`, {
    stateExitedEventDetails: {
      name,
      output: JSON.stringify(output),
      outputDetails: { truncated: false },
      ...(hasAssigned ? assignedDetails(assigned) : {}),
    },
  });
  if (assigned) branch.variables = { ...branch.variables, ...assigned };
}

function assignedDetails(assigned: Readonly<Record<string, JsonValue>>) {
  const texts = Object.entries(assigned).map(([name, value]) => [name, JSON.stringify(value)] as const);
  return {
    assignedVariables: Object.fromEntries(texts),
    assignedVariablesDetails: { truncated: false },
  };
}

/** The state to go to, or undefined at the end of the graph. */
export function nextOf(fields: { readonly Next?: string } | Catcher): string | undefined {
  return fields.Next;
}
