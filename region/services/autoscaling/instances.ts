import type {
  ActivityType,
  AutoScaling as AutoScalingClient,
  AutoScalingInstanceDetails,
  AutoScalingInstancesType,
  DescribeAutoScalingInstancesType,
  Instance,
  SetInstanceHealthQuery,
  SetInstanceProtectionQuery,
  TerminateInstanceInAutoScalingGroupType,
} from '@aws-sdk/client-auto-scaling';
import type { Operations } from '../../kernel/kernel.ts';
import { onlyPlayed, refuse } from '../common/request.ts';
import { takePage } from '../common/take-page.ts';
import { isLeaving, type Member } from './group.ts';
import { type AutoScaling, groupNamed, invalid, memberOf } from './store.ts';
import { beginTermination } from './terminate.ts';

/** A member as DescribeAutoScalingGroups shows it. */
export function instanceView(member: Member): Instance {
  const { id, name, version } = member.template;
  return {
    InstanceId: member.instanceId,
    InstanceType: member.instanceType,
    AvailabilityZone: member.zone,
    LifecycleState: member.lifecycle,
    HealthStatus: member.health,
    LaunchTemplate: { LaunchTemplateId: id, LaunchTemplateName: name, Version: version },
    ProtectedFromScaleIn: member.protectedFromScaleIn,
  };
}

function describeInstances(
  scaling: AutoScaling,
  input: DescribeAutoScalingInstancesType,
): AutoScalingInstancesType {
  onlyPlayed('autoscaling.describeAutoScalingInstances', input, ['InstanceIds', 'MaxRecords', 'NextToken']);
  const all = [...scaling.groups.values()].flatMap((group) =>
    [...group.members.values()].map(
      (member): AutoScalingInstanceDetails => ({
        ...instanceView(member),
        AutoScalingGroupName: group.name,
        // This operation alone shouts.
        HealthStatus: member.health.toUpperCase(),
      }),
    ),
  );
  const wanted = all.filter(
    ({ InstanceId = '' }) => !input.InstanceIds?.length || input.InstanceIds.includes(InstanceId),
  );
  const page = takePage(wanted, input.NextToken, input.MaxRecords, { smallest: 1, largest: 50 });
  return { AutoScalingInstances: [...page.items], NextToken: page.nextToken };
}

async function terminateInstance(
  scaling: AutoScaling,
  input: TerminateInstanceInAutoScalingGroupType,
): Promise<ActivityType> {
  onlyPlayed('autoscaling.terminateInstanceInAutoScalingGroup', input, [
    'InstanceId',
    'ShouldDecrementDesiredCapacity',
  ]);
  const { group, member } = memberOf(scaling, input.InstanceId);
  if (input.ShouldDecrementDesiredCapacity === undefined)
    invalid(
      "1 validation error detected: Value null at 'shouldDecrementDesiredCapacity' failed to satisfy constraint: Member must not be null",
    );
  if (isLeaving(member))
    refuse('ScalingActivityInProgress', `Activity ${member.activity.ActivityId} is in progress.`);
  if (input.ShouldDecrementDesiredCapacity) {
    const { settings } = group;
    if (settings.desired - 1 < settings.minSize)
      invalid(
        `Currently, desiredSize equals minSize (${settings.minSize}). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.`,
      );
    settings.desired -= 1;
  }
  await beginTermination(scaling, group, member, 'requested');
  return { Activity: { ...member.activity } };
}

function setHealth(scaling: AutoScaling, input: SetInstanceHealthQuery): Record<string, never> {
  onlyPlayed('autoscaling.setInstanceHealth', input, [
    'InstanceId',
    'HealthStatus',
    'ShouldRespectGracePeriod',
  ]);
  const { group, member } = memberOf(scaling, input.InstanceId);
  const { HealthStatus: health } = input;
  if (health !== 'Healthy' && health !== 'Unhealthy')
    invalid(`Health status must be one of [Healthy, Unhealthy], and is ${health}`);
  if (isLeaving(member)) invalid(`Instance ${member.instanceId} is being terminated.`);
  const { clock, delays } = scaling.kernel;
  const grace = group.settings.healthCheckGracePeriod * 1000 * delays.hookScale;
  const age = member.inServiceAt === undefined ? 0 : clock.now().getTime() - member.inServiceAt.getTime();
  if (health === 'Unhealthy' && (input.ShouldRespectGracePeriod ?? true) && age < grace) return {};
  member.health = health;
  scaling.wake(group);
  return {};
}

function setProtection(scaling: AutoScaling, input: SetInstanceProtectionQuery): Record<string, never> {
  onlyPlayed('autoscaling.setInstanceProtection', input, [
    'InstanceIds',
    'AutoScalingGroupName',
    'ProtectedFromScaleIn',
  ]);
  const group = groupNamed(scaling, input.AutoScalingGroupName);
  for (const id of input.InstanceIds ?? []) {
    const member = group.members.get(id);
    if (member === undefined) invalid(`The instance ${id} is not part of Auto Scaling group ${group.name}.`);
    member.protectedFromScaleIn = input.ProtectedFromScaleIn ?? false;
  }
  return {};
}

/** Single instances of groups. */
export function instanceOperations(scaling: AutoScaling): Operations<AutoScalingClient> {
  return {
    describeAutoScalingInstances: (input) => describeInstances(scaling, input),
    terminateInstanceInAutoScalingGroup: (input) => terminateInstance(scaling, input),
    setInstanceHealth: (input) => setHealth(scaling, input),
    setInstanceProtection: (input) => setProtection(scaling, input),
  };
}
