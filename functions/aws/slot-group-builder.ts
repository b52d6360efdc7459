import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  CreateOrUpdateTagsCommand,
  DescribeAutoScalingGroupsCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { assertOwn, missingTags, type Owner, readTags, type Tags } from '../clusters/ownership.ts';
import type { Config } from '../runtime/config.ts';
import { AwsUnavailable, ResourceNotReady } from '../runtime/errors.ts';
import { calling, classify, hasCode } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';
import { findHooks, hookOf, type LifecycleHook, putHook } from './lifecycle-hooks.ts';

/** What a slot's group should be, and what one is. */
export interface SlotGroupShape {
  readonly name: string;
  readonly zone: string;
  readonly launchTemplateId: string;
  readonly launchTemplateVersion: string;
}

export interface SlotGroupFound extends SlotGroupShape {
  readonly min: number;
  readonly max: number;
  readonly desired: number;
  readonly deletionProtection: string;
  readonly hook?: LifecycleHook;
  readonly tags: Tags;
}

/** Makes and corrects slots' Auto Scaling groups; `slot-groups.ts` looks at them while they work. */
export interface SlotGroupBuilder {
  find(name: string, signal?: AbortSignal): Promise<SlotGroupFound | undefined>;
  create(shape: SlotGroupShape, hook: LifecycleHook, tags: Tags, signal?: AbortSignal): Promise<void>;
  /** Sets size, template version and protection as wanted. Running instances stay as they are. */
  update(group: SlotGroupFound, shape: SlotGroupShape, owner: Owner, signal?: AbortSignal): Promise<void>;
  putHook(group: SlotGroupFound, hook: LifecycleHook, owner: Owner, signal?: AbortSignal): Promise<void>;
  tag(group: SlotGroupFound, wanted: Tags, owner: Owner, signal?: AbortSignal): Promise<void>;
}

/** One instance, neither more nor less; only a person who takes the protection off first can delete the group. */
const single = {
  MinSize: 1,
  MaxSize: 1,
  DesiredCapacity: 1,
  // EC2 alone: an etcd that is down on a running instance is Trivet's to heal, and an impaired disk is not healed by a new instance.
  HealthCheckType: 'EC2',
  HealthCheckGracePeriod: 0,
  // Terminate first, then launch: two instances can never hold the slot's network interface.
  InstanceMaintenancePolicy: { MinHealthyPercentage: 0, MaxHealthyPercentage: 100 },
  DeletionProtection: 'prevent-all-deletion',
} as const;

export function makeSlotGroupBuilder(config: Config): SlotGroupBuilder {
  const client = new AutoScalingClient(clientSettings(config));
  return { ...reading(client), ...building(client) };
}

function reading(client: AutoScalingClient): Pick<SlotGroupBuilder, 'find'> {
  return {
    async find(name, signal) {
      const command = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] });
      const call = client.send(command, abortedBy(signal));
      const found = await calling('autoscaling:DescribeAutoScalingGroups', call);
      const group = found.AutoScalingGroups?.[0];
      if (!group) return undefined;
      const { launch: hook } = await findHooks(client, name, signal);
      return {
        name,
        zone: group.AvailabilityZones?.[0] ?? '',
        launchTemplateId: group.LaunchTemplate?.LaunchTemplateId ?? '',
        launchTemplateVersion: group.LaunchTemplate?.Version ?? '',
        min: group.MinSize ?? 0,
        max: group.MaxSize ?? 0,
        desired: group.DesiredCapacity ?? 0,
        deletionProtection: group.DeletionProtection ?? 'none',
        ...(hook && { hook }),
        tags: readTags(group.Tags),
      };
    },
  };
}

function building(
  client: AutoScalingClient,
): Pick<SlotGroupBuilder, 'create' | 'update' | 'putHook' | 'tag'> {
  return {
    async create(shape, hook, tags, signal) {
      const command = new CreateAutoScalingGroupCommand({
        AutoScalingGroupName: shape.name,
        // The zone and no subnet: the launch template names the network interface (reference aws-etcd-kubeadm-facts §1.1).
        AvailabilityZones: [shape.zone],
        LaunchTemplate: templateOf(shape),
        ...single,
        // In the group's creation, so that the very first instance meets the hook too (reference §2).
        LifecycleHookSpecificationList: [hookOf('launch', hook)],
        Tags: tagsFor(shape.name, tags),
      });
      await accepting(shape.name, client.send(command, abortedBy(signal)));
    },
    async update(group, shape, owner, signal) {
      assertOwn(`group ${group.name}`, group.tags, owner);
      const command = new UpdateAutoScalingGroupCommand({
        AutoScalingGroupName: group.name,
        LaunchTemplate: templateOf(shape),
        ...single,
      });
      await accepting(group.name, client.send(command, abortedBy(signal)));
    },
    putHook: (group, hook, owner, signal) =>
      putHook(client, group, { transition: 'launch', hook }, owner, signal),
    async tag(group, wanted, owner, signal) {
      assertOwn(`group ${group.name}`, group.tags, owner);
      const Tags = tagsFor(group.name, missingTags(group.tags, wanted));
      const command = new CreateOrUpdateTagsCommand({ Tags });
      await calling('autoscaling:CreateOrUpdateTags', client.send(command, abortedBy(signal)));
    },
  };
}

/** A group's launch template, at one version. */
export function templateOf(shape: {
  readonly launchTemplateId: string;
  readonly launchTemplateVersion: string;
}) {
  return { LaunchTemplateId: shape.launchTemplateId, Version: shape.launchTemplateVersion };
}

/** Instances get their tags from the launch template. */
export function tagsFor(name: string, tags: Tags) {
  return Object.entries(tags).map(([Key, Value]) => ({
    Key,
    Value,
    ResourceId: name,
    ResourceType: 'auto-scaling-group',
    PropagateAtLaunch: false,
  }));
}

/** Auto Scaling checks the template when it is named: an instance profile made a moment ago may not have reached it. */
export async function accepting(name: string, call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    const text = error instanceof Error ? error.message : '';
    if (hasCode(error, ['ValidationError']) && /iam ?instance ?profile/i.test(text))
      throw new ResourceNotReady(`${name}: its instance profile has not reached Auto Scaling yet`, {
        cause: error,
      });
    if (hasCode(error, ['AlreadyExists', 'AlreadyExistsFault']))
      throw new AwsUnavailable(`${name} is there, and Auto Scaling does not show it yet`, { cause: error });
    if (hasCode(error, ['ResourceContention', 'ResourceContentionFault', 'ScalingActivityInProgressFault']))
      throw new ResourceNotReady(`${name} is being changed by something else`, { cause: error });
    throw classify(error, 'autoscaling:CreateOrUpdateAutoScalingGroup');
  }
}
