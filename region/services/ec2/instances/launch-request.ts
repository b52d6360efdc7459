import type {
  InstanceNetworkInterfaceSpecification,
  RequestLaunchTemplateData,
  RunInstancesRequest,
  Tag,
} from '@aws-sdk/client-ec2';
import { NotPlayedError } from '../../../kernel/errors.ts';
import { refuse } from '../../common/request.ts';
import { instanceTypeFacts } from '../instance-types.ts';
import {
  checkImageReference,
  checkMetadataOptions,
  decodeUserData,
  marketOf,
} from '../launch-templates/data.ts';
import { resolveTemplate } from '../launch-templates/launch-template.ts';
import type { Ec2 } from '../store.ts';
import { checkTags } from '../tags.ts';

/** What is to be launched: the template's data overridden by the request's own, checked as far as it can be without looking around. */
export interface LaunchRequest {
  readonly imageReference: string;
  readonly instanceType: string;
  readonly spot: boolean;
  readonly userData: string;
  readonly profile: RequestLaunchTemplateData['IamInstanceProfile'];
  readonly interfaces: readonly InstanceNetworkInterfaceSpecification[];
  readonly subnetId: string | undefined;
  readonly groupIds: readonly string[] | undefined;
  readonly privateIp: string | undefined;
  readonly zone: string | undefined;
  readonly blockDevices: NonNullable<RequestLaunchTemplateData['BlockDeviceMappings']>;
  readonly metadataOptions: RequestLaunchTemplateData['MetadataOptions'];
  readonly keyName: string | undefined;
  readonly disableApiTermination: boolean;
  readonly template: { readonly id: string; readonly version: string } | undefined;
  readonly count: number;
  tagsOf(type: 'instance' | 'volume' | 'network-interface'): Tag[];
}

/** @throws AwsError as RunInstances refuses */
export function launchRequest(ec2: Ec2, input: RunInstancesRequest): LaunchRequest {
  const resolved = input.LaunchTemplate ? resolveTemplate(ec2, input.LaunchTemplate) : undefined;
  const data: RequestLaunchTemplateData = resolved?.version.data ?? {};
  const imageReference = input.ImageId ?? data.ImageId;
  if (imageReference === undefined)
    refuse('MissingParameter', 'The request must contain the parameter ImageId');
  checkImageReference(imageReference);
  const instanceType = input.InstanceType ?? data.InstanceType ?? 'm1.small';
  instanceTypeFacts(instanceType);
  const metadataOptions = { ...data.MetadataOptions, ...input.MetadataOptions };
  checkMetadataOptions(metadataOptions);
  const specifications = [...(data.TagSpecifications ?? []), ...(input.TagSpecifications ?? [])];
  for (const { Tags } of specifications) checkTags(Tags ?? []);
  const interfaces = input.NetworkInterfaces?.length
    ? input.NetworkInterfaces
    : (data.NetworkInterfaces ?? []);
  const request: LaunchRequest = {
    imageReference,
    instanceType,
    spot: marketOf(input.InstanceMarketOptions ?? data.InstanceMarketOptions) === 'spot',
    userData: decodeUserData(input.UserData ?? data.UserData),
    profile: input.IamInstanceProfile ?? data.IamInstanceProfile,
    interfaces,
    subnetId: input.SubnetId,
    groupIds: input.SecurityGroupIds ?? data.SecurityGroupIds,
    privateIp: input.PrivateIpAddress,
    zone: input.Placement?.AvailabilityZone ?? data.Placement?.AvailabilityZone,
    blockDevices: input.BlockDeviceMappings ?? data.BlockDeviceMappings ?? [],
    metadataOptions,
    keyName: input.KeyName ?? data.KeyName,
    disableApiTermination: input.DisableApiTermination ?? data.DisableApiTermination ?? false,
    template: resolved && {
      id: resolved.template.launchTemplateId,
      version: String(resolved.version.versionNumber),
    },
    count: launchCount(input),
    tagsOf: (type) =>
      specifications.filter((one) => one.ResourceType === type).flatMap((one) => one.Tags ?? []),
  };
  checkNetwork(request);
  return request;
}

function launchCount({ MinCount: least, MaxCount: most }: RunInstancesRequest): number {
  if (least === undefined) refuse('MissingParameter', 'The request must contain the parameter MinCount');
  if (most === undefined) refuse('MissingParameter', 'The request must contain the parameter MaxCount');
  if (least < 1 || most < least)
    refuse(
      'InvalidParameterValue',
      `Value (${most}) for parameter maxCount is invalid. Must be at least minCount.`,
    );
  return most;
}

/** The rules of EC2 on interfaces in a launch (facts §1.1). */
function checkNetwork(request: LaunchRequest): void {
  const { interfaces } = request;
  if (interfaces.length === 0) return;
  if (request.subnetId !== undefined)
    refuse(
      'InvalidParameterCombination',
      'Network interfaces and an instance-level subnet ID may not be specified on the same request',
    );
  if (request.groupIds?.length)
    refuse(
      'InvalidParameterCombination',
      'Network interfaces and an instance-level security groups may not be specified on the same request',
    );
  if (request.privateIp !== undefined)
    refuse(
      'InvalidParameterCombination',
      'Network interfaces and an instance-level private IP address may not be specified on the same request',
    );
  if (interfaces.length > 1) throw new NotPlayedError('more than one network interface in a launch');
  const [one] = interfaces;
  if (one?.DeviceIndex !== 0)
    refuse('InvalidParameterValue', 'A network interface must be given at device index 0');
  if (one.NetworkInterfaceId === undefined) return;
  if (request.count > 1)
    refuse(
      'InvalidParameterCombination',
      'Network interface IDs may not be specified when launching more than one instance',
    );
  if (one.DeleteOnTermination === true)
    refuse(
      'InvalidParameterCombination',
      'Delete on termination may not be true for an existing network interface',
    );
  const forNewOnes = [one.SubnetId, one.PrivateIpAddress, one.Description, one.Groups?.length || undefined];
  if (forNewOnes.some((member) => member !== undefined))
    refuse(
      'InvalidParameterCombination',
      'A network interface may not specify both a network interface ID and a subnet, address, description or group',
    );
}
