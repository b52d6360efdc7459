import { expect, test } from 'vitest';
import { machine } from './harness.ts';
import { roleArn, testRegion } from './region.ts';

const pass = machine({ Only: { Type: 'Pass', End: true } });
const wait = machine({ Only: { Type: 'Wait', Seconds: 60, End: true } });
const arn = 'arn:aws:states:us-east-1:123456789012:stateMachine:machine';

test('a state machine is described as it was given, byte for byte', async () => {
  const region = testRegion();
  const definition = ` ${pass}\n`;
  expect(await region.ask('createStateMachine', { name: 'machine', definition, roleArn })).toEqual({
    stateMachineArn: arn,
    creationDate: new Date('2026-01-01T00:00:00.000Z'),
  });
  expect(await region.ask('describeStateMachine', { stateMachineArn: arn })).toEqual({
    stateMachineArn: arn,
    name: 'machine',
    status: 'ACTIVE',
    type: 'STANDARD',
    creationDate: new Date('2026-01-01T00:00:00.000Z'),
    definition,
    roleArn,
    loggingConfiguration: { level: 'OFF', includeExecutionData: false },
    tracingConfiguration: { enabled: false },
  });
});

test('a broken definition is refused with all its problems', async () => {
  const definition = machine({ Only: { Type: 'Pass', Next: 'Gone', Result: 1 } });
  await expect(testRegion().create(definition)).rejects.toMatchObject({
    code: 'InvalidDefinition',
    message:
      "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Field 'Result' belongs to JSONPath; this state machine is JSONata at /States/Only/Result, SCHEMA_VALIDATION_FAILED: There is no state 'Gone' in this scope to go to at /States/Only/Next, SCHEMA_VALIDATION_FAILED: No reachable state ends: there is no End, Succeed or Fail at /States'",
  });
});

test('creating the same again gives the same, and anything else under the name is refused', async () => {
  const region = testRegion();
  await region.create(pass);
  await region.clock.advance(60_000);
  expect(await region.ask('createStateMachine', { name: 'machine', definition: pass, roleArn })).toEqual({
    stateMachineArn: arn,
    creationDate: new Date('2026-01-01T00:00:00.000Z'),
  });
  await expect(region.create(wait)).rejects.toMatchObject({
    code: 'StateMachineAlreadyExists',
    message: `State Machine Already Exists: '${arn}'`,
  });
});

test.each([
  [{ name: 'with space' }, 'InvalidName'],
  [{ name: 'x'.repeat(81) }, 'InvalidName'],
  [{ roleArn: 'arn:aws:iam::123456789012:user/me' }, 'InvalidArn'],
  [{ type: 'EXPRESS' }, 'NotImplementedByEmbeddedRegion'],
  [{ loggingConfiguration: { level: 'ALL' } }, 'InvalidLoggingConfiguration'],
  [{ surprise: true }, 'NotImplementedByEmbeddedRegion'],
  [{ versionDescription: 'first' }, 'ValidationException'],
])('creating with %j is refused: %s', async (fields, code) => {
  await expect(testRegion().create(pass, fields)).rejects.toMatchObject({ code });
});

test('an update changes what it names, and gives a new revision', async () => {
  const region = testRegion();
  await region.create(pass);
  const { revisionId } = await region.ask('updateStateMachine', { stateMachineArn: arn, definition: wait });
  expect(await region.ask('describeStateMachine', { stateMachineArn: arn })).toMatchObject({
    definition: wait,
    roleArn,
    revisionId,
  });
  await expect(region.ask('updateStateMachine', { stateMachineArn: arn })).rejects.toMatchObject({
    code: 'MissingRequiredParameter',
  });
});

test('an update does not change a running execution, whose definition stays to be read', async () => {
  const region = testRegion();
  await region.create(wait);
  const executionArn = await region.start(arn);
  await region.ask('updateStateMachine', { stateMachineArn: arn, definition: pass, roleArn: `${roleArn}-2` });
  await region.clock.drive(region.sfn.ended(executionArn));
  const description = await region.ask('describeExecution', { executionArn });
  expect(description).toMatchObject({ status: 'SUCCEEDED', stopDate: new Date('2026-01-01T00:01:00.000Z') });
  const shown = await region.ask('describeStateMachineForExecution', { executionArn });
  expect(shown).toMatchObject({ stateMachineArn: arn, name: 'machine', definition: wait, roleArn });
});

