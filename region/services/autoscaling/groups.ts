import type {
  AutoScaling as AutoScalingClient,
  AutoScalingGroup,
  AutoScalingGroupNamesType,
  AutoScalingGroupsType,
  CreateAutoScalingGroupType,
  DeleteAutoScalingGroupType,
  Filter,
  SetDesiredCapacityType,
  UpdateAutoScalingGroupType,
} from '@aws-sdk/client-auto-scaling';
import { NotPlayedError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import { onlyPlayed, refuse } from '../common/request.ts';
import { takePage } from '../common/take-page.ts';
import { type Group, isLeaving } from './group.ts';
import { hooksOf } from './hooks.ts';
import { instanceView } from './instances.ts';
import { mixView } from './mixed.ts';
import { settingsOf } from './settings.ts';
import { type AutoScaling, groupNamed, invalid } from './store.ts';
import { tagsOf, tagViews } from './tags.ts';
import { checkTargetGroups } from './target-groups.ts';

const settingMembers = [
  'AutoScalingGroupName',
  'LaunchTemplate',
  'MixedInstancesPolicy',
  'CapacityRebalance',
  'MinSize',
  'MaxSize',
  'DesiredCapacity',
  'DefaultCooldown',
  'AvailabilityZones',
  'VPCZoneIdentifier',
  'HealthCheckType',
  'HealthCheckGracePeriod',
  'NewInstancesProtectedFromScaleIn',
  'DeletionProtection',
  'InstanceMaintenancePolicy',
] as const;

async function createGroup(
  scaling: AutoScaling,
  watch: (group: Group) => void,
  input: CreateAutoScalingGroupType,
): Promise<Record<string, never>> {
  onlyPlayed('autoscaling.createAutoScalingGroup', input, [
    ...settingMembers,
    'LifecycleHookSpecificationList',
    'TargetGroupARNs',
    'Tags',
  ]);
  const name = checkName(input.AutoScalingGroupName);
  refuseDuplicate(scaling, name);
  const hooks = hooksOf(input.LifecycleHookSpecificationList);
  const tags = tagsOf(input.Tags);
  const targetGroups = input.TargetGroupARNs ?? [];
  await checkTargetGroups(scaling, targetGroups);
  const settings = await settingsOf(scaling, input);
  refuseDuplicate(scaling, name);
  const { accountId, clock, ids, region } = scaling.kernel;
  const group: Group = {
    name,
    arn: `arn:aws:autoscaling:${region}:${accountId}:autoScalingGroup:${ids.uuid()}:autoScalingGroupName/${name}`,
    createdAt: clock.now(),
    settings,
    hooks,
    tags,
    members: new Map(),
    activities: [],
    suspended: new Map(),
    targetGroupArns: new Set(targetGroups),
    launches: { failures: 0, failingSince: undefined, notBefore: 0 },
    deleting: false,
  };
  scaling.groups.set(name, group);
  watch(group);
  return {};
}

function checkName(name: string | undefined): string {
  if (name === undefined || !/^[\u0020-\u007e]{1,255}$/.test(name) || name.includes(':'))
    invalid(
      `1 validation error detected: Value '${name}' at 'autoScalingGroupName' failed to satisfy constraint: Member must have 1 to 255 characters and no colon`,
    );
  return name;
}

function refuseDuplicate({ groups }: AutoScaling, name: string): void {
  if (groups.has(name))
    refuse(
      'AlreadyExists',
      `AutoScalingGroup by this name already exists - A group with the name ${name} already exists`,
    );
}

async function updateGroup(
  scaling: AutoScaling,
  input: UpdateAutoScalingGroupType,
): Promise<Record<string, never>> {
  onlyPlayed('autoscaling.updateAutoScalingGroup', input, [...settingMembers]);
  const group = groupNamed(scaling, input.AutoScalingGroupName);
  refuseDeleting(group);
  Object.assign(group.settings, await settingsOf(scaling, input, group.settings));
  scaling.wake(group);
  return {};
}

function refuseDeleting(group: Group): void {
  if (group.deleting) refuse('ResourceContention', `AutoScalingGroup ${group.name} is being deleted.`);
}

/** DeleteAutoScalingGroup. With ForceDelete the instances end without their hooks, and the group is gone when they are. */
function deleteGroup(scaling: AutoScaling, input: DeleteAutoScalingGroupType): Record<string, never> {
  onlyPlayed('autoscaling.deleteAutoScalingGroup', input, ['AutoScalingGroupName', 'ForceDelete']);
  const group = groupNamed(scaling, input.AutoScalingGroupName);
  const force = input.ForceDelete === true;
  const { deletionProtection } = group.settings;
  if (
    deletionProtection === 'prevent-all-deletion' ||
    (force && deletionProtection === 'prevent-force-deletion')
  )
    invalid(
      `You cannot delete AutoScalingGroup ${group.name}: its deletion protection is ${deletionProtection}.`,
    );
  const members = [...group.members.values()];
  if (!force && members.some((member) => !isLeaving(member)))
    refuse(
      'ResourceInUse',
      'You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.',
    );
  if (!force && members.length > 0)
    refuse(
      'ScalingActivityInProgress',
      'You cannot delete an AutoScalingGroup while there are scaling activities in progress for that group.',
    );
  group.deleting = true;
  if (members.length === 0) scaling.groups.delete(group.name);
  else scaling.wake(group);
  return {};
}

function setDesired(scaling: AutoScaling, input: SetDesiredCapacityType): Record<string, never> {
  onlyPlayed('autoscaling.setDesiredCapacity', input, [
    'AutoScalingGroupName',
    'DesiredCapacity',
    'HonorCooldown',
  ]);
  if (input.HonorCooldown === true) throw new NotPlayedError('HonorCooldown of setDesiredCapacity');
  const group = groupNamed(scaling, input.AutoScalingGroupName);
  refuseDeleting(group);
  const { settings } = group;
  const desired = input.DesiredCapacity ?? invalid('DesiredCapacity is required');
  if (desired > settings.maxSize)
    invalid(
      `New SetDesiredCapacity value ${desired} is above max value ${settings.maxSize} for the AutoScalingGroup.`,
    );
  if (desired < settings.minSize)
    invalid(
      `New SetDesiredCapacity value ${desired} is below min value ${settings.minSize} for the AutoScalingGroup.`,
    );
  settings.desired = desired;
  scaling.wake(group);
  return {};
}

function view(group: Group, withInstances: boolean): AutoScalingGroup {
  const { settings } = group;
  const { id, name, version } = settings.template;
  return {
    AutoScalingGroupName: group.name,
    AutoScalingGroupARN: group.arn,
    ...(settings.mix
      ? { MixedInstancesPolicy: mixView(settings.mix, settings.template) }
      : { LaunchTemplate: { LaunchTemplateId: id, LaunchTemplateName: name, Version: version } }),
    CapacityRebalance: false,
    MinSize: settings.minSize,
    MaxSize: settings.maxSize,
    DesiredCapacity: settings.desired,
    DefaultCooldown: settings.defaultCooldown,
    AvailabilityZones: [...settings.zones],
    VPCZoneIdentifier: settings.subnetIds.join(','),
    LoadBalancerNames: [],
    TargetGroupARNs: [...group.targetGroupArns],
    HealthCheckType: settings.healthCheckTypes.join(','),
    HealthCheckGracePeriod: settings.healthCheckGracePeriod,
    Instances: withInstances ? [...group.members.values()].map(instanceView) : [],
    CreatedTime: group.createdAt,
    SuspendedProcesses: [...group.suspended].map(([ProcessName, SuspensionReason]) => ({
      ProcessName,
      SuspensionReason,
    })),
    Tags: tagViews(group),
    TerminationPolicies: ['Default'],
    NewInstancesProtectedFromScaleIn: settings.protectNewInstances,
    DeletionProtection: settings.deletionProtection,
    InstanceMaintenancePolicy: settings.maintenancePolicy,
    ...(group.deleting ? { Status: 'Delete in progress' } : {}),
  };
}

function matches(group: Group, { Name = '', Values = [] }: Filter): boolean {
  if (Name === 'tag-key') return [...group.tags.keys()].some((key) => Values.includes(key));
  if (Name === 'tag-value') return [...group.tags.values()].some((tag) => Values.includes(tag.value));
  if (Name.startsWith('tag:')) return Values.includes(group.tags.get(Name.slice(4))?.value ?? '\0');
  return invalid(
    `Filter type ${Name} is not correct. Allowed Filter types are: tag-key, tag-value, tag:<key>`,
  );
}

/** DescribeAutoScalingGroups. A name that is not there is no error: it is missing from the answer. */
function describeGroups(scaling: AutoScaling, input: AutoScalingGroupNamesType): AutoScalingGroupsType {
  onlyPlayed('autoscaling.describeAutoScalingGroups', input, [
    'AutoScalingGroupNames',
    'Filters',
    'IncludeInstances',
    'MaxRecords',
    'NextToken',
  ]);
  const wanted = [...scaling.groups.values()].filter(
    (group) =>
      (!input.AutoScalingGroupNames?.length || input.AutoScalingGroupNames.includes(group.name)) &&
      (input.Filters ?? []).every((filter) => matches(group, filter)),
  );
  const page = takePage(wanted, input.NextToken, input.MaxRecords, { smallest: 1, largest: 100 });
  return {
    AutoScalingGroups: page.items.map((group) => view(group, input.IncludeInstances ?? true)),
    NextToken: page.nextToken,
  };
}

/** Auto Scaling groups. */
export function groupOperations(
  scaling: AutoScaling,
  watch: (group: Group) => void,
): Operations<AutoScalingClient> {
  return {
    createAutoScalingGroup: (input) => createGroup(scaling, watch, input),
    updateAutoScalingGroup: (input) => updateGroup(scaling, input),
    deleteAutoScalingGroup: (input) => deleteGroup(scaling, input),
    describeAutoScalingGroups: (input) => describeGroups(scaling, input),
    setDesiredCapacity: (input) => setDesired(scaling, input),
  };
}
