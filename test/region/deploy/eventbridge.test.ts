import { expect, test } from 'vitest';
import { AwsError } from '../../../region/kernel/errors.ts';
import type { Kernel, Principal } from '../../../region/kernel/kernel.ts';
import { createEventbridge, type EventbridgeService } from '../../../region/services/eventbridge/index.ts';
import { eventually } from '../../support/eventually.ts';
import { bundles } from './support/functions.ts';
import { fakeIam, fakeService, fakeTargets, testKernel } from './support/kernel.ts';

const sweepArn = 'arn:aws:lambda:us-east-1:123456789012:function:trivet-sweep';
const deadArn = 'arn:aws:sqs:us-east-1:123456789012:undelivered';

/** EventBridge with a target function that only writes down; `answer` may throw. */
function bus(kernel: Kernel, answer?: () => unknown) {
  const service = createEventbridge(kernel);
  kernel.register(service);
  return { service, ...fakeTargets(kernel, answer) };
}

async function rule(
  kernel: Kernel,
  target: object = {},
  pattern: object = { source: ['aws.autoscaling'] },
): Promise<string> {
  const { RuleArn } = await kernel.invoke<{ RuleArn: string }>('eventbridge', 'putRule', {
    Name: 'trivet-instance-waits',
    EventPattern: JSON.stringify(pattern),
  });
  await kernel.invoke('eventbridge', 'putTargets', {
    Rule: 'trivet-instance-waits',
    Targets: [{ Id: 'sweep', Arn: sweepArn, DeadLetterConfig: { Arn: deadArn }, ...target }],
  });
  return RuleArn;
}

const launched = {
  source: 'aws.autoscaling',
  'detail-type': 'EC2 Instance-launch Lifecycle Action',
  detail: { AutoScalingGroupName: 'trivet-blue-slot-a', EC2InstanceId: 'i-1' },
};

test('an event of a service reaches the target of the rule that it matches, transformed, on behalf of the rule', async () => {
  const kernel = testKernel();
  const { calls } = bus(kernel);
  const ruleArn = await rule(kernel, {
    InputTransformer: {
      InputPathsMap: { group: '$.detail.AutoScalingGroupName' },
      InputTemplate: '{"scope":{"autoScalingGroupName":<group>}}',
    },
  });
  kernel.putEvent({ ...launched, source: 'aws.ec2' });
  kernel.putEvent(launched);
  await eventually(() => calls.length > 0);
  expect(calls).toEqual([
    {
      payload: { scope: { autoScalingGroupName: 'trivet-blue-slot-a' } },
      principal: { kind: 'service', arn: 'events.amazonaws.com', sessionName: ruleArn },
    },
  ]);
});

test('an event on the bus has the fields that AWS gives it', async () => {
  const kernel = testKernel();
  const { calls } = bus(kernel);
  await rule(kernel);
  kernel.putEvent({ ...launched, resources: ['arn:group'] });
  await eventually(() => calls.length === 1);
  expect(calls[0]?.payload).toEqual({
    version: '0',
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    'detail-type': 'EC2 Instance-launch Lifecycle Action',
    source: 'aws.autoscaling',
    account: '123456789012',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    region: 'us-east-1',
    resources: ['arn:group'],
    detail: launched.detail,
  });
});

test('a constant input and a part of the event are given as they are', async () => {
  const kernel = testKernel();
  const { calls } = bus(kernel);
  await rule(kernel, { Input: '{"all":true}' });
  await kernel.invoke('eventbridge', 'putTargets', {
    Rule: 'trivet-instance-waits',
    Targets: [{ Id: 'part', Arn: sweepArn, InputPath: '$.detail' }],
  });
  kernel.putEvent(launched);
  await eventually(() => calls.length === 2);
  expect(calls.map(({ payload }) => payload)).toEqual([{ all: true }, launched.detail]);
});

