import { expect, test } from 'vitest';
import { call, lines, machine, outputOf, trial } from './harness.ts';

const choices = (fields: object = {}): string =>
  machine({
    'What is it?': {
      Type: 'Choice',
      Choices: [
        {
          Condition: "{% $states.input.action = 'resume' %}",
          Next: 'Resume',
          Output: 'first rule',
          Assign: { rule: 1 },
        },
        { Condition: "{% $states.input.action = 'hold' %}", Next: 'Hold' },
      ],
      Assign: { rule: 0 },
      Output: 'default',
      ...fields,
    },
    Resume: { Type: 'Succeed', Output: { input: '{% $states.input %}', rule: '{% $rule %}' } },
    Hold: { Type: 'Succeed' },
  });

test('the first rule whose condition is true decides where to go, and what goes there', async () => {
  expect(outputOf(await trial(choices(), { input: { action: 'resume' } }))).toEqual({
    input: 'first rule',
    rule: 1,
  });
});

test('a rule without Output passes the input on, whatever the state itself says', async () => {
  expect(outputOf(await trial(choices(), { input: { action: 'hold' } }))).toEqual({ action: 'hold' });
});

test('Default takes the output and the variables of the state itself', async () => {
  const run = await trial(choices({ Default: 'Resume' }), { input: { action: 'other' } });
  expect(outputOf(run)).toEqual({ input: 'default', rule: 0 });
});

test('no rule and no Default is States.NoChoiceMatched', async () => {
  const { result } = await trial(choices(), { input: { action: 'other' } });
  expect(result).toMatchObject({ status: 'FAILED', error: 'States.NoChoiceMatched' });
});

test('a condition that is no boolean fails in the words of AWS', async () => {
  const rule = { Condition: '{% $states.input.n %}', Next: 'End' };
  const text = machine({ Only: { Type: 'Choice', Choices: [rule] }, End: { Type: 'Succeed' } });
  const { result } = await trial(text, { input: { n: 1 } });
  expect(result).toEqual({
    status: 'FAILED',
    error: 'States.QueryEvaluationError',
    cause:
      "An error occurred while executing the state 'Only' (entered at the event id #2). The JSONata expression '$states.input.n' specified for the field 'Choices[0]/Condition' returned an unexpected result type. Expected 'boolean', but was 'number' for value: 1",
  });
});

test.each([
  [{ Seconds: 90 }, 90],
  [{ Seconds: 0 }, 0],
  [{ Seconds: '{% $states.input.seconds %}' }, 7],
  [{ Timestamp: '2026-01-01T00:01:40Z' }, 100],
  [{ Timestamp: '2026-01-01T01:00:30.500+01:00' }, 30.5],
  [{ Timestamp: '{% $states.input.at %}' }, 5],
  [{ Timestamp: '2020-01-01T00:00:00Z' }, 0],
])('Wait %j takes %d seconds', async (fields, expected) => {
  const text = machine({ Wait: { Type: 'Wait', ...fields, End: true } });
  const input = { seconds: 7, at: '2026-01-01T00:00:05Z' };
  const run = await trial(text, { input });
  expect(run.seconds).toBe(expected);
  expect(outputOf(run)).toEqual(input);
});

test.each([
  [{ Seconds: '{% -1 %}' }, "The value -1 of the field 'Seconds' is not an integer from 0 to 99999999."],
  [{ Seconds: '{% 1.5 %}' }, "The value 1.5 of the field 'Seconds' is not an integer from 0 to 99999999."],
  [{ Timestamp: '{% "tomorrow" %}' }, 'is not an ISO 8601 timestamp'],
])('Wait %j fails', async (fields, reason) => {
  const { result } = await trial(machine({ Wait: { Type: 'Wait', ...fields, End: true } }));
  expect(result).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
  expect(result).toHaveProperty('cause', expect.stringContaining(reason));
});

test('Wait is scaled by the profile, and every transition takes its delay', async () => {
  const text = machine({ Wait: { Type: 'Wait', Seconds: 100, Next: 'End' }, End: { Type: 'Succeed' } });
  const { seconds } = await trial(text, { delays: { waitScale: 0.1, stateTransition: 30 } });
  expect(seconds).toBe(10.06);
});

test('Fail gives its error and cause, which may be expressions', async () => {
  const fail = {
    Type: 'Fail',
    Error: '{% $states.input.name %}',
    Cause: "{% 'because ' & $states.input.why %}",
  };
  const { result, events } = await trial(machine({ Fail: fail }), { input: { name: 'Lost', why: 'so' } });
  expect(result).toEqual({ status: 'FAILED', error: 'Lost', cause: 'because so' });
  expect(lines(events)).toEqual(['1 0 ExecutionStarted', '2 0 FailStateEntered Fail', '3 2 ExecutionFailed']);
});

test('Fail may leave both out', async () => {
  const { result } = await trial(machine({ Fail: { Type: 'Fail' } }));
  expect(result).toEqual({ status: 'FAILED' });
});

test('Succeed ends the machine with its Output', async () => {
  const { events } = await trial(machine({ Done: { Type: 'Succeed', Output: { ok: true } } }));
  expect(lines(events)).toEqual([
    '1 0 ExecutionStarted',
    '2 0 SucceedStateEntered Done',
    '3 2 SucceedStateExited Done',
    '4 3 ExecutionSucceeded',
  ]);
  expect(events[3]?.executionSucceededEventDetails).toEqual({
    output: '{"ok":true}',
    outputDetails: { truncated: false },
  });
});

test('the time-out of the machine ends whatever runs', async () => {
  const text = machine({ Wait: { Type: 'Wait', Seconds: 100, End: true } }, { TimeoutSeconds: 60 });
  const { result, events, seconds } = await trial(text);
  expect({ result, seconds }).toEqual({ result: { status: 'TIMED_OUT' }, seconds: 60 });
  expect(lines(events)).toEqual([
    '1 0 ExecutionStarted',
    '2 0 WaitStateEntered Wait',
    '3 0 ExecutionTimedOut',
  ]);
});

test('the time-out of the machine ends a task too, and its late answer changes nothing', async () => {
  let answer = (_: string): void => {};
  const late = new Promise<string>((resolve) => {
    answer = resolve;
  });
  const text = machine({ Ask: call('late', { End: true }) }, { TimeoutSeconds: 5 });
  const { result, events } = await trial(text, { functions: { late: () => late } });
  answer('too late');
  await late;
  expect(result).toEqual({ status: 'TIMED_OUT' });
  expect(events.at(-1)?.type).toBe('ExecutionTimedOut');
});
