import type {
  AttachLoadBalancerTargetGroupsType,
  AutoScaling as AutoScalingClient,
  DescribeLoadBalancerTargetGroupsRequest,
  DescribeLoadBalancerTargetGroupsResponse,
  DetachLoadBalancerTargetGroupsType,
} from '@aws-sdk/client-auto-scaling';
import type { TargetGroup } from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import { onlyPlayed } from '../common/request.ts';
import { takePage } from '../common/take-page.ts';
import type { Group, Member } from './group.ts';
import { type AutoScaling, autoscalingPrincipal, groupNamed, invalid } from './store.ts';

/** Registers an instance, by its address, with all target groups of its group. */
export async function joinTargetGroups({ kernel }: AutoScaling, group: Group, member: Member): Promise<void> {
  const Targets = [{ Id: member.address }];
  for (const TargetGroupArn of group.targetGroupArns)
    await kernel.invoke('elbv2', 'registerTargets', { TargetGroupArn, Targets }, autoscalingPrincipal);
}

/** Takes an instance out of all target groups of its group; one that is out already is no matter. */
export async function leaveTargetGroups(
  { kernel }: AutoScaling,
  group: Group,
  member: Member,
): Promise<void> {
  const Targets = [{ Id: member.address }];
  for (const TargetGroupArn of group.targetGroupArns)
    await kernel
      .invoke('elbv2', 'deregisterTargets', { TargetGroupArn, Targets }, autoscalingPrincipal)
      .catch((error: unknown) => {
        if (!(error instanceof AwsError)) throw error;
      });
}

/** @throws AwsError ValidationError for a target group that is not there */
export async function checkTargetGroups({ kernel }: AutoScaling, arns: readonly string[]): Promise<void> {
  for (const arn of arns) {
    const input = { TargetGroupArns: [arn] };
    await kernel
      .invoke<{ TargetGroups?: TargetGroup[] }>('elbv2', 'describeTargetGroups', input, autoscalingPrincipal)
      .catch((error: unknown) => {
        if (!(error instanceof AwsError)) throw error;
        invalid(`Provided Target Groups may not be valid. Please ensure they exist and try again.`);
      });
  }
}

async function attach(
  scaling: AutoScaling,
  input: AttachLoadBalancerTargetGroupsType,
): Promise<Record<string, never>> {
  onlyPlayed('autoscaling.attachLoadBalancerTargetGroups', input, [
    'AutoScalingGroupName',
    'TargetGroupARNs',
  ]);
  const group = groupNamed(scaling, input.AutoScalingGroupName);
  await checkTargetGroups(scaling, input.TargetGroupARNs ?? []);
  for (const arn of input.TargetGroupARNs ?? []) group.targetGroupArns.add(arn);
  for (const member of group.members.values())
    if (member.lifecycle === 'InService') await joinTargetGroups(scaling, group, member);
  return {};
}

async function detach(
  scaling: AutoScaling,
  input: DetachLoadBalancerTargetGroupsType,
): Promise<Record<string, never>> {
  onlyPlayed('autoscaling.detachLoadBalancerTargetGroups', input, [
    'AutoScalingGroupName',
    'TargetGroupARNs',
  ]);
  const group = groupNamed(scaling, input.AutoScalingGroupName);
  const leaving = new Set(input.TargetGroupARNs);
  const only: Group = { ...group, targetGroupArns: leaving };
  for (const member of group.members.values()) await leaveTargetGroups(scaling, only, member);
  for (const arn of leaving) group.targetGroupArns.delete(arn);
  return {};
}

function describeOnes(
  scaling: AutoScaling,
  input: DescribeLoadBalancerTargetGroupsRequest,
): DescribeLoadBalancerTargetGroupsResponse {
  onlyPlayed('autoscaling.describeLoadBalancerTargetGroups', input, [
    'AutoScalingGroupName',
    'MaxRecords',
    'NextToken',
  ]);
  const group = groupNamed(scaling, input.AutoScalingGroupName);
  const bounds = { smallest: 1, largest: 100 };
  const page = takePage([...group.targetGroupArns], input.NextToken, input.MaxRecords, bounds);
  const LoadBalancerTargetGroups = page.items.map((arn) => ({
    LoadBalancerTargetGroupARN: arn,
    State: 'InService',
  }));
  return { LoadBalancerTargetGroups, NextToken: page.nextToken };
}

/** The target groups of an Auto Scaling group. */
export function targetGroupOperations(scaling: AutoScaling): Operations<AutoScalingClient> {
  return {
    attachLoadBalancerTargetGroups: (input) => attach(scaling, input),
    detachLoadBalancerTargetGroups: (input) => detach(scaling, input),
    describeLoadBalancerTargetGroups: (input) => describeOnes(scaling, input),
  };
}
