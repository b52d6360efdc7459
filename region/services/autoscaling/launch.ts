import type {
  DescribeLaunchTemplateVersionsResult,
  _InstanceType as InstanceTypeName,
  LaunchTemplateVersion,
  Reservation,
  RunInstancesRequest,
  Subnet,
} from '@aws-sdk/client-ec2';
import { AwsError } from '../../kernel/errors.ts';
import { beginActivity, endActivity, putResultEvent } from './activities.ts';
import { type Group, hooksFor, isLeaving, type Member } from './group.ts';
import { cancelActions, waitForHooks } from './lifecycle-actions.ts';
import { type Market, nextMarket } from './mixed.ts';
import { launchBackoff } from './plan.ts';
import { type AutoScaling, autoscalingPrincipal } from './store.ts';
import { joinTargetGroups, leaveTargetGroups } from './target-groups.ts';

/** How long launches may fail before AWS suspends them itself (facts §1.5), in ms. */
const administrativeAfter = 24 * 3_600_000;

interface Spot {
  readonly zone: string;
  readonly subnetId: string | undefined;
}

/**
 * Launches one instance into the emptiest zone. @returns false when it failed: the failure is recorded as an activity and an event,
 * and the group waits before it tries again.
 */
export async function launchOne(scaling: AutoScaling, group: Group): Promise<boolean> {
  const counted = [...group.members.values()].filter((member) => !isLeaving(member)).length;
  const at = scaling.kernel.clock.now().toISOString();
  const cause = `At ${at} an instance was started in response to a difference between desired and actual capacity, increasing the capacity from ${counted} to ${counted + 1}.`;
  let spot: Spot = { zone: group.settings.zones[0] ?? '', subnetId: undefined };
  try {
    spot = await chooseSpot(scaling, group);
    const version = await templateVersion(scaling, group);
    const market = group.settings.mix ? nextMarket(group.settings.mix, group) : 'on-demand';
    const input = launchInput(scaling, group, version, spot);
    const reservation = await runFirst(scaling, group, input, market);
    if (group.deleting) return endStray(scaling, reservation);
    addMember(scaling, group, { reservation, version, spot, cause });
    return true;
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    recordFailure(scaling, group, { reason: error.message, cause, spot });
    return false;
  }
}

/** Launches the first of the policy's types that EC2 has; the failure that is told is the last type's. */
async function runFirst(
  scaling: AutoScaling,
  { settings: { mix } }: Group,
  input: RunInstancesRequest,
  market: Market,
): Promise<Reservation> {
  const run = (more: Partial<RunInstancesRequest>): Promise<Reservation> =>
    invokeEc2<Reservation>(scaling, 'runInstances', { ...input, ...more });
  if (!mix) return run({});
  const bought: Partial<RunInstancesRequest> =
    market === 'spot' ? { InstanceMarketOptions: { MarketType: 'spot' } } : {};
  const types = mix.instanceTypes.length > 0 ? mix.instanceTypes : [undefined];
  let failure: AwsError | undefined;
  for (const type of types) {
    const ClientToken = scaling.kernel.ids.uuid();
    try {
      return await run({ ...bought, ClientToken, InstanceType: type as InstanceTypeName });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      failure = error;
      if (error.code !== 'InsufficientInstanceCapacity') break;
    }
  }
  const what = market === 'spot' ? 'Spot' : 'On-Demand';
  const code = failure?.code ?? 'InternalError';
  throw new AwsError(code, `Could not launch ${what} Instances. ${code} - ${failure?.message ?? ''}`);
}

function recordFailure(
  scaling: AutoScaling,
  group: Group,
  { reason, cause, spot }: { reason: string; cause: string; spot: Spot },
): void {
  const message = `${reason} Launching EC2 instance failed.`;
  const description = `Launching a new EC2 instance.  Status Reason: ${message}`;
  const activity = beginActivity(scaling, group, { description, cause, place: spot });
  endActivity(scaling, activity, 'Failed', message);
  putResultEvent(scaling, group, 'EC2 Instance Launch Unsuccessful', { activity, instanceId: '' });
  holdBack(scaling, group);
}

/** The group was deleted while this instance was launched: nobody would ever end it. */
async function endStray(scaling: AutoScaling, { Instances = [] }: Reservation): Promise<false> {
  const InstanceIds = Instances.map((instance) => instance.InstanceId ?? '');
  await invokeEc2(scaling, 'terminateInstances', { InstanceIds });
  return false;
}

function invokeEc2<T>({ kernel }: AutoScaling, operation: string, input: object): Promise<T> {
  return kernel.invoke<T>('ec2', operation, input, autoscalingPrincipal);
}

/** The version that the group's choice means now. */
async function templateVersion(scaling: AutoScaling, group: Group): Promise<LaunchTemplateVersion> {
  const { id, version } = group.settings.template;
  const answer = await invokeEc2<DescribeLaunchTemplateVersionsResult>(
    scaling,
    'describeLaunchTemplateVersions',
    { LaunchTemplateId: id, Versions: [version] },
  );
  return answer.LaunchTemplateVersions?.[0] ?? {};
}

async function chooseSpot(scaling: AutoScaling, group: Group): Promise<Spot> {
  const load = (zone: string): number =>
    [...group.members.values()].filter((member) => member.zone === zone && !isLeaving(member)).length;
  const spots: Spot[] = group.settings.zones.map((zone) => ({ zone, subnetId: undefined }));
  if (group.settings.subnetIds.length > 0) {
    const input = { SubnetIds: [...group.settings.subnetIds] };
    const { Subnets = [] } = await invokeEc2<{ Subnets?: Subnet[] }>(scaling, 'describeSubnets', input);
    spots.length = 0;
    for (const { AvailabilityZone: zone = '', SubnetId: subnetId } of Subnets) spots.push({ zone, subnetId });
  }
  const [first] = spots.toSorted((one, two) => load(one.zone) - load(two.zone));
  return first ?? { zone: '', subnetId: undefined };
}

