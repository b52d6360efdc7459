import type {
  AutoScaling as AutoScalingClient,
  CompleteLifecycleActionType,
  RecordLifecycleActionHeartbeatType,
} from '@aws-sdk/client-auto-scaling';
import type { Operations } from '../../kernel/kernel.ts';
import { onlyPlayed } from '../common/request.ts';
import type { Group, Hook, HookResult, LifecycleAction, Member } from './group.ts';
import { type AutoScaling, groupNamed, invalid } from './store.ts';

/** The longest wait in a hook: 48 hours or a hundred heartbeats, whichever is less (facts §2). In ms, before `hookScale`. */
export function waitCap(heartbeatTimeout: number): number {
  return Math.min(48 * 3600, 100 * heartbeatTimeout) * 1000;
}

/** Puts a member into its hooks' hands: an event for each, and a time-out with the hook's default result. */
export function waitForHooks(
  scaling: AutoScaling,
  group: Group,
  member: Member,
  hooks: readonly Hook[],
): void {
  const { clock, delays, ids } = scaling.kernel;
  for (const hook of hooks) {
    const action: LifecycleAction = {
      hook,
      token: ids.uuid(),
      cappedAt: clock.now().getTime() + waitCap(hook.heartbeatTimeout) * delays.hookScale,
      cancel: () => {},
    };
    member.actions.set(hook.name, action);
    startTimeout(scaling, group, member, action);
  }
  for (const action of member.actions.values()) putActionEvent(scaling, group, member, action);
}

function startTimeout(scaling: AutoScaling, group: Group, member: Member, action: LifecycleAction): void {
  const { clock, delays } = scaling.kernel;
  action.cancel();
  const left = action.cappedAt - clock.now().getTime();
  const timeout = Math.min(action.hook.heartbeatTimeout * 1000 * delays.hookScale, left);
  action.cancel = clock.after(timeout, () => {
    if (member.actions.get(action.hook.name) === action)
      finishAction(scaling, group, member, action, action.hook.defaultResult);
  });
}

function putActionEvent(
  { kernel }: AutoScaling,
  group: Group,
  member: Member,
  { hook, token }: LifecycleAction,
): void {
  const launch = hook.transition === 'autoscaling:EC2_INSTANCE_LAUNCHING';
  kernel.putEvent({
    source: 'aws.autoscaling',
    'detail-type': `EC2 Instance-${launch ? 'launch' : 'terminate'} Lifecycle Action`,
    resources: [group.arn],
    detail: {
      LifecycleActionToken: token,
      AutoScalingGroupName: group.name,
      LifecycleHookName: hook.name,
      EC2InstanceId: member.instanceId,
      LifecycleTransition: hook.transition,
      ...(hook.metadata === undefined ? {} : { NotificationMetadata: hook.metadata }),
      Origin: launch ? 'EC2' : 'AutoScalingGroup',
      Destination: launch ? 'AutoScalingGroup' : 'EC2',
    },
  });
}

/** Forgets what a member waits for, without a result. */
export function cancelActions(member: Member): void {
  for (const action of member.actions.values()) action.cancel();
  member.actions.clear();
}

/**
 * The result of one action. ABANDON ends the wait at once, and on launch the instance with it; the last CONTINUE lets the member
 * proceed. On termination both end in termination.
 */
function finishAction(
  scaling: AutoScaling,
  group: Group,
  member: Member,
  action: LifecycleAction,
  result: HookResult,
): void {
  action.cancel();
  member.actions.delete(action.hook.name);
  const launch = action.hook.transition === 'autoscaling:EC2_INSTANCE_LAUNCHING';
  if (result === 'ABANDON') {
    cancelActions(member);
    if (launch)
      member.abandoned = `Instance failed to complete user's Lifecycle Action: Lifecycle Action with token ${action.token} was abandoned: Lifecycle Action Completed with ABANDON Result`;
  }
  if (member.actions.size > 0) return;
  member.lifecycle = launch ? 'Pending:Proceed' : 'Terminating:Proceed';
  scaling.wake(group);
}

interface ActionReference {
  readonly AutoScalingGroupName: string | undefined;
  readonly LifecycleHookName: string | undefined;
  readonly InstanceId?: string | undefined;
  readonly LifecycleActionToken?: string | undefined;
}

function findAction(
  scaling: AutoScaling,
  input: ActionReference,
): { group: Group; member: Member; action: LifecycleAction } {
  const group = groupNamed(scaling, input.AutoScalingGroupName);
  const { InstanceId, LifecycleActionToken: token, LifecycleHookName: hookName = '' } = input;
  if (InstanceId === undefined && token === undefined)
    invalid('Either an instance ID or a lifecycle action token must be specified.');
  const candidates = InstanceId === undefined ? [...group.members.values()] : [group.members.get(InstanceId)];
  for (const member of candidates) {
    const action = member?.actions.get(hookName);
    if (member && action && (token === undefined || action.token === token)) return { group, member, action };
  }
  if (InstanceId === undefined) invalid(`No active Lifecycle Action found with token ${token}`);
  invalid(`No active Lifecycle Action found with instance ID ${InstanceId}`);
}

function complete(scaling: AutoScaling, input: CompleteLifecycleActionType): Record<string, never> {
  onlyPlayed('autoscaling.completeLifecycleAction', input, [
    'AutoScalingGroupName',
    'LifecycleHookName',
    'InstanceId',
    'LifecycleActionToken',
    'LifecycleActionResult',
  ]);
  const result = input.LifecycleActionResult;
  if (result !== 'CONTINUE' && result !== 'ABANDON')
    invalid(`Lifecycle action result must be one of [CONTINUE, ABANDON], and is ${result}`);
  const { group, member, action } = findAction(scaling, input);
  finishAction(scaling, group, member, action, result);
  return {};
}

function heartbeat(scaling: AutoScaling, input: RecordLifecycleActionHeartbeatType): Record<string, never> {
  onlyPlayed('autoscaling.recordLifecycleActionHeartbeat', input, [
    'AutoScalingGroupName',
    'LifecycleHookName',
    'InstanceId',
    'LifecycleActionToken',
  ]);
  const { group, member, action } = findAction(scaling, input);
  startTimeout(scaling, group, member, action);
  return {};
}

/** What a worker of a lifecycle hook calls. */
export function lifecycleActionOperations(scaling: AutoScaling): Operations<AutoScalingClient> {
  return {
    completeLifecycleAction: (input) => complete(scaling, input),
    recordLifecycleActionHeartbeat: (input) => heartbeat(scaling, input),
  };
}
