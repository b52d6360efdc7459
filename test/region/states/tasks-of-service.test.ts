import { expect, test } from 'vitest';
import { AwsError } from '../../../region/kernel/errors.ts';
import type { Service } from '../../../region/kernel/kernel.ts';
import { call, machine } from './harness.ts';
import { returned, roleArn, testRegion, threw } from './region.ts';

const ask = (fields: object = {}): string => machine({ Ask: call('f', { End: true, ...fields }) });

test("a function is called with the state machine's role, and its answer is the result", async () => {
  const region = testRegion({ answer: () => returned({ ok: true }) });
  const fields = {
    Arguments: { FunctionName: 'arn:aws:lambda:us-east-1:123456789012:function:f:3', Payload: { a: 1 } },
  };
  const description = await region.finish(await region.create(ask(fields)), { name: 'one' });
  expect(region.invocations).toEqual([
    {
      FunctionName: 'arn:aws:lambda:us-east-1:123456789012:function:f:3',
      payload: { a: 1 },
      principal: { kind: 'role', arn: roleArn, sessionName: 'one' },
    },
  ]);
  expect(JSON.parse(String(description.output))).toEqual({
    ExecutedVersion: '3',
    Payload: { ok: true },
    SdkHttpMetadata: { HttpStatusCode: 200 },
    SdkResponseMetadata: { RequestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    StatusCode: 200,
  });
  expect(region.sfn.measure(String(description.executionArn))).toEqual({
    transitions: 1,
    taskInvocations: 1,
  });
});

test.each([
  [{ errorType: 'LeaseHeld', errorMessage: 'held' }, 'LeaseHeld'],
  [{ errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out after 3.00 seconds' }, 'Lambda.Unknown'],
  [{ errorType: 'Runtime.ExitError', errorMessage: 'Runtime exited' }, 'Lambda.Unknown'],
  [{ errorMessage: 'no type' }, 'Lambda.Unknown'],
])('a function that fails with %j is the error %s, with the payload as its cause', async (payload, error) => {
  const region = testRegion({ answer: () => threw(payload) });
  expect(await region.finish(await region.create(ask()))).toMatchObject({
    status: 'FAILED',
    error,
    cause: JSON.stringify(payload),
  });
});

test.each([
  ['ResourceNotFoundException', 404, 'Lambda.ResourceNotFoundException'],
  ['TooManyRequestsException', 429, 'Lambda.TooManyRequestsException'],
  ['ServiceException', 500, 'Lambda.ServiceException'],
  ['AccessDeniedException', 403, 'Lambda.AWSLambdaException'],
])('an error %s of Lambda itself is %3$s', async (code, status, error) => {
  const region = testRegion({
    answer: () => {
      throw new AwsError(code, 'No.', { status });
    },
  });
  const description = await region.finish(await region.create(ask()));
  expect(description).toMatchObject({ status: 'FAILED', error });
  expect(description.cause).toMatch(
    `No. (Service: AWSLambda; Status Code: ${status}; Error Code: ${code}; Request ID: `,
  );
});

const token = (fields: object = {}): string =>
  machine({
    Ask: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: { FunctionName: 'f', Payload: '{% $states.context.Task.Token %}' },
      End: true,
      ...fields,
    },
  });

test('a task token is answered through the API, once', async () => {
  const region = testRegion();
  const executionArn = await region.start(await region.create(token()));
  await region.clock.settle();
  const taskToken = region.invocations[0]?.payload;
  await region.ask('sendTaskHeartbeat', { taskToken });
  await expect(region.ask('sendTaskSuccess', { taskToken, output: 'no json' })).rejects.toMatchObject({
    code: 'InvalidOutput',
  });
  await region.ask('sendTaskSuccess', { taskToken, output: '{"ok":true}' });
  await region.clock.drive(region.sfn.ended(executionArn));
  expect(await region.ask('describeExecution', { executionArn })).toMatchObject({ output: '{"ok":true}' });
  await expect(region.ask('sendTaskSuccess', { taskToken, output: '1' })).rejects.toMatchObject({
    code: 'TaskTimedOut',
  });
  await expect(region.ask('sendTaskHeartbeat', { taskToken: 'mine' })).rejects.toMatchObject({
    code: 'InvalidToken',
  });
});

test('a task may be failed through the API', async () => {
  const region = testRegion();
  const executionArn = await region.start(await region.create(token()));
  await region.clock.settle();
  await region.ask('sendTaskFailure', {
    taskToken: region.invocations[0]?.payload,
    error: 'Refused',
    cause: 'by hand',
  });
  await region.clock.drive(region.sfn.ended(executionArn));
  expect(await region.ask('describeExecution', { executionArn })).toMatchObject({
    error: 'Refused',
    cause: 'by hand',
  });
});

test('heartbeats through the API keep a task alive', async () => {
  const region = testRegion();
  const executionArn = await region.start(await region.create(token({ HeartbeatSeconds: 10 })));
  await region.clock.advance(8_000);
  await region.ask('sendTaskHeartbeat', { taskToken: region.invocations[0]?.payload });
  await region.clock.drive(region.sfn.ended(executionArn));
  expect(await region.ask('describeExecution', { executionArn })).toMatchObject({
    status: 'FAILED',
    error: 'States.HeartbeatTimeout',
    stopDate: new Date('2026-01-01T00:00:18.000Z'),
  });
});

const child = 'arn:aws:states:us-east-1:123456789012:stateMachine:child';
const parent = (resource: string, fields: object = {}): string =>
  machine({
    Run: {
      Type: 'Task',
      Resource: resource,
      Arguments: { StateMachineArn: child, Name: 'child-1', Input: '{% $states.input %}' },
      End: true,
      ...fields,
    },
  });
const sync = 'arn:aws:states:::states:startExecution.sync:2';

test('a child execution is waited for, and its output is JSON', async () => {
  const region = testRegion();
  await region.create(machine({ Slow: { Type: 'Wait', Seconds: 30, End: true } }), { name: 'child' });
  const arn = await region.create(parent(sync, { Output: '{% $states.result %}' }));
  const description = await region.finish(arn, { input: '{"a":1}' });
  expect(JSON.parse(String(description.output))).toEqual({
    ExecutionArn: 'arn:aws:states:us-east-1:123456789012:execution:child:child-1',
    Input: { a: 1 },
    InputDetails: { Included: true },
    Name: 'child-1',
    Output: { a: 1 },
    OutputDetails: { Included: true },
    StartDate: 1_767_225_600_000,
    StateMachineArn: child,
    Status: 'SUCCEEDED',
    StopDate: 1_767_225_630_000,
  });
});

test('a failed child fails its parent with States.TaskFailed and the whole description', async () => {
  const region = testRegion();
  await region.create(machine({ Bad: { Type: 'Fail', Error: 'Lost', Cause: 'so' } }), { name: 'child' });
  const description = await region.finish(await region.create(parent(sync)));
  expect(description).toMatchObject({ status: 'FAILED', error: 'States.TaskFailed' });
  expect(JSON.parse(String(description.cause))).toMatchObject({
    Status: 'FAILED',
    Error: 'Lost',
    Cause: 'so',
  });
});

test('a child that is only started is not waited for', async () => {
  const region = testRegion();
  await region.create(machine({ Slow: { Type: 'Wait', Seconds: 30, End: true } }), { name: 'child' });
  const description = await region.finish(
    await region.create(parent('arn:aws:states:::states:startExecution')),
  );
  expect(description).toMatchObject({ status: 'SUCCEEDED', stopDate: new Date('2026-01-01T00:00:00.000Z') });
  expect(JSON.parse(String(description.output))).toMatchObject({
    ExecutionArn: 'arn:aws:states:us-east-1:123456789012:execution:child:child-1',
    StartDate: 1_767_225_600_000,
  });
});

test('a stopped parent stops the child that it waits for', async () => {
  const region = testRegion();
  await region.create(machine({ Slow: { Type: 'Wait', Seconds: 30, End: true } }), { name: 'child' });
  const executionArn = await region.start(await region.create(parent(sync)));
  await region.clock.advance(5_000);
  await region.ask('stopExecution', { executionArn });
  await region.clock.settle();
  const childArn = 'arn:aws:states:us-east-1:123456789012:execution:child:child-1';
  expect(await region.ask('describeExecution', { executionArn: childArn })).toMatchObject({
    status: 'ABORTED',
  });
});

test('a child that cannot be started is the error of Step Functions', async () => {
  const region = testRegion();
  expect(await region.finish(await region.create(parent(sync)))).toMatchObject({
    status: 'FAILED',
    error: 'StepFunctions.StateMachineDoesNotExistException',
  });
});

function logs(): { service: Service; messages: string[]; streams: string[] } {
  const messages: string[] = [];
  const streams: string[] = [];
  const operations = {
    describeLogGroups: () => ({ logGroups: [{ logGroupName: '/aws/vendedlogs/states/machine' }] }),
    createLogStream: ({ logStreamName }: { logStreamName: string }) => void streams.push(logStreamName),
    putLogEvents: ({ logEvents }: { logEvents: { message: string }[] }) =>
      void messages.push(...logEvents.map(({ message }) => message)),
  };
  return { service: { id: 'logs', operations }, messages, streams };
}

const logGroupArn = 'arn:aws:logs:us-east-1:123456789012:log-group:/aws/vendedlogs/states/machine:*';
const logging = (level: string, includeExecutionData: boolean): object => ({
  loggingConfiguration: {
    level,
    includeExecutionData,
    destinations: [{ cloudWatchLogsLogGroup: { logGroupArn } }],
  },
});

test.each([
  ['ALL', ['ExecutionStarted', 'FailStateEntered', 'ExecutionFailed']],
  ['ERROR', ['FailStateEntered', 'ExecutionFailed']],
  ['FATAL', ['ExecutionFailed']],
  ['OFF', []],
])('level %s writes %j to the log group', async (level, expected) => {
  const { service, messages, streams } = logs();
  const region = testRegion({ services: [service] });
  const arn = await region.create(machine({ Bad: { Type: 'Fail' } }), logging(level, false));
  await region.finish(arn, { input: '{"secret":1}' });
  await region.clock.settle();
  expect(messages.map((message) => JSON.parse(message).type)).toEqual(expected);
  expect(messages.join()).not.toContain('secret');
  expect(streams).toHaveLength(expected.length === 0 ? 0 : 1);
});

test('execution data is logged where it is asked for, and a missing log group is refused', async () => {
  const { service, messages } = logs();
  const region = testRegion({ services: [service] });
  await region.finish(await region.create(machine({ Good: { Type: 'Succeed' } }), logging('ALL', true)), {
    input: '{"a":1}',
  });
  await region.clock.settle();
  expect(JSON.parse(messages[0] ?? '')).toMatchObject({
    id: '1',
    type: 'ExecutionStarted',
    details: { input: '{"a":1}' },
  });
  const elsewhere = [{ cloudWatchLogsLogGroup: { logGroupArn: logGroupArn.replace('machine', 'gone') } }];
  const fields = { name: 'other', loggingConfiguration: { level: 'ALL', destinations: elsewhere } };
  await expect(region.create(machine({ Good: { Type: 'Succeed' } }), fields)).rejects.toMatchObject({
    code: 'InvalidLoggingConfiguration',
    message: 'Invalid Logging Configuration: Log Destination not found.',
  });
});
