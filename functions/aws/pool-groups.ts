import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  CreateOrUpdateTagsCommand,
  DescribeAutoScalingGroupsCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { assertOwn, missingTags, type Owner, readTags, type Tags } from '../clusters/ownership.ts';
import type { Config } from '../runtime/config.ts';
import { calling } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';
import {
  accepting,
  findLaunchHook,
  type LaunchHook,
  launchHookOf,
  putLaunchHook,
  tagsFor,
  templateOf,
} from './slot-group-builder.ts';

/** What a pool's group in one zone should be, and what one is. */
export interface PoolGroupShape {
  readonly name: string;
  /** In order. */
  readonly subnetIds: readonly string[];
  readonly min: number;
  readonly max: number;
  readonly launchTemplateId: string;
  readonly launchTemplateVersion: string;
}

export interface PoolGroupFound extends PoolGroupShape {
  readonly desired: number;
  readonly hook?: LaunchHook;
  readonly tags: Tags;
}

/** Makes and corrects pools' Auto Scaling groups, one for each pool and zone (design §7). */
export interface PoolGroups {
  find(name: string, signal?: AbortSignal): Promise<PoolGroupFound | undefined>;
  /** With as many instances as its least number. */
  create(shape: PoolGroupShape, hook: LaunchHook, tags: Tags, signal?: AbortSignal): Promise<void>;
  /** Sets bounds, subnets and template version. Its size changes only as far as the bounds force it. */
  update(group: PoolGroupFound, shape: PoolGroupShape, owner: Owner, signal?: AbortSignal): Promise<void>;
  putHook(group: PoolGroupFound, hook: LaunchHook, owner: Owner, signal?: AbortSignal): Promise<void>;
  tag(group: PoolGroupFound, wanted: Tags, owner: Owner, signal?: AbortSignal): Promise<void>;
}

/** EC2 alone: what Kubernetes thinks of a node is Trivet's to judge. */
const health = { HealthCheckType: 'EC2', HealthCheckGracePeriod: 0 } as const;

export function makePoolGroups(config: Config): PoolGroups {
  const client = new AutoScalingClient(clientSettings(config));
  return {
    async find(name, signal) {
      const command = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] });
      const call = client.send(command, abortedBy(signal));
      const found = await calling('autoscaling:DescribeAutoScalingGroups', call);
      const group = found.AutoScalingGroups?.[0];
      if (!group) return undefined;
      const hook = await findLaunchHook(client, name, signal);
      return {
        name,
        subnetIds: (group.VPCZoneIdentifier ?? '').split(',').sort(),
        launchTemplateId: group.LaunchTemplate?.LaunchTemplateId ?? '',
        launchTemplateVersion: group.LaunchTemplate?.Version ?? '',
        min: group.MinSize ?? 0,
        max: group.MaxSize ?? 0,
        desired: group.DesiredCapacity ?? 0,
        ...(hook && { hook }),
        tags: readTags(group.Tags),
      };
    },
    async create(shape, hook, tags, signal) {
      const command = new CreateAutoScalingGroupCommand({
        AutoScalingGroupName: shape.name,
        VPCZoneIdentifier: shape.subnetIds.join(','),
        LaunchTemplate: templateOf(shape),
        MinSize: shape.min,
        MaxSize: shape.max,
        DesiredCapacity: shape.min,
        ...health,
        LifecycleHookSpecificationList: [launchHookOf(hook)],
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
        LaunchTemplate: templateOf(shape),
        MinSize: shape.min,
        MaxSize: shape.max,
        ...(desired !== group.desired && { DesiredCapacity: desired }),
      });
      await accepting(group.name, client.send(command, abortedBy(signal)));
    },
    putHook: (group, hook, owner, signal) => putLaunchHook(client, group, hook, owner, signal),
    async tag(group, wanted, owner, signal) {
      assertOwn(`group ${group.name}`, group.tags, owner);
      const Tags = tagsFor(group.name, missingTags(group.tags, wanted));
      const command = new CreateOrUpdateTagsCommand({ Tags });
      await calling('autoscaling:CreateOrUpdateTags', client.send(command, abortedBy(signal)));
    },
  };
}
