import {
  type AutoScalingClient,
  DescribeAutoScalingInstancesCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { isLeaving } from '../clusters/lifecycle-state.ts';
import { awsCode, calling, classify, hasCode } from './classify.ts';
import { abortedBy } from './client-settings.ts';

/**
 * Has a group terminate one of its instances. With `decrement` the group is one smaller, else another instance comes. One that is leaving
 * already is left to it. False: no group has it.
 */
export async function terminateMember(
  client: AutoScalingClient,
  instanceId: string,
  { decrement }: { readonly decrement: boolean },
  signal?: AbortSignal,
): Promise<boolean> {
  const look = new DescribeAutoScalingInstancesCommand({ InstanceIds: [instanceId] });
  const call = client.send(look, abortedBy(signal));
  const { AutoScalingInstances = [] } = await calling('autoscaling:DescribeAutoScalingInstances', call);
  const [found] = AutoScalingInstances;
  if (!found) return false;
  // After a lost reply: a second call must not make the group smaller twice.
  if (isLeaving(found.LifecycleState ?? '')) return true;
  const command = new TerminateInstanceInAutoScalingGroupCommand({
    InstanceId: instanceId,
    ShouldDecrementDesiredCapacity: decrement,
  });
  try {
    await client.send(command, abortedBy(signal));
    return true;
  } catch (error) {
    if (hasCode(error, ['ScalingActivityInProgress', 'ScalingActivityInProgressFault'])) return true;
    const gone = awsCode(error) === 'ValidationError' && /instance id not found/i.test(String(error));
    if (gone) return false;
    throw classify(error, 'autoscaling:TerminateInstanceInAutoScalingGroup');
  }
}
