import { expect, test } from 'vitest';
import { AwsError } from '../../../region/kernel/errors.ts';
import type { Kernel } from '../../../region/kernel/kernel.ts';
import { createScheduler } from '../../../region/services/scheduler/index.ts';
import { eventually } from '../../support/eventually.ts';
import { fakeService, fakeTargets, testKernel } from './support/kernel.ts';

const sweepArn = 'arn:aws:lambda:us-east-1:123456789012:function:trivet-sweep';
const roleArn = 'arn:aws:iam::123456789012:role/ticks';

function scheduler(kernel: Kernel, answer?: () => unknown) {
  kernel.register(createScheduler(kernel));
  kernel.register(
    fakeService('iam', {
      getRole: () => ({
        Role: {
          RoleId: 'AROA',
          AssumeRolePolicyDocument: '{"Principal":{"Service":"scheduler.amazonaws.com"}}',
        },
      }),
    }),
  );
  return fakeTargets(kernel, answer);
}

const every = (target: object = {}, more: object = {}) => ({
  Name: 'trivet-sweep',
  ScheduleExpression: 'rate(1 minute)',
  FlexibleTimeWindow: { Mode: 'OFF' },
  Target: { Arn: sweepArn, RoleArn: roleArn, Input: '{"tick":1}', ...target },
  ...more,
});

test('a rate calls its target again and again, as its role, at the scaled rate', async () => {
  const kernel = testKernel({ delays: { scheduleScale: 0.001 } });
  const { calls } = scheduler(kernel);
  await kernel.invoke('scheduler', 'createSchedule', every());
  await eventually(() => calls.length >= 3);
  expect(calls[0]).toMatchObject({ payload: { tick: 1 }, principal: { kind: 'role', arn: roleArn } });
});

test('a schedule that is disabled or deleted calls nothing', async () => {
  const kernel = testKernel({ delays: { scheduleScale: 0.0005 } });
  const { calls } = scheduler(kernel);
  await kernel.invoke('scheduler', 'createSchedule', every({}, { State: 'DISABLED' }));
  await kernel.clock.sleep(80);
  expect(calls).toEqual([]);
  await kernel.invoke('scheduler', 'updateSchedule', every());
  await eventually(() => calls.length > 0);
  await kernel.invoke('scheduler', 'deleteSchedule', { Name: 'trivet-sweep' });
  const before = calls.length;
  await kernel.clock.sleep(80);
  expect(calls.length).toBe(before);
  await expect(kernel.invoke('scheduler', 'getSchedule', { Name: 'trivet-sweep' })).rejects.toMatchObject({
    code: 'ResourceNotFoundException',
  });
});

test('a call that fails after its retries goes to the dead-letter queue', async () => {
  const kernel = testKernel({ delays: { scheduleScale: 0.001, waitScale: 0.001 } });
  const { calls, letters } = scheduler(kernel, () => {
    throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', { status: 429 });
  });
  await kernel.invoke(
    'scheduler',
    'createSchedule',
    every({
      RetryPolicy: { MaximumRetryAttempts: 1, MaximumEventAgeInSeconds: 60 },
      DeadLetterConfig: { Arn: 'arn:aws:sqs:us-east-1:123456789012:undelivered' },
    }),
  );
  await eventually(() => letters.length > 0);
  expect(calls.length).toBeGreaterThanOrEqual(2);
  expect(letters[0]).toMatchObject({
    MessageBody: '{"tick":1}',
    MessageAttributes: {
      ERROR_CODE: { StringValue: 'TooManyRequestsException' },
      RETRY_ATTEMPTS: { StringValue: '1' },
    },
  });
});

test('a schedule is shown as it was made, in its group', async () => {
  const kernel = testKernel();
  scheduler(kernel);
  await kernel.invoke('scheduler', 'createScheduleGroup', { Name: 'trivet' });
  const { ScheduleArn } = await kernel.invoke<{ ScheduleArn: string }>(
    'scheduler',
    'createSchedule',
    every({}, { GroupName: 'trivet' }),
  );
  expect(ScheduleArn).toBe('arn:aws:scheduler:us-east-1:123456789012:schedule/trivet/trivet-sweep');
  expect(
    await kernel.invoke('scheduler', 'getSchedule', { Name: 'trivet-sweep', GroupName: 'trivet' }),
  ).toMatchObject({
    ScheduleExpression: 'rate(1 minute)',
    State: 'ENABLED',
    Target: { Arn: sweepArn },
  });
  await expect(
    kernel.invoke('scheduler', 'createSchedule', every({}, { GroupName: 'trivet' })),
  ).rejects.toMatchObject({
    code: 'ConflictException',
  });
});

test.each<[string, object, string]>([
  [
    'cron',
    { ScheduleExpression: 'cron(0 * * * ? *)' },
    'does not play the schedule expression cron(0 * * * ? *)',
  ],
  [
    'a plural for one',
    { ScheduleExpression: 'rate(1 minutes)' },
    'Invalid Schedule Expression rate(1 minutes).',
  ],
  [
    'a singular for several',
    { ScheduleExpression: 'rate(5 minute)' },
    'Invalid Schedule Expression rate(5 minute).',
  ],
  ['no window', { FlexibleTimeWindow: undefined }, 'FlexibleTimeWindow must not be null.'],
  [
    'a flexible window',
    { FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 5 } },
    'with FlexibleTimeWindow FLEXIBLE',
  ],
  [
    'a start date',
    { StartDate: new Date(0) },
    'does not play the parameter StartDate of scheduler.createSchedule',
  ],
  ['no role', { Target: { Arn: sweepArn } }, 'Target must have an Arn and a RoleArn.'],
  [
    'another target',
    { Target: { Arn: 'arn:aws:sqs:us-east-1:1:q', RoleArn: roleArn } },
    'does not play the Scheduler target',
  ],
])('a schedule with %s is refused', async (_, more, message) => {
  const kernel = testKernel();
  scheduler(kernel);
  await expect(kernel.invoke('scheduler', 'createSchedule', every({}, more))).rejects.toThrow(message);
});
