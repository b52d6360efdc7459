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
  const iterations = createIterations(visit, items, tolerance, walk);
  const slots = Math.min(asked || inlineConcurrencyMax, inlineConcurrencyMax, items.length);
  const first = Array.from({ length: slots }, () => iterations.start(started));
  await iterations.group.settle(first.map((thread) => iterations.follow(thread)));
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

/** The iterations of one attempt, started in order: each ended one makes room for the next. */
function createIterations(
  visit: Visit<MapState>,
  items: readonly JsonValue[],
  tolerance: Tolerance,
  walk: Walk,
) {
  const { run, branch, state, name } = visit;
  const group: Group = openGroup(run, branch);
  const outputs: JsonValue[] = items.map(() => null);
  let nextIndex = 0;
  let failures = 0;
  let lastEvent: number | undefined;

  const start = (previous: number): Iteration => {
    const index = nextIndex;
    nextIndex += 1;
    const iteration = { name, index };
    const thread = group.open(previous, { iteration, map: mapContext(index, items[index] ?? null) });
    recordNext(run, thread, 'MapIterationStarted', { mapIterationStartedEventDetails: iteration });
    return thread as Iteration;
  };

  /** The end of an iteration is beside its thread: what comes next follows the thread's own last event, as AWS shows it. */
  const recordEnd = (type: 'MapIterationSucceeded' | 'MapIterationFailed', thread: Iteration): number => {
    if (thread.signal.aborted) throw new Interrupted();
    const details =
      type === 'MapIterationFailed'
        ? { mapIterationFailedEventDetails: thread.iteration }
        : { mapIterationSucceededEventDetails: thread.iteration };
    return run.options.history.record(type, thread.previous, details);
  };

  const iterate = async (thread: Iteration): Promise<boolean> => {
    const { index } = thread.iteration;
    try {
      const input = await selectItem(visit, items[index] ?? null, thread);
      outputs[index] = await walk(run, thread, state.ItemProcessor, input);
      lastEvent = recordEnd('MapIterationSucceeded', thread);
      group.close(thread);
      return true;
    } catch (thrown) {
      const failure = ownFailure(thread, thrown);
      if (!failure) return false;
      lastEvent = recordEnd('MapIterationFailed', thread);
      failures += 1;
      outputs[index] = { Error: failure.error ?? null, Cause: failure.reason ?? null };
      if (tolerance.allows(failures)) {
        group.close(thread);
        return true;
      }
      group.fail(thread, tolerance.named ? exceeded(visit, failures) : failure);
      return false;
    }
  };

  const follow = async (first: Iteration): Promise<void> => {
    let thread: Iteration | undefined = first;
    while (thread && (await iterate(thread))) {
      thread = nextIndex < items.length ? start(thread.previous) : undefined;
    }
  };

  return {
    group,
    outputs,
    start,
    follow,
    get lastEvent() {
      return lastEvent;
    },
  };
}

async function selectItem(visit: Visit<MapState>, item: JsonValue, thread: Branch): Promise<JsonValue> {
  const { ItemSelector } = visit.state;
  return ItemSelector === undefined ? item : evaluate(visit, 'ItemSelector', ItemSelector, {}, thread.map);
}

function exceeded(visit: Visit, failures: number): StateFailure {
  const message = `The specified tolerated failure threshold was exceeded: ${failures} items failed.`;
  return new StateFailure(stateErrors.toleranceExceeded, failureText(visit, message));
}