test('a version keeps its definition, and an execution of it runs that', async () => {
  const region = testRegion();
  await region.create(pass);
  const { stateMachineVersionArn } = await region.ask('publishStateMachineVersion', { stateMachineArn: arn });
  await region.ask('updateStateMachine', { stateMachineArn: arn, definition: wait, publish: true });
  expect(stateMachineVersionArn).toBe(`${arn}:1`);
  expect(await region.ask('listStateMachineVersions', { stateMachineArn: arn })).toMatchObject({
    stateMachineVersions: [{ stateMachineVersionArn: `${arn}:2` }, { stateMachineVersionArn: `${arn}:1` }],
  });
  expect(await region.ask('describeStateMachine', { stateMachineArn: `${arn}:1` })).toMatchObject({
    definition: pass,
  });
  const description = await region.finish(`${arn}:1`);
  expect(description).toMatchObject({
    stateMachineArn: arn,
    stateMachineVersionArn: `${arn}:1`,
    stopDate: new Date('2026-01-01T00:00:00.000Z'),
  });
});

test('publishing twice without a change gives the same version', async () => {
  const region = testRegion();
  await region.create(pass, { publish: true });
  expect(await region.ask('publishStateMachineVersion', { stateMachineArn: arn })).toMatchObject({
    stateMachineVersionArn: `${arn}:1`,
  });
});

test('a deleted state machine ends its executions at their next transition, and goes with the last', async () => {
  const region = testRegion();
  const twice = machine({
    One: { Type: 'Wait', Seconds: 60, Next: 'Two' },
    Two: { Type: 'Pass', End: true },
  });
  await region.create(twice);
  const executionArn = await region.start(arn);
  await region.ask('deleteStateMachine', { stateMachineArn: arn });
  expect(await region.ask('describeStateMachine', { stateMachineArn: arn })).toMatchObject({
    status: 'DELETING',
  });
  await expect(region.start(arn)).rejects.toMatchObject({ code: 'StateMachineDeleting' });
  await region.clock.drive(region.sfn.ended(executionArn));
  expect(await region.ask('describeExecution', { executionArn })).toMatchObject({ status: 'ABORTED' });
  await expect(region.ask('describeStateMachine', { stateMachineArn: arn })).rejects.toMatchObject({
    code: 'StateMachineDoesNotExist',
    message: `State Machine Does Not Exist: '${arn}'`,
  });
  expect(await region.ask('deleteStateMachine', { stateMachineArn: arn })).toEqual({});
});

test('state machines are listed by name, in pages', async () => {
  const region = testRegion();
  for (const name of ['b', 'a', 'c']) await region.create(pass, { name });
  const first = await region.ask<{ nextToken: string }>('listStateMachines', { maxResults: 2 });
  expect(first).toMatchObject({ stateMachines: [{ name: 'a' }, { name: 'b' }] });
  const second = await region.ask('listStateMachines', { maxResults: 2, nextToken: first.nextToken });
  expect(second).toEqual({ stateMachines: [expect.objectContaining({ name: 'c' })] });
  await expect(region.ask('listStateMachines', { nextToken: 'mine' })).rejects.toMatchObject({
    code: 'InvalidToken',
  });
});

test('a definition can be validated without being created', async () => {
  const region = testRegion();
  expect(await region.ask('validateStateMachineDefinition', { definition: pass })).toEqual({
    result: 'OK',
    diagnostics: [],
    truncated: false,
  });
  expect(await region.ask('validateStateMachineDefinition', { definition: '{}' })).toMatchObject({
    result: 'FAIL',
    diagnostics: [
      {
        severity: 'ERROR',
        code: 'SCHEMA_VALIDATION_FAILED',
        location: '/',
        message: 'These fields are required: [StartAt, States]',
      },
      { location: '/QueryLanguage' },
    ],
  });
});

test('tags are put, shown and taken away', async () => {
  const region = testRegion();
  await region.create(pass, { tags: [{ key: 'a', value: '1' }] });
  await region.ask('tagResource', { resourceArn: arn, tags: [{ key: 'b', value: '2' }] });
  await region.ask('untagResource', { resourceArn: arn, tagKeys: ['a'] });
  expect(await region.ask('listTagsForResource', { resourceArn: arn })).toEqual({
    tags: [{ key: 'b', value: '2' }],
  });
  await expect(region.ask('listTagsForResource', { resourceArn: `${arn}x` })).rejects.toMatchObject({
    code: 'ResourceNotFound',
  });
});

test.each([
  'redriveExecution',
  'createStateMachineAlias',
  'startSyncExecution',
  'createActivity',
  'listMapRuns',
])('%s is loudly not played', async (operation) => {
  await expect(testRegion().ask(operation)).rejects.toMatchObject({ code: 'NotImplementedByEmbeddedRegion' });
});
