import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findDuplicateKeys } from '../../../region/states/json-keys.ts';
import { describeProblems, validateDefinition } from '../../../region/states/validate.ts';
import { call, lambda, machine } from './harness.ts';

/** The linter that the project uses elsewhere; it brings no types. */
const lint = createRequire(import.meta.url)('asl-validator') as (
  definition: unknown,
  options: object,
) => object;

/** Problems as `location: message`. */
function problemsOf(text: string): string[] {
  return validateDefinition(text).problems.map(({ location, message }) => `${location}: ${message}`);
}

const end = { Type: 'Pass', End: true };

const allTypes = {
  Task: call('f', { TimeoutSeconds: 5, HeartbeatSeconds: 1, Next: 'Choice' }),
  Choice: {
    Type: 'Choice',
    Choices: [{ Condition: '{% $states.input.a %}', Next: 'Wait' }],
    Default: 'Fail',
  },
  Wait: { Type: 'Wait', Seconds: 1, Next: 'Map' },
  Map: { Type: 'Map', ItemProcessor: { StartAt: 'Inner', States: { Inner: end } }, Next: 'Parallel' },
  Parallel: { Type: 'Parallel', Branches: [{ StartAt: 'Branch', States: { Branch: end } }], Next: 'Pass' },
  Pass: { Type: 'Pass', Assign: { a: 1 }, Next: 'Succeed' },
  Succeed: { Type: 'Succeed' },
  Fail: { Type: 'Fail', Error: '{% $states.input.e %}' },
};

test('a definition of all eight state types is accepted', () => {
  expect(problemsOf(machine(allTypes, { Comment: 'all', TimeoutSeconds: 60, Version: '1.0' }))).toEqual([]);
});

test('what the validator accepts, asl-validator accepts too', () => {
  const text = machine(allTypes, { Comment: 'all', TimeoutSeconds: 60, Version: '1.0' });
  expect(lint(JSON.parse(text), { checkArn: true, checkPaths: true })).toMatchObject({
    isValid: true,
    errors: [],
  });
});

test('all problems come at once, each with its place', () => {
  const states = {
    A: { Type: 'Pass', Next: 'Nowhere', Surprise: 1 },
    B: { Type: 'Wait', End: true },
    C: { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage', Next: 'A' },
  };
  expect(problemsOf(machine(states))).toEqual([
    "/States/A/Surprise: Field 'Surprise' is not supported",
    "/States/B: Exactly one of the fields 'Seconds' and 'Timestamp' is required",
    "/States/C/Resource: 'arn:aws:states:::sqs:sendMessage' is not played by the embedded region; played are arn:aws:states:::lambda:invoke, arn:aws:states:::lambda:invoke.waitForTaskToken, arn:aws:states:::states:startExecution, arn:aws:states:::states:startExecution.sync:2",
    "/States/A/Next: There is no state 'Nowhere' in this scope to go to",
    "/States/B: State 'B' is not reachable",
    "/States/C: State 'C' is not reachable",
    '/States: No reachable state ends: there is no End, Succeed or Fail',
  ]);
});

test('problems are worded as CreateStateMachine words them', () => {
  const { problems } = validateDefinition('{"QueryLanguage":"JSONata","StartAt":"A"}');
  expect(describeProblems(problems)).toBe(
    "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'",
  );
});

test.each([
  ['not json', '/', 'INVALID_JSON_DESCRIPTION'],
  ['[]', '/', 'SCHEMA_VALIDATION_FAILED'],
  [`"${'x'.repeat(1_048_576)}"`, '/', 'SCHEMA_VALIDATION_FAILED'],
])('%.12s is no definition', (text, location, code) => {
  expect(validateDefinition(text).problems).toMatchObject([{ location, code }]);
});

test('JSONPath is refused, whether by default, by name or by a field', () => {
  expect(problemsOf(JSON.stringify({ StartAt: 'A', States: { A: end } }))).toEqual([
    "/QueryLanguage: JSONPath, the default, is not played by the embedded region; set it to 'JSONata'",
  ]);
  expect(problemsOf(machine({ A: { ...end, QueryLanguage: 'JSONPath', InputPath: '$' } }))).toEqual([
    "/States/A/InputPath: Field 'InputPath' belongs to JSONPath; this state machine is JSONata",
    "/States/A: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
  ]);
});

test('what AWS knows and the region does not play is refused', () => {
  const each = {
    Type: 'Map',
    ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED' }, StartAt: 'A', States: { A: end } },
    ItemReader: {},
    End: true,
  };
  expect(problemsOf(machine({ Map: each }))).toEqual([
    "/States/Map/ItemReader: Field 'ItemReader' is not played by the embedded region",
    '/States/Map/ItemProcessor/ProcessorConfig: Only {"Mode": "INLINE"} is played by the embedded region',
  ]);
});

test('a state name is used once in the whole machine', () => {
  const each = { Type: 'Map', ItemProcessor: { StartAt: 'Map', States: { Map: end } }, End: true };
  expect(problemsOf(machine({ Map: each }))).toEqual([
    "/States/Map/ItemProcessor/States/Map: State name 'Map' is used at /States/Map as well",
  ]);
});

test('a state given twice in one object is found, though JSON.parse keeps one', () => {
  const text = `{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","End":true},"A":{"Type":"Succeed"}}}`;
  expect(problemsOf(text)).toEqual(["/States/A: Field or state 'A' is given twice in the same object"]);
});

test('JSON without keys given twice has none, whatever its strings look like', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(findDuplicateKeys(JSON.stringify(JSON.parse(text)))).toEqual([]);
    }),
  );
});

