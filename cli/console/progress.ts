import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { reasonIn, unwrapCause } from '../follow.ts';
import type { StateProgress, Step } from './graph-contracts.ts';

/** Where an execution is, by its history so far. */
export interface Progress {
  readonly states: Readonly<Record<string, StateProgress>>;
  /** Oldest first. */
  readonly steps: readonly Step[];
}

/** Types whose visits are worth a line of history; choices and passes take no time and say nothing. */
const told = /^(Task|Map|Parallel|Wait|Fail|Succeed)State/;

/** So many steps are kept; the oldest that ended go first. */
const stepsMax = 200;

interface Visit {
  readonly id: number;
  readonly state: string;
  readonly startedAt: string;
  readonly told: boolean;
  /** Of an attempt that failed: the visit fails with it unless another attempt succeeds. */
  failure?: string;
}

interface Known extends StateProgress {
  /** Visits that go on. */
  readonly open: number;
}

/** Takes the events of one execution as they come, in order, and tells where it is. */
export function createProgress(): { take(event: HistoryEvent): void; progress(): Progress } {
  const visits = createVisits();
  /** By event: the visit that it belongs to. */
  const visitOf = new Map<number, number>();

  const take = (event: HistoryEvent): void => {
    const { id = 0, previousEventId = 0, type = '' } = event;
    const at = event.timestamp?.toISOString() ?? '';
    const owner = visitOf.get(previousEventId);
    const entered = event.stateEnteredEventDetails?.name;
    if (entered !== undefined) {
      visitOf.set(id, id);
      visits.enter({ id, state: entered, startedAt: at, told: told.test(type) }, owner);
      return;
    }
    if (owner !== undefined) visitOf.set(id, owner);
    const exited = event.stateExitedEventDetails;
    const visit = owner === undefined ? undefined : visits.open.get(owner);
    if (exited?.name !== undefined) {
      const left = visit?.state === exited.name ? visit : visits.named(exited.name);
      if (left) visits.leave(left, at, reasonIn(exited.output));
    } else if (/^Execution(Failed|Aborted|TimedOut)$/.test(type))
      visits.end(at, type === 'ExecutionAborted' ? 'stopped' : failureOf(event));
    else if (visit && /(Failed|TimedOut)$/.test(type)) visit.failure = failureOf(event);
    else if (visit && /^(TaskSucceeded|MapStateSucceeded|ParallelStateSucceeded)$/.test(type))
      delete visit.failure;
  };
  return { take, progress: visits.progress };
}

/** Visits of states, those that go on and what has come of the others. */
function createVisits() {
  const open = new Map<number, Visit>();
  const parents = new Map<number, number | undefined>();
  const states = new Map<string, Known>();
  const steps: Step[] = [];

  const leave = (visit: Visit, at: string, note: string | undefined): void => {
    open.delete(visit.id);
    // A Map that ends, by a failure of one iteration, say, ends all that goes on inside it.
    for (const inner of [...open.values()].filter(({ id }) => parents.get(id) === visit.id)) {
      inner.failure ??= 'ended with what it is part of';
      leave(inner, at, undefined);
    }
    const outcome = visit.failure === undefined ? 'done' : 'failed';
    const { entered = 1, open: going = 1, since } = states.get(visit.state) ?? {};
    const goesOn = going > 1 && since !== undefined && { since };
    states.set(visit.state, { state: going > 1 ? 'current' : outcome, entered, ...goesOn, open: going - 1 });
    if (visit.told) keep(steps, visit, outcome, at, visit.failure ?? note);
  };

  return {
    open: open as ReadonlyMap<number, Visit>,
    /** `before`: the visit of the event before. What comes while that goes on is inside it, and else beside it. */
    enter(visit: Visit, before: number | undefined): void {
      parents.set(visit.id, before === undefined || open.has(before) ? before : parents.get(before));
      open.set(visit.id, visit);
      const { entered = 0, open: going = 0 } = states.get(visit.state) ?? {};
      const { startedAt: since, state } = visit;
      states.set(state, { state: 'current', entered: entered + 1, since, open: going + 1 });
    },
    leave,
    /** Of a Map, the event before its end may belong to a state inside it: then the name alone tells. */
    named: (name: string) => [...open.values()].find(({ state }) => state === name),
    end(at: string, failure: string): void {
      for (const visit of [...open.values()]) {
        visit.failure ??= failure;
        if (open.has(visit.id)) leave(visit, at, undefined);
      }
    },
    progress: (): Progress => ({
      states: Object.fromEntries([...states].map(([name, { open: _, ...progress }]) => [name, progress])),
      steps: [...steps, ...currentSteps([...open.values()])]
        .toSorted((one, two) => one.id - two.id)
        .slice(-stepsMax),
    }),
  };
}

/** Iterations that are in one state are one step, by the first of them. */
function currentSteps(open: readonly Visit[]): Step[] {
  const byState = Map.groupBy(
    open.filter((visit) => visit.told),
    ({ state }) => state,
  );
  return [...byState.values()].flatMap(([first, ...others]) =>
    first ? [{ ...stepOf(first), visits: 1 + others.length }] : [],
  );
}

function stepOf({ failure, id, startedAt, state }: Visit): Step {
  const note = failure === undefined ? {} : { note: `tries again: ${failure}` };
  return { id, state, startedAt, visits: 1, outcome: 'current', ...note };
}

/** Visits of one state that ended alike are one step: a wait of ten minutes is not a hundred lines. */
function keep(
  steps: Step[],
  { id, startedAt, state }: Visit,
  outcome: 'done' | 'failed',
  endedAt: string,
  note: string | undefined,
): void {
  const index = steps.findIndex(
    (step) => step.state === state && step.note === note && step.outcome === outcome,
  );
  const same = steps[index];
  if (same) steps[index] = { ...same, endedAt, visits: same.visits + 1 };
  else steps.push({ id, state, startedAt, endedAt, visits: 1, outcome, ...(note !== undefined && { note }) });
  if (steps.length > stepsMax) steps.shift();
}

/** The details of a failure stand under another name for each kind of event. */
function failureOf(event: HistoryEvent): string {
  const details = Object.values(event).find(
    (value): value is { error?: string; cause?: string } =>
      typeof value === 'object' && value !== null && ('error' in value || 'cause' in value),
  );
  const { cause, error = 'failed' } = details ?? {};
  return cause === undefined ? error : `${error}: ${unwrapCause(cause)}`;
}
