import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StateFailure } from '../../../region/states/errors.ts';
import { coversError, retryDelaySeconds } from '../../../region/states/retry.ts';
import type { Tasks, TokenHandle } from '../../../region/states/run.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { call, failing, lines, machine, outputOf, silent, trial } from './harness.ts';

const done = { Type: 'Succeed' };

test('a task is scheduled, started and succeeded, with its parameters and its time-out', async () => {
  const fields = {
    TimeoutSeconds: 5,
    HeartbeatSeconds: '{% 2 %}',
    Output: '{% $states.result.Payload %}',
    End: true,
  };
  const run = await trial(machine({ Ask: call('f', fields) }), { functions: { f: () => 7 } });
  expect(outputOf(run)).toBe(7);
  expect(lines(run.events)).toEqual([
    '1 0 ExecutionStarted',
    '2 0 TaskStateEntered Ask',
    '3 2 TaskScheduled',
    '4 3 TaskStarted',
    '5 4 TaskSucceeded',
    '6 5 TaskStateExited Ask',
    '7 6 ExecutionSucceeded',
  ]);
  expect(run.events[2]?.taskScheduledEventDetails).toEqual({
    resourceType: 'lambda',
    resource: 'invoke',
    region: 'us-east-1',
    parameters: '{"FunctionName":"f","Payload":{}}',
    timeoutInSeconds: 5,
    heartbeatInSeconds: 2,
  });
  expect(run.usage).toEqual({ transitions: 1, taskInvocations: 1 });
});

test('without Arguments the input is what the task gets', async () => {
  const state = {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Output: '{% $states.result.Payload %}',
    End: true,
  };
  const run = await trial(machine({ Ask: state }), {
    input: { FunctionName: 'f', Payload: 3 },
    functions: { f: (payload) => payload },
  });
  expect(outputOf(run)).toBe(3);
});

test('an uncaught error fails the execution with its name and cause', async () => {
  const { result, events } = await trial(machine({ Ask: call('f', { End: true }) }), {
    functions: { f: failing('Lost') },
  });
  expect(result).toEqual({ status: 'FAILED', error: 'Lost', cause: 'said so' });
  expect(events[4]).toMatchObject({
    type: 'TaskFailed',
    taskFailedEventDetails: { error: 'Lost', cause: 'said so', resource: 'invoke', resourceType: 'lambda' },
  });
  expect(lines(events).at(-1)).toBe('6 5 ExecutionFailed');
});

test('Catch goes on with error and cause as output', async () => {
  const text = machine({
    Ask: call('f', { Catch: [{ ErrorEquals: ['Lost'], Next: 'Done' }], End: true }),
    Done: done,
  });
  const run = await trial(text, { functions: { f: failing('Lost') } });
  expect(outputOf(run)).toEqual({ Error: 'Lost', Cause: 'said so' });
  expect(lines(run.events).slice(4)).toEqual([
    '5 4 TaskFailed',
    '6 5 TaskStateExited Ask',
    '7 6 SucceedStateEntered Done',
    '8 7 SucceedStateExited Done',
    '9 8 ExecutionSucceeded',
  ]);
});

test('Catch may assign and make its own output of the error', async () => {
  const catcher = {
    ErrorEquals: ['States.ALL'],
    Assign: { failure: '{% $states.errorOutput.Error %}' },
    Output: { input: '{% $states.input %}' },
    Next: 'Done',
  };
  const text = machine({
    Ask: call('f', { Catch: [catcher], End: true }),
    Done: { Type: 'Succeed', Output: '{% [$states.input, $failure] %}' },
  });
  const run = await trial(text, { input: { a: 1 }, functions: { f: failing('Lost') } });
  expect(outputOf(run)).toEqual([{ input: { a: 1 } }, 'Lost']);
});

test('what fails in Output is caught by the same state', async () => {
  const fields = {
    Output: '{% $missing %}',
    Catch: [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'Done' }],
  };
  const text = machine({
    Ask: call('f', { ...fields, End: true }),
    Done: { ...done, Output: '{% $states.input.Error %}' },
  });
  expect(outputOf(await trial(text, { functions: { f: () => 1 } }))).toBe('States.QueryEvaluationError');
});

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

