import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { type ComputeRegion, computeRegion, instance, networkInterface, refusal } from './region.ts';
import { activities, describeGroup, eventsOf, groupName, makeSlot, memberIn } from './slot-group.ts';

let region: ComputeRegion;
let networkInterfaceId: string;
let first: string;

beforeEach(async () => {
  region = await computeRegion();
  ({ networkInterfaceId } = await makeSlot(region, { hooks: [] }));
  first = await memberIn(region, 'InService');
});

afterEach(() => region.stop());

const suspend = (...ScalingProcesses: string[]): Promise<unknown> =>
  region.call('autoscaling', 'suspendProcesses', { AutoScalingGroupName: groupName, ScalingProcesses });
const resume = (...ScalingProcesses: string[]): Promise<unknown> =>
  region.call('autoscaling', 'resumeProcesses', { AutoScalingGroupName: groupName, ScalingProcesses });
const members = async (): Promise<number> => (await describeGroup(region)).Instances?.length ?? 0;

test('the planned replacement: Launch suspended, terminate, interface free, Launch resumed, back at once without a failure', async () => {
  await suspend('Launch');
  await region.call('autoscaling', 'terminateInstanceInAutoScalingGroup', {
    InstanceId: first,
    ShouldDecrementDesiredCapacity: false,
  });
  await eventually(async () => (await networkInterface(region, networkInterfaceId)).Status === 'available');
  expect(await members()).toBe(0);
  await resume('Launch');
  await memberIn(region, 'InService', first);
  expect(eventsOf(region, 'EC2 Instance Launch Unsuccessful')).toEqual([]);
});

test('with Launch suspended an unhealthy instance is still terminated', async () => {
  await suspend('Launch');
  await region.call('autoscaling', 'setInstanceHealth', { InstanceId: first, HealthStatus: 'Unhealthy' });
  await eventually(async () => (await instance(region, first)).State?.Name === 'terminated');
  await eventually(async () => (await members()) === 0);
});

test('with HealthCheck suspended a lost instance is not noticed, and with ReplaceUnhealthy suspended it stays', async () => {
  await suspend('HealthCheck');
  await region.call('ec2', 'terminateInstances', { InstanceIds: [first] });
  await eventually(async () => (await instance(region, first)).State?.Name === 'terminated');
  expect((await describeGroup(region)).Instances?.[0]?.HealthStatus).toBe('Healthy');
  await suspend('ReplaceUnhealthy');
  await resume('HealthCheck');
  await eventually(async () => (await describeGroup(region)).Instances?.[0]?.HealthStatus === 'Unhealthy');
  expect((await describeGroup(region)).Instances?.[0]?.LifecycleState).toBe('InService');
  await resume('ReplaceUnhealthy');
  await memberIn(region, 'InService', first);
});

test('suspensions are shown with who made them', async () => {
  await suspend('Launch');
  expect((await describeGroup(region)).SuspendedProcesses).toEqual([
    { ProcessName: 'Launch', SuspensionReason: expect.stringMatching(/^User suspended at \d{4}-/) },
  ]);
  await resume();
  expect((await describeGroup(region)).SuspendedProcesses).toEqual([]);
  expect(await refusal(suspend('Lunch'))).toBe(
    'ValidationError: The process name Lunch is not a valid process name.',
  );
});

test('resuming Launch kicks a group that waits after failures', async () => {
  const release = region.ec2.faults.insufficientCapacity({ zone: 'us-east-1a', instanceType: 't4g.medium' });
  await region.call('ec2', 'terminateInstances', { InstanceIds: [first] });
  const failures = async (): Promise<number> =>
    (await activities(region)).filter((one) => one.StatusMessage?.includes('capacity')).length;
  await eventually(async () => (await failures()) >= 4);
  release();
  await suspend('Launch');
  await resume('Launch');
  await memberIn(region, 'InService', first);
});

