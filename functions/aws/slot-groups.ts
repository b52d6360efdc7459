import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  ResumeProcessesCommand,
  SetInstanceHealthCommand,
  SuspendProcessesCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { isLeaving } from '../clusters/lifecycle-state.ts';
import { assertOwn, type Owner, readTags, type Tags } from '../clusters/ownership.ts';
import type { Config } from '../runtime/config.ts';
import { calling, callingUnless } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';
import type { LaunchFailure } from './launch-failure.ts';
import { findLaunchFailures } from './launch-failures.ts';
import { completeAction, type WaitingInstance } from './lifecycle-hooks.ts';
import { terminateMember } from './terminate-member.ts';

/** A slot's Auto Scaling group as decisions need it. */
export interface SlotGroupFact {
  readonly name: string;
  readonly instances: readonly { readonly instanceId: string; readonly lifecycleState: string }[];
  /** Names of suspended processes; the reason tells an administrative suspension from ours. */
  readonly suspended: readonly { readonly process: string; readonly reason: string }[];
  /** The version of the launch template that the next instance is launched from. */
  readonly template: { readonly launchTemplateId: string; readonly version: string };
  readonly tags: Tags;
}

/** Auto Scaling, as far as slots need it. */
export interface SlotGroups {
  /** The groups that exist among `names`. */
  describe(names: readonly string[], signal?: AbortSignal): Promise<SlotGroupFact[]>;
  /** Answers the launch hook, with CONTINUE unless another result is named. False: there was no such action any more. */
  completeLaunch(request: LaunchCompletion, signal?: AbortSignal): Promise<boolean>;
  /** Launches that failed since one last brought an instance, newest first; at most the latest 100 activities are looked at. */
  launchFailures(name: string, signal?: AbortSignal): Promise<LaunchFailure[]>;
  /** Lets the group's next instance be launched from another version of its launch template. Running instances stay as they are. */
  useTemplateVersion(
    group: SlotGroupFact,
    version: string,
    owner: Owner,
    signal?: AbortSignal,
  ): Promise<void>;
  suspendLaunch(name: string, signal?: AbortSignal): Promise<void>;
  resumeLaunch(name: string, signal?: AbortSignal): Promise<void>;
  /** Tells the group at once what it would find itself later. An instance that it no longer has is done. */
  markUnhealthy(instanceId: string, signal?: AbortSignal): Promise<void>;
  /** Has the group terminate its instance, and launch another unless `Launch` is suspended. One that is leaving already is left to it. False: no group has it. */
  terminate(instanceId: string, signal?: AbortSignal): Promise<boolean>;
}

export interface LaunchCompletion extends WaitingInstance {
  readonly result?: 'CONTINUE' | 'ABANDON';
}

/** DescribeAutoScalingGroups takes at most 100 names. */
const namesPerCallMax = 100;

/** Auto Scaling in the deployment's region. */
export function makeSlotGroups(config: Config): SlotGroups {
  const client = new AutoScalingClient(clientSettings(config));
  return { ...reading(client), ...changing(client) };
}

function reading(client: AutoScalingClient): Pick<SlotGroups, 'describe' | 'launchFailures'> {
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
          client.send(command, abortedBy(signal)),
        );
        facts.push(...(found.AutoScalingGroups ?? []).map(groupFact));
      }
      return facts;
    },
    launchFailures: (name, signal) => findLaunchFailures(client, name, signal),
  };
}

function changing(client: AutoScalingClient): Omit<SlotGroups, 'describe' | 'launchFailures'> {
  const launch = (group: string) => ({ AutoScalingGroupName: group, ScalingProcesses: ['Launch'] });
  return {
    completeLaunch: ({ result = 'CONTINUE', ...instance }, signal) =>
      completeAction(client, { ...instance, result }, signal),
    async useTemplateVersion({ name, template, tags }, version, owner, signal) {
      assertOwn(`group ${name}`, tags, owner);
      const command = new UpdateAutoScalingGroupCommand({
        AutoScalingGroupName: name,
        LaunchTemplate: { LaunchTemplateId: template.launchTemplateId, Version: version },
      });
      await calling('autoscaling:UpdateAutoScalingGroup', client.send(command, abortedBy(signal)));
    },
    async suspendLaunch(name, signal) {
      const command = new SuspendProcessesCommand(launch(name));
      await calling('autoscaling:SuspendProcesses', client.send(command, abortedBy(signal)));
    },
    async resumeLaunch(name, signal) {
      const command = new ResumeProcessesCommand(launch(name));
      await calling('autoscaling:ResumeProcesses', client.send(command, abortedBy(signal)));
    },
    async markUnhealthy(instanceId, signal) {
      const command = new SetInstanceHealthCommand({ InstanceId: instanceId, HealthStatus: 'Unhealthy' });
      await callingUnless(
        'autoscaling:SetInstanceHealth',
        ['ValidationError'],
        client.send(command, abortedBy(signal)),
      );
    },
    terminate: (instanceId, signal) => terminateMember(client, instanceId, { decrement: false }, signal),
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
    template: {
      launchTemplateId: group.LaunchTemplate?.LaunchTemplateId ?? '',
      version: group.LaunchTemplate?.Version ?? '',
    },
    tags: readTags(group.Tags),
  };
}

/** The group's instance that is not on its way out; a group of size one has at most one. */
export function currentInstance(
  group: SlotGroupFact | undefined,
): SlotGroupFact['instances'][number] | undefined {
  return group?.instances.find(({ lifecycleState }) => !isLeaving(lifecycleState));
}