function launchInput(
  { kernel }: AutoScaling,
  group: Group,
  version: LaunchTemplateVersion,
  { zone, subnetId }: Spot,
): RunInstancesRequest {
  const Tags = [...group.tags]
    .filter(([, tag]) => tag.propagate)
    .map(([Key, tag]) => ({ Key, Value: tag.value }));
  const interfaces = version.LaunchTemplateData?.NetworkInterfaces ?? [];
  const placed = interfaces.map((one) => (one.NetworkInterfaceId ? one : { ...one, SubnetId: subnetId }));
  const network: Partial<RunInstancesRequest> =
    subnetId === undefined
      ? {}
      : interfaces.length > 0
        ? { NetworkInterfaces: placed as NonNullable<RunInstancesRequest['NetworkInterfaces']> }
        : { SubnetId: subnetId };
  return {
    LaunchTemplate: { LaunchTemplateId: version.LaunchTemplateId, Version: String(version.VersionNumber) },
    MinCount: 1,
    MaxCount: 1,
    Placement: { AvailabilityZone: zone },
    ClientToken: kernel.ids.uuid(),
    TagSpecifications: [
      { ResourceType: 'instance', Tags: [...Tags, { Key: 'aws:autoscaling:groupName', Value: group.name }] },
    ],
    ...network,
  };
}

function addMember(
  scaling: AutoScaling,
  group: Group,
  made: { reservation: Reservation; version: LaunchTemplateVersion; spot: Spot; cause: string },
): void {
  const instance = made.reservation.Instances?.[0] ?? {};
  const instanceId = instance.InstanceId ?? '';
  const description = `Launching a new EC2 instance: ${instanceId}`;
  const place = { zone: made.spot.zone, subnetId: instance.SubnetId };
  group.members.set(instanceId, {
    instanceId,
    zone: made.spot.zone,
    address: instance.PrivateIpAddress ?? '',
    instanceType: instance.InstanceType ?? '',
    market: instance.InstanceLifecycle === 'spot' ? 'spot' : 'on-demand',
    imageId: instance.ImageId ?? '',
    template: { ...group.settings.template, version: String(made.version.VersionNumber) },
    launchedAt: scaling.kernel.clock.now(),
    lifecycle: 'Pending',
    health: 'Healthy',
    protectedFromScaleIn: group.settings.protectNewInstances,
    inServiceAt: undefined,
    activity: beginActivity(scaling, group, { description, cause: made.cause, place }),
    actions: new Map(),
    abandoned: undefined,
  });
}

/** After a failed launch: wait longer each time; after a day of failures the launches are suspended (facts §1.5). */
function holdBack({ kernel }: AutoScaling, { launches, suspended }: Group): void {
  const now = kernel.clock.now().getTime();
  launches.failures += 1;
  launches.failingSince ??= now;
  launches.notBefore = now + launchBackoff(launches.failures, kernel.delays.autoScalingInterval);
  if (now - launches.failingSince < administrativeAfter * kernel.delays.hookScale) return;
  suspended.set(
    'Launch',
    `Administrative suspension after failing to launch since ${new Date(launches.failingSince).toISOString()}`,
  );
}

/** EC2 runs the instance: the launch hooks hold it in Pending:Wait, or it goes straight on. */
export function proceedAfterLaunch(scaling: AutoScaling, group: Group, member: Member): void {
  const hooks = hooksFor(group, 'autoscaling:EC2_INSTANCE_LAUNCHING');
  if (hooks.length === 0) {
    member.lifecycle = 'Pending:Proceed';
    scaling.wake(group);
    return;
  }
  member.lifecycle = 'Pending:Wait';
  member.activity.StatusCode = 'MidLifecycleAction';
  waitForHooks(scaling, group, member, hooks);
}

/** The launch is done: the instance serves, and the row of failures ends. */
export async function enterService(scaling: AutoScaling, group: Group, member: Member): Promise<void> {
  member.lifecycle = 'InService';
  member.inServiceAt = scaling.kernel.clock.now();
  Object.assign(group.launches, { failures: 0, failingSince: undefined, notBefore: 0 });
  const { activity, instanceId } = member;
  endActivity(scaling, activity, 'Successful');
  putResultEvent(scaling, group, 'EC2 Instance Launch Successful', { activity, instanceId });
  if (!group.suspended.has('AddToLoadBalancer')) await joinTargetGroups(scaling, group, member);
}

/** The instance ended, or was abandoned, before it was in service: its hooks are void, and it counts as a failed launch. */
export async function failLaunch(scaling: AutoScaling, group: Group, member: Member): Promise<void> {
  const { abandoned, activity, instanceId } = member;
  cancelActions(member);
  member.lifecycle = 'Terminating';
  member.health = 'Unhealthy';
  const ended =
    'Instance became unhealthy while waiting for instance to be in InService state. Termination Reason: Client.UserInitiatedShutdown: User initiated shutdown';
  endActivity(scaling, activity, abandoned === undefined ? 'Failed' : 'Cancelled', abandoned ?? ended);
  putResultEvent(scaling, group, 'EC2 Instance Launch Unsuccessful', { activity, instanceId });
  holdBack(scaling, group);
  const description = `Terminating EC2 instance: ${instanceId}`;
  const cause = `At ${scaling.kernel.clock.now().toISOString()} an instance was taken out of service in response to a launch that failed.`;
  member.activity = beginActivity(scaling, group, { description, cause, place: { zone: member.zone } });
  await leaveTargetGroups(scaling, group, member);
  scaling.wake(group);
}
