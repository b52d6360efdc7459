import type { ChoiceState, FailState, PassState, SucceedState, WaitState } from './definition.ts';
import { StateFailure, stateErrors } from './errors.ts';
import { ExpressionError, unexpectedType } from './expressions.ts';
import { parseTimestamp } from './timestamp.ts';
import {
  evaluate,
  evaluateInteger,
  exit,
  failEvaluation,
  failureText,
  nextOf,
  type Step,
  transform,
  type Visit,
} from './visit.ts';

/** Longest Wait: 99,999,999 seconds, as AWS limits it. */
const waitSecondsMax = 99_999_999;

export async function visitPass(visit: Visit<PassState>): Promise<Step> {
  const transformation = await transform(visit, visit.state, visit.input);
  exit(visit, transformation);
  return { output: transformation.output, next: nextOf(visit.state) };
}

export async function visitSucceed(visit: Visit<SucceedState>): Promise<Step> {
  const transformation = await transform(visit, visit.state, visit.input);
  exit(visit, transformation);
  return { output: transformation.output, next: undefined };
}

export async function visitFail(visit: Visit<FailState>): Promise<Step> {
  const { Error: error, Cause: cause } = visit.state;
  throw new StateFailure(
    error === undefined ? undefined : await evaluateText(visit, 'Error', error),
    cause === undefined ? undefined : await evaluateText(visit, 'Cause', cause),
  );
}

async function evaluateText(visit: Visit, location: string, template: string): Promise<string> {
  const value = await evaluate(visit, location, template);
  if (typeof value === 'string') return value;
  throw failEvaluation(visit, unexpectedType(location, template, 'string', value));
}

/**
 * The first rule whose Condition is true decides Next, Assign and Output; the state's own Assign and Output belong to
 * Default alone. Throws States.NoChoiceMatched.
 */
export async function visitChoice(visit: Visit<ChoiceState>): Promise<Step> {
  const { state, input } = visit;
  for (const [index, rule] of state.Choices.entries()) {
    const location = `Choices[${index}]/Condition`;
    const value = await evaluate(visit, location, rule.Condition);
    if (typeof value !== 'boolean') {
      throw failEvaluation(visit, unexpectedType(location, rule.Condition, 'boolean', value));
    }
    if (!value) continue;
    const transformation = await transform(visit, rule, input, {}, `Choices[${index}]/`);
    exit(visit, transformation);
    return { output: transformation.output, next: rule.Next };
  }
  if (state.Default === undefined) {
    const message = 'No Condition of its Choices is true, and it has no Default.';
    throw new StateFailure(stateErrors.noChoiceMatched, failureText(visit, message));
  }
  const transformation = await transform(visit, state, input);
  exit(visit, transformation);
  return { output: transformation.output, next: state.Default };
}

export async function visitWait(visit: Visit<WaitState>): Promise<Step> {
  const { run, branch, state } = visit;
  await run.options.clock.sleep((await waitMilliseconds(visit)) * run.waitScale, branch.signal);
  const transformation = await transform(visit, state, visit.input);
  exit(visit, transformation);
  return { output: transformation.output, next: nextOf(state) };
}

async function waitMilliseconds(visit: Visit<WaitState>): Promise<number> {
  const { Seconds, Timestamp } = visit.state;
  if (Timestamp === undefined) {
    const seconds = await evaluateInteger(visit, 'Seconds', Seconds, { min: 0, max: waitSecondsMax });
    return (seconds ?? 0) * 1_000;
  }
  const value = await evaluate(visit, 'Timestamp', Timestamp);
  const until = parseTimestamp(value);
  if (until === undefined) {
    const message = `The value ${JSON.stringify(value)} of the field 'Timestamp' is not an ISO 8601 timestamp with an upper-case T and a time zone.`;
    throw failEvaluation(visit, new ExpressionError('Timestamp', message));
  }
  return Math.max(0, until - visit.run.options.clock.now().getTime());
}
