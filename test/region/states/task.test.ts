import { expect, test } from 'vitest';
import { call, failing, lines, machine, outputOf, trial } from './harness.ts';

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

test('a bug of the region is States.Runtime, which nothing catches', async () => {
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
