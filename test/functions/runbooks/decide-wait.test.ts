import { expect, test } from 'vitest';
import type { Execution } from '../../../functions/aws/executions.ts';
import { decideWait } from '../../../functions/runbooks/decide-wait.ts';

const now = new Date('2026-03-01T12:00:00.000Z');
const execution = (seconds: number, more: Partial<Execution> = {}): Execution => ({
  executionArn: 'arn',
  status: 'RUNNING',
  startedAt: new Date(now.getTime() - seconds * 1000).toISOString(),
  ...more,
});

test.each([
  [0, 3],
  [59, 3],
  [60, 15],
  [599, 15],
  [600, 60],
  [3_599, 60],
  [3_600, 300],
  [100_000, 300],
])('an execution that has run for %s s is looked at again in %s s', (seconds, waitSeconds) => {
  expect(decideWait(execution(seconds), now)).toEqual({ action: 'wait', reason: 'it runs', waitSeconds });
});

test.each<[Partial<Execution>, string, string]>([
  [{ status: 'SUCCEEDED', output: '{}' }, 'succeeded', 'it has succeeded'],
  [{ status: 'ABORTED' }, 'failed', 'somebody has stopped it'],
  [{ status: 'TIMED_OUT' }, 'failed', 'it ran out of time'],
  [
    { status: 'FAILED', error: 'SlotHeld', cause: '{"errorMessage":"slot a is held"}' },
    'failed',
    'it has failed: SlotHeld: slot a is held',
  ],
  [
    { status: 'FAILED', error: 'WaitExhausted', cause: 'too long' },
    'failed',
    'it has failed: WaitExhausted: too long',
  ],
  [{ status: 'FAILED' }, 'failed', 'it has failed'],
])('%j is told', (more, action, reason) => {
  expect(decideWait(execution(1, more), now)).toMatchObject({ action, reason });
});