test('a group that fails to launch for long is suspended by AWS itself, until someone resumes it', async () => {
  await region.stop();
  region = await computeRegion({ hookScale: 0.000_001 });
  const release = region.ec2.faults.insufficientCapacity();
  await makeSlot(region, { hooks: [] });
  const suspended = await eventually(async () => (await describeGroup(region)).SuspendedProcesses?.[0]);
  expect(suspended.ProcessName).toBe('Launch');
  expect(suspended.SuspensionReason).toMatch(/^Administrative suspension/);
  release();
  await resume('Launch');
  await memberIn(region, 'InService');
});

test('deletion is refused while the group is protected, then while it has instances, and force ends them', async () => {
  const update = (more: object): Promise<unknown> =>
    region.call('autoscaling', 'updateAutoScalingGroup', { AutoScalingGroupName: groupName, ...more });
  const remove = (more: object = {}): Promise<string> =>
    refusal(
      region.call('autoscaling', 'deleteAutoScalingGroup', { AutoScalingGroupName: groupName, ...more }),
    );
  await update({ DeletionProtection: 'prevent-all-deletion' });
  expect(await remove({ ForceDelete: true })).toMatch(/^ValidationError: You cannot delete AutoScalingGroup/);
  await update({ DeletionProtection: 'none' });
  expect(await remove()).toBe(
    'ResourceInUse: You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.',
  );
  await suspend('Terminate');
  expect(await remove({ ForceDelete: true })).toBe('accepted');
  await eventually(() =>
    describeGroup(region).then(
      () => false,
      () => true,
    ),
  );
  expect((await instance(region, first)).State?.Name).toBe('terminated');
});

test('a group of the same name is refused, and desired capacity stays in bounds', async () => {
  const input = {
    AutoScalingGroupName: groupName,
    MinSize: 1,
    MaxSize: 1,
    AvailabilityZones: ['us-east-1a'],
    LaunchTemplate: { LaunchTemplateName: groupName },
  };
  expect(await refusal(region.call('autoscaling', 'createAutoScalingGroup', input))).toBe(
    `AlreadyExists: AutoScalingGroup by this name already exists - A group with the name ${groupName} already exists`,
  );
  const desired = { AutoScalingGroupName: groupName, DesiredCapacity: 2 };
  expect(await refusal(region.call('autoscaling', 'setDesiredCapacity', desired))).toBe(
    'ValidationError: New SetDesiredCapacity value 2 is above max value 1 for the AutoScalingGroup.',
  );
  const decrement = { InstanceId: first, ShouldDecrementDesiredCapacity: true };
  expect(await refusal(region.call('autoscaling', 'terminateInstanceInAutoScalingGroup', decrement))).toMatch(
    /^ValidationError: Currently, desiredSize equals minSize \(1\)\./,
  );
});

test('a group scales down to nothing and up again by desired capacity', async () => {
  const update = { AutoScalingGroupName: groupName, MinSize: 0, DesiredCapacity: 0 };
  await region.call('autoscaling', 'updateAutoScalingGroup', update);
  await eventually(async () => (await members()) === 0);
  await eventually(async () => (await networkInterface(region, networkInterfaceId)).Status === 'available');
  await region.call('autoscaling', 'setDesiredCapacity', {
    AutoScalingGroupName: groupName,
    DesiredCapacity: 1,
  });
  await memberIn(region, 'InService', first);
});

test('tags of the group reach its instances where they propagate, and are found by filters', async () => {
  expect((await instance(region, first)).Tags).toContainEqual({ Key: 'trivet:slot', Value: 'a' });
  expect((await instance(region, first)).Tags).toContainEqual({
    Key: 'aws:autoscaling:groupName',
    Value: groupName,
  });
  const filter = { Filters: [{ Name: 'tag:trivet:slot', Values: ['a'] }] };
  const found = await region.call<{ AutoScalingGroups?: unknown[] }>(
    'autoscaling',
    'describeAutoScalingGroups',
    filter,
  );
  expect(found.AutoScalingGroups).toHaveLength(1);
});
