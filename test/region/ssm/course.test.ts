import { expect, test } from 'vitest';
import { AwsError } from '../../../region/kernel/errors.ts';
import { administrator, automationRegion, nap, refusal } from './automation-region.ts';

/** A step that fails, or that succeeds at its last attempt, in a region whose EC2 fails `failures` times. */
const call = (name: string, more: object = {}): object => ({
  name,
  action: 'aws:executeAwsApi',
  inputs: { Service: 'ec2', Api: 'DescribeInstances' },
  ...more,
});

function failing(failures = Number.POSITIVE_INFINITY) {
  let left = failures;
  const describeInstances = (): object => {
    left -= 1;
    if (left < 0) return {};
    throw new AwsError('RequestLimitExceeded', 'Too fast.');
  };
  return automationRegion({ ec2: { describeInstances } });
}

test.each<[what: string, step: object, course: string]>([
  ['is aborted', {}, 'Failed, call Failed, below Pending, rescue Pending'],
  [
    'is not critical and aborts',
    { isCritical: false },
    'Success, call Failed, below Pending, rescue Pending',
  ],
  ['goes on', { onFailure: 'Continue' }, 'Success, call Failed, below Success, rescue Pending'],
  [
    'goes on and is critical',
    { onFailure: 'Continue', isCritical: true },
    'Failed, call Failed, below Success, rescue Pending',
  ],
  [
    'goes on where it says',
    { onFailure: 'Continue', nextStep: 'rescue' },
    'Success, call Failed, below Pending, rescue Success',
  ],
  ['is rescued', { onFailure: 'step:rescue' }, 'Failed, call Failed, below Pending, rescue Success'],
  [
    'is rescued and not critical',
    { onFailure: 'step:rescue', isCritical: 'false' },
    'Success, call Failed, below Pending, rescue Success',
  ],
  [
    'is the end',
    { onFailure: 'Continue', isEnd: true },
    'Success, call Failed, below Pending, rescue Pending',
  ],
])('a step that fails and %s', async (_, more, course) => {
  const { store, start, standing, clock } = failing();
  await store({ mainSteps: [call('call', more), nap('below', { isEnd: true }), nap('rescue')] });
  const id = await start();
  await clock.advance(60_000);
  expect(await standing(id)).toBe(course);
});

test.each<[maxAttempts: number | string, status: string]>([
  [2, 'Failed'],
  ['3', 'Success'],
])('with %j attempts, a step whose first two fail ends as %s', async (maxAttempts, status) => {
  const { finish } = failing(2);
  const { AutomationExecutionStatus } = await finish({ mainSteps: [call('call', { maxAttempts })] });
  expect(AutomationExecutionStatus).toBe(status);
});

test('steps run one after the other, or in the order of their links', async () => {
  const { store, start, standing, clock } = automationRegion();
  await store({
    mainSteps: [
      nap('one', { nextStep: 'three' }),
      nap('two', { isEnd: true }),
      nap('three', { nextStep: 'two' }),
    ],
  });
  const id = await start();
  expect(await standing(id)).toBe('InProgress, one InProgress, two Pending, three Pending');
  await clock.advance(1_000);
  expect(await standing(id)).toBe('InProgress, one Success, two Pending, three InProgress');
  await clock.advance(2_000);
  expect(await standing(id)).toBe('Success, one Success, two Success, three Success');
});

test.each<[inputs: object, milliseconds: number]>([
  [{ Duration: 'PT3S' }, 3_000],
  [{ Duration: 'P1DT2H3M4.5S' }, 93_784_500],
  [{ Timestamp: '2026-01-01T01:00:00Z' }, 3_600_000],
])('a delay of %j ends after %d ms', async (inputs, milliseconds) => {
  const { store, start, standing, clock } = automationRegion();
  await store({ mainSteps: [nap('wait', { inputs })] });
  const id = await start();
  await clock.advance(milliseconds - 1);
  expect(await standing(id)).toBe('InProgress, wait InProgress');
  await clock.advance(1);
  expect(await standing(id)).toBe('Success, wait Success');
});

test.each<[inputs: object, status: string]>([
  [{ Timestamp: '2025-01-01T00:00:00Z' }, 'Success'],
  [{ Duration: 'P8D' }, 'Failed'],
  [{ Duration: '10 minutes' }, 'Failed'],
  [{ Timestamp: 'tomorrow' }, 'Failed'],
])('a delay of %j is over at once: %s', async (inputs, status) => {
  const { store, start, standing, clock } = automationRegion();
  await store({ mainSteps: [nap('wait', { inputs })] });
  const id = await start();
  await clock.advance(0);
  expect(await standing(id)).toBe(`${status}, wait ${status}`);
});

