import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import {
  AutoScalingClient,
  CompleteLifecycleActionCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeScalingActivitiesCommand,
  ResumeProcessesCommand,
  SetInstanceHealthCommand,
  SuspendProcessesCommand,
} from '@aws-sdk/client-auto-scaling';
import type { Config } from '../runtime/config.ts';
import { awsCode, calling, callingUnless, classify } from './classify.ts';
import { clientSettings } from './client-settings.ts';

/** A slot's Auto Scaling group as decisions need it. */
export interface SlotGroupFact {
  readonly name: string;
  readonly instances: readonly { readonly instanceId: string; readonly lifecycleState: string }[];
  /** Names of suspended processes; the reason tells an administrative suspension from ours. */
  readonly suspended: readonly { readonly process: string; readonly reason: string }[];
}

/** Auto Scaling, as far as slots need it. */
export interface SlotGroups {
  /** The groups that exist among `names`. */
  describe(names: readonly string[], signal?: AbortSignal): Promise<SlotGroupFact[]>;
  /** Answers the launch hook with CONTINUE. False: there was no such action any more. */
  completeLaunch(request: LaunchCompletion, signal?: AbortSignal): Promise<boolean>;
  /** Status message of the latest scaling activity when that one failed. */
  latestFailure(name: string, signal?: AbortSignal): Promise<string | undefined>;
  suspendLaunch(name: string, signal?: AbortSignal): Promise<void>;
  resumeLaunch(name: string, signal?: AbortSignal): Promise<void>;
  /** Tells the group at once what it would find itself later. An instance that it no longer has is done. */
  markUnhealthy(instanceId: string, signal?: AbortSignal): Promise<void>;
}

export interface LaunchCompletion {
  readonly group: string;
  readonly hook: string;
  readonly instanceId: string;
}

/** DescribeAutoScalingGroups takes at most 100 names. */
const namesPerCallMax = 100;

/** Auto Scaling in the deployment's region. */
export function makeSlotGroups(config: Config): SlotGroups {
  const client = new AutoScalingClient(clientSettings(config));
  const options = (signal?: AbortSignal) => (signal ? { abortSignal: signal } : {});
  const launch = (group: string) => ({ AutoScalingGroupName: group, ScalingProcesses: ['Launch'] });
  return {
    async describe(names, signal) {
      const facts: SlotGroupFact[] = [];
      for (let from = 0; from < names.length; from += namesPerCallMax) {
        const page = names.slice(from, from + namesPerCallMax);
        const command = new DescribeAutoScalingGroupsCommand({
          AutoScalingGroupNames: page,
          MaxRecords: namesPerCallMax,
        });
        const found = await calling(
          'autoscaling:DescribeAutoScalingGroups',
          client.send(command, options(signal)),
        );
        facts.push(...(found.AutoScalingGroups ?? []).map(groupFact));
      }
      return facts;
    },
    async completeLaunch({ group, hook, instanceId }, signal) {
      const command = new CompleteLifecycleActionCommand({
        AutoScalingGroupName: group,
        LifecycleHookName: hook,
        InstanceId: instanceId,
        LifecycleActionResult: 'CONTINUE',
      });
      try {
        await client.send(command, options(signal));
        return true;
      } catch (error) {
        const gone =
          awsCode(error) === 'ValidationError' && /no active lifecycle action/i.test(String(error));
        if (gone) return false;
        throw classify(error, 'autoscaling:CompleteLifecycleAction');
      }
    },
    async latestFailure(name, signal) {
      const command = new DescribeScalingActivitiesCommand({ AutoScalingGroupName: name, MaxRecords: 1 });
      const found = await calling(
        'autoscaling:DescribeScalingActivities',
        client.send(command, options(signal)),
      );
      const latest = found.Activities?.[0];
      return latest?.StatusCode === 'Failed' ? (latest.StatusMessage ?? 'no message') : undefined;
    },
    async suspendLaunch(name, signal) {
      const command = new SuspendProcessesCommand(launch(name));
      await calling('autoscaling:SuspendProcesses', client.send(command, options(signal)));
    },
    async resumeLaunch(name, signal) {
      const command = new ResumeProcessesCommand(launch(name));
      await calling('autoscaling:ResumeProcesses', client.send(command, options(signal)));
    },
    async markUnhealthy(instanceId, signal) {
      const command = new SetInstanceHealthCommand({ InstanceId: instanceId, HealthStatus: 'Unhealthy' });
      await callingUnless(
        'autoscaling:SetInstanceHealth',
        ['ValidationError'],
        client.send(command, options(signal)),
      );
    },
  };
}

function groupFact(group: AutoScalingGroup): SlotGroupFact {
  return {
    name: group.AutoScalingGroupName ?? '',
    instances: (group.Instances ?? []).map(({ InstanceId, LifecycleState }) => ({
      instanceId: InstanceId ?? '',
      lifecycleState: LifecycleState ?? 'unknown',
    })),
    suspended: (group.SuspendedProcesses ?? []).map(({ ProcessName, SuspensionReason }) => ({
      process: ProcessName ?? '',
      reason: SuspensionReason ?? '',
    })),
  };
}
