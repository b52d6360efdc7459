import type { Execution } from '../aws/executions.ts';
import type { LeaseRecord } from '../aws/records.ts';

/**
 * After this long a holder that Step Functions does not know is taken for gone. DescribeExecution may miss an execution that has only
 * just begun, so not at once; no workflow runs for a day.
 */
const unknownHolderHours = 24;

export type AcquireDecision =
  | { readonly action: 'keep'; readonly token: number; readonly reason: string }
  | { readonly action: 'take'; readonly token: number; readonly reason: string }
  | { readonly action: 'wait'; readonly reason: string };

export interface AcquireObservation {
  readonly record: LeaseRecord | undefined;
  /** The execution that asks. */
  readonly holder: string;
  /** The recorded holder's execution; undefined when Step Functions does not know it or nobody holds the lease. */
  readonly holderExecution: Execution | undefined;
}

/**
 * Who may act: a lease is taken over only when its holder's execution has ended and the longest task time-out has passed since, for a
 * task of the ended execution may still be at work (design §5, S14).
 */
export function decideAcquire(
  { record, holder, holderExecution }: AcquireObservation,
  policy: { readonly longestTaskTimeoutSeconds: number },
  now: Date,
): AcquireDecision {
  if (!record) return { action: 'take', token: 1, reason: 'nobody has ever held it' };
  const next = record.token + 1;
  if (record.releasedAt !== undefined)
    return { action: 'take', token: next, reason: `released at ${record.releasedAt}` };
  if (record.holder === holder)
    return { action: 'keep', token: record.token, reason: 'this execution holds it already' };
  if (!holderExecution) {
    const heldHours = (now.getTime() - Date.parse(record.acquiredAt)) / 3_600_000;
    return heldHours >= unknownHolderHours
      ? {
          action: 'take',
          token: next,
          reason: `${record.holder} is unknown and took it at ${record.acquiredAt}`,
        }
      : { action: 'wait', reason: `${record.holder} holds it and is not known to have ended` };
  }
  if (holderExecution.status === 'RUNNING' || holderExecution.stoppedAt === undefined)
    return { action: 'wait', reason: `${record.holder} holds it and is ${holderExecution.status}` };
  const quietSeconds = (now.getTime() - Date.parse(holderExecution.stoppedAt)) / 1000;
  if (quietSeconds < policy.longestTaskTimeoutSeconds) {
    const seconds = Math.ceil(policy.longestTaskTimeoutSeconds - quietSeconds);
    return {
      action: 'wait',
      reason: `${record.holder} ended, but a task of it may be at work for ${seconds} s`,
    };
  }
  return { action: 'take', token: next, reason: `${record.holder} ended at ${holderExecution.stoppedAt}` };
}
