import { expect, test } from 'vitest';
import { call, failing, lines, machine, outputOf, silent, trial } from './harness.ts';

const passItem = { StartAt: 'Item', States: { Item: { Type: 'Pass', End: true } } };
const each = (fields: object = {}): object => ({
  Type: 'Map',
  ItemProcessor: passItem,
  End: true,
  ...fields,
});
const waits = (seconds: string | number): object => ({
  StartAt: 'Item',
  States: { Item: { Type: 'Wait', Seconds: seconds, End: true } },
});
const asks = (fields: object = {}): object => ({
  StartAt: 'Ask',
  States: {
    Ask: call('f', {
      Arguments: { FunctionName: 'f', Payload: '{% $states.input %}' },
      End: true,
      ...fields,
    }),
  },
});

test('a Map runs over its input, one after another where MaxConcurrency says so', async () => {
  const run = await trial(machine({ Each: each({ MaxConcurrency: 1 }) }), { input: ['a', 'b'] });
  expect(outputOf(run)).toEqual(['a', 'b']);
  expect(lines(run.events)).toEqual([
    '1 0 ExecutionStarted',
    '2 0 MapStateEntered Each',
    '3 2 MapStateStarted',
    '4 3 MapIterationStarted Each 0',
    '5 4 PassStateEntered Item',
    '6 5 PassStateExited Item',
    '7 6 MapIterationSucceeded Each 0',
    '8 6 MapIterationStarted Each 1',
    '9 8 PassStateEntered Item',
    '10 9 PassStateExited Item',
    '11 10 MapIterationSucceeded Each 1',
    '12 11 MapStateSucceeded',
    '13 11 MapStateExited Each',
    '14 13 ExecutionSucceeded',
  ]);
  expect(run.events[2]?.mapStateStartedEventDetails).toEqual({ length: 2 });
});

test('Items are chosen and shaped, each with its index and value', async () => {
  const ItemSelector = {
    at: '{% $states.context.Map.Item.Index %}',
    is: '{% $states.context.Map.Item.Value %}',
    of: '{% $states.input.name %}',
  };
  const ItemProcessor = {
    StartAt: 'Item',
    States: {
      Item: { Type: 'Pass', Output: '{% [$states.input, $states.context.Map.Item.Index] %}', End: true },
    },
  };
  const text = machine({ Each: each({ Items: '{% $states.input.list %}', ItemSelector, ItemProcessor }) });
  expect(outputOf(await trial(text, { input: { name: 'n', list: ['a', 'b'] } }))).toEqual([
    [{ at: 0, is: 'a', of: 'n' }, 0],
    [{ at: 1, is: 'b', of: 'n' }, 1],
  ]);
});

test('a Map inside a Map sees its own item', async () => {
  const inner = {
    StartAt: 'Inner',
    States: {
      Inner: each({
        ItemProcessor: {
          StartAt: 'Item',
          States: { Item: { Type: 'Pass', Output: '{% $states.context.Map.Item.Value %}', End: true } },
        },
      }),
    },
  };
  const run = await trial(machine({ Each: each({ ItemProcessor: inner }) }), { input: [[1, 2], [3]] });
  expect(outputOf(run)).toEqual([[1, 2], [3]]);
});

test('an empty Map succeeds with an empty list', async () => {
  const run = await trial(machine({ Each: each() }), { input: [] });
  expect(outputOf(run)).toEqual([]);
  expect(lines(run.events).slice(2)).toEqual([
    '3 2 MapStateStarted',
    '4 3 MapStateSucceeded',
    '5 3 MapStateExited Each',
    '6 5 ExecutionSucceeded',
  ]);
});

test.each([
  [1, 6],
  [2, 4],
  [0, 3],
  ['{% 2 %}', 4],
])(
  'MaxConcurrency %j over waits of 1, 2 and 3 seconds takes %d seconds',
  async (MaxConcurrency, expected) => {
    const text = machine({ Each: each({ MaxConcurrency, ItemProcessor: waits('{% $states.input %}') }) });
    const run = await trial(text, { input: [1, 2, 3] });
    expect(outputOf(run)).toEqual([1, 2, 3]);
    expect(run.seconds).toBe(expected);
  },
);

