import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { expect, test } from 'vitest';
import { call, machine } from './harness.ts';
import { roleArn, testRegion } from './region.ts';

const pass = machine({ Only: { Type: 'Pass', End: true } });
const wait = machine({ Only: { Type: 'Wait', Seconds: 60, End: true } });
const prefix = 'arn:aws:states:us-east-1:123456789012';

test('an execution is described from its start to its end', async () => {
  const region = testRegion();
  const arn = await region.create(wait);
  const started = await region.ask('startExecution', {
    stateMachineArn: arn,
    name: 'one',
    input: '{"a": 1}',
  });
  const executionArn = `${prefix}:execution:machine:one`;
  const startDate = new Date('2026-01-01T00:00:00.000Z');
  expect(started).toEqual({ executionArn, startDate });
  const running = {
    executionArn,
    stateMachineArn: arn,
    name: 'one',
    status: 'RUNNING',
    startDate,
    redriveCount: 0,
    redriveStatus: 'NOT_REDRIVABLE',
    redriveStatusReason: 'Execution is RUNNING and cannot be redriven',
    input: '{"a": 1}',
    inputDetails: { included: true },
  };
  expect(await region.ask('describeExecution', { executionArn })).toEqual(running);
  await region.clock.drive(region.sfn.ended(executionArn));
  expect(await region.ask('describeExecution', { executionArn })).toEqual({
    ...running,
    status: 'SUCCEEDED',
    stopDate: new Date('2026-01-01T00:01:00.000Z'),
    redriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven',
    output: '{"a":1}',
    outputDetails: { included: true },
  });
});

test('the same name and input as a running execution is the same start', async () => {
  const region = testRegion();
  const stateMachineArn = await region.create(wait);
  const input = { stateMachineArn, name: 'one', input: '{"a":1}' };
  const first = await region.ask('startExecution', input);
  await region.clock.advance(10_000);
  expect(await region.ask('startExecution', input)).toEqual(first);
  expect(region.events.filter(({ detail }) => detail.status === 'RUNNING')).toHaveLength(1);
});

test('another input under the name of a running execution is refused', async () => {
  const region = testRegion();
  const arn = await region.create(wait);
  await region.start(arn, { name: 'one', input: '{"a":1}' });
  await expect(region.start(arn, { name: 'one', input: '{"a":2}' })).rejects.toMatchObject({
    code: 'ExecutionAlreadyExists',
    message: `Execution Already Exists: '${prefix}:execution:machine:one'`,
  });
});

test('the name of an ended execution stays taken for 90 days', async () => {
  const region = testRegion();
  const arn = await region.create(pass);
  await region.finish(arn, { name: 'one' });
  const day = 24 * 3_600_000;
  await region.clock.advance(90 * day - 1);
  await expect(region.start(arn, { name: 'one' })).rejects.toMatchObject({ code: 'ExecutionAlreadyExists' });
  await region.clock.advance(1);
  await expect(
    region.ask('describeExecution', { executionArn: `${prefix}:execution:machine:one` }),
  ).rejects.toMatchObject({
    code: 'ExecutionDoesNotExist',
  });
  expect(await region.start(arn, { name: 'one' })).toBe(`${prefix}:execution:machine:one`);
});

test.each([
  [{ input: 'not json' }, 'InvalidExecutionInput'],
  [{ input: '' }, 'InvalidExecutionInput'],
  [{ input: `"${'x'.repeat(262_143)}"` }, 'ValidationException'],
  [{ traceHeader: 'Root=1' }, 'NotImplementedByEmbeddedRegion'],
  [{ name: 'a*b' }, 'InvalidName'],
  [{ name: 'x'.repeat(81) }, 'InvalidName'],
])('starting with %.40j is refused: %s', async (fields, code) => {
  const region = testRegion();
  const arn = await region.create(pass);
  await expect(region.start(arn, fields)).rejects.toMatchObject({ code });
});

test('an input of 262,144 bytes is taken', async () => {
  const region = testRegion();
  const arn = await region.create(machine({ Only: { Type: 'Succeed', Output: 'small' } }));
  expect(await region.finish(arn, { input: `"${'x'.repeat(262_142)}"` })).toMatchObject({
    output: '"small"',
  });
});

test.each([
  ['startExecution', { stateMachineArn: `${prefix}:stateMachine:gone` }, 'StateMachineDoesNotExist'],
  ['startExecution', { stateMachineArn: 'gone' }, 'InvalidArn'],
  ['describeExecution', { executionArn: `${prefix}:execution:machine:gone` }, 'ExecutionDoesNotExist'],
  ['getExecutionHistory', { executionArn: 'gone' }, 'InvalidArn'],
  ['stopExecution', { executionArn: `${prefix}:execution:machine:gone` }, 'ExecutionDoesNotExist'],
  ['listExecutions', { stateMachineArn: `${prefix}:stateMachine:gone` }, 'StateMachineDoesNotExist'],
])('%s of %j is refused: %s', async (operation, input, code) => {
  await expect(testRegion().ask(operation, input)).rejects.toMatchObject({ code });
});

