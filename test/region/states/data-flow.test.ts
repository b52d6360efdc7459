import { expect, test } from 'vitest';
import { call, machine, outputOf, trial } from './harness.ts';

const pass = (fields: object): object => ({ Type: 'Pass', End: true, ...fields });

test.each([
  ['without Output the input goes on', {}, { a: 1 }],
  ['a literal is the output', { Output: { kept: [1, null, true] } }, { kept: [1, null, true] }],
  ['an expression may be the whole output', { Output: '{% $states.input.a + 1 %}' }, 2],
  [
    'expressions may stand anywhere inside',
    { Output: { list: [{ a: '{% $states.input.a %}' }] } },
    { list: [{ a: 1 }] },
  ],
  [
    'a string that only contains braces is a literal',
    { Output: 'say {% $states.input.a %}' },
    'say {% $states.input.a %}',
  ],
  ['null is a value', { Output: '{% null %}' }, null],
  ['a sequence of one value is that value', { Output: '{% [1, 2, 3][$ > 2] %}' }, 3],
  ['a sequence of one value stays a list with []', { Output: '{% [1, 2, 3][$ > 2][] %}' }, [3]],
  ['a list given as a list stays one', { Output: '{% [$states.input.a] %}' }, [1]],
  [
    'a field without a value is left out of an object',
    { Output: '{% {"b": $states.input.missing, "a": 1} %}' },
    { a: 1 },
  ],
])('%s', async (_, fields, expected) => {
  expect(outputOf(await trial(machine({ Only: pass(fields) }), { input: { a: 1 } }))).toEqual(expected);
});

test('an expression that keeps a list a list leaves no mark on the list for the next expression', async () => {
  const states = {
    First: {
      Type: 'Pass',
      Output: { kept: '{% $states.input.list[] %}', list: '{% $states.input.list %}' },
      Next: 'Second',
    },
    Second: pass({ Output: '{% $states.input.list[a = 1] %}' }),
  };
  expect(outputOf(await trial(machine(states), { input: { list: [{ a: 1 }] } }))).toEqual({ a: 1 });
});

test('variables stand from the next state on, while Assign and Output of their own state see the old ones', async () => {
  const states = {
    First: { Type: 'Pass', Assign: { n: 1 }, Next: 'Second' },
    Second: {
      Type: 'Pass',
      Assign: { n: '{% $n + 1 %}', was: '{% $n %}' },
      Output: '{% $n %}',
      Next: 'Third',
    },
    Third: pass({ Output: { n: '{% $n %}', was: '{% $was %}', input: '{% $states.input %}' } }),
  };
  expect(outputOf(await trial(machine(states)))).toEqual({ n: 2, was: 1, input: 1 });
});

test('assigned variables are shown as JSON text in the event that leaves the state', async () => {
  const { events } = await trial(machine({ Only: pass({ Assign: { x: 42, s: 'text' } }) }));
  expect(events[2]?.stateExitedEventDetails?.assignedVariables).toEqual({ x: '42', s: '"text"' });
  expect(events[2]?.stateExitedEventDetails?.assignedVariablesDetails).toEqual({ truncated: false });
});

test('inside a Map and a Parallel the outer variables are seen, and inner ones end with their scope', async () => {
  const inner = { Type: 'Pass', Assign: { own: '{% $outer + $states.input %}' }, Next: 'Show' };
  const show = pass({ Output: '{% $own %}' });
  const states = {
    Begin: { Type: 'Pass', Assign: { outer: 10 }, Output: [1, 2], Next: 'Each' },
    Each: {
      Type: 'Map',
      ItemProcessor: { StartAt: 'Add', States: { Add: inner, Show: show } },
      Next: 'After',
    },
    After: pass({ Output: { results: '{% $states.input %}', seen: '{% $exists($own) %}' } }),
  };
  expect(outputOf(await trial(machine(states)))).toEqual({ results: [11, 12], seen: false });
});

test('the context object tells execution, state machine, state and retries', async () => {
  const states = {
    Ask: call('echo', {
      Arguments: { FunctionName: 'echo', Payload: '{% $states.context %}' },
      Output: '{% $states.result.Payload %}',
      End: true,
    }),
  };
  const run = await trial(machine(states), { input: { a: 1 }, functions: { echo: (payload) => payload } });
  expect(outputOf(run)).toEqual({
    Execution: {
      Id: 'arn:aws:states:us-east-1:123456789012:execution:machine:run',
      Name: 'run',
      Input: { a: 1 },
      RoleArn: 'arn:aws:iam::123456789012:role/machine',
      StartTime: '2026-01-01T00:00:00.000Z',
      RedriveCount: 0,
    },
    StateMachine: { Id: 'arn:aws:states:us-east-1:123456789012:stateMachine:machine', Name: 'machine' },
    State: { Name: 'Ask', EnteredTime: '2026-01-01T00:00:00.000Z', RetryCount: 0 },
  });
});

test.each([
  ['$partition([1,2,3,4,5], 2)', [[1, 2], [3, 4], [5]]],
  ['$partition([0], 3)', [[0]]],
  ['$range(0, 9, 3)', [0, 3, 6, 9]],
  ['$range(0, 10, 3)', [0, 3, 6, 9]],
  ['$range(3, 1, -1)', [3, 2, 1]],
  ['$range(1, 9, 9)', 1],
  ["$hash('abc', 'SHA-256')", 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ["$hash('abc', 'MD5')", '900150983cd24fb0d6963f7d28e17f72'],
  ['$parse(\'{"a": [1]}\')', { a: [1] }],
  ['$random(7) = $random(7)', true],
  ['$uuid()', '80808080-8080-4080-8080-808080808080'],
  ['$now()', '2026-01-01T00:00:00.000Z'],
  ["$now('[Y0001]-[M01]')", '2026-01'],
  ['$millis()', 1_767_225_600_000],
])('%s is what Step Functions makes of it', async (expression, expected) => {
  const text = machine({ Only: pass({ Output: `{% ${expression} %}` }) });
  expect(outputOf(await trial(text))).toEqual(expected);
});

test.each([
  ['Output', '$missing', 'returned nothing (undefined).'],
  ['Output', '$states.input.a.b', 'returned nothing (undefined).'],
  ['Output', 'function($x) { $x }', 'returned an unsupported result type.'],
  ['Output', '$no()', 'threw an error during evaluation. T1006: Attempted to invoke a non-function'],
])('%s %s fails the execution: it %s', async (field, expression, reason) => {
  const states = { Before: { Type: 'Pass', Next: 'Only' }, Only: pass({ [field]: `{% ${expression} %}` }) };
  const { result, events } = await trial(machine(states));
  const cause = `An error occurred while executing the state 'Only' (entered at the event id #4). The JSONata expression '${expression}' specified for the field '${field}' ${reason}`;
  expect(result).toEqual({ status: 'FAILED', error: 'States.QueryEvaluationError', cause });
  expect(events.slice(4)).toMatchObject([
    {
      id: 5,
      previousEventId: 3,
      type: 'EvaluationFailed',
      evaluationFailedEventDetails: {
        error: 'States.QueryEvaluationError',
        cause,
        location: field,
        state: 'Only',
      },
    },
    { id: 6, previousEventId: 5, type: 'ExecutionFailed' },
  ]);
});

test('a failed expression is located by the path of its field', async () => {
  const text = machine({ Only: pass({ Assign: { ok: 1, result: { deep: '{% $missing %}' } } }) });
  const { events } = await trial(text);
  expect(events[2]?.evaluationFailedEventDetails?.location).toBe('Assign/result/deep');
});
