import type {
  CreateAutoScalingGroupType,
  LaunchTemplateSpecification,
  UpdateAutoScalingGroupType,
} from '@aws-sdk/client-auto-scaling';
import type {
  DescribeLaunchTemplateVersionsResult,
  _InstanceType as InstanceTypeName,
  LaunchTemplateVersion,
  Subnet,
} from '@aws-sdk/client-ec2';
import { AwsError, NotPlayedError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { refuse } from '../common/request.ts';
import type { Ec2Service } from '../ec2/index.ts';
import type { GroupSettings, TemplateChoice } from './group.ts';
import { type Mix, mixOf } from './mixed.ts';
import { type AutoScaling, autoscalingPrincipal, invalid } from './store.ts';

type Request = CreateAutoScalingGroupType | UpdateAutoScalingGroupType;

/**
 * The settings that a request asks for, over those before it. Everything is looked up before anything changes.
 * @throws AwsError ValidationError
 */
export async function settingsOf(
  scaling: AutoScaling,
  request: Request,
  before?: GroupSettings,
): Promise<GroupSettings> {
  const minSize = request.MinSize ?? before?.minSize ?? invalid('MinSize is required');
  const maxSize = request.MaxSize ?? before?.maxSize ?? invalid('MaxSize is required');
  const desired = chooseDesired(minSize, maxSize, request.DesiredCapacity, before?.desired);
  if (request.CapacityRebalance === true) throw new NotPlayedError('CapacityRebalance of a group');
  const { mix, wanted } = chooseMix(request, before);
  const { template, version } = await chooseTemplate(scaling, wanted, before?.template, mix);
  const place = await choosePlace(scaling, request, version, before);
  return {
    template,
    mix,
    minSize,
    maxSize,
    desired,
    ...place,
    healthCheckTypes: healthCheckTypes(request.HealthCheckType) ?? before?.healthCheckTypes ?? ['EC2'],
    healthCheckGracePeriod: request.HealthCheckGracePeriod ?? before?.healthCheckGracePeriod ?? 0,
    defaultCooldown: request.DefaultCooldown ?? before?.defaultCooldown ?? 300,
    protectNewInstances: request.NewInstancesProtectedFromScaleIn ?? before?.protectNewInstances ?? false,
    deletionProtection: request.DeletionProtection ?? before?.deletionProtection ?? 'none',
    maintenancePolicy: request.InstanceMaintenancePolicy ?? before?.maintenancePolicy,
  };
}

/** With a template alone the group has no policy any more, and with a policy its template is the policy's. */
function chooseMix(
  { LaunchTemplate, MixedInstancesPolicy }: Request,
  before: GroupSettings | undefined,
): { readonly mix: Mix | undefined; readonly wanted: LaunchTemplateSpecification | undefined } {
  if (MixedInstancesPolicy === undefined)
    return { mix: LaunchTemplate ? undefined : before?.mix, wanted: LaunchTemplate };
  if (LaunchTemplate !== undefined)
    invalid(
      'Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.',
    );
  const { mix, template } = mixOf(MixedInstancesPolicy, before?.mix);
  return { mix, wanted: template };
}

function chooseDesired(
  minSize: number,
  maxSize: number,
  wanted: number | undefined,
  before: number | undefined,
): number {
  if (minSize < 0) invalid(`Min bound, ${minSize}, must be at least 0`);
  if (minSize > maxSize)
    invalid(`Min bound, ${minSize}, must be less than or equal to max bound, ${maxSize}`);
  if (wanted !== undefined && (wanted < minSize || wanted > maxSize))
    invalid(
      `Desired capacity:${wanted} must be between the specified min size:${minSize} and max size:${maxSize}`,
    );
  // An update of the bounds alone moves the desired capacity into them.
  return wanted ?? Math.min(Math.max(before ?? minSize, minSize), maxSize);
}

function healthCheckTypes(text: string | undefined): GroupSettings['healthCheckTypes'] | undefined {
  if (text === undefined) return undefined;
  const types = text.split(',').map((type) => type.trim());
  return types.map((type) => {
    if (type === 'EC2' || type === 'ELB') return type;
    if (type === 'EBS' || type === 'VPC_LATTICE') throw new NotPlayedError(`health checks of type ${type}`);
    return invalid(`HealthCheckType ${type} is not valid. Valid values are EC2, EBS, ELB, VPC_LATTICE`);
  });
}

async function chooseTemplate(
  { kernel }: AutoScaling,
  wanted: LaunchTemplateSpecification | undefined,
  before: TemplateChoice | undefined,
  mix: Mix | undefined,
): Promise<{ template: TemplateChoice; version: LaunchTemplateVersion }> {
  if (wanted === undefined && before === undefined)
    invalid(
      'Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.',
    );
  const choice = wanted ?? { LaunchTemplateId: before?.id, Version: before?.version };
  if ((choice.LaunchTemplateId === undefined) === (choice.LaunchTemplateName === undefined))
    invalid('Valid requests must contain either launchTemplateId or LaunchTemplateName');
  const chosen = choice.Version ?? '$Default';
  const { LaunchTemplateId, LaunchTemplateName } = choice;
  const input = { LaunchTemplateId, LaunchTemplateName, Versions: [chosen] };
  const answer = await asValidation(
    kernel.invoke<DescribeLaunchTemplateVersionsResult>(
      'ec2',
      'describeLaunchTemplateVersions',
      input,
      autoscalingPrincipal,
    ),
  );
  const version = answer.LaunchTemplateVersions?.[0] ?? {};
  const template = {
    id: version.LaunchTemplateId ?? '',
    name: version.LaunchTemplateName ?? '',
    version: chosen,
  };
  if (mix && version.LaunchTemplateData?.InstanceMarketOptions !== undefined)
    refuse(
      'InvalidQueryParameter',
      'Incompatible launch template: You cannot use a launch template that is set to request Spot Instances (InstanceMarketOptions) when you configure an Auto Scaling group with a mixed instances policy. Add a different launch template to the group and try again.',
    );
  const types = mix?.instanceTypes.length ? mix.instanceTypes : [undefined];
  for (const type of types) await checkLaunchable(kernel, version, type);
  return { template, version };
}

/** Auto Scaling tries a template when it is told to use it. @throws AwsError ValidationError */
async function checkLaunchable(
  kernel: Kernel,
  version: LaunchTemplateVersion,
  type: string | undefined,
): Promise<void> {
  const LaunchTemplate = {
    LaunchTemplateId: version.LaunchTemplateId,
    Version: String(version.VersionNumber),
  };
  const ec2 = kernel.service('ec2') as Ec2Service;
  await asValidation(
    ec2.checkLaunch({ LaunchTemplate, MinCount: 1, MaxCount: 1, InstanceType: type as InstanceTypeName }),
    'You must use a valid fully-formed launch template. ',
  );
}

/** Where instances go: subnets, or zones alone where the template names an interface (facts §1.1). */
async function choosePlace(
  scaling: AutoScaling,
  request: Request,
  version: LaunchTemplateVersion,
  before: GroupSettings | undefined,
): Promise<Pick<GroupSettings, 'zones' | 'subnetIds'>> {
  const named = version.LaunchTemplateData?.NetworkInterfaces?.some(
    (one) => one.NetworkInterfaceId !== undefined,
  );
  const subnetIds =
    request.VPCZoneIdentifier === undefined
      ? (before?.subnetIds ?? [])
      : request.VPCZoneIdentifier.split(',')
          .map((id) => id.trim())
          .filter((id) => id !== '');
  const asked = request.AvailabilityZones?.length ? request.AvailabilityZones : undefined;
  if (subnetIds.length === 0)
    return { zones: zonesAlone(scaling, asked ?? before?.zones ?? [], named), subnetIds };
  if (named)
    invalid(
      'You must use a valid fully-formed launch template. Network interfaces and an instance-level subnet ID may not be specified on the same request',
    );
  const answer = await asValidation(
    scaling.kernel.invoke<{ Subnets?: Subnet[] }>('ec2', 'describeSubnets', { SubnetIds: subnetIds }),
  );
  const zones = [...new Set((answer.Subnets ?? []).map((subnet) => subnet.AvailabilityZone ?? ''))];
  if (asked && !(asked.length === zones.length && asked.every((zone) => zones.includes(zone))))
    invalid('The availability zones of the specified subnets and the Auto Scaling group do not match');
  return { zones, subnetIds };
}

function zonesAlone(
  { kernel }: AutoScaling,
  zones: readonly string[],
  named: boolean | undefined,
): readonly string[] {
  if (zones.length === 0) invalid('At least one Availability Zone or VPC Subnet is required.');
  const unknown = zones.find((zone) => !kernel.zones.includes(zone));
  if (unknown !== undefined) invalid(`Invalid availability zones: [${unknown}]`);
  if (!named) invalid('No default VPC for this user. A VPC Subnet is required.');
  return zones;
}

/** What EC2 refuses about a template or a subnet, Auto Scaling reports as a ValidationError. */
async function asValidation<T>(answer: Promise<T>, prefix = ''): Promise<T> {
  return answer.catch((error: unknown) => {
    if (error instanceof AwsError && error.status < 500) invalid(`${prefix}${error.message}`);
    throw error;
  });
}
