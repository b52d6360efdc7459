import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { type ComputeRegion, computeRegion, instance, makeNetwork, refusal } from './region.ts';

let region: ComputeRegion;
let subnetA: string;

beforeEach(async () => {
  region = await computeRegion();
  subnetA = (await makeNetwork(region)).subnetA;
  await makeTemplate('worker', {});
});

afterEach(() => region.stop());

function makeTemplate(LaunchTemplateName: string, more: object): Promise<unknown> {
  const LaunchTemplateData = { ImageId: 'ami-0123456789abcdef0', InstanceType: 'm7g.large', ...more };
  return region.call('ec2', 'createLaunchTemplate', { LaunchTemplateName, LaunchTemplateData });
}

function policy(types: readonly string[], distribution: object, LaunchTemplateName = 'worker') {
  return {
    LaunchTemplate: {
      LaunchTemplateSpecification: { LaunchTemplateName, Version: '$Latest' },
      Overrides: types.map((InstanceType) => ({ InstanceType })),
    },
    InstancesDistribution: { SpotAllocationStrategy: 'price-capacity-optimized', ...distribution },
  };
}

const onDemand = { OnDemandPercentageAboveBaseCapacity: 100 };
const spot = { OnDemandPercentageAboveBaseCapacity: 0 };
const types = ['m7g.large', 'm6g.large'];

function create(MixedInstancesPolicy: object, more: object = {}): Promise<unknown> {
  return region.call('autoscaling', 'createAutoScalingGroup', {
    AutoScalingGroupName: 'workers',
    MinSize: 0,
    MaxSize: 5,
    DesiredCapacity: 1,
    VPCZoneIdentifier: subnetA,
    MixedInstancesPolicy,
    ...more,
  });
}

async function group(): Promise<Partial<AutoScalingGroup>> {
  const answer = await region.call<{ AutoScalingGroups?: AutoScalingGroup[] }>(
    'autoscaling',
    'describeAutoScalingGroups',
    {},
  );
  return answer.AutoScalingGroups?.[0] ?? {};
}

/** The instances in service, once there are so many. */
function inService(count: number) {
  return eventually(async () => {
    const { Instances = [] } = await group();
    const serving = Instances.filter((one) => one.LifecycleState === 'InService');
    return serving.length === count ? serving : undefined;
  });
}

test('a group of several types takes the first, and shows its policy instead of a template', async () => {
  await create(policy(types, onDemand));
  const [first] = await inService(1);
  expect(first?.InstanceType).toBe('m7g.large');
  expect((await instance(region, first?.InstanceId ?? '')).InstanceLifecycle).toBeUndefined();
  const { LaunchTemplate, MixedInstancesPolicy } = await group();
  expect(LaunchTemplate).toBeUndefined();
  expect(MixedInstancesPolicy).toMatchObject({
    LaunchTemplate: { Overrides: [{ InstanceType: 'm7g.large' }, { InstanceType: 'm6g.large' }] },
    InstancesDistribution: {
      OnDemandAllocationStrategy: 'prioritized',
      OnDemandBaseCapacity: 0,
      OnDemandPercentageAboveBaseCapacity: 100,
      SpotAllocationStrategy: 'price-capacity-optimized',
    },
  });
});

test('the next type comes where EC2 has none of the first', async () => {
  region.ec2.faults.insufficientCapacity({ zone: 'us-east-1a', instanceType: 'm7g.large' });
  await create(policy(types, onDemand));
  const [first] = await inService(1);
  expect(first?.InstanceType).toBe('m6g.large');
});

test('spot that is short leaves on-demand alone, fails the launch, and comes once there is some', async () => {
  const release = region.ec2.faults.insufficientCapacity({ market: 'spot' });
  await create(policy(types, { ...spot, OnDemandBaseCapacity: 1 }), { DesiredCapacity: 2 });
  const [bought] = await inService(1);
  const failure = await eventually(() =>
    region.events.find((event) => event['detail-type'] === 'EC2 Instance Launch Unsuccessful'),
  );
  expect(failure.detail.StatusMessage).toBe(
    'Could not launch Spot Instances. InsufficientInstanceCapacity - There is no Spot capacity available that matches your request. Launching EC2 instance failed.',
  );
  release();
  const both = await inService(2);
  const fresh = both.find((one) => one.InstanceId !== bought?.InstanceId);
  expect(await instance(region, fresh?.InstanceId ?? '')).toMatchObject({
    InstanceLifecycle: 'spot',
    SpotInstanceRequestId: expect.stringMatching(/^sir-/),
  });
});

test('on-demand that is short of all types names the one that was tried last', async () => {
  region.ec2.faults.insufficientCapacity({ market: 'on-demand' });
  await create(policy(types, onDemand));
  const failure = await eventually(() =>
    region.events.find((event) => event['detail-type'] === 'EC2 Instance Launch Unsuccessful'),
  );
  expect(failure.detail.StatusMessage).toMatch(
    /^Could not launch On-Demand Instances\. InsufficientInstanceCapacity - We currently do not have sufficient m6g\.large capacity in the Availability Zone you requested \(us-east-1a\)\./,
  );
});

test('a policy is taken in place of a template, and a template in place of a policy', async () => {
  const update = (input: object) =>
    region.call('autoscaling', 'updateAutoScalingGroup', { AutoScalingGroupName: 'workers', ...input });
  const LaunchTemplate = { LaunchTemplateName: 'worker', Version: '1' };
  await create(policy(types, onDemand), { DesiredCapacity: 0 });
  await update({ LaunchTemplate });
  const plain = await group();
  expect(plain.LaunchTemplate).toMatchObject(LaunchTemplate);
  expect(plain.MixedInstancesPolicy).toBeUndefined();
  await update({ MixedInstancesPolicy: policy(['m6g.large'], spot) });
  expect((await group()).MixedInstancesPolicy?.LaunchTemplate?.Overrides).toEqual([
    { InstanceType: 'm6g.large' },
  ]);
  await update({ MaxSize: 4 });
  expect((await group()).MixedInstancesPolicy?.InstancesDistribution).toMatchObject(spot);
});

test('what AWS refuses of a policy is refused', async () => {
  await makeTemplate('wants-spot', { InstanceMarketOptions: { MarketType: 'spot' } });
  expect(await refusal(create(policy(types, onDemand, 'wants-spot')))).toBe(
    'InvalidQueryParameter: Incompatible launch template: You cannot use a launch template that is set to request Spot Instances (InstanceMarketOptions) when you configure an Auto Scaling group with a mixed instances policy. Add a different launch template to the group and try again.',
  );
  const both = create(policy(types, onDemand), { LaunchTemplate: { LaunchTemplateName: 'worker' } });
  expect(await refusal(both)).toBe(
    'ValidationError: Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.',
  );
  const tooMuch = { OnDemandPercentageAboveBaseCapacity: 101 };
  expect(await refusal(create(policy(types, tooMuch)))).toMatch(
    /^ValidationError: OnDemandPercentageAboveBaseCapacity must be between 0 and 100/,
  );
  expect(await refusal(create(policy(Array(41).fill('m7g.large'), onDemand)))).toMatch(
    /^ValidationError: At most 40 instance types/,
  );
  expect(await refusal(create(policy(['m7g.huge'], onDemand)))).not.toBe('accepted');
});
