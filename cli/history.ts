import type { HistoryEvent, SFN } from '@aws-sdk/client-sfn';
import { countUsage } from '../region/states/history.ts';

/** What an execution did, as `npm start -- --json` reports it. */
export interface ExecutionSummary {
  readonly workflow: string;
  readonly name: string;
  readonly status: string;
  readonly seconds: number;
  /** States entered, retries included: what Step Functions bills. */
  readonly transitions: number;
  readonly taskInvocations: number;
}

/** Events of an execution with an id above `after`, oldest first. */
export async function eventsAfter(states: SFN, executionArn: string, after: number): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  let nextToken: string | undefined;
  do {
    const page = await states.getExecutionHistory({
      executionArn,
      reverseOrder: true,
      maxResults: 200,
      ...(nextToken && { nextToken }),
    });
    const fresh = (page.events ?? []).filter(({ id = 0 }) => id > after);
    events.push(...fresh);
    nextToken = fresh.length === (page.events ?? []).length ? page.nextToken : undefined;
  } while (nextToken);
  return events.reverse();
}

/** Sums an execution up from its history. */
export async function summarize(states: SFN, executionArn: string): Promise<ExecutionSummary> {
  const [described, events] = await Promise.all([
    states.describeExecution({ executionArn }),
    eventsAfter(states, executionArn, 0),
  ]);
  const started = described.startDate?.getTime() ?? 0;
  const stopped = described.stopDate?.getTime() ?? started;
  return {
    workflow: workflowOf(executionArn),
    name: described.name ?? '',
    status: described.status ?? 'UNKNOWN',
    seconds: (stopped - started) / 1000,
    ...countUsage(events),
  };
}

/** `provision-cluster` of `arn:…:execution:trivet-provision-cluster:name`. */
export function workflowOf(executionArn: string): string {
  const machine = executionArn.split(':')[6] ?? '';
  return machine.replace(/^[^-]+-/, '');
}
