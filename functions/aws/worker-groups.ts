import {
  AutoScalingClient,
  type AutoScalingGroup,
  DescribeAutoScalingGroupsCommand,
  SetDesiredCapacityCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { assertOwn, type Owner, readTags, type Tags } from '../clusters/ownership.ts';
import type { Config } from '../runtime/config.ts';
import { awsCode, calling, classify } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';

/** A pool's group in one zone, as decisions about its workers need it. */
export interface WorkerGroupFact {
  readonly name: string;
  readonly desired: number;
  readonly min: number;
  readonly max: number;
  readonly tags: Tags;
  readonly instances: readonly { readonly instanceId: string; readonly lifecycleState: string }[];
}

/** Sizes and members of pools' groups. */
export interface WorkerGroups {
  /** The groups that exist among `names`. */
  describe(names: readonly string[], signal?: AbortSignal): Promise<WorkerGroupFact[]>;
  /** Sets a size over the one that it was decided on. `changed`: the group wants another by now, and nothing was written. */
  setDesired(
    name: string,
    size: { readonly from: number; readonly to: number },
    owner: Owner,
    signal?: AbortSignal,
  ): Promise<'set' | 'changed'>;
  /** Ends a member. False: its group no longer has it, or lets it go already. */
  terminate(
    instanceId: string,
    options: { readonly decrement: boolean },
    signal?: AbortSignal,
  ): Promise<boolean>;
}

/** DescribeAutoScalingGroups takes at most 100 names. */
const namesPerCallMax = 100;

/** Auto Scaling in the deployment's region. */
export function makeWorkerGroups(config: Config): WorkerGroups {
  const client = new AutoScalingClient(clientSettings(config));
  const describe: WorkerGroups['describe'] = async (names, signal) => {
    const facts: WorkerGroupFact[] = [];
    for (let from = 0; from < names.length; from += namesPerCallMax) {
      const command = new DescribeAutoScalingGroupsCommand({
        AutoScalingGroupNames: names.slice(from, from + namesPerCallMax),
        MaxRecords: namesPerCallMax,
      });
      const call = client.send(command, abortedBy(signal));
      const found = await calling('autoscaling:DescribeAutoScalingGroups', call);
      facts.push(...(found.AutoScalingGroups ?? []).map(factOf));
    }
    return facts;
  };
  return {
    describe,
    async setDesired(name, { from, to }, owner, signal) {
      const [group] = await describe([name], signal);
      if (group?.desired !== from) return 'changed';
      assertOwn(`group ${name}`, group.tags, owner);
      const command = new SetDesiredCapacityCommand({
        AutoScalingGroupName: name,
        DesiredCapacity: to,
        HonorCooldown: false,
      });
      await calling('autoscaling:SetDesiredCapacity', client.send(command, abortedBy(signal)));
      return 'set';
    },
    async terminate(instanceId, { decrement }, signal) {
      const command = new TerminateInstanceInAutoScalingGroupCommand({
        InstanceId: instanceId,
        ShouldDecrementDesiredCapacity: decrement,
      });
      try {
        await client.send(command, abortedBy(signal));
        return true;
      } catch (error) {
        if (isGone(error)) return false;
        throw classify(error, 'autoscaling:TerminateInstanceInAutoScalingGroup');
      }
    },
  };
}

/** A termination that was asked for before is in progress; an instance that is gone is not found. */
function isGone(error: unknown): boolean {
  const code = awsCode(error) ?? '';
  if (/^ScalingActivityInProgress/.test(code)) return true;
  return code === 'ValidationError' && /not found|no managed instance|not part of/i.test(String(error));
}

function factOf(group: AutoScalingGroup): WorkerGroupFact {
  return {
    name: group.AutoScalingGroupName ?? '',
    desired: group.DesiredCapacity ?? 0,
    min: group.MinSize ?? 0,
    max: group.MaxSize ?? 0,
    tags: readTags(group.Tags),
    instances: (group.Instances ?? []).map(({ InstanceId = '', LifecycleState = 'unknown' }) => ({
      instanceId: InstanceId,
      lifecycleState: LifecycleState,
    })),
  };
}
