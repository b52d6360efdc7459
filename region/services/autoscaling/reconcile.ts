import type { DescribeInstancesResult, Instance } from '@aws-sdk/client-ec2';
import type { TargetHealthDescription } from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError } from '../../kernel/errors.ts';
import type { AwsEvent, Kernel } from '../../kernel/kernel.ts';
import type { Group } from './group.ts';
import { enterService, failLaunch, launchOne, proceedAfterLaunch } from './launch.ts';
import { type GroupView, type MemberView, planGroup, type Step } from './plan.ts';
import { type AutoScaling, autoscalingPrincipal } from './store.ts';
import { beginTermination, endInstance, finishTermination } from './terminate.ts';

export interface Reconciler {
  /** Begins to look at a group, at once and then at each interval, until it is gone. */
  watch(group: Group): void;
  wake(group: Group): void;
  stop(): void;
}

/** One looker for all groups: looks at one group never overlap, and a wake during a look means one more look after it. */
export function createReconciler(scaling: () => AutoScaling, kernel: Kernel): Reconciler {
  const looking = new Set<Group>();
  const again = new Set<Group>();
  let stopped = false;
  const look = async (group: Group): Promise<void> => {
    if (stopped || scaling().groups.get(group.name) !== group) return;
    if (looking.has(group)) return void again.add(group);
    looking.add(group);
    try {
      await lookAt(scaling(), group);
    } catch (error) {
      kernel.log(`autoscaling: ${group.name}: ${String(error)}`);
    } finally {
      looking.delete(group);
    }
    if (again.delete(group)) await look(group);
  };
  const tick = (group: Group): void => {
    if (stopped || scaling().groups.get(group.name) !== group) return;
    kernel.background('a look at a group', () => look(group));
    kernel.clock.after(kernel.delays.autoScalingInterval, () => tick(group));
  };
  const wake = (group: Group): void => void kernel.clock.after(0, () => look(group));
  kernel.onEvent((event) => {
    const group = awaiting(scaling(), event);
    if (group) wake(group);
  });
  const stop = (): void => {
    stopped = true;
  };
  return { watch: tick, wake, stop };
}

/**
 * The group that waits for this change of an instance: a launch that now runs, a termination that is done. Health is found at the
 * next interval only, as on AWS, where events are no part of health checks.
 */
function awaiting({ groups }: AutoScaling, event: AwsEvent): Group | undefined {
  if (event['detail-type'] !== 'EC2 Instance State-change Notification') return undefined;
  const id = String(event.detail['instance-id']);
  return [...groups.values()].find((group) => {
    const lifecycle = group.members.get(id)?.lifecycle;
    return lifecycle === 'Pending' || lifecycle?.startsWith('Terminating');
  });
}

async function lookAt(scaling: AutoScaling, group: Group): Promise<void> {
  const view = await viewGroup(scaling, group);
  for (const step of planGroup(view, scaling.kernel.clock.now().getTime())) await take(scaling, group, step);
  if (group.deleting && group.members.size === 0) scaling.groups.delete(group.name);
}

async function viewGroup(scaling: AutoScaling, group: Group): Promise<GroupView> {
  const states = await ec2States(scaling, group);
  const failing = await failingTargets(scaling, group);
  const now = scaling.kernel.clock.now().getTime();
  const grace = group.settings.healthCheckGracePeriod * 1000 * scaling.kernel.delays.hookScale;
  return {
    members: [...group.members.values()].map(
      (member): MemberView => ({
        instanceId: member.instanceId,
        zone: member.zone,
        lifecycle: member.lifecycle,
        health: member.health,
        protectedFromScaleIn: member.protectedFromScaleIn,
        launchedAt: member.launchedAt.getTime(),
        ec2State: states.get(member.instanceId)?.State?.Name,
        failsLoadBalancer:
          failing.has(member.instanceId) && now - (member.inServiceAt?.getTime() ?? now) >= grace,
        waiting: member.actions.size > 0,
        abandoned: member.abandoned !== undefined,
      }),
    ),
    desired: group.settings.desired,
    suspended: new Set(group.suspended.keys()),
    deleting: group.deleting,
    notBefore: group.launches.notBefore,
  };
}

async function ec2States({ kernel }: AutoScaling, group: Group): Promise<ReadonlyMap<string, Instance>> {
  if (group.members.size === 0) return new Map();
  const input = { Filters: [{ Name: 'instance-id', Values: [...group.members.keys()] }] };
  const answer = await kernel.invoke<DescribeInstancesResult>(
    'ec2',
    'describeInstances',
    input,
    autoscalingPrincipal,
  );
  const instances = (answer.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []);
  return new Map(instances.map((instance) => [instance.InstanceId ?? '', instance]));
}

/** Members that one of the group's target groups calls unhealthy, where the group minds (health check type ELB). */
async function failingTargets({ kernel }: AutoScaling, group: Group): Promise<ReadonlySet<string>> {
  const failing = new Set<string>();
  if (!group.settings.healthCheckTypes.includes('ELB')) return failing;
  for (const TargetGroupArn of group.targetGroupArns) {
    const answer = await kernel.invoke<{ TargetHealthDescriptions?: TargetHealthDescription[] }>(
      'elbv2',
      'describeTargetHealth',
      { TargetGroupArn },
      autoscalingPrincipal,
    );
    for (const { Target, TargetHealth } of answer.TargetHealthDescriptions ?? [])
      if (TargetHealth?.State === 'unhealthy') {
        for (const { instanceId, address } of group.members.values())
          if (address === Target?.Id) failing.add(instanceId);
      }
  }
  return failing;
}

async function take(scaling: AutoScaling, group: Group, step: Step): Promise<void> {
  if (step.kind === 'launch') {
    for (let count = 0; count < step.count; count += 1) if (!(await launchOne(scaling, group))) return;
    return;
  }
  const member = group.members.get(step.instanceId);
  if (member === undefined) return;
  switch (step.kind) {
    case 'launched':
      return proceedAfterLaunch(scaling, group, member);
    case 'launch-failed':
      return failLaunch(scaling, group, member);
    case 'enter-service':
      return enterService(scaling, group, member);
    case 'mark-unhealthy':
      member.health = 'Unhealthy';
      return;
    case 'terminate':
      return beginTermination(scaling, group, member, step.why);
    case 'end-instance':
      return endInstance(scaling, group, member).catch((error: unknown) => {
        if (!(error instanceof AwsError)) throw error;
        scaling.kernel.log(`autoscaling: ${group.name}: ${error.message}`);
      });
    case 'ended':
      return finishTermination(scaling, group, member);
  }
}
