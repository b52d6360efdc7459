import { AwsError } from '../../kernel/errors.ts';
import { beginActivity, endActivity, putResultEvent } from './activities.ts';
import { type Group, hooksFor, isLeaving, type Member } from './group.ts';
import { cancelActions, waitForHooks } from './lifecycle-actions.ts';
import { type AutoScaling, autoscalingPrincipal } from './store.ts';
import { leaveTargetGroups } from './target-groups.ts';

export type TerminationReason = 'unhealthy' | 'surplus' | 'deleted' | 'requested';

const reasons: Readonly<Record<TerminationReason, string>> = {
  unhealthy: 'in response to an EC2 health check indicating it has been terminated or stopped.',
  surplus: 'in response to a difference between desired and actual capacity.',
  deleted: 'in response to a user request to delete the group.',
  requested: 'in response to a user request.',
};

/** A member begins to leave: through the termination hooks, unless the group is deleted by force (facts §2). */
export async function beginTermination(
  scaling: AutoScaling,
  group: Group,
  member: Member,
  why: TerminationReason,
): Promise<void> {
  if (isLeaving(member)) return;
  const wasPending = member.lifecycle.startsWith('Pending');
  cancelActions(member);
  if (wasPending)
    endActivity(scaling, member.activity, 'Cancelled', 'The instance was terminated while it was launched.');
  const cause = `At ${scaling.kernel.clock.now().toISOString()} an instance was taken out of service ${reasons[why]}`;
  const description = `Terminating EC2 instance: ${member.instanceId}`;
  member.activity = beginActivity(scaling, group, { description, cause, place: { zone: member.zone } });
  await leaveTargetGroups(scaling, group, member);
  const hooks = why === 'deleted' ? [] : hooksFor(group, 'autoscaling:EC2_INSTANCE_TERMINATING');
  if (hooks.length === 0) {
    member.lifecycle = 'Terminating';
  } else {
    member.lifecycle = 'Terminating:Wait';
    member.activity.StatusCode = 'MidLifecycleAction';
    waitForHooks(scaling, group, member, hooks);
  }
  scaling.wake(group);
}

/** Ends the instance in EC2; one that is ending already is left to it. */
export async function endInstance({ kernel }: AutoScaling, _group: Group, member: Member): Promise<void> {
  try {
    const input = { InstanceIds: [member.instanceId] };
    await kernel.invoke('ec2', 'terminateInstances', input, autoscalingPrincipal);
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== 'InvalidInstanceID.NotFound') throw error;
  }
}

/** EC2 has ended the instance: it leaves the group. */
export function finishTermination(scaling: AutoScaling, group: Group, member: Member): void {
  const { activity, instanceId } = member;
  member.lifecycle = 'Terminated';
  group.members.delete(instanceId);
  endActivity(scaling, activity, 'Successful');
  putResultEvent(scaling, group, 'EC2 Instance Terminate Successful', { activity, instanceId });
}
