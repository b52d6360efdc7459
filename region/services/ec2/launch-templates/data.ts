import type { RequestLaunchTemplateData } from '@aws-sdk/client-ec2';
import { NotPlayedError } from '../../../kernel/errors.ts';
import { onlyPlayed, refuse } from '../../common/request.ts';
import { instanceTypeFacts } from '../instance-types.ts';
import { checkTags } from '../tags.ts';

/** EC2's limit of user data, in bytes before base64. */
const userDataLimit = 16_384;

/**
 * Refuses template data that EC2 refuses when the template is made. What the data names (images, groups, interfaces) is looked up
 * only when it is launched, as on AWS.
 */
export function checkTemplateData(data: RequestLaunchTemplateData): void {
  onlyPlayed('a launch template', data, [
    'ImageId',
    'InstanceType',
    'InstanceMarketOptions',
    'IamInstanceProfile',
    'UserData',
    'NetworkInterfaces',
    'SecurityGroupIds',
    'BlockDeviceMappings',
    'MetadataOptions',
    'TagSpecifications',
    'KeyName',
    'Monitoring',
    'EbsOptimized',
    'Placement',
    'CreditSpecification',
    'InstanceInitiatedShutdownBehavior',
    'DisableApiTermination',
    'MaintenanceOptions',
    'PrivateDnsNameOptions',
  ]);
  if (data.ImageId !== undefined) checkImageReference(data.ImageId);
  if (data.InstanceType !== undefined) instanceTypeFacts(data.InstanceType);
  marketOf(data.InstanceMarketOptions);
  decodeUserData(data.UserData);
  checkMetadataOptions(data.MetadataOptions);
  checkInterfaces(data);
  for (const { ResourceType, Tags } of data.TagSpecifications ?? []) {
    const known = ['instance', 'volume', 'network-interface', 'spot-instances-request'];
    if (ResourceType === undefined || !known.includes(ResourceType))
      refuse(
        'InvalidParameterValue',
        `'${ResourceType ?? ''}' is not a valid taggable resource type for this operation.`,
      );
    checkTags(Tags ?? []);
  }
}

/** An image id or a reference to a parameter that holds one. @throws AwsError InvalidAMIID.Malformed */
export function checkImageReference(reference: string): void {
  if (!/^(ami-[0-9a-f]{8}([0-9a-f]{9})?|resolve:ssm:.+)$/.test(reference))
    refuse('InvalidAMIID.Malformed', `Invalid id: "${reference}" (expecting "ami-...")`);
}

/** User data as the instance reads it. @throws AwsError InvalidUserData.Malformed, InvalidParameterValue over 16 KB */
export function decodeUserData(encoded: string | undefined): string {
  if (encoded === undefined) return '';
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(encoded))
    refuse('InvalidUserData.Malformed', 'Invalid BASE64 encoding of user data.');
  const decoded = Buffer.from(encoded, 'base64');
  if (decoded.byteLength > userDataLimit)
    refuse('InvalidParameterValue', `User data is limited to ${userDataLimit} bytes`);
  return decoded.toString();
}

/** How instances are bought. Only one-time spot requests are played, at no more than the on-demand price. */
export function marketOf(options: RequestLaunchTemplateData['InstanceMarketOptions']): 'spot' | 'on-demand' {
  if (options === undefined) return 'on-demand';
  onlyPlayed('market options', options, ['MarketType']);
  if (options.MarketType !== 'spot') throw new NotPlayedError(`the market type ${options.MarketType}`);
  return 'spot';
}

/** @throws AwsError InvalidParameterValue for a hop limit outside 1 to 64 (facts §8.2) */
export function checkMetadataOptions(options: RequestLaunchTemplateData['MetadataOptions']): void {
  const limit = options?.HttpPutResponseHopLimit;
  if (limit !== undefined && (limit < 1 || limit > 64))
    refuse(
      'InvalidParameterValue',
      `Value (${limit}) for parameter HttpPutResponseHopLimit is invalid. Value must be between 1 and 64.`,
    );
}

function checkInterfaces({ NetworkInterfaces, SecurityGroupIds }: RequestLaunchTemplateData): void {
  if (!NetworkInterfaces?.length) return;
  if (SecurityGroupIds?.length)
    refuse(
      'InvalidParameterCombination',
      'Network interfaces and an instance-level security groups may not be specified on the same request',
    );
  const indexes = NetworkInterfaces.map((one) => one.DeviceIndex);
  if (new Set(indexes).size !== indexes.length)
    refuse('InvalidParameterCombination', 'Each network interface must have a device index of its own');
}