test.each([
  ['$states.result', 'Pass', '$states.result is not available in this field'],
  ['$states.errorOutput', 'Pass', '$states.errorOutput is not available in this field'],
  ['$states.inptu', 'Pass', '$states.inptu is not available in this field'],
  ['name', 'Pass', "'name' has no document to be read from; begin with $states"],
  ['$', 'Pass', '$ and $$ can not be used at the top level of an expression'],
  ["$eval('1')", 'Pass', '$eval is not supported; use $parse'],
  [
    '$states.input.',
    'Pass',
    "The JSONata expression '$states.input.' is broken: S0207: Unexpected end of expression",
  ],
])('{%% %s %%} in a %s is refused', (expression, _, message) => {
  expect(problemsOf(machine({ A: { ...end, Output: `{% ${expression} %}` } }))).toEqual([
    `/States/A/Output: ${message}`,
  ]);
});

test.each([
  '$states.input.list[kind = "a"].name',
  '$map($states.input.list, function($v) { $v.name })',
  '$states.input.list^(>price)',
  '$states.input.list{name: $sum(price)}',
  '$states.input.list.{"name": name, "all": $}',
  '$states.input ~> |list|{"price": price * 2}|',
  '($total := $sum($states.input.list.price); $total > 3)',
  '$states.context.Execution.Name & "-" & $variable',
])('{%% %s %%} is accepted', (expression) => {
  expect(problemsOf(machine({ A: { ...end, Output: `{% ${expression} %}` } }))).toEqual([]);
});

test('the result is for Output and Assign of a task, the error for its Catch', () => {
  const fields = {
    Assign: { a: '{% $states.result.Payload %}' },
    Output: '{% $states.result %}',
    Catch: [{ ErrorEquals: ['States.ALL'], Output: '{% $states.errorOutput.Error %}', Next: 'B' }],
    End: true,
  };
  expect(problemsOf(machine({ A: call('f', fields), B: end }))).toEqual([]);
  const wrong = call('f', {
    Catch: [{ ErrorEquals: ['States.ALL'], Output: '{% $states.result %}', Next: 'B' }],
    End: true,
  });
  expect(problemsOf(machine({ A: wrong, B: end }))).toEqual([
    '/States/A/Catch[0]/Output: $states.result is not available in this field',
  ]);
});

