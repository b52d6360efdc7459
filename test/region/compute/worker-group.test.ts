import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import type { TargetHealthDescription } from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { type ComputeRegion, computeRegion, refusal } from './region.ts';

let region: ComputeRegion;
let vpcId: string;
let subnets: string[];

beforeEach(async () => {
  region = await computeRegion();
  const vpc = await region.call<{ Vpc?: { VpcId?: string } }>('ec2', 'createVpc', {
    CidrBlock: '127.98.0.0/16',
  });
  vpcId = vpc.Vpc?.VpcId ?? '';
  subnets = [];
  for (const [index, zone] of ['us-east-1a', 'us-east-1b'].entries()) {
    const input = { VpcId: vpcId, CidrBlock: `127.98.${index}.0/24`, AvailabilityZone: zone };
    const made = await region.call<{ Subnet?: { SubnetId?: string } }>('ec2', 'createSubnet', input);
    subnets.push(made.Subnet?.SubnetId ?? '');
  }
  await region.call('ec2', 'createLaunchTemplate', {
    LaunchTemplateName: 'worker',
    LaunchTemplateData: { ImageId: 'ami-0123456789abcdef0', InstanceType: 'm7g.large' },
  });
});

afterEach(() => region.stop());

const group = {
  AutoScalingGroupName: 'workers',
  MinSize: 0,
  MaxSize: 5,
  DesiredCapacity: 4,
  LaunchTemplate: { LaunchTemplateName: 'worker', Version: '$Latest' },
};

async function create(more: object): Promise<void> {
  const input = { ...group, VPCZoneIdentifier: subnets.join(','), ...more };
  await region.call('autoscaling', 'createAutoScalingGroup', input);
}

async function inService(): Promise<{ id: string; zone: string }[]> {
  const answer = await region.call<{ AutoScalingGroups?: AutoScalingGroup[] }>(
    'autoscaling',
    'describeAutoScalingGroups',
    {},
  );
  const members = answer.AutoScalingGroups?.[0]?.Instances ?? [];
  return members
    .filter((one) => one.LifecycleState === 'InService')
    .map((one) => ({ id: one.InstanceId ?? '', zone: one.AvailabilityZone ?? '' }));
}

async function makeTargetGroup(Port: number): Promise<string> {
  const made = await region.call<{ TargetGroups?: { TargetGroupArn?: string }[] }>(
    'elbv2',
    'createTargetGroup',
    {
      Name: 'workers',
      Protocol: 'TCP',
      Port,
      VpcId: vpcId,
      TargetType: 'ip',
      HealthCheckIntervalSeconds: 10,
      HealthCheckTimeoutSeconds: 5,
    },
  );
  return made.TargetGroups?.[0]?.TargetGroupArn ?? '';
}

test('instances are spread over the zones, and taken away from the fullest one', async () => {
  await create({});
  const members = await eventually(async () => {
    const all = await inService();
    return all.length === 4 ? all : undefined;
  });
  const zones = Map.groupBy(members, (one) => one.zone);
  expect([zones.get('us-east-1a')?.length, zones.get('us-east-1b')?.length]).toEqual([2, 2]);
  await region.call('autoscaling', 'setDesiredCapacity', {
    AutoScalingGroupName: 'workers',
    DesiredCapacity: 2,
  });
  await eventually(async () => (await inService()).length === 2);
  expect(new Set((await inService()).map((one) => one.zone)).size).toBe(2);
});

test('a named instance leaves with an explicit decrement, and none comes in its place', async () => {
  await create({ DesiredCapacity: 2 });
  const [first] = await eventually(async () => {
    const all = await inService();
    return all.length === 2 ? all : undefined;
  });
  await region.call('autoscaling', 'terminateInstanceInAutoScalingGroup', {
    InstanceId: first?.id,
    ShouldDecrementDesiredCapacity: true,
  });
  await eventually(() =>
    region.events.some((one) => one['detail-type'] === 'EC2 Instance Terminate Successful'),
  );
  expect((await inService()).map((one) => one.id)).not.toContain(first?.id);
  expect(await inService()).toHaveLength(1);
});

test('instances in service are targets, and an instance that fails the load balancer is replaced', async () => {
  const TargetGroupArn = await makeTargetGroup(9);
  const balancer = await region.call<{ LoadBalancers?: { LoadBalancerArn?: string }[] }>(
    'elbv2',
    'createLoadBalancer',
    { Name: 'workers', Type: 'network', Scheme: 'internal', Subnets: subnets },
  );
  await create({ DesiredCapacity: 1, TargetGroupARNs: [TargetGroupArn] });
  const [first] = await eventually(async () => {
    const all = await inService();
    return all.length === 1 ? all : undefined;
  });
  const targets = await region.call<{ TargetHealthDescriptions?: TargetHealthDescription[] }>(
    'elbv2',
    'describeTargetHealth',
    { TargetGroupArn },
  );
  expect(targets.TargetHealthDescriptions).toHaveLength(1);
  await region.call('autoscaling', 'updateAutoScalingGroup', {
    AutoScalingGroupName: 'workers',
    HealthCheckType: 'EC2,ELB',
  });
  await region.call('elbv2', 'createListener', {
    LoadBalancerArn: balancer.LoadBalancers?.[0]?.LoadBalancerArn,
    Protocol: 'TCP',
    Port: 80,
    DefaultActions: [{ Type: 'forward', TargetGroupArn }],
  });
  await eventually(async () => (await inService()).some((one) => one.id !== first?.id));
});

test('a subnet and a zone that do not fit are refused, and so are a profile and an image that are not there', async () => {
  const template = (LaunchTemplateName: string, more: object): Promise<unknown> =>
    region.call('ec2', 'createLaunchTemplate', {
      LaunchTemplateName,
      LaunchTemplateData: { ImageId: 'ami-0123456789abcdef0', ...more },
    });
  await template('no-profile', { InstanceType: 'm7g.large', IamInstanceProfile: { Name: 'nobody' } });
  await template('no-image', { InstanceType: 'm7g.large', ImageId: 'resolve:ssm:/images/none' });
  const using = (LaunchTemplateName: string): Promise<string> =>
    refusal(create({ LaunchTemplate: { LaunchTemplateName } }));
  expect(await using('no-profile')).toBe(
    'ValidationError: You must use a valid fully-formed launch template. Value (nobody) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name',
  );
  expect(await using('no-image')).toMatch(
    /^ValidationError: You must use a valid fully-formed launch template\./,
  );
  expect(await refusal(create({ AvailabilityZones: ['us-east-1c'] }))).toBe(
    'ValidationError: The availability zones of the specified subnets and the Auto Scaling group do not match',
  );
});

test('a group that is deleted by force while it launches leaves no instance behind', async () => {
  await create({});
  await region.call('autoscaling', 'deleteAutoScalingGroup', {
    AutoScalingGroupName: 'workers',
    ForceDelete: true,
  });
  const live = async (): Promise<number> => {
    const Filters = [{ Name: 'instance-state-name', Values: ['pending', 'running', 'shutting-down'] }];
    const answer = await region.call<{ Reservations?: object[] }>('ec2', 'describeInstances', { Filters });
    return answer.Reservations?.length ?? 0;
  };
  await eventually(async () => (await live()) === 0);
  expect(
    await refusal(region.call('autoscaling', 'describeLifecycleHooks', { AutoScalingGroupName: 'workers' })),
  ).toBe("ValidationError: AutoScalingGroup name not found - AutoScalingGroup 'workers' not found");
});
