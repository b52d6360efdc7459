import {
  AutoScalingClient,
  type AutoScalingGroup,
  CreateAutoScalingGroupCommand,
  CreateOrUpdateTagsCommand,
  DescribeAutoScalingGroupsCommand,
  SetDesiredCapacityCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { terminateHookName } from '../clusters/names.ts';
import { assertOwn, missingTags, type Owner, readTags, type Tags } from '../clusters/ownership.ts';
import type { Config } from '../runtime/config.ts';
import { calling } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';
import type { LaunchFailure } from './launch-failure.ts';
import { findLaunchFailures } from './launch-failures.ts';
import {
  completeAction,
  findHooks,
  hookOf,
  type LifecycleHook,
  putHook,
  recordHeartbeat,
  type Transition,
} from './lifecycle-hooks.ts';
import { type BuyingPolicy, policyFound, policyOf } from './pool-policy.ts';
import { accepting, tagsFor } from './slot-group-builder.ts';
import { terminateMember } from './terminate-member.ts';

/** What a pool's group in one zone should be, and what one is. */
export interface PoolGroupShape extends BuyingPolicy {
  readonly name: string;
  /** In order. */
  readonly subnetIds: readonly string[];
  readonly min: number;
  readonly max: number;
}

export interface PoolInstance {
  readonly instanceId: string;
  /** Auto Scaling's word: `Pending:Wait`, `InService`, `Terminating:Wait` and so on. */
  readonly lifecycleState: string;
  readonly healthStatus: string;
  readonly instanceType: string;
  /** In full: `us-east-1a`. */
  readonly zone: string;
}

export interface PoolGroupFound extends PoolGroupShape {
  readonly desired: number;
  readonly instances: readonly PoolInstance[];
  /** Names of suspended processes; the reason tells an administrative suspension from a person's. */
  readonly suspended: readonly { readonly process: string; readonly reason: string }[];
  readonly tags: Tags;
}

/** A group's hooks; both belong to it. */
export type PoolHooks = Readonly<Record<Transition, LifecycleHook>>;

/** A group with its hooks, which AWS tells by another call. */
export interface PoolGroupBuilt extends PoolGroupFound {
  readonly hooks: Partial<PoolHooks>;
}

/** An instance that waits in the terminate hook. */
export interface LeavingInstance {
  readonly group: string;
  readonly instanceId: string;
}

/** Pools' Auto Scaling groups, one for each pool and zone (design §7). */
export interface PoolGroups {
  find(name: string, signal?: AbortSignal): Promise<PoolGroupBuilt | undefined>;
  /** The groups that exist among `names`. */
  describe(names: readonly string[], signal?: AbortSignal): Promise<PoolGroupFound[]>;
  /** With as many instances as its least number. */
  create(shape: PoolGroupShape, hooks: PoolHooks, tags: Tags, signal?: AbortSignal): Promise<void>;
  /** Sets bounds, subnets and template version. Its size changes only as far as the bounds force it. */
  update(group: PoolGroupFound, shape: PoolGroupShape, owner: Owner, signal?: AbortSignal): Promise<void>;
  putHook(
    group: PoolGroupFound,
    change: { readonly transition: Transition; readonly hook: LifecycleHook },
    owner: Owner,
    signal?: AbortSignal,
  ): Promise<void>;
  tag(group: PoolGroupFound, wanted: Tags, owner: Owner, signal?: AbortSignal): Promise<void>;
  /**
   * Sets how many instances a group should have, after another look at it. `changed`: the number is `from` no longer, or the group is gone,
   * and nothing was written.
   */
  setDesired(
    name: string,
    change: { readonly from: number; readonly to: number },
    owner: Owner,
    signal?: AbortSignal,
  ): Promise<'set' | 'changed'>;
  /**
   * Has a group terminate one instance, through its hook. With `decrement` the group is one smaller, else another instance comes. One that
   * is leaving already is left to it. False: no group has it.
   */
  terminate(instanceId: string, how: { readonly decrement: boolean }, signal?: AbortSignal): Promise<boolean>;
  /** Begins the time-out of the terminate hook anew. False: the instance waits there no longer. */
  heartbeat(instance: LeavingInstance, signal?: AbortSignal): Promise<boolean>;
  /** Lets an instance go that waits in the terminate hook. False: it waits there no longer. */
  completeTermination(instance: LeavingInstance, signal?: AbortSignal): Promise<boolean>;
  /**
   * Launches that failed since one last brought an instance, newest first; at most the latest 100 activities are looked at. A failure for
   * capacity means that EC2 had none of the group's types: the message names one of them at most, and of spot none.
   */
  launchFailures(name: string, signal?: AbortSignal): Promise<LaunchFailure[]>;
}

/** EC2 alone: what Kubernetes thinks of a node is Trivet's to judge. */
const health = { HealthCheckType: 'EC2', HealthCheckGracePeriod: 0 } as const;

/** DescribeAutoScalingGroups takes at most 100 names. */
const namesPerCallMax = 100;

export function makePoolGroups(config: Config): PoolGroups {
  const client = new AutoScalingClient(clientSettings(config));
  return { ...reading(client), ...building(client), ...sizing(client), ...leaving(client) };
}

async function describeGroups(
  client: AutoScalingClient,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<PoolGroupFound[]> {
  const groups: PoolGroupFound[] = [];
  for (let from = 0; from < names.length; from += namesPerCallMax) {
    const command = new DescribeAutoScalingGroupsCommand({
      AutoScalingGroupNames: names.slice(from, from + namesPerCallMax),
      MaxRecords: namesPerCallMax,
    });
    const call = client.send(command, abortedBy(signal));
    const found = await calling('autoscaling:DescribeAutoScalingGroups', call);
    groups.push(...(found.AutoScalingGroups ?? []).map(groupFound));
  }
  return groups;
}

function groupFound(group: AutoScalingGroup): PoolGroupFound {
  return {
    name: group.AutoScalingGroupName ?? '',
    subnetIds: (group.VPCZoneIdentifier ?? '').split(',').sort(),
    ...policyFound(group),
    min: group.MinSize ?? 0,
    max: group.MaxSize ?? 0,
    desired: group.DesiredCapacity ?? 0,
    instances: (group.Instances ?? []).map((instance) => ({
      instanceId: instance.InstanceId ?? '',
      lifecycleState: instance.LifecycleState ?? 'unknown',
      healthStatus: instance.HealthStatus ?? 'unknown',
      instanceType: instance.InstanceType ?? '',
      zone: instance.AvailabilityZone ?? '',
    })),
    suspended: (group.SuspendedProcesses ?? []).map(({ ProcessName, SuspensionReason }) => ({
      process: ProcessName ?? '',
      reason: SuspensionReason ?? '',
    })),
    tags: readTags(group.Tags),
  };
}

function reading(client: AutoScalingClient): Pick<PoolGroups, 'find' | 'describe' | 'launchFailures'> {
  return {
    async find(name, signal) {
      const [group] = await describeGroups(client, [name], signal);
      return group && { ...group, hooks: await findHooks(client, name, signal) };
    },
    describe: (names, signal) => describeGroups(client, names, signal),
    launchFailures: (name, signal) => findLaunchFailures(client, name, signal),
  };
}

function building(client: AutoScalingClient): Pick<PoolGroups, 'create' | 'update' | 'putHook' | 'tag'> {
  return {
    async create(shape, hooks, tags, signal) {
      const command = new CreateAutoScalingGroupCommand({
        AutoScalingGroupName: shape.name,
        VPCZoneIdentifier: shape.subnetIds.join(','),
        ...policyOf(shape),
        MinSize: shape.min,
        MaxSize: shape.max,
        DesiredCapacity: shape.min,
        ...health,
        LifecycleHookSpecificationList: [
          hookOf('launch', hooks.launch),
          hookOf('terminate', hooks.terminate),
        ],
        Tags: tagsFor(shape.name, tags),
      });
      await accepting(shape.name, client.send(command, abortedBy(signal)));
    },
    async update(group, shape, owner, signal) {
      assertOwn(`group ${group.name}`, group.tags, owner);
      const desired = Math.min(Math.max(group.desired, shape.min), shape.max);
      const command = new UpdateAutoScalingGroupCommand({
        AutoScalingGroupName: group.name,
        VPCZoneIdentifier: shape.subnetIds.join(','),
        ...policyOf(shape),
        MinSize: shape.min,
        MaxSize: shape.max,
        ...(desired !== group.desired && { DesiredCapacity: desired }),
      });
      await accepting(group.name, client.send(command, abortedBy(signal)));
    },
    putHook: (group, change, owner, signal) => putHook(client, group, change, owner, signal),
    async tag(group, wanted, owner, signal) {
      assertOwn(`group ${group.name}`, group.tags, owner);
      const Tags = tagsFor(group.name, missingTags(group.tags, wanted));
      const command = new CreateOrUpdateTagsCommand({ Tags });
      await calling('autoscaling:CreateOrUpdateTags', client.send(command, abortedBy(signal)));
    },
  };
}

function sizing(client: AutoScalingClient): Pick<PoolGroups, 'setDesired' | 'terminate'> {
  return {
    async setDesired(name, { from, to }, owner, signal) {
      // The number is absolute: one that was decided on an older one would kill what has come since (reference worker-lifecycle §7.6).
      const [group] = await describeGroups(client, [name], signal);
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
    terminate: (instanceId, how, signal) => terminateMember(client, instanceId, how, signal),
  };
}

function leaving(client: AutoScalingClient): Pick<PoolGroups, 'heartbeat' | 'completeTermination'> {
  return {
    heartbeat: (instance, signal) =>
      recordHeartbeat(client, { ...instance, hook: terminateHookName }, signal),
    completeTermination: (instance, signal) =>
      completeAction(client, { ...instance, hook: terminateHookName, result: 'CONTINUE' }, signal),
  };
}
