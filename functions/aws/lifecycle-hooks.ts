import {
  type AutoScalingClient,
  CompleteLifecycleActionCommand,
  DescribeLifecycleHooksCommand,
  PutLifecycleHookCommand,
  RecordLifecycleActionHeartbeatCommand,
} from '@aws-sdk/client-auto-scaling';
import { assertOwn, type Owner, type Tags } from '../clusters/ownership.ts';
import { awsCode, calling, classify } from './classify.ts';
import { abortedBy } from './client-settings.ts';

export interface LifecycleHook {
  readonly name: string;
  readonly heartbeatTimeoutSeconds: number;
  readonly defaultResult: 'CONTINUE' | 'ABANDON';
}

/** When instances wait in a hook: as they come, or as they go. */
export type Transition = 'launch' | 'terminate';

const transitions = {
  launch: 'autoscaling:EC2_INSTANCE_LAUNCHING',
  terminate: 'autoscaling:EC2_INSTANCE_TERMINATING',
} as const satisfies Record<Transition, string>;

/** A hook as groups are created with it: the very first instance meets it too. */
export function hookOf(transition: Transition, hook: LifecycleHook) {
  return {
    LifecycleHookName: hook.name,
    LifecycleTransition: transitions[transition],
    HeartbeatTimeout: hook.heartbeatTimeoutSeconds,
    DefaultResult: hook.defaultResult,
  };
}

/** A group's hooks, the first of each transition; absent where it has none. */
export async function findHooks(
  client: AutoScalingClient,
  group: string,
  signal?: AbortSignal,
): Promise<{ readonly launch?: LifecycleHook; readonly terminate?: LifecycleHook }> {
  const command = new DescribeLifecycleHooksCommand({ AutoScalingGroupName: group });
  const { LifecycleHooks = [] } = await calling(
    'autoscaling:DescribeLifecycleHooks',
    client.send(command, abortedBy(signal)),
  );
  const first = (transition: Transition): LifecycleHook | undefined => {
    const hook = LifecycleHooks.find((one) => one.LifecycleTransition === transitions[transition]);
    return (
      hook && {
        name: hook.LifecycleHookName ?? '',
        heartbeatTimeoutSeconds: hook.HeartbeatTimeout ?? 0,
        defaultResult: hook.DefaultResult === 'CONTINUE' ? 'CONTINUE' : 'ABANDON',
      }
    );
  };
  const launch = first('launch');
  const terminate = first('terminate');
  return { ...(launch && { launch }), ...(terminate && { terminate }) };
}

/** Makes a hook or sets it as wanted. Instances that wait already are not touched. */
export async function putHook(
  client: AutoScalingClient,
  group: { readonly name: string; readonly tags: Tags },
  { transition, hook }: { readonly transition: Transition; readonly hook: LifecycleHook },
  owner: Owner,
  signal?: AbortSignal,
): Promise<void> {
  assertOwn(`group ${group.name}`, group.tags, owner);
  const command = new PutLifecycleHookCommand({
    AutoScalingGroupName: group.name,
    ...hookOf(transition, hook),
  });
  await calling('autoscaling:PutLifecycleHook', client.send(command, abortedBy(signal)));
}

/** An instance that waits in a hook. */
export interface WaitingInstance {
  readonly group: string;
  readonly hook: string;
  readonly instanceId: string;
}

/** Ends an instance's wait. False: there was no such action any more, which is as good. */
export function completeAction(
  client: AutoScalingClient,
  { group, hook, instanceId, result }: WaitingInstance & { readonly result: 'CONTINUE' | 'ABANDON' },
  signal?: AbortSignal,
): Promise<boolean> {
  const command = new CompleteLifecycleActionCommand({
    AutoScalingGroupName: group,
    LifecycleHookName: hook,
    InstanceId: instanceId,
    LifecycleActionResult: result,
  });
  return whileActive('autoscaling:CompleteLifecycleAction', client.send(command, abortedBy(signal)));
}

/** Begins the hook's time-out anew. False: there is no such action any more. */
export function recordHeartbeat(
  client: AutoScalingClient,
  { group, hook, instanceId }: WaitingInstance,
  signal?: AbortSignal,
): Promise<boolean> {
  const command = new RecordLifecycleActionHeartbeatCommand({
    AutoScalingGroupName: group,
    LifecycleHookName: hook,
    InstanceId: instanceId,
  });
  return whileActive('autoscaling:RecordLifecycleActionHeartbeat', client.send(command, abortedBy(signal)));
}

/** Auto Scaling says with a ValidationError that a wait has ended (reference worker-lifecycle §5). */
async function whileActive(call: string, sent: Promise<unknown>): Promise<boolean> {
  try {
    await sent;
    return true;
  } catch (error) {
    const gone = awsCode(error) === 'ValidationError' && /no active lifecycle action/i.test(String(error));
    if (gone) return false;
    throw classify(error, call);
  }
}
