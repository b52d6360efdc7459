import type { Execution } from '../aws/executions.ts';
import { readCause } from '../clusters/explain-failure.ts';
import type { WorkflowSeen } from './contracts.ts';

/** Up to so many seconds of an execution's life, it is looked at every so many: soon at first, and a drain that lasts hours seldom. */
const pace = [
  { untilSeconds: 60, everySeconds: 3 },
  { untilSeconds: 600, everySeconds: 15 },
  { untilSeconds: 3_600, everySeconds: 60 },
] as const;
const slowestSeconds = 300;

/** What has become of an execution, and when to look again. Pure. */
export function decideWait(execution: Execution, now: Date): WorkflowSeen['decision'] {
  const { cause, error, startedAt, status } = execution;
  const seconds = (now.getTime() - Date.parse(startedAt)) / 1000;
  const waitSeconds = pace.find(({ untilSeconds }) => seconds < untilSeconds)?.everySeconds ?? slowestSeconds;
  if (status === 'RUNNING' || status === 'PENDING_REDRIVE')
    return { action: 'wait', reason: 'it runs', waitSeconds };
  if (status === 'SUCCEEDED') return { action: 'succeeded', reason: 'it has succeeded', waitSeconds };
  const ended = {
    FAILED: 'it has failed',
    TIMED_OUT: 'it ran out of time',
    ABORTED: 'somebody has stopped it',
  };
  const words = error === undefined ? ended[status] : `${ended[status]}: ${error}: ${readCause(cause)}`;
  return { action: 'failed', reason: words, waitSeconds };
}
