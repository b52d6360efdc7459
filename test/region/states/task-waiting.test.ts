import { expect, test } from 'vitest';
import type { Tasks, TokenHandle } from '../../../region/states/run.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { call, lines, machine, outputOf, silent, trial } from './harness.ts';

const done = { Type: 'Succeed' };

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
