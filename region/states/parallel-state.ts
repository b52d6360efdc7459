import type { ParallelState, StateGraph } from './definition.ts';
import { openGroup, ownFailure } from './group.ts';
import type { JsonValue } from './json.ts';
import { type Branch, type Run, recordNext } from './run.ts';
import { evaluate, type Visit } from './visit.ts';

/** Follows a graph; given by the interpreter, so that states with graphs inside need not import it. */
export type Walk = (run: Run, branch: Branch, graph: StateGraph, input: JsonValue) => Promise<JsonValue>;

/** One attempt of a Parallel state: the outputs of all branches in their order. The first failure ends all branches. */
export async function attemptParallel(visit: Visit<ParallelState>, walk: Walk): Promise<JsonValue> {
  const { run, branch, state } = visit;
  const input =
    state.Arguments === undefined ? visit.input : await evaluate(visit, 'Arguments', state.Arguments);
  const started = recordNext(run, branch, 'ParallelStateStarted');
  const group = openGroup(run, branch);
  const outputs: JsonValue[] = state.Branches.map(() => null);
  let lastEvent = started;
  const threads = state.Branches.map(async (graph, index) => {
    const thread = group.open(started);
    try {
      outputs[index] = await walk(run, thread, graph, input);
      lastEvent = thread.previous;
      group.close(thread);
    } catch (thrown) {
      const failure = ownFailure(thread, thrown);
      if (failure) group.fail(thread, failure);
    }
  });
  await group.settle(threads);
  run.options.history.record('ParallelStateSucceeded', lastEvent);
  branch.previous = lastEvent;
  return outputs;
}
