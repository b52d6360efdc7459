import type { MapState } from './definition.ts';
import { Interrupted, StateFailure, stateErrors } from './errors.ts';
import { ExpressionError, unexpectedType } from './expressions.ts';
import { type Group, mapContext, openGroup, ownFailure } from './group.ts';
import type { JsonValue } from './json.ts';
import type { Walk } from './parallel-state.ts';
import { type Branch, recordNext } from './run.ts';
import { evaluate, evaluateInteger, failEvaluation, failureText, type Visit } from './visit.ts';

/** An inline Map runs at most this many iterations side by side, whatever MaxConcurrency says (AWS's limit). */
const inlineConcurrencyMax = 40;

interface Tolerance {
  /** Whether the state names any tolerance at all: without one, an item's own error fails the Map. */
  readonly named: boolean;
  allows(failures: number): boolean;
}

/** One attempt of an inline Map state: the outputs of all iterations in the order of the items. */
export async function attemptMap(visit: Visit<MapState>, walk: Walk): Promise<JsonValue> {
  const { run, branch, state } = visit;
  const items = await itemsOf(visit);
  const asked = await evaluateInteger(visit, 'MaxConcurrency', state.MaxConcurrency, {
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
  });
  const tolerance = await toleranceOf(visit, items.length);
  const started = recordNext(run, branch, 'MapStateStarted', {
    mapStateStartedEventDetails: { length: items.length },
  });
  const iterations: Iterations = {
    visit,
    items,
    tolerance,
    walk,
    group: openGroup(run, branch),
    outputs: items.map(() => null),
    nextIndex: 0,
    failures: 0,
    lastEvent: undefined,
  };
  const slots = Math.min(asked || inlineConcurrencyMax, inlineConcurrencyMax, items.length);
  const first = Array.from({ length: slots }, () => startNext(iterations, started));
  await iterations.group.settle(first.map((thread) => follow(iterations, thread)));
  branch.previous = iterations.lastEvent ?? started;
  run.options.history.record('MapStateSucceeded', branch.previous);
  return iterations.outputs;
}

async function itemsOf(visit: Visit<MapState>): Promise<readonly JsonValue[]> {
  const { Items } = visit.state;
  const items = Items === undefined ? visit.input : await evaluate(visit, 'Items', Items);
  if (Array.isArray(items)) return items;
  if (Items !== undefined) throw failEvaluation(visit, unexpectedType('Items', Items, 'array', items));
  const message = `Map state input must be an array but was: ${JSON.stringify(items)}`;
  throw failEvaluation(visit, new ExpressionError(undefined, message));
}

async function toleranceOf(visit: Visit<MapState>, items: number): Promise<Tolerance> {
  const { ToleratedFailureCount, ToleratedFailurePercentage } = visit.state;
  const count = await evaluateInteger(visit, 'ToleratedFailureCount', ToleratedFailureCount, {
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
  });
  const percentage = await evaluateInteger(visit, 'ToleratedFailurePercentage', ToleratedFailurePercentage, {
    min: 0,
    max: 100,
  });
  const named = count !== undefined || percentage !== undefined;
  return {
    named,
    allows: (failures) =>
      named && failures <= (count ?? items) && failures * 100 <= (percentage ?? 100) * items,
  };
}

type Iteration = Branch & { readonly iteration: { readonly name: string; readonly index: number } };

interface Iterations {
  readonly visit: Visit<MapState>;
  readonly items: readonly JsonValue[];
  readonly tolerance: Tolerance;
  readonly walk: Walk;
  readonly group: Group;
  readonly outputs: JsonValue[];
  nextIndex: number;
  failures: number;
  /** Id of the last MapIterationSucceeded or MapIterationFailed. */
  lastEvent: number | undefined;
}

/** Starts the next item; its first event follows `previous`. */
function startNext(iterations: Iterations, previous: number): Iteration {
  const { visit, items, group } = iterations;
  const index = iterations.nextIndex;
  iterations.nextIndex += 1;
  const iteration = { name: visit.name, index };
  const thread = group.open(previous, { iteration, map: mapContext(index, items[index] ?? null) });
  recordNext(visit.run, thread, 'MapIterationStarted', { mapIterationStartedEventDetails: iteration });
  return thread as Iteration;
}

/** Runs an iteration, and then the items that are left, one after another. */
async function follow(iterations: Iterations, first: Iteration): Promise<void> {
  let thread: Iteration | undefined = first;
  while (thread && (await iterate(iterations, thread))) {
    const isLeft = iterations.nextIndex < iterations.items.length;
    thread = isLeft ? startNext(iterations, thread.previous) : undefined;
  }
}

/** Runs one iteration; says whether the Map goes on after it. */
async function iterate(iterations: Iterations, thread: Iteration): Promise<boolean> {
  const { visit, items, tolerance, walk, group, outputs } = iterations;
  const { index } = thread.iteration;
  try {
    const input = await selectItem(visit, items[index] ?? null, thread);
    outputs[index] = await walk(visit.run, thread, visit.state.ItemProcessor, input);
    recordEnd(iterations, thread, 'MapIterationSucceeded');
    group.close(thread);
    return true;
  } catch (thrown) {
    const failure = ownFailure(thread, thrown);
    if (!failure) return false;
    recordEnd(iterations, thread, 'MapIterationFailed');
    iterations.failures += 1;
    outputs[index] = { Error: failure.error ?? null, Cause: failure.reason ?? null };
    if (tolerance.allows(iterations.failures)) {
      group.close(thread);
      return true;
    }
    group.fail(thread, tolerance.named ? exceeded(visit, iterations.failures) : failure);
    return false;
  }
}

/** The end of an iteration is beside its thread: what comes next follows the thread's own last event, as AWS shows it. */
function recordEnd(
  iterations: Iterations,
  thread: Iteration,
  type: 'MapIterationSucceeded' | 'MapIterationFailed',
): void {
  if (thread.signal.aborted) throw new Interrupted();
  const details =
    type === 'MapIterationFailed'
      ? { mapIterationFailedEventDetails: thread.iteration }
      : { mapIterationSucceededEventDetails: thread.iteration };
  iterations.lastEvent = iterations.visit.run.options.history.record(type, thread.previous, details);
}

async function selectItem(visit: Visit<MapState>, item: JsonValue, thread: Branch): Promise<JsonValue> {
  const { ItemSelector } = visit.state;
  return ItemSelector === undefined ? item : evaluate(visit, 'ItemSelector', ItemSelector, {}, thread.map);
}

function exceeded(visit: Visit, failures: number): StateFailure {
  const message = `The specified tolerated failure threshold was exceeded: ${failures} items failed.`;
  return new StateFailure(stateErrors.toleranceExceeded, failureText(visit, message));
}