test('never more than 40 iterations run side by side', async () => {
  const text = machine({ Each: each({ ItemProcessor: waits(1) }) });
  const run = await trial(text, { input: Array.from({ length: 41 }, (_, index) => index) });
  expect(run.seconds).toBe(2);
});

test.each([
  [
    '{% $states.input.n %}',
    "The JSONata expression '$states.input.n' specified for the field 'Items' returned an unexpected result type. Expected 'array', but was 'number' for value: 1",
  ],
  [undefined, 'Map state input must be an array but was: {"n":1}'],
])('Items %j that are no list fail', async (Items, reason) => {
  const run = await trial(machine({ Each: each(Items === undefined ? {} : { Items }) }), { input: { n: 1 } });
  const cause = `An error occurred while executing the state 'Each' (entered at the event id #2). ${reason}`;
  expect(run.result).toEqual({ status: 'FAILED', error: 'States.QueryEvaluationError', cause });
  expect(lines(run.events).slice(2)).toEqual([
    '3 0 EvaluationFailed',
    '4 3 MapStateFailed',
    '5 4 ExecutionFailed',
  ]);
});

test('one failed iteration fails the Map and ends the others', async () => {
  const f = (payload: unknown): Promise<never> | never =>
    payload === 0
      ? (failing('Lost')(null, {} as never) as never)
      : (silent(null, {} as never) as Promise<never>);
  const text = machine({ Each: each({ ItemProcessor: asks() }) });
  const run = await trial(text, { input: [0, 1], functions: { f } });
  expect(run.result).toEqual({ status: 'FAILED', error: 'Lost', cause: 'said so' });
  expect(lines(run.events).slice(3)).toEqual([
    '4 3 MapIterationStarted Each 0',
    '5 3 MapIterationStarted Each 1',
    '6 4 TaskStateEntered Ask',
    '7 5 TaskStateEntered Ask',
    '8 6 TaskScheduled',
    '9 8 TaskStarted',
    '10 7 TaskScheduled',
    '11 10 TaskStarted',
    '12 9 TaskFailed',
    '13 12 MapIterationFailed Each 0',
    '14 12 TaskStateAborted',
    '15 12 MapIterationAborted Each 1',
    '16 12 TaskStateAborted',
    '17 12 MapStateFailed',
    '18 17 ExecutionFailed',
  ]);
});

test('a retried Map starts all over, and a caught one goes on', async () => {
  const fail = { StartAt: 'Item', States: { Item: { Type: 'Fail', Error: 'Lost' } } };
  const text = machine({
    Each: {
      Type: 'Map',
      ItemProcessor: fail,
      Retry: [{ ErrorEquals: ['Lost'], MaxAttempts: 1 }],
      Catch: [{ ErrorEquals: ['Lost'], Next: 'Done' }],
      End: true,
    },
    Done: { Type: 'Succeed' },
  });
  const run = await trial(text, { input: [1] });
  expect(outputOf(run)).toEqual({ Error: 'Lost', Cause: null });
  expect(lines(run.events).slice(2)).toEqual([
    '3 2 MapStateStarted',
    '4 3 MapIterationStarted Each 0',
    '5 4 FailStateEntered Item',
    '6 5 MapIterationFailed Each 0',
    '7 5 MapStateStarted',
    '8 7 MapIterationStarted Each 0',
    '9 8 FailStateEntered Item',
    '10 9 MapIterationFailed Each 0',
    '11 9 MapStateFailed',
    '12 11 MapStateExited Each',
    '13 12 SucceedStateEntered Done',
    '14 13 SucceedStateExited Done',
    '15 14 ExecutionSucceeded',
  ]);
  expect(run.usage).toEqual({ transitions: 5, taskInvocations: 0 });
});

const odd = (payload: unknown): number => {
  if (Number(payload) % 2 === 1) failing('Odd')(null, {} as never);
  return Number(payload);
};