test('a stopped execution is aborted at once, and the answer of its function is ignored', async () => {
  let answer = (_: object): void => {};
  const region = testRegion({
    answer: () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  });
  const arn = await region.create(machine({ Ask: call('f', { End: true }) }));
  const executionArn = await region.start(arn);
  await region.clock.advance(5_000);
  const stopDate = new Date('2026-01-01T00:00:05.000Z');
  expect(await region.ask('stopExecution', { executionArn, error: 'Operator', cause: 'enough' })).toEqual({
    stopDate,
  });
  answer({ StatusCode: 200, Payload: Buffer.from('1') });
  await region.clock.settle();
  expect(await region.ask('describeExecution', { executionArn })).toMatchObject({
    status: 'ABORTED',
    stopDate,
    error: 'Operator',
    cause: 'enough',
    redriveStatus: 'REDRIVABLE',
  });
  const { events } = await region.ask<{ events: HistoryEvent[] }>('getExecutionHistory', { executionArn });
  expect(events.at(-1)).toMatchObject({ type: 'ExecutionAborted', id: 5, previousEventId: 0 });
});

test('stopping an ended execution changes nothing', async () => {
  const region = testRegion();
  const { executionArn } = await region.finish(await region.create(pass));
  expect(await region.ask('stopExecution', { executionArn })).toEqual({
    stopDate: new Date('2026-01-01T00:00:00.000Z'),
  });
  expect(await region.ask('describeExecution', { executionArn })).toMatchObject({ status: 'SUCCEEDED' });
});

test('executions are listed newest first, by status, in pages', async () => {
  const region = testRegion();
  const stateMachineArn = await region.create(wait);
  for (const name of ['a', 'b', 'c']) await region.start(stateMachineArn, { name });
  await region.ask('stopExecution', { executionArn: `${prefix}:execution:machine:b` });
  const first = await region.ask<{ nextToken: string }>('listExecutions', { stateMachineArn, maxResults: 2 });
  expect(first).toMatchObject({ executions: [{ name: 'c' }, { name: 'b', status: 'ABORTED' }] });
  await region.start(stateMachineArn, { name: 'd' });
  const { nextToken } = first;
  expect(await region.ask('listExecutions', { stateMachineArn, maxResults: 2, nextToken })).toEqual({
    executions: [expect.objectContaining({ name: 'a' })],
  });
  expect(await region.ask('listExecutions', { stateMachineArn, statusFilter: 'RUNNING' })).toMatchObject({
    executions: [{ name: 'd' }, { name: 'c' }, { name: 'a' }],
  });
});

test('history comes in pages, either way round, with or without the data', async () => {
  const region = testRegion();
  const { executionArn } = await region.finish(await region.create(pass), { input: '{"secret":1}' });
  const first = await region.ask<{ events: HistoryEvent[]; nextToken: string }>('getExecutionHistory', {
    executionArn,
    maxResults: 3,
  });
  expect(first.events.map(({ id }) => id)).toEqual([1, 2, 3]);
  expect(first.events[0]).toEqual({
    timestamp: new Date('2026-01-01T00:00:00.000Z'),
    type: 'ExecutionStarted',
    id: 1,
    previousEventId: 0,
    executionStartedEventDetails: { input: '{"secret":1}', inputDetails: { truncated: false }, roleArn },
  });
  const { nextToken } = first;
  const rest = await region.ask<{ events: HistoryEvent[] }>('getExecutionHistory', {
    executionArn,
    maxResults: 3,
    nextToken,
  });
  expect({ ids: rest.events.map(({ id }) => id), more: 'nextToken' in rest }).toEqual({
    ids: [4],
    more: false,
  });
  const reversed = await region.ask<{ events: HistoryEvent[] }>('getExecutionHistory', {
    executionArn,
    reverseOrder: true,
    includeExecutionData: false,
  });
  expect(reversed.events.map(({ id }) => id)).toEqual([4, 3, 2, 1]);
  expect(JSON.stringify(reversed)).not.toContain('secret');
  const turned = { executionArn, maxResults: 3, nextToken, reverseOrder: true };
  await expect(region.ask('getExecutionHistory', turned)).rejects.toMatchObject({ code: 'InvalidToken' });
});

test('each change of status is put on the bus', async () => {
  const region = testRegion();
  const arn = await region.create(machine({ Only: { Type: 'Fail', Error: 'Lost', Cause: 'so' } }));
  const { executionArn } = await region.finish(arn, { name: 'one', input: '{}' });
  const detail = {
    executionArn,
    stateMachineArn: arn,
    stateMachineVersionArn: null,
    stateMachineAliasArn: null,
    name: 'one',
    status: 'RUNNING',
    startDate: 1_767_225_600_000,
    stopDate: null,
    redriveCount: 0,
    redriveDate: null,
    input: '{}',
    inputDetails: { included: true },
    output: null,
    outputDetails: null,
    error: null,
    cause: null,
  };
  const event = {
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    resources: [executionArn],
  };
  expect(region.events).toEqual([
    { ...event, detail },
    {
      ...event,
      detail: { ...detail, status: 'FAILED', stopDate: 1_767_225_600_000, error: 'Lost', cause: 'so' },
    },
  ]);
});

test('a region that stops leaves no execution and no timer behind', async () => {
  const region = testRegion();
  const executionArn = await region.start(await region.create(wait, { name: 'slow' }));
  await region.clock.settle();
  await region.sfn.stop?.();
  expect(await region.ask('describeExecution', { executionArn })).toMatchObject({ status: 'ABORTED' });
  expect(region.clock.pending).toBe(0);
});
