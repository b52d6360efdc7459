import { expect, test } from 'vitest';
import { Stopped } from '../../../region/states/interpreter.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { call, lines, machine, outputOf, trial } from './harness.ts';

const limit = 262_144;
/** A string whose JSON text has exactly this many bytes. */
const text = (bytes: number): string => 'x'.repeat(bytes - 2);

test('an output of 262,144 bytes passes, one byte more is States.DataLimitExceeded', async () => {
  const grow = machine({ Grow: { Type: 'Pass', Output: "{% $states.input & 'x' %}", End: true } });
  expect(outputOf(await trial(grow, { input: text(limit - 1) }))).toHaveLength(limit - 2);
  expect((await trial(grow, { input: text(limit) })).result).toEqual({
    status: 'FAILED',
    error: 'States.DataLimitExceeded',
    cause:
      "The state/task 'Grow' returned a result with a size exceeding the maximum number of bytes service limit.",
  });
});

test('the limit counts bytes of UTF-8, not characters', async () => {
  const twice = machine({ Grow: { Type: 'Pass', Output: "{% $pad('', $states.input, 'ä') %}", End: true } });
  expect((await trial(twice, { input: 131_071 })).result.status).toBe('SUCCEEDED');
  expect((await trial(twice, { input: 131_072 })).result).toMatchObject({
    error: 'States.DataLimitExceeded',
  });
});

test("a task's answer over the limit is caught by the error's own name, never by States.ALL", async () => {
  const ask = (error: string): string =>
    machine({
      Ask: call('f', { Output: 'small', Catch: [{ ErrorEquals: [error], Next: 'Done' }], End: true }),
      Done: { Type: 'Succeed' },
    });
  const functions = { f: () => text(limit) };
  expect(outputOf(await trial(ask('States.DataLimitExceeded'), { functions }))).toEqual({
    Error: 'States.DataLimitExceeded',
    Cause:
      "The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit.",
  });
  expect((await trial(ask('States.ALL'), { functions })).result).toMatchObject({
    status: 'FAILED',
    error: 'States.DataLimitExceeded',
  });
});

test('assigned variables over the limit are refused', async () => {
  const assign = machine({
    Keep: { Type: 'Pass', Assign: { a: '{% $states.input %}' }, Output: 1, End: true },
  });
  expect((await trial(assign, { input: text(limit) })).result).toMatchObject({
    error: 'States.DataLimitExceeded',
  });
});

test('event 25,000 is the failure of an execution without end, and nothing catches it', async () => {
  const loop = {
    StartAt: 'Loop',
    States: {
      Loop: { Type: 'Choice', Choices: [{ Condition: false, Next: 'Out' }], Default: 'Loop' },
      Out: { Type: 'Succeed' },
    },
  };
  const states = {
    Guard: {
      Type: 'Parallel',
      Branches: [loop],
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Done' }],
      End: true,
    },
    Done: { Type: 'Succeed' },
  };
  const { result, events } = await trial(machine(states));
  expect(result).toEqual({
    status: 'FAILED',
    error: 'States.Runtime',
    cause: 'The execution reached the maximum number of history events (25000).',
  });
  expect(lines(events.slice(-1))).toEqual(['25000 24999 ExecutionFailed']);
});

test('a stopped execution says who stopped it and why, and records nothing after', async () => {
  const clock = createManualClock();
  const stop = new AbortController();
  clock.after(3_000, () => stop.abort(new Stopped('Operator', 'enough')));
  const wait = machine({ Wait: { Type: 'Wait', Seconds: 60, End: true } });
  const { result, events, seconds } = await trial(wait, { clock, signal: stop.signal });
  expect({ result, seconds }).toEqual({
    result: { status: 'ABORTED', error: 'Operator', cause: 'enough' },
    seconds: 3,
  });
  expect(lines(events)).toEqual([
    '1 0 ExecutionStarted',
    '2 0 WaitStateEntered Wait',
    '3 0 ExecutionAborted',
  ]);
  expect(events[2]?.executionAbortedEventDetails).toEqual({ error: 'Operator', cause: 'enough' });
});

test('error and cause are cut to what the API can carry', async () => {
  const fail = { Type: 'Fail', Error: "{% $pad('', 300, 'e') %}", Cause: "{% $pad('', 40000, 'c') %}" };
  const { result } = await trial(machine({ Fail: fail }));
  expect(result).toEqual({ status: 'FAILED', error: 'e'.repeat(256), cause: 'c'.repeat(32_768) });
});