test('the output of a step that was passed by has no value', async () => {
  const { finish } = automationRegion({ ec2: { describeInstances: () => ({}) } });
  const { FailureMessage } = await finish({
    mainSteps: [
      nap('first', { nextStep: 'last' }),
      call('between', { outputs: [{ Name: 'token', Selector: '$.NextToken' }] }),
      nap('last', { inputs: { Duration: '{{ between.token }}' } }),
    ],
  });
  expect(FailureMessage).toContain('{{ between.token }} has no value: its step has not succeeded');
});

test('a step that is cancelled leads to what it names, within two minutes', async () => {
  const { ssm, store, start, standing, clock } = automationRegion({
    ec2: { describeInstances: () => ({}) },
  });
  await store({
    mainSteps: [
      nap('wait', { inputs: { Duration: 'PT1H' }, onCancel: 'step:tidy' }),
      nap('after', { isEnd: true }),
      call('tidy'),
      nap('linger', { inputs: { Duration: 'PT1H' } }),
    ],
  });
  const AutomationExecutionId = await start();
  await ssm.stopAutomationExecution({ AutomationExecutionId });
  await clock.settle();
  expect(await standing(AutomationExecutionId)).toBe(
    'Cancelling, wait Cancelled, after Pending, tidy Success, linger InProgress',
  );
  await ssm.stopAutomationExecution({ AutomationExecutionId });
  await clock.advance(120_000);
  expect(await standing(AutomationExecutionId)).toBe(
    'Cancelled, wait Cancelled, after Pending, tidy Success, linger Cancelled',
  );
  expect(await refusal(ssm.stopAutomationExecution({ AutomationExecutionId }))).toBe(
    `InvalidAutomationStatusUpdateException: The automation ${AutomationExecutionId} has ended as Cancelled and cannot be stopped.`,
  );
});

test('an automation that is completed ends after the step that runs', async () => {
  const { ssm, store, start, standing, clock } = automationRegion();
  await store({ mainSteps: [nap('one'), nap('two')] });
  const AutomationExecutionId = await start();
  await ssm.stopAutomationExecution({ AutomationExecutionId, Type: 'Complete' });
  expect(await standing(AutomationExecutionId)).toBe('InProgress, one InProgress, two Pending');
  await clock.advance(1_000);
  expect(await standing(AutomationExecutionId)).toBe('Success, one Success, two Pending');
});

test('a waiting approval is stopped, and the automation of nobody is not', async () => {
  const { ssm, store, start, standing, clock } = automationRegion();
  await store({
    mainSteps: [{ name: 'ask', action: 'aws:approve', inputs: { Approvers: ['alice'] } }, nap('after')],
  });
  const AutomationExecutionId = await start();
  await ssm.stopAutomationExecution({ AutomationExecutionId, Type: 'Cancel' });
  await clock.settle();
  expect(await standing(AutomationExecutionId)).toBe('Cancelled, ask Cancelled, after Pending');
  expect(clock.pending).toBe(0);
  await expect(
    ssm.stopAutomationExecution({ AutomationExecutionId: '00000000-0000-4000-8000-000000000000' }),
  ).rejects.toMatchObject({ name: 'AutomationExecutionNotFoundException' });
});

test('each change of status is put on the bus', async () => {
  const { store, start, clock, events } = automationRegion();
  await store({ mainSteps: [nap('wait')] });
  const id = await start();
  await clock.advance(1_000);
  const prefix = 'arn:aws:ssm:us-east-1:123456789012';
  const resources = [`${prefix}:automation-execution/${id}`, `${prefix}:automation-definition/runbook:1`];
  const detail = {
    ExecutionId: id,
    Definition: 'runbook',
    DefinitionVersion: 1,
    StartTime: 'Jan 1, 2026 12:00:00 AM',
  };
  const ended = { EndTime: 'Jan 1, 2026 12:00:01 AM', Time: 1_000, Status: 'Success' };
  const step = {
    source: 'aws.ssm',
    'detail-type': 'EC2 Automation Step Status-change Notification',
    resources,
    detail: { ...detail, StepName: 'wait', Action: 'aws:sleep', Status: 'InProgress', Time: 0 },
  };
  const execution = {
    source: 'aws.ssm',
    'detail-type': 'EC2 Automation Execution Status-change Notification',
    resources,
    detail: { ...detail, ExecutedBy: administrator, Status: 'InProgress', Time: 0 },
  };
  expect(events).toEqual([
    execution,
    step,
    { ...step, detail: { ...step.detail, ...ended } },
    { ...execution, detail: { ...execution.detail, ...ended } },
  ]);
});
