import { expect, test } from 'vitest';
import { classifyLaunchFailure, type LaunchFailure } from '../../../functions/aws/launch-failure.ts';
import { decideLaunch } from '../../../functions/sweep/decide-launch.ts';

const now = new Date('2026-03-01T12:00:00Z');
const policy = { launchRetrySeconds: 30, roundPauseSeconds: 120 };

/** A capacity failure so many seconds ago; without a type, EC2 named none. */
const lacks = (instanceType: string | undefined, secondsAgo: number): LaunchFailure => ({
  at: new Date(now.getTime() - secondsAgo * 1000).toISOString(),
  kind: 'capacity',
  ...(instanceType && { instanceType }),
  message: '',
});
const inUse = (secondsAgo: number): LaunchFailure => ({
  ...lacks(undefined, secondsAgo),
  kind: 'interface-in-use',
});

const three = ['t4g', 'm7g', 'm6g'];
const none = 'no instance type of the spec has capacity: t4g, m7g, m6g';

test.each<[string, string[], string | undefined, LaunchFailure[], object]>([
  [
    'the first type fails: the second',
    three,
    't4g',
    [lacks('t4g', 0), inUse(5)],
    { action: 'next-instance-type', failedInstanceType: 't4g', instanceType: 'm7g' },
  ],
  [
    'the second fails too: the third, at once',
    three,
    'm7g',
    [lacks('m7g', 0), lacks('t4g', 2)],
    { action: 'next-instance-type', failedInstanceType: 'm7g', instanceType: 'm6g' },
  ],
  [
    'a slot that ran on the last type wraps around to the first',
    three,
    'm6g',
    [lacks('m6g', 0)],
    { action: 'next-instance-type', instanceType: 't4g', reason: 'm6g has no capacity: t4g is next' },
  ],
  [
    'types that were not tried come before those that were',
    three,
    'm6g',
    [lacks('m6g', 0), lacks('t4g', 2)],
    { action: 'next-instance-type', instanceType: 'm7g' },
  ],
  [
    'EC2 names no type: it is the one in use',
    three,
    't4g',
    [lacks(undefined, 0)],
    { action: 'next-instance-type', failedInstanceType: 't4g', instanceType: 'm7g' },
  ],
  [
    'a type that the spec has no longer: the first',
    three,
    'a1',
    [lacks('a1', 0)],
    { action: 'next-instance-type', failedInstanceType: 'a1', instanceType: 't4g' },
  ],
  [
    'the failure is of the type before: the present one is to be tried first',
    three,
    'm7g',
    [lacks('t4g', 0)],
    { action: 'kick-launch', reason: 't4g had no capacity, and m7g is still to be tried' },
  ],
  [
    'a full round has failed: a person is told',
    three,
    'm6g',
    [lacks('m6g', 0), lacks('m7g', 2), lacks('t4g', 4)],
    { action: 'report', reason: none },
  ],
  [
    'a full round has failed, and AWS tries the last type again and again: its first failure counts',
    three,
    'm6g',
    [lacks('m6g', 1), lacks('m6g', 119), lacks('m7g', 130), lacks('t4g', 140)],
    { action: 'report', reason: none },
  ],
  [
    'a full round has failed, and the pause is over: the first again, and a person is told',
    three,
    'm6g',
    [lacks('m6g', 1), lacks('m6g', 120), lacks('m7g', 130), lacks('t4g', 140)],
    {
      action: 'next-instance-type',
      instanceType: 't4g',
      alarming: true,
      reason: `${none}; t4g is tried again`,
    },
  ],
  [
    'the only type fails: a person is told',
    ['t4g'],
    't4g',
    [lacks('t4g', 29)],
    { action: 'report', reason: 'no instance type of the spec has capacity: t4g' },
  ],
  [
    'the only type failed half a minute ago: again, and a person is told',
    ['t4g'],
    't4g',
    [lacks('t4g', 30)],
    { action: 'kick-launch', alarming: true },
  ],
  [
    'the launch template was deleted',
    three,
    undefined,
    [lacks('t4g', 0)],
    { action: 'report', reason: 'its launch template is gone: provision the cluster again' },
  ],
])('%s', (_name, instanceTypes, instanceType, failures, expected) => {
  const launch = { failures, instanceTypes, ...(instanceType && { instanceType }) };
  expect(decideLaunch(launch, policy, now)).toMatchObject(expected);
});

const at = '2026-03-01T12:00:00.000Z';
test.each<[string, Partial<LaunchFailure>]>([
  [
    'We currently do not have sufficient t4g.medium capacity in the Availability Zone you requested (us-east-1b). Launching EC2 instance failed.',
    { kind: 'capacity', instanceType: 't4g.medium' },
  ],
  [
    'Could not launch On-Demand Instances. InsufficientInstanceCapacity - We currently do not have sufficient m7g.medium capacity in the Availability Zone you requested (us-east-1b).',
    { kind: 'capacity', instanceType: 'm7g.medium' },
  ],
  [
    'Your requested instance type (m6g.medium) is not supported in your requested Availability Zone (us-east-1b). Launching EC2 instance failed.',
    { kind: 'capacity', instanceType: 'm6g.medium' },
  ],
  ['InsufficientHostCapacity', { kind: 'capacity' }],
  ['Insufficient capacity. Launching EC2 instance failed.', { kind: 'capacity' }],
  [
    'Could not launch Spot Instances. UnfulfillableCapacity - Unable to fulfill capacity due to your request configuration. Launching EC2 instance failed.',
    { kind: 'capacity' },
  ],
  ['There is no Spot capacity available that matches your request.', { kind: 'capacity' }],
  ['Interface: [eni-0123456789abcdef0] in use. Launching EC2 instance failed.', { kind: 'interface-in-use' }],
  [
    'You have requested more vCPU capacity than your current vCPU limit of 32 allows. Launching EC2 instance failed.',
    { kind: 'other' },
  ],
  ['The image id ami-0123456789abcdef0 does not exist. Launching EC2 instance failed.', { kind: 'other' }],
])('%s', (message, told) => {
  expect(classifyLaunchFailure(message, at)).toEqual({ at, message, ...told });
});