test('a rule that is disabled or deleted sends nothing', async () => {
  const kernel = testKernel();
  const { calls } = bus(kernel);
  await rule(kernel);
  await kernel.invoke('eventbridge', 'disableRule', { Name: 'trivet-instance-waits' });
  kernel.putEvent(launched);
  await kernel.clock.sleep(30);
  expect(calls).toEqual([]);
  await expect(kernel.invoke('eventbridge', 'deleteRule', { Name: 'trivet-instance-waits' })).rejects.toThrow(
    'since it has targets',
  );
  await kernel.invoke('eventbridge', 'removeTargets', { Rule: 'trivet-instance-waits', Ids: ['sweep'] });
  await kernel.invoke('eventbridge', 'deleteRule', { Name: 'trivet-instance-waits' });
  expect(await kernel.invoke('eventbridge', 'listRules', {})).toEqual({ Rules: [] });
});

test('a throttled delivery is tried again until it succeeds', async () => {
  const kernel = testKernel({ delays: { waitScale: 0.001 } });
  let tries = 0;
  const { calls, letters } = bus(kernel, () => {
    tries += 1;
    if (tries < 3) throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', { status: 429 });
    return { StatusCode: 202 };
  });
  await rule(kernel);
  kernel.putEvent(launched);
  await eventually(() => calls.length === 3);
  expect(letters).toEqual([]);
});

test('when the retries are used up, the event goes to the dead-letter queue with the reason', async () => {
  const kernel = testKernel({ delays: { waitScale: 0.001 } });
  const { calls, letters } = bus(kernel, () => {
    throw new AwsError('ServiceException', 'it is down', { status: 500 });
  });
  const ruleArn = await rule(kernel, { RetryPolicy: { MaximumRetryAttempts: 2 } });
  kernel.putEvent(launched);
  await eventually(() => letters.length === 1);
  expect(calls.length).toBe(3);
  expect(JSON.parse(letters[0]?.MessageBody ?? '')).toMatchObject(launched);
  const attributes = Object.fromEntries(
    Object.entries(letters[0]?.MessageAttributes ?? {}).map(([name, { StringValue }]) => [name, StringValue]),
  );
  expect(attributes).toEqual({
    RULE_ARN: ruleArn,
    TARGET_ARN: sweepArn,
    ERROR_CODE: 'INTERNAL_ERROR',
    ERROR_MESSAGE: 'it is down',
    RETRY_ATTEMPTS: '2',
    EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts',
  });
});

test('a function that does not allow the rule never sees the event; the dead-letter queue does', async () => {
  const kernel = testKernel();
  const { letters } = bus(kernel);
  await bundles(kernel).create('trivet-sweep', 'export const handler = async () => 1;');
  await rule(kernel);
  kernel.putEvent(launched);
  await eventually(() => letters.length === 1);
  expect(letters[0]?.MessageAttributes).toMatchObject({
    ERROR_CODE: { StringValue: 'NO_PERMISSIONS' },
    RETRY_ATTEMPTS: { StringValue: '0' },
  });
});

test('an event that does not fit the transformer goes to the dead-letter queue', async () => {
  const kernel = testKernel();
  const { calls, letters } = bus(kernel);
  await rule(kernel, {
    InputTransformer: { InputPathsMap: { id: '$.detail.id' }, InputTemplate: '{"id":<id>}' },
  });
  kernel.putEvent(launched);
  await eventually(() => letters.length === 1);
  expect(calls).toEqual([]);
  expect(letters[0]?.MessageAttributes).toMatchObject({ ERROR_CODE: { StringValue: 'INVALID_JSON' } });
});

test('a state machine is started by the role of the target', async () => {
  const kernel = testKernel();
  bus(kernel);
  kernel.register(fakeIamTrusting('events.amazonaws.com'));
  const started: { input: object; principal: Principal }[] = [];
  kernel.register(
    fakeService('stepfunctions', {
      startExecution: (input: object, { principal }: { principal: Principal }) =>
        void started.push({ input, principal }),
    }),
  );
  const Arn = 'arn:aws:states:us-east-1:123456789012:stateMachine:trivet-provision-cluster';
  await rule(kernel, { Arn, RoleArn: 'arn:aws:iam::123456789012:role/starter', InputPath: '$.detail' });
  kernel.putEvent(launched);
  await eventually(() => started.length === 1);
  expect(started[0]).toMatchObject({
    input: { stateMachineArn: Arn, input: JSON.stringify(launched.detail) },
    principal: { kind: 'role', arn: 'arn:aws:iam::123456789012:role/starter' },
  });
});

