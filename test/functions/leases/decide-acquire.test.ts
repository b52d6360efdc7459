import { describe, expect, test } from 'vitest';
import type { Execution } from '../../../functions/aws/executions.ts';
import { decideAcquire } from '../../../functions/leases/decide-acquire.ts';

const now = new Date('2026-01-01T12:00:00.000Z');
const policy = { longestTaskTimeoutSeconds: 120 };
const record = { holder: 'execution-1', token: 4, acquiredAt: '2026-01-01T11:00:00.000Z' };
const running: Execution = {
  executionArn: 'execution-1',
  status: 'RUNNING',
  startedAt: '2026-01-01T11:00:00.000Z',
};
const ended = (stoppedAt: string): Execution => ({ ...running, status: 'FAILED', stoppedAt });

describe('decideAcquire', () => {
  test.each([
    ['takes a lease that nobody ever held', undefined, undefined, 'take', 1],
    ['takes a released lease', { ...record, releasedAt: '2026-01-01T11:30:00.000Z' }, undefined, 'take', 5],
    ['keeps the lease that the asker holds', { ...record, holder: 'execution-2' }, undefined, 'keep', 4],
    ['waits for a holder that runs', record, running, 'wait', undefined],
    [
      'waits while a task of an ended holder may be at work',
      record,
      ended('2026-01-01T11:58:01.000Z'),
      'wait',
      undefined,
    ],
    [
      'takes over once the longest task time-out has passed since the holder ended',
      record,
      ended('2026-01-01T11:58:00.000Z'),
      'take',
      5,
    ],
    [
      'waits for a holder that is not known, for it may have only just begun',
      record,
      undefined,
      'wait',
      undefined,
    ],
    [
      'takes over from a holder that has been unknown for a day',
      { ...record, acquiredAt: '2025-12-31T12:00:00.000Z' },
      undefined,
      'take',
      5,
    ],
  ])('%s', (_title, given, holderExecution, action, token) => {
    const decision = decideAcquire({ record: given, holder: 'execution-2', holderExecution }, policy, now);
    expect(decision.action).toBe(action);
    expect('token' in decision ? decision.token : undefined).toBe(token);
    expect(decision.reason).not.toBe('');
  });

  test('says for how long a task of the ended holder may be at work', () => {
    const holderExecution = ended('2026-01-01T11:59:00.000Z');
    expect(decideAcquire({ record, holder: 'execution-2', holderExecution }, policy, now).reason).toBe(
      'execution-1 ended, but a task of it may be at work for 60 s',
    );
  });
});