test('an inner scope cannot assign a variable of an outer one', () => {
  const Inner = { Type: 'Pass', Assign: { shared: 1, own: 2 }, End: true };
  const states = {
    Begin: { Type: 'Pass', Assign: { shared: 0 }, Next: 'Map' },
    Map: { Type: 'Map', ItemProcessor: { StartAt: 'Inner', States: { Inner } }, End: true },
  };
  expect(problemsOf(machine(states))).toEqual([
    "/States/Map/ItemProcessor/States/Inner/Assign/shared: Variable 'shared' belongs to an outer scope and can not be assigned here",
  ]);
});

test('States.ALL stands alone and last', () => {
  const Retry = [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['A', 'States.ALL'] }];
  const message = "'States.ALL' must stand alone and in the last rule";
  expect(problemsOf(machine({ A: call('f', { Retry, End: true }) }))).toEqual([
    `/States/A/Retry[0]/ErrorEquals: ${message}`,
    `/States/A/Retry[1]/ErrorEquals: ${message}`,
  ]);
});

test.each([
  [
    { Retry: [{ ErrorEquals: ['A'], IntervalSeconds: 0 }] },
    '/States/A/Retry[0]/IntervalSeconds: Expected an integer from 1',
  ],
  [
    { Retry: [{ ErrorEquals: ['A'], BackoffRate: 0.5 }] },
    '/States/A/Retry[0]/BackoffRate: Expected a number from 1.0',
  ],
  [
    { Retry: [{ ErrorEquals: [] }] },
    '/States/A/Retry[0]/ErrorEquals: Expected a list of at least one error name',
  ],
  [
    { Retry: [{ ErrorEquals: ['A'], MaxDelaySeconds: 5, IntervalSeconds: 5 }] },
    '/States/A/Retry[0]/MaxDelaySeconds: Must be greater than IntervalSeconds',
  ],
  [{ TimeoutSeconds: 0 }, '/States/A/TimeoutSeconds: Expected an integer from 1 or a JSONata expression'],
  [
    { TimeoutSeconds: 5, HeartbeatSeconds: 5 },
    '/States/A/HeartbeatSeconds: Must be smaller than TimeoutSeconds',
  ],
  [
    { Arguments: { FunctionName: 'f', Paylod: 1 } },
    "/States/A/Arguments/Paylod: Field 'Paylod' is not supported",
  ],
  [{ Arguments: { Payload: 1 } }, '/States/A/Arguments: These fields are required: [FunctionName]'],
  [
    { Output: ' {% 1 %}' },
    '/States/A/Output: A JSONata string must begin with {% and end with %}, without space around',
  ],
  [{ Assign: { states: 1 } }, "/States/A/Assign/states: 'states' is reserved"],
  [{ Assign: { 'a-b': 1 } }, "/States/A/Assign/a-b: 'a-b' is not a variable name"],
])('a task with %j is refused', (fields, problem) => {
  const task = { Type: 'Task', Resource: lambda, Arguments: { FunctionName: 'f' }, End: true, ...fields };
  expect(problemsOf(machine({ A: task }))).toEqual([problem]);
});

test('a state ends or goes on, never both nor neither', () => {
  const message = "Exactly one of the fields 'Next' and 'End' is required";
  const problems = problemsOf(machine({ A: { Type: 'Pass', Next: 'B', End: true }, B: { Type: 'Pass' } }));
  expect(problems).toEqual([`/States/A: ${message}`, `/States/B: ${message}`]);
});

test('a literal timestamp is one', () => {
  expect(problemsOf(machine({ A: { Type: 'Wait', Timestamp: 'tomorrow', End: true } }))).toEqual([
    '/States/A/Timestamp: Expected an RFC 3339 timestamp or a JSONata expression',
  ]);
});
