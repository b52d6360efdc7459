import type { Activity, AutoScalingGroup, Instance } from '@aws-sdk/client-auto-scaling';
import type { AwsEvent } from '../../../region/kernel/kernel.ts';
import { eventually } from '../../support/eventually.ts';
import { type ComputeRegion, makeInterface, makeNetwork } from './region.ts';

export const groupName = 'trivet-demo-slot-a';
export const hookName = 'trivet-launch';

export interface SlotOptions {
  readonly heartbeatSeconds?: number;
  readonly defaultResult?: 'CONTINUE' | 'ABANDON';
  readonly hooks?: readonly object[];
}

/** A slot as Trivet makes it: an interface, a template that names it, and a group of one by zone with a launch hook. */
export async function makeSlot(
  region: ComputeRegion,
  options: SlotOptions = {},
): Promise<{ networkInterfaceId: string; launchTemplateId: string }> {
  const { subnetA } = await makeNetwork(region);
  const networkInterfaceId = await makeInterface(region, subnetA, '10.0.0.10');
  const template = await region.call<{ LaunchTemplate?: { LaunchTemplateId?: string } }>(
    'ec2',
    'createLaunchTemplate',
    {
      LaunchTemplateName: groupName,
      LaunchTemplateData: {
        ImageId: 'resolve:ssm:/images/node',
        InstanceType: 't4g.medium',
        IamInstanceProfile: { Name: 'node' },
        UserData: Buffer.from('hello').toString('base64'),
        NetworkInterfaces: [
          { DeviceIndex: 0, NetworkInterfaceId: networkInterfaceId, DeleteOnTermination: false },
        ],
      },
    },
  );
  const launchTemplateId = template.LaunchTemplate?.LaunchTemplateId ?? '';
  await region.call('autoscaling', 'createAutoScalingGroup', {
    AutoScalingGroupName: groupName,
    MinSize: 1,
    MaxSize: 1,
    DesiredCapacity: 1,
    AvailabilityZones: ['us-east-1a'],
    LaunchTemplate: { LaunchTemplateId: launchTemplateId, Version: '1' },
    LifecycleHookSpecificationList: options.hooks ?? [
      {
        LifecycleHookName: hookName,
        LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
        HeartbeatTimeout: options.heartbeatSeconds ?? 900,
        DefaultResult: options.defaultResult ?? 'ABANDON',
        NotificationMetadata: 'slot=a',
      },
    ],
    Tags: [{ Key: 'trivet:slot', Value: 'a', PropagateAtLaunch: true }],
  });
  return { networkInterfaceId, launchTemplateId };
}

export async function describeGroup(region: ComputeRegion): Promise<AutoScalingGroup> {
  const answer = await region.call<{ AutoScalingGroups?: AutoScalingGroup[] }>(
    'autoscaling',
    'describeAutoScalingGroups',
    { AutoScalingGroupNames: [groupName] },
  );
  const [group] = answer.AutoScalingGroups ?? [];
  if (group === undefined) throw new Error('the group is not there');
  return group;
}

/** The id of the member in this lifecycle state, once there is one other than `not`. */
export async function memberIn(region: ComputeRegion, state: string, not = ''): Promise<string> {
  const member = await eventually(
    async () =>
      (await describeGroup(region)).Instances?.find(
        (one: Instance) => one.LifecycleState === state && one.InstanceId !== not,
      ),
    { what: `a member in ${state}`, intervalMs: 2 },
  );
  return member.InstanceId ?? '';
}

export async function activities(region: ComputeRegion): Promise<Activity[]> {
  const answer = await region.call<{ Activities?: Activity[] }>('autoscaling', 'describeScalingActivities', {
    AutoScalingGroupName: groupName,
  });
  return answer.Activities ?? [];
}

export async function completeHook(
  region: ComputeRegion,
  InstanceId: string,
  LifecycleActionResult: 'CONTINUE' | 'ABANDON' = 'CONTINUE',
  LifecycleHookName = hookName,
): Promise<void> {
  await region.call('autoscaling', 'completeLifecycleAction', {
    AutoScalingGroupName: groupName,
    LifecycleHookName,
    InstanceId,
    LifecycleActionResult,
  });
}

export function eventsOf(region: ComputeRegion, type: string): AwsEvent[] {
  return region.events.filter((event) => event['detail-type'] === type);
}
