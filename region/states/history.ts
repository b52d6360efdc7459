import type { HistoryEvent, HistoryEventType } from '@aws-sdk/client-sfn';
import { StateFailure, stateErrors } from './errors.ts';

/** Most events of one execution; the last one is then its failure (reference aws-etcd-kubeadm-facts §4.1). */
export const historyEventsMax = 25_000;

export type EventDetails = Omit<HistoryEvent, 'id' | 'previousEventId' | 'timestamp' | 'type'>;

/** The event log of one execution, in the shapes that GetExecutionHistory answers. */
export interface History {
  readonly events: readonly HistoryEvent[];
  /** Appends an event and returns its id. Throws States.Runtime when only the place of the final event is left. */
  record(type: HistoryEventType, previousEventId: number, details?: EventDetails): number;
  /** Appends the event that ends the execution; always finds room. */
  recordEnd(type: HistoryEventType, previousEventId: number, details: EventDetails): void;
}

/** An empty history. `onEvent` hears each event once it stands. */
export function createHistory(now: () => Date, onEvent: (event: HistoryEvent) => void = () => {}): History {
  const events: HistoryEvent[] = [];
  const append = (type: HistoryEventType, previousEventId: number, details: EventDetails): number => {
    const event = { timestamp: now(), type, id: events.length + 1, previousEventId, ...details };
    events.push(event);
    onEvent(event);
    return event.id;
  };
  return {
    events,
    record: (type, previousEventId, details = {}) => {
      if (events.length >= historyEventsMax - 1) {
        throw new StateFailure(
          stateErrors.runtime,
          `The execution reached the maximum number of history events (${historyEventsMax}).`,
        );
      }
      return append(type, previousEventId, details);
    },
    recordEnd: (type, previousEventId, details) => {
      // What was still going when the last place was reached does not push the final event past the limit.
      append(type, previousEventId, details);
    },
  };
}

export interface ExecutionUsage {
  /** State transitions as AWS bills them: each state entered, and each retry. */
  readonly transitions: number;
  /** Lambda invocations asked for by Task states, retries included. */
  readonly taskInvocations: number;
}

/** The event that begins an attempt, by the one that it follows when it is the first. */
const firstAttemptAfter: Readonly<Record<string, string>> = {
  TaskScheduled: 'TaskStateEntered',
  MapStateStarted: 'MapStateEntered',
  ParallelStateStarted: 'ParallelStateEntered',
};

/**
 * Counts what an execution is billed for, from its history alone: an attempt whose previous event is not the entry of its
 * state is a retry ("Retries are billed as state transitions", reference aws-etcd-kubeadm-facts §4.1).
 */
export function countUsage(events: readonly HistoryEvent[]): ExecutionUsage {
  const typeOf = new Map(events.map((event) => [event.id, event.type]));
  let transitions = 0;
  let taskInvocations = 0;
  for (const event of events) {
    const previous = typeOf.get(event.previousEventId);
    if (event.type?.endsWith('StateEntered')) transitions += 1;
    const first = firstAttemptAfter[event.type ?? ''];
    const isRetry = first !== undefined && previous !== first;
    if (isRetry || (event.type === 'EvaluationFailed' && previous === 'EvaluationFailed')) transitions += 1;
    if (event.type === 'TaskScheduled' && event.taskScheduledEventDetails?.resourceType === 'lambda') {
      taskInvocations += 1;
    }
  }
  return { transitions, taskInvocations };
}
