import { afterEach, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { type ComputeRegion, computeRegion, instance, refusal } from './region.ts';
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

afterEach(() => region.stop());

/** Makes 30 s of a hook last 60 ms. */
const scaled = { hookScale: 0.002 };
const launching = 'autoscaling:EC2_INSTANCE_LAUNCHING';
const terminating = 'autoscaling:EC2_INSTANCE_TERMINATING';

test('a launch hook that times out with CONTINUE lets the instance into service', async () => {
  region = await computeRegion(scaled);
  await makeSlot(region, { heartbeatSeconds: 30, defaultResult: 'CONTINUE' });
  const first = await memberIn(region, 'Pending:Wait');
  expect(await memberIn(region, 'InService')).toBe(first);
});

test('a launch hook that times out with ABANDON ends the instance and launches another', async () => {
  region = await computeRegion(scaled);
  await makeSlot(region, { heartbeatSeconds: 30, defaultResult: 'ABANDON' });
  const first = await memberIn(region, 'Pending:Wait');
  await memberIn(region, 'Pending:Wait', first);
  expect((await instance(region, first)).State?.Name).toBe('terminated');
  const cancelled = (await activities(region)).find((activity) => activity.StatusCode === 'Cancelled');
  expect(cancelled?.StatusMessage).toMatch(
    /^Instance failed to complete user's Lifecycle Action: Lifecycle Action with token [0-9a-f-]{36} was abandoned: Lifecycle Action Completed with ABANDON Result$/,
  );
});

test('a launch hook that its worker abandons ends the instance and launches another', async () => {
  region = await computeRegion();
  await makeSlot(region);
  const first = await memberIn(region, 'Pending:Wait');
  await completeHook(region, first, 'ABANDON');
  await memberIn(region, 'Pending:Wait', first);
  expect(eventsOf(region, 'EC2 Instance Launch Unsuccessful')[0]?.detail.EC2InstanceId).toBe(first);
});

test('a heartbeat restarts the time-out', async () => {
  region = await computeRegion({ hookScale: 0.005 });
  await makeSlot(region, { heartbeatSeconds: 30, defaultResult: 'CONTINUE' });
  const first = await memberIn(region, 'Pending:Wait');
  const began = Date.now();
  await eventually(async () => {
    await region.call('autoscaling', 'recordLifecycleActionHeartbeat', {
      AutoScalingGroupName: groupName,
      LifecycleHookName: hookName,
      InstanceId: first,
    });
    return Date.now() - began > 400;
  });
  expect((await describeGroup(region)).Instances?.[0]?.LifecycleState).toBe('Pending:Wait');
  await memberIn(region, 'InService');
});

test('heartbeats do not carry a wait over the cap of a hundred heartbeat time-outs', async () => {
  region = await computeRegion({ hookScale: 0.002 });
  const began = Date.now();
  await makeSlot(region, { heartbeatSeconds: 30, defaultResult: 'CONTINUE' });
  const first = await memberIn(region, 'Pending:Wait');
  const heartbeat = { AutoScalingGroupName: groupName, LifecycleHookName: hookName, InstanceId: first };
  const last = await eventually(
    async () => {
      const answer = await refusal(region.call('autoscaling', 'recordLifecycleActionHeartbeat', heartbeat));
      return answer === 'accepted' ? undefined : answer;
    },
    { intervalMs: 1, timeoutMs: 20_000 },
  );
  expect(last).toBe(`ValidationError: No active Lifecycle Action found with instance ID ${first}`);
  expect(Date.now() - began).toBeGreaterThanOrEqual(6000);
});

test('an instance waits until the last of several hooks has continued', async () => {
  region = await computeRegion();
  const hook = (LifecycleHookName: string) => ({ LifecycleHookName, LifecycleTransition: launching });
  await makeSlot(region, { hooks: [hook('one'), hook('two')] });
  const first = await memberIn(region, 'Pending:Wait');
  await completeHook(region, first, 'CONTINUE', 'one');
  expect((await describeGroup(region)).Instances?.[0]?.LifecycleState).toBe('Pending:Wait');
  await completeHook(region, first, 'CONTINUE', 'two');
  await memberIn(region, 'InService');
});

test('an action can be completed by its token', async () => {
  region = await computeRegion();
  await makeSlot(region);
  await memberIn(region, 'Pending:Wait');
  const token = eventsOf(region, 'EC2 Instance-launch Lifecycle Action')[0]?.detail.LifecycleActionToken;
  const input = {
    AutoScalingGroupName: groupName,
    LifecycleHookName: hookName,
    LifecycleActionResult: 'CONTINUE',
  };
  const wrong = { ...input, LifecycleActionToken: 'no-such-token' };
  expect(await refusal(region.call('autoscaling', 'completeLifecycleAction', wrong))).toBe(
    'ValidationError: No active Lifecycle Action found with token no-such-token',
  );
  await region.call('autoscaling', 'completeLifecycleAction', { ...input, LifecycleActionToken: token });
  await memberIn(region, 'InService');
});

test('a termination hook holds a requested termination, and both results end the instance', async () => {
  region = await computeRegion();
  await makeSlot(region, { hooks: [{ LifecycleHookName: 'drain', LifecycleTransition: terminating }] });
  for (const result of ['CONTINUE', 'ABANDON'] as const) {
    const member = await memberIn(region, 'InService');
    await region.call('autoscaling', 'terminateInstanceInAutoScalingGroup', {
      InstanceId: member,
      ShouldDecrementDesiredCapacity: false,
    });
    await memberIn(region, 'Terminating:Wait');
    expect((await instance(region, member)).State?.Name).toBe('running');
    await completeHook(region, member, result, 'drain');
    await memberIn(region, 'InService', member);
    expect((await instance(region, member)).State?.Name).toBe('terminated');
  }
  const [event] = eventsOf(region, 'EC2 Instance-terminate Lifecycle Action');
  expect(event?.detail).toMatchObject({
    Origin: 'AutoScalingGroup',
    Destination: 'EC2',
    LifecycleHookName: 'drain',
  });
  expect(eventsOf(region, 'EC2 Instance Terminate Successful')).toHaveLength(2);
});

test('a hook keeps AWS’s defaults and shows its cap', async () => {
  region = await computeRegion();
  await makeSlot(region, { hooks: [{ LifecycleHookName: 'plain', LifecycleTransition: launching }] });
  const input = { AutoScalingGroupName: groupName };
  expect(await region.call('autoscaling', 'describeLifecycleHooks', input)).toEqual({
    LifecycleHooks: [
      {
        LifecycleHookName: 'plain',
        AutoScalingGroupName: groupName,
        LifecycleTransition: launching,
        HeartbeatTimeout: 3600,
        GlobalTimeout: 172_800,
        DefaultResult: 'ABANDON',
        NotificationMetadata: undefined,
      },
    ],
  });
});
