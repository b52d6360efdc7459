import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StateFailure } from '../../../region/states/errors.ts';
import { coversError, retryDelaySeconds } from '../../../region/states/retry.ts';
import { call, failing, lines, machine, trial } from './harness.ts';

test('retries wait longer each time, up to the cap, and are shown as new attempts without a new entry', async () => {
  const Retry = [
    { ErrorEquals: ['Busy'], IntervalSeconds: 2, BackoffRate: 3, MaxDelaySeconds: 10, MaxAttempts: 4 },
  ];
  const run = await trial(machine({ Ask: call('f', { Retry, End: true }) }), {
    functions: { f: failing('Busy', 'Busy', 'Busy', 'Busy') },
  });
  expect(run.seconds).toBe(2 + 6 + 10 + 10);
  expect(run.usage).toEqual({ transitions: 5, taskInvocations: 5 });
  expect(lines(run.events).slice(0, 9)).toEqual([
    '1 0 ExecutionStarted',
    '2 0 TaskStateEntered Ask',
    '3 2 TaskScheduled',
    '4 3 TaskStarted',
    '5 4 TaskFailed',
    '6 5 TaskScheduled',
    '7 6 TaskStarted',
    '8 7 TaskFailed',
    '9 8 TaskScheduled',
  ]);
});

test('the defaults are one second, twice as long each time, three retries', async () => {
  const Retry = [{ ErrorEquals: ['States.ALL'] }];
  const run = await trial(machine({ Ask: call('f', { Retry, End: true }) }), {
    functions: { f: failing('A', 'A', 'A', 'A') },
  });
  expect(run.result).toMatchObject({ status: 'FAILED', error: 'A' });
  expect(run.seconds).toBe(7);
});

test('each retrier has its own count, and the first that covers the error decides', async () => {
  const Retry = [
    { ErrorEquals: ['A'], MaxAttempts: 1, IntervalSeconds: 1 },
    { ErrorEquals: ['States.ALL'], MaxAttempts: 2, IntervalSeconds: 100, BackoffRate: 1 },
  ];
  const text = machine({ Ask: call('f', { Retry, End: true }) });
  const mixed = await trial(text, { functions: { f: failing('A', 'B', 'B') } });
  expect({ status: mixed.result.status, seconds: mixed.seconds }).toEqual({
    status: 'SUCCEEDED',
    seconds: 201,
  });
  const exhausted = await trial(text, { functions: { f: failing('A', 'A') } });
  expect({ status: exhausted.result.status, seconds: exhausted.seconds }).toEqual({
    status: 'FAILED',
    seconds: 1,
  });
});

test('MaxAttempts 0 never retries', async () => {
  const Retry = [{ ErrorEquals: ['A'], MaxAttempts: 0 }, { ErrorEquals: ['States.ALL'] }];
  const run = await trial(machine({ Ask: call('f', { Retry, End: true }) }), {
    functions: { f: failing('A') },
  });
  expect(run.result).toMatchObject({ status: 'FAILED', error: 'A' });
});

test('FULL jitter takes a part of the delay by chance', async () => {
  const Retry = [{ ErrorEquals: ['A'], IntervalSeconds: 8, JitterStrategy: 'FULL' }];
  const text = machine({ Ask: call('f', { Retry, End: true }) });
  const run = await trial(text, { functions: { f: failing('A', 'A') }, random: () => 0.25 });
  expect(run.seconds).toBe(2 + 4);
});

test('a delay is never negative nor above its cap, and never shrinks without jitter', () => {
  const retrier = fc.record({
    ErrorEquals: fc.constant(['A']),
    IntervalSeconds: fc.integer({ min: 1, max: 100 }),
    BackoffRate: fc.double({ min: 1, max: 5, noNaN: true }),
    MaxDelaySeconds: fc.integer({ min: 101, max: 1_000 }),
    JitterStrategy: fc.constantFrom('FULL' as const, 'NONE' as const),
  });
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(retrier, fc.integer({ min: 1, max: 50 }), chance, (rule, retry, random) => {
      const delay = retryDelaySeconds(rule, retry, () => random);
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThanOrEqual(rule.MaxDelaySeconds);
      const plain = { ...rule, JitterStrategy: 'NONE' as const };
      const later = retryDelaySeconds(plain, retry + 1, () => random);
      expect(later).toBeGreaterThanOrEqual(retryDelaySeconds(plain, retry, () => random));
    }),
  );
});

test('the retry count is in the context of each attempt', async () => {
  const fields = {
    Arguments: { FunctionName: 'f', Payload: '{% $states.context.State.RetryCount %}' },
    Retry: [{ ErrorEquals: ['A'] }],
    End: true,
  };
  const seen: unknown[] = [];
  const f = (payload: unknown): null => {
    seen.push(payload);
    if (seen.length < 3) throw new StateFailure('A');
    return null;
  };
  await trial(machine({ Ask: call('f', fields) }), { functions: { f } });
  expect(seen).toEqual([0, 1, 2]);
});

test.each([
  [['States.ALL'], 'Anything', true],
  [['States.ALL'], undefined, true],
  [['States.ALL'], 'States.Timeout', true],
  [['States.ALL'], 'States.DataLimitExceeded', false],
  [['States.ALL'], 'States.Runtime', false],
  [['States.Runtime'], 'States.Runtime', false],
  [['States.DataLimitExceeded'], 'States.DataLimitExceeded', true],
  [['States.TaskFailed'], 'Anything', true],
  [['States.TaskFailed'], 'States.Timeout', false],
  [['States.TaskFailed'], 'States.HeartbeatTimeout', false],
  [['States.TaskFailed'], 'States.DataLimitExceeded', false],
  [['States.Timeout'], 'States.HeartbeatTimeout', true],
  [['States.HeartbeatTimeout'], 'States.HeartbeatTimeout', true],
  [['States.HeartbeatTimeout'], 'States.Timeout', false],
  [['A', 'B'], 'B', true],
  [['A', 'B'], 'C', false],
])('ErrorEquals %j covers %s: %s', (errorEquals, error, expected) => {
  expect(coversError(errorEquals, new StateFailure(error))).toBe(expected);
});
