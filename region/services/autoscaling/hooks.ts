import type {
  AutoScaling as AutoScalingClient,
  DeleteLifecycleHookType,
  DescribeLifecycleHooksAnswer,
  DescribeLifecycleHooksType,
  LifecycleHookSpecification,
  PutLifecycleHookType,
} from '@aws-sdk/client-auto-scaling';
import { NotPlayedError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import { onlyPlayed } from '../common/request.ts';
import type { Hook, Transition } from './group.ts';
import { waitCap } from './lifecycle-actions.ts';
import { type AutoScaling, groupNamed, invalid } from './store.ts';

/** Hooks that a group may have (facts §2). */
const hookLimit = 50;

const transitions: readonly Transition[] = [
  'autoscaling:EC2_INSTANCE_LAUNCHING',
  'autoscaling:EC2_INSTANCE_TERMINATING',
];

/** A hook with AWS's defaults: an hour, ABANDON (facts §2). @throws AwsError ValidationError */
function hookOf(wanted: LifecycleHookSpecification | PutLifecycleHookType, before?: Hook): Hook {
  if (wanted.NotificationTargetARN)
    throw new NotPlayedError('NotificationTargetARN of lifecycle hooks; its event goes to EventBridge');
  const name = wanted.LifecycleHookName ?? '';
  if (!/^[A-Za-z0-9\-_/]{1,255}$/.test(name))
    invalid(
      `1 validation error detected: Value '${name}' at 'lifecycleHookName' failed to satisfy constraint: Member must satisfy regular expression pattern: [A-Za-z0-9\\-_\\/]+`,
    );
  const transition = transitions.find((one) => one === (wanted.LifecycleTransition ?? before?.transition));
  if (transition === undefined)
    invalid(
      `Lifecycle Transition must be one of [${transitions.join(', ')}], and is ${wanted.LifecycleTransition}`,
    );
  const heartbeatTimeout = wanted.HeartbeatTimeout ?? before?.heartbeatTimeout ?? 3600;
  if (heartbeatTimeout < 30 || heartbeatTimeout > 7200)
    invalid(`Heartbeat timeout must be between 30 and 7200 seconds, and is ${heartbeatTimeout}`);
  const defaultResult = wanted.DefaultResult ?? before?.defaultResult ?? 'ABANDON';
  if (defaultResult !== 'CONTINUE' && defaultResult !== 'ABANDON')
    invalid(`Default result must be one of [CONTINUE, ABANDON], and is ${defaultResult}`);
  if ((wanted.NotificationMetadata?.length ?? 0) > 4000)
    invalid('Notification metadata is limited to 4000 characters');
  return {
    name,
    transition,
    heartbeatTimeout,
    defaultResult,
    metadata: wanted.NotificationMetadata ?? before?.metadata,
  };
}

/** The hooks of a new group, by name. @throws AwsError ValidationError, LimitExceeded */
export function hooksOf(wanted: readonly LifecycleHookSpecification[] | undefined): Map<string, Hook> {
  const hooks = new Map(
    (wanted ?? []).map((one): [string, Hook] => [one.LifecycleHookName ?? '', hookOf(one)]),
  );
  if (hooks.size > hookLimit) invalid(`At most ${hookLimit} lifecycle hooks may be given`);
  return hooks;
}

function putHook(scaling: AutoScaling, input: PutLifecycleHookType): Record<string, never> {
  onlyPlayed('autoscaling.putLifecycleHook', input, [
    'AutoScalingGroupName',
    'LifecycleHookName',
    'LifecycleTransition',
    'HeartbeatTimeout',
    'DefaultResult',
    'NotificationMetadata',
    'NotificationTargetARN',
    'RoleARN',
  ]);
  const { hooks } = groupNamed(scaling, input.AutoScalingGroupName);
  const hook = hookOf(input, hooks.get(input.LifecycleHookName ?? ''));
  if (!hooks.has(hook.name) && hooks.size >= hookLimit)
    invalid(`At most ${hookLimit} lifecycle hooks may be given`);
  hooks.set(hook.name, hook);
  return {};
}

function deleteHook(scaling: AutoScaling, input: DeleteLifecycleHookType): Record<string, never> {
  onlyPlayed('autoscaling.deleteLifecycleHook', input, ['AutoScalingGroupName', 'LifecycleHookName']);
  const { hooks } = groupNamed(scaling, input.AutoScalingGroupName);
  if (!hooks.delete(input.LifecycleHookName ?? ''))
    invalid(`No Lifecycle Hook found with name ${input.LifecycleHookName}`);
  return {};
}

function describeHooks(
  scaling: AutoScaling,
  input: DescribeLifecycleHooksType,
): DescribeLifecycleHooksAnswer {
  onlyPlayed('autoscaling.describeLifecycleHooks', input, ['AutoScalingGroupName', 'LifecycleHookNames']);
  const { hooks, name } = groupNamed(scaling, input.AutoScalingGroupName);
  const wanted = [...hooks.values()].filter(
    (hook) => !input.LifecycleHookNames?.length || input.LifecycleHookNames.includes(hook.name),
  );
  return {
    LifecycleHooks: wanted.map((hook) => ({
      LifecycleHookName: hook.name,
      AutoScalingGroupName: name,
      LifecycleTransition: hook.transition,
      HeartbeatTimeout: hook.heartbeatTimeout,
      GlobalTimeout: waitCap(hook.heartbeatTimeout) / 1000,
      DefaultResult: hook.defaultResult,
      NotificationMetadata: hook.metadata,
    })),
  };
}

/** Lifecycle hooks of a group. A hook that is put later misses instances that wait already (facts §2). */
export function hookOperations(scaling: AutoScaling): Operations<AutoScalingClient> {
  return {
    putLifecycleHook: (input) => putHook(scaling, input),
    deleteLifecycleHook: (input) => deleteHook(scaling, input),
    describeLifecycleHooks: (input) => describeHooks(scaling, input),
    describeLifecycleHookTypes: () => ({ LifecycleHookTypes: [...transitions] }),
  };
}