test('a role that does not trust EventBridge cannot start anything', async () => {
  const kernel = testKernel();
  const { letters } = bus(kernel);
  kernel.register(fakeIam());
  await rule(kernel, {
    Arn: 'arn:aws:states:us-east-1:123456789012:stateMachine:trivet-provision-cluster',
    RoleArn: 'arn:aws:iam::123456789012:role/starter',
  });
  kernel.putEvent(launched);
  await eventually(() => letters.length === 1);
  expect(letters[0]?.MessageAttributes).toMatchObject({ ERROR_CODE: { StringValue: 'NO_PERMISSIONS' } });
});

test('dropped events reach nobody until the fault is taken back', async () => {
  const kernel = testKernel();
  const { calls } = bus(kernel);
  const { faults } = kernel.service('eventbridge') as EventbridgeService;
  await rule(kernel);
  const stop = faults.drop(({ source }) => source === 'aws.autoscaling');
  kernel.putEvent(launched);
  await kernel.clock.sleep(30);
  expect(calls).toEqual([]);
  stop();
  kernel.putEvent(launched);
  await eventually(() => calls.length === 1);
});

test('PutEvents answers per entry and refuses events in AWS’s name', async () => {
  const kernel = testKernel();
  const { calls } = bus(kernel);
  await rule(kernel, {}, { source: ['trivet'] });
  const entry = { Source: 'trivet', DetailType: 'Test', Detail: '{"a":1}' };
  const answer = await kernel.invoke('eventbridge', 'putEvents', {
    Entries: [
      entry,
      { ...entry, Source: 'aws.ec2' },
      { ...entry, Detail: '[1]' },
      { Source: 'trivet', Detail: '{}' },
    ],
  });
  expect(answer).toMatchObject({
    FailedEntryCount: 3,
    Entries: [
      { EventId: expect.any(String) },
      { ErrorCode: 'NotAuthorizedForSourceException' },
      { ErrorCode: 'MalformedDetail' },
      { ErrorCode: 'InvalidArgument' },
    ],
  });
  await eventually(() => calls.length === 1);
});

test('TestEventPattern tells whether an event matches', async () => {
  const kernel = testKernel();
  bus(kernel);
  const Event = JSON.stringify({ ...launched, id: '1', account: '1', time: 't', region: 'r', resources: [] });
  const ask = (pattern: object) =>
    kernel.invoke('eventbridge', 'testEventPattern', { EventPattern: JSON.stringify(pattern), Event });
  expect(await ask({ source: ['aws.autoscaling'] })).toEqual({ Result: true });
  expect(await ask({ source: ['aws.ec2'] })).toEqual({ Result: false });
});

test.each<[string, object, string]>([
  [
    'of a service that is not played',
    { Arn: 'arn:aws:sns:us-east-1:123456789012:topic' },
    'does not play the EventBridge target',
  ],
  [
    'with batch parameters',
    { BatchParameters: {} },
    'does not play the parameter BatchParameters of eventbridge.putTargets (target sweep)',
  ],
  ['with two inputs', { Input: '{}', InputPath: '$' }, 'Only one of Input, InputPath, or InputTransformer'],
  ['with an input that is no JSON', { Input: '{' }, 'JSON syntax error in input for target sweep'],
  ['with too many retries', { RetryPolicy: { MaximumRetryAttempts: 186 } }, 'must be between 0 and 185'],
  [
    'that is too old too soon',
    { RetryPolicy: { MaximumEventAgeInSeconds: 59 } },
    'must be between 60 and 86400',
  ],
  [
    'that is a state machine without a role',
    { Arn: 'arn:aws:states:us-east-1:1:stateMachine:x' },
    'RoleArn is required',
  ],
])('a target %s is refused', async (_, target, message) => {
  const kernel = testKernel();
  bus(kernel);
  await expect(rule(kernel, target)).rejects.toThrow(message);
});

function fakeIamTrusting(service: string) {
  return fakeService('iam', {
    getRole: () => ({
      Role: { RoleId: 'AROA', AssumeRolePolicyDocument: encodeURIComponent(`{"Service":"${service}"}`) },
    }),
  });
}