test.each([
  [{ ToleratedFailureCount: 2 }, 'SUCCEEDED'],
  [{ ToleratedFailureCount: 1 }, 'FAILED'],
  [{ ToleratedFailurePercentage: 50 }, 'SUCCEEDED'],
  [{ ToleratedFailurePercentage: 49 }, 'FAILED'],
  [{ ToleratedFailureCount: 2, ToleratedFailurePercentage: 25 }, 'FAILED'],
  [{ ToleratedFailureCount: '{% 2 %}' }, 'SUCCEEDED'],
])('two failures of four with %j: %s', async (tolerance, status) => {
  const ItemProcessor = asks({ Output: '{% $states.result.Payload %}' });
  const text = machine({ Each: each({ ...tolerance, ItemProcessor, MaxConcurrency: 1 }) });
  const { result } = await trial(text, { input: [0, 1, 2, 3], functions: { f: odd } });
  expect(result).toMatchObject(
    status === 'FAILED'
      ? { status, error: 'States.ExceedToleratedFailureThreshold' }
      : { status, output: [0, { Error: 'Odd', Cause: 'said so' }, 2, { Error: 'Odd', Cause: 'said so' }] },
  );
});

test('a Parallel gives the outputs of its branches in their order, as late as the slowest', async () => {
  const text = machine({
    Both: {
      Type: 'Parallel',
      Arguments: { shared: '{% $states.input.a %}' },
      Branches: [
        { StartAt: 'Slow', States: { Slow: { Type: 'Wait', Seconds: 9, End: true } } },
        {
          StartAt: 'Quick',
          States: { Quick: { Type: 'Pass', Output: '{% $states.input.shared %}', End: true } },
        },
      ],
      Output: '{% $states.result %}',
      End: true,
    },
  });
  const run = await trial(text, { input: { a: 1 } });
  expect({ output: outputOf(run), seconds: run.seconds }).toEqual({ output: [{ shared: 1 }, 1], seconds: 9 });
  expect(lines(run.events)).toEqual([
    '1 0 ExecutionStarted',
    '2 0 ParallelStateEntered Both',
    '3 2 ParallelStateStarted',
    '4 3 WaitStateEntered Slow',
    '5 3 PassStateEntered Quick',
    '6 5 PassStateExited Quick',
    '7 4 WaitStateExited Slow',
    '8 7 ParallelStateSucceeded',
    '9 7 ParallelStateExited Both',
    '10 9 ExecutionSucceeded',
  ]);
});

test('a failed branch ends the others, with what they were in the middle of', async () => {
  const text = machine({
    Both: {
      Type: 'Parallel',
      Branches: [
        { StartAt: 'Slow', States: { Slow: { Type: 'Wait', Seconds: 9, End: true } } },
        { StartAt: 'Bad', States: { Bad: { Type: 'Fail', Error: 'Lost', Cause: 'so' } } },
        {
          StartAt: 'Deep',
          States: {
            Deep: each({
              Items: [1],
              ItemProcessor: { StartAt: 'Late', States: { Late: { Type: 'Wait', Seconds: 9, End: true } } },
            }),
          },
        },
      ],
      Catch: [{ ErrorEquals: ['Lost'], Next: 'Done' }],
      End: true,
    },
    Done: { Type: 'Succeed' },
  });
  const run = await trial(text);
  expect({ output: outputOf(run), seconds: run.seconds }).toEqual({
    output: { Error: 'Lost', Cause: 'so' },
    seconds: 0,
  });
  const types = run.events.map(({ type }) => type);
  expect(types.filter((type) => type?.endsWith('Aborted')).sort()).toEqual([
    'MapStateAborted',
    'WaitStateAborted',
  ]);
  expect(types.slice(-5)).toEqual([
    'ParallelStateFailed',
    'ParallelStateExited',
    'SucceedStateEntered',
    'SucceedStateExited',
    'ExecutionSucceeded',
  ]);
});

test('no events follow the end of a branch that was ended by its sibling', async () => {
  const wait = {
    StartAt: 'Slow',
    States: { Slow: { Type: 'Wait', Seconds: 1, Next: 'After' }, After: { Type: 'Pass', End: true } },
  };
  const bad = {
    StartAt: 'Soon',
    States: { Soon: { Type: 'Wait', Seconds: 1, Next: 'Bad' }, Bad: { Type: 'Fail' } },
  };
  const text = machine({ Both: { Type: 'Parallel', Branches: [wait, bad], End: true } });
  const run = await trial(text);
  expect(run.events.at(-1)?.type).toBe('ExecutionFailed');
  expect(run.events.map(({ id }) => id)).toEqual(run.events.map((_, index) => index + 1));
});