test('a task that takes too long is timed out, and its signal is aborted', async () => {
  const signals: AbortSignal[] = [];
  const text = machine({
    Ask: call('f', {
      TimeoutSeconds: 30,
      Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'Done' }],
      End: true,
    }),
    Done: done,
  });
  const run = await trial(text, {
    functions: {
      f: (payload, { signal }) => {
        signals.push(signal);
        return silent(payload, { signal } as never);
      },
    },
  });
  expect(outputOf(run)).toEqual({ Error: 'States.Timeout', Cause: '' });
  expect({ seconds: run.seconds, aborted: signals.map(({ aborted }) => aborted) }).toEqual({
    seconds: 30,
    aborted: [true],
  });
  expect(run.events[4]).toMatchObject({
    type: 'TaskTimedOut',
    taskTimedOutEventDetails: { error: 'States.Timeout', resource: 'invoke', resourceType: 'lambda' },
  });
});

test('a timed-out task may be retried', async () => {
  let calls = 0;
  const f = (): Promise<null> | null => {
    calls += 1;
    return calls === 1 ? new Promise(() => {}) : null;
  };
  const fields = {
    TimeoutSeconds: 30,
    Retry: [{ ErrorEquals: ['States.Timeout'], IntervalSeconds: 5 }],
    End: true,
  };
  const run = await trial(machine({ Ask: call('f', fields) }), { functions: { f } });
  expect({ status: run.result.status, seconds: run.seconds }).toEqual({ status: 'SUCCEEDED', seconds: 35 });
});

interface TestToken extends TokenHandle {
  succeed(output: string): void;
  beat(): void;
  readonly isClosed: boolean;
}

function testToken(): TestToken {
  const { promise, resolve } = Promise.withResolvers<string>();
  const listeners: (() => void)[] = [];
  let closed = false;
  return {
    token: 'token-1',
    outcome: promise,
    onHeartbeat: (listener) => void listeners.push(listener),
    close: () => {
      closed = true;
    },
    succeed: resolve,
    beat: () => {
      for (const listener of listeners) listener();
    },
    get isClosed() {
      return closed;
    },
  };
}

const waiting = (fields: object): object => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
  Arguments: { FunctionName: 'f', Payload: { token: '{% $states.context.Task.Token %}' } },
  End: true,
  ...fields,
});

test('a task with a token waits for its answer, not for the function', async () => {
  const token = testToken();
  const payloads: unknown[] = [];
  const clock = createManualClock();
  const tasks: Partial<Tasks> = { openToken: () => token };
  clock.after(60_000, () => token.succeed('from outside'));
  const f = (payload: unknown): null => {
    payloads.push(payload);
    return null;
  };
  const run = await trial(machine({ Ask: waiting({}) }), { clock, tasks, functions: { f } });
  expect(outputOf(run)).toBe('from outside');
  expect({ payloads, seconds: run.seconds, closed: token.isClosed }).toEqual({
    payloads: [{ token: 'token-1' }],
    seconds: 60,
    closed: true,
  });
  expect(lines(run.events).slice(2, 6)).toEqual([
    '3 2 TaskScheduled',
    '4 3 TaskStarted',
    '5 4 TaskSubmitted',
    '6 5 TaskSucceeded',
  ]);
  expect(run.events[2]?.taskScheduledEventDetails?.resource).toBe('invoke.waitForTaskToken');
});

test('heartbeats keep a task alive; the first that fails to come times it out', async () => {
  const token = testToken();
  const clock = createManualClock();
  for (const second of [8, 16, 24]) clock.after(second * 1_000, token.beat);
  const run = await trial(machine({ Ask: waiting({ HeartbeatSeconds: 10, TimeoutSeconds: 600 }) }), {
    clock,
    tasks: { openToken: () => token },
    functions: { f: () => null },
  });
  expect(run.result).toEqual({ status: 'FAILED', error: 'States.HeartbeatTimeout' });
  expect(run.seconds).toBe(34);
  expect(run.events.at(-2)?.type).toBe('TaskTimedOut');
});

test('a resource of another service is never reached: a bug of the region cannot be caught', async () => {
  const text = machine({
    Ask: call('f', { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Done' }], End: true }),
    Done: done,
  });
  const f = (): never => {
    throw new TypeError('a bug');
  };
  const { result } = await trial(text, { functions: { f } });
  expect(result).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
});
