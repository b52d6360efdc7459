import type { SFN } from '@aws-sdk/client-sfn';
import { unwrapCause } from '../follow.ts';
import { eventsAfter, workflowOf } from '../history.ts';
import type { ExecutionDetail } from './contracts.ts';
import { readGraph, visibleGraph } from './graph.ts';
import type { Graph } from './graph-contracts.ts';
import { createProgress } from './progress.ts';
import { stateOfStatus } from './snapshot.ts';

interface Followed {
  readonly startedAt: string;
  readonly graph: Graph;
  readonly progress: ReturnType<typeof createProgress>;
  last: number;
}

/** Looks at one execution again and again: its workflow once, and of its history only what is new. */
export function followExecution(states: SFN, executionArn: string): () => Promise<ExecutionDetail> {
  let followed: Followed | undefined;
  return async () => {
    const described = await states.describeExecution({ executionArn });
    const startedAt = described.startDate?.toISOString() ?? '';
    // Names are deterministic: after a region's restart another execution may have this one's.
    if (followed?.startedAt !== startedAt) {
      const { definition = '{}' } = await states.describeStateMachineForExecution({ executionArn });
      followed = { startedAt, graph: readGraph(definition), progress: createProgress(), last: 0 };
    }
    for (const event of await eventsAfter(states, executionArn, followed.last)) {
      followed.progress.take(event);
      followed.last = Math.max(followed.last, event.id ?? 0);
    }
    const { states: progress, steps } = followed.progress.progress();
    const { cause, error, name = '', status = '', stopDate } = described;
    return {
      executionArn,
      workflow: workflowOf(executionArn),
      name,
      status,
      state: stateOfStatus(status),
      startedAt,
      ...(stopDate && { stoppedAt: stopDate.toISOString() }),
      graph: visibleGraph(followed.graph, (state) => progress[state] !== undefined),
      progress,
      steps,
      ...(error !== undefined && { error }),
      ...(cause !== undefined && { cause: unwrapCause(cause) }),
    };
  };
}
