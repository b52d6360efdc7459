import type { Catcher, MapState, ParallelState, TaskState } from './definition.ts';
import { errorOutput, Interrupted, type StateFailure, toStateFailure } from './errors.ts';
import type { JsonValue } from './json.ts';
import { coversError, createRetryBudget } from './retry.ts';
import { recordNext } from './run.ts';
import { exit, nextOf, type Step, transform, type Visit } from './visit.ts';

export type GuardedState = TaskState | MapState | ParallelState;

/**
 * Runs a Task, Map or Parallel state with its Retry and Catch. `attempt` gives the result; Assign and Output are part of the
 * attempt, so what fails in them is retried and caught as well. Retriers come first; when none is left, the first Catcher
 * that covers the error decides where to go.
 */
export async function visitGuarded<S extends GuardedState>(
  visit: Visit<S>,
  attempt: (visit: Visit<S>) => Promise<JsonValue>,
): Promise<Step> {
  const { run, branch, state } = visit;
  const budget = createRetryBudget(state.Retry ?? [], run.options.random);
  for (;;) {
    visit.retryCount = budget.count;
    try {
      const result = await attempt(visit);
      const transformation = await transform(visit, state, result, { result });
      exit(visit, transformation);
      return { output: transformation.output, next: nextOf(state) };
    } catch (thrown) {
      if (thrown instanceof Interrupted || branch.signal.aborted) throw thrown;
      const failure = toStateFailure(thrown);
      const delaySeconds = budget.next(failure);
      if (delaySeconds === undefined) return await giveUp(visit, failure);
      await run.options.clock.sleep(delaySeconds * 1_000 * run.waitScale, branch.signal);
      await run.transition(branch.signal);
    }
  }
}

async function giveUp(visit: Visit<GuardedState>, failure: StateFailure): Promise<Step> {
  const { run, branch, state } = visit;
  if (state.Type === 'Map') recordNext(run, branch, 'MapStateFailed');
  if (state.Type === 'Parallel') recordNext(run, branch, 'ParallelStateFailed');
  const catchers: readonly Catcher[] = state.Catch ?? [];
  const index = catchers.findIndex((candidate) => coversError(candidate.ErrorEquals, failure));
  const catcher = catchers[index];
  if (!catcher) throw failure;
  const error = errorOutput(failure);
  const transformation = await transform(visit, catcher, error, { errorOutput: error }, `Catch[${index}]/`);
  exit(visit, transformation);
  return { output: transformation.output, next: nextOf(catcher) };
}
