import { Interrupted, type StateFailure, toStateFailure } from './errors.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { Branch, Run } from './run.ts';

/** Threads that run side by side inside a Map or Parallel state. */
export interface Group {
  /** A new thread whose first event follows `previous`. */
  open(previous: number, inside?: Pick<Branch, 'iteration' | 'map'>): Branch;
  /** The thread has ended well. */
  close(branch: Branch): void;
  /** One thread has failed for good: records what is aborted with it, then ends all. Further failures are consequences. */
  fail(branch: Branch, failure: StateFailure): void;
  /** Waits for all threads to end; throws the failure that ended the group. */
  settle(threads: readonly Promise<void>[]): Promise<void>;
}

/** A group inside `parent`. `record` writes the events of aborted states. */
export function openGroup(run: Run, parent: Branch): Group {
  const controller = new AbortController();
  const signal = AbortSignal.any([parent.signal, controller.signal]);
  let failed: { readonly branch: Branch; readonly failure: StateFailure } | undefined;
  parent.children = [];
  return {
    open: (previous, inside = {}) => {
      const branch: Branch = {
        signal,
        variables: parent.variables,
        previous,
        inFlight: undefined,
        children: [],
        ...(parent.map === undefined ? {} : { map: parent.map }),
        ...inside,
      };
      parent.children.push(branch);
      return branch;
    },
    close: (branch) => {
      parent.children = parent.children.filter((child) => child !== branch);
    },
    fail: (branch, failure) => {
      if (failed || parent.signal.aborted) return;
      failed = { branch, failure };
      recordAborts(run, parent.children, branch);
      parent.children = [];
      controller.abort(new Interrupted());
    },
    settle: async (threads) => {
      const ends = await Promise.allSettled(threads);
      if (parent.signal.aborted) throw new Interrupted();
      if (failed) {
        parent.previous = failed.branch.previous;
        throw failed.failure;
      }
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
    },
  };
}

/** As recorded from AWS: each aborted iteration, and each state that was in flight, the failed one's included. */
function recordAborts(run: Run, branches: readonly Branch[], failed: Branch): void {
  const { history } = run.options;
  for (const branch of branches) {
    if (branch !== failed && branch.iteration) {
      history.record('MapIterationAborted', failed.previous, {
        mapIterationAbortedEventDetails: branch.iteration,
      });
    }
    recordAborts(run, branch.children, failed);
    switch (branch.inFlight) {
      case 'Task':
        history.record('TaskStateAborted', failed.previous);
        break;
      case 'Wait':
        history.record('WaitStateAborted', failed.previous);
        break;
      case 'Map':
        if (branch !== failed) history.record('MapStateAborted', failed.previous);
        break;
      case 'Parallel':
        if (branch !== failed) history.record('ParallelStateAborted', failed.previous);
        break;
    }
  }
}

/** Whether a thrown value ends a thread by its own failure, not by a sibling's or by the end of the execution. */
export function ownFailure(branch: Branch, thrown: unknown): StateFailure | undefined {
  return thrown instanceof Interrupted || branch.signal.aborted ? undefined : toStateFailure(thrown);
}

/** `$states.context.Map` of an iteration. */
export function mapContext(index: number, value: JsonValue): JsonObject {
  return { Item: { Index: index, Value: value } };
}
