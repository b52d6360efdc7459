import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { type ComputeRegion, computeRegion, instance, networkInterface, refusal } from './region.ts';
import {
  activities,
  completeHook,
  describeGroup,
  eventsOf,
  groupName,
  hookName,
  makeSlot,
  memberIn,
} from './slot-group.ts';

let region: ComputeRegion;

beforeEach(async () => {
  region = await computeRegion();
});

afterEach(() => region.stop());

test('a slot lives: launched, held by its hook, in service, lost, and back on the same interface', async () => {
  const { networkInterfaceId } = await makeSlot(region);
  const first = await memberIn(region, 'Pending:Wait');
  expect((await instance(region, first)).PrivateIpAddress).toBe('10.0.0.10');
  expect((await networkInterface(region, networkInterfaceId)).Attachment?.InstanceId).toBe(first);
  await completeHook(region, first);
  expect(await memberIn(region, 'InService')).toBe(first);

  await region.call('ec2', 'terminateInstances', { InstanceIds: [first] });
  const second = await memberIn(region, 'Pending:Wait', first);
  expect((await instance(region, first)).State?.Name).toBe('terminated');
  expect((await networkInterface(region, networkInterfaceId)).Attachment?.InstanceId).toBe(second);
  await completeHook(region, second);
  expect(await memberIn(region, 'InService')).toBe(second);
});

test('the replacement is launched while the old instance still holds the interface, fails, and is tried again', async () => {
  const { networkInterfaceId } = await makeSlot(region);
  const first = await memberIn(region, 'Pending:Wait');
  await completeHook(region, first);
  await memberIn(region, 'InService');
  const release = region.ec2.faults.holdShutdown(first);
  await region.call('ec2', 'terminateInstances', { InstanceIds: [first] });

  const failed = await eventually(async () =>
    (await activities(region)).find((activity) => activity.StatusCode === 'Failed'),
  );
  expect(failed.StatusMessage).toBe(
    `Interface: [${networkInterfaceId}] in use. Launching EC2 instance failed.`,
  );
  const [event] = eventsOf(region, 'EC2 Instance Launch Unsuccessful');
  expect(event?.detail).toMatchObject({
    StatusCode: 'Failed',
    StatusMessage: `Interface: [${networkInterfaceId}] in use. Launching EC2 instance failed.`,
    AutoScalingGroupName: groupName,
    EC2InstanceId: '',
    Details: { 'Availability Zone': 'us-east-1a' },
  });
  expect((await networkInterface(region, networkInterfaceId)).Status).toBe('in-use');

  release();
  const second = await memberIn(region, 'Pending:Wait', first);
  expect((await networkInterface(region, networkInterfaceId)).Attachment?.InstanceId).toBe(second);
});

test('the launch hook event carries what its worker needs', async () => {
  await makeSlot(region);
  const first = await memberIn(region, 'Pending:Wait');
  const [event] = eventsOf(region, 'EC2 Instance-launch Lifecycle Action');
  const { AutoScalingGroupARN: arn } = await describeGroup(region);
  expect(event?.source).toBe('aws.autoscaling');
  expect(event?.resources).toEqual([arn]);
  expect(event?.detail).toEqual({
    LifecycleActionToken: expect.stringMatching(/^[0-9a-f-]{36}$/),
    AutoScalingGroupName: groupName,
    LifecycleHookName: hookName,
    EC2InstanceId: first,
    LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
    NotificationMetadata: 'slot=a',
    Origin: 'EC2',
    Destination: 'AutoScalingGroup',
  });
});

test('a completed action cannot be completed again', async () => {
  await makeSlot(region);
  const first = await memberIn(region, 'Pending:Wait');
  await completeHook(region, first);
  expect(await refusal(completeHook(region, first))).toBe(
    `ValidationError: No active Lifecycle Action found with instance ID ${first}`,
  );
});

test('an instance that ends in its hook is replaced', async () => {
  await makeSlot(region);
  const first = await memberIn(region, 'Pending:Wait');
  await region.call('ec2', 'terminateInstances', { InstanceIds: [first] });
  const second = await memberIn(region, 'Pending:Wait', first);
  expect(second).not.toBe(first);
  expect(eventsOf(region, 'EC2 Instance Launch Unsuccessful')[0]?.detail.EC2InstanceId).toBe(first);
});

test('the machine of an instance gets its user data, its role and its address, and dies with it', async () => {
  await makeSlot(region);
  const first = await memberIn(region, 'Pending:Wait');
  const machine = await eventually(() => region.machines[0]);
  expect(machine.spec).toEqual({
    instanceId: first,
    privateIp: '10.0.0.10',
    zone: 'us-east-1a',
    userData: 'hello',
    roleArn: 'arn:aws:iam::123456789012:role/node',
  });
  await region.call('ec2', 'terminateInstances', { InstanceIds: [first] });
  expect(machine.log).toEqual(['boot', 'terminate']);
});

test('twenty losses in a row heal each time', async () => {
  await makeSlot(region);
  let last = '';
  for (let loss = 0; loss < 20; loss += 1) {
    const next = await memberIn(region, 'Pending:Wait', last);
    await completeHook(region, next);
    await memberIn(region, 'InService', last);
    await region.call('ec2', 'terminateInstances', { InstanceIds: [next], SkipOsShutdown: loss % 2 === 0 });
    last = next;
  }
  await memberIn(region, 'Pending:Wait', last);
  expect(eventsOf(region, 'EC2 Instance Launch Successful')).toHaveLength(20);
});

test('a slot takes a new template version while its instance holds the interface, and its next instance is of it', async () => {
  const { launchTemplateId: LaunchTemplateId } = await makeSlot(region);
  const first = await memberIn(region, 'Pending:Wait');
  await completeHook(region, first);
  await region.call('ec2', 'createLaunchTemplateVersion', {
    LaunchTemplateId,
    SourceVersion: '1',
    LaunchTemplateData: { InstanceType: 'm7g.large' },
  });
  await region.call('autoscaling', 'updateAutoScalingGroup', {
    AutoScalingGroupName: groupName,
    LaunchTemplate: { LaunchTemplateId, Version: '2' },
  });
  expect(await memberIn(region, 'InService')).toBe(first);
  await region.call('ec2', 'terminateInstances', { InstanceIds: [first] });
  const second = await memberIn(region, 'Pending:Wait', first);
  expect((await instance(region, second)).InstanceType).toBe('m7g.large');
});
