import type { NetworkInterface as NetworkInterfaceView } from '@aws-sdk/client-ec2';
import { containsAddress, formatAddress, isReserved, parseAddress } from '../../common/cidr.ts';
import { refuse } from '../../common/request.ts';
import { found } from '../request.ts';
import { defaultSecurityGroupId } from '../security-groups/security-group.ts';
import type { Ec2 } from '../store.ts';
import type { Subnet } from '../subnets.ts';
import { zoneIdOf } from '../zones.ts';

/** EC2's default quota of security groups per interface. */
const groupLimit = 5;

export interface Attachment {
  readonly attachmentId: string;
  readonly instanceId: string;
  readonly deviceIndex: number;
  readonly attachTime: Date;
  deleteOnTermination: boolean;
  status: 'attaching' | 'attached' | 'detaching';
}

export interface NetworkInterface {
  readonly networkInterfaceId: string;
  readonly subnetId: string;
  readonly vpcId: string;
  readonly zone: string;
  readonly address: string;
  readonly macAddress: string;
  /** Who asked for it: the account itself, or a service such as Elastic Load Balancing. */
  readonly requester: string | undefined;
  description: string;
  groupIds: readonly string[];
  sourceDestCheck: boolean;
  /** `in-use` from the moment an instance claims it until the instance is terminated (facts §1.5). */
  status: 'available' | 'in-use';
  attachment: Attachment | undefined;
}

export interface NewNetworkInterface {
  readonly subnet: Subnet;
  readonly address: string | undefined;
  readonly groupIds: readonly string[] | undefined;
  readonly description?: string | undefined;
  readonly requester?: string | undefined;
}

/** A new interface, available. @throws AwsError as `claimAddress` and `checkGroups` */
export function addNetworkInterface(ec2: Ec2, wanted: NewNetworkInterface): NetworkInterface {
  const { subnet } = wanted;
  const groupIds = checkGroups(ec2, subnet.vpcId, wanted.groupIds);
  const address = claimAddress(ec2, subnet, wanted.address);
  const made: NetworkInterface = {
    networkInterfaceId: ec2.kernel.ids.ec2('eni'),
    subnetId: subnet.subnetId,
    vpcId: subnet.vpcId,
    zone: subnet.zone,
    address,
    macAddress: macAddress(address),
    requester: wanted.requester,
    description: wanted.description ?? '',
    groupIds,
    sourceDestCheck: true,
    // A service's interface is held by what it made it for.
    status: wanted.requester === undefined ? 'available' : 'in-use',
    attachment: undefined,
  };
  ec2.networkInterfaces.set(made.networkInterfaceId, made);
  return made;
}

/**
 * The address of a new interface: the wanted one, or a free one.
 * @throws AwsError InvalidParameterValue outside the subnet or reserved, InvalidIPAddress.InUse, InsufficientFreeAddressesInSubnet
 */
function claimAddress(ec2: Ec2, subnet: Subnet, wanted: string | undefined): string {
  const taken = new Set(
    [...ec2.networkInterfaces.values()]
      .filter((one) => one.subnetId === subnet.subnetId)
      .map((one) => one.address),
  );
  if (wanted === undefined) return freeAddress(ec2, subnet, taken);
  const address = parseAddress(wanted);
  if (address === undefined)
    refuse(
      'InvalidParameterValue',
      `Value (${wanted}) for parameter address is invalid. Invalid IPv4 address.`,
    );
  if (!containsAddress(subnet.block, address))
    refuse('InvalidParameterValue', "Address does not fall within the subnet's address range");
  if (isReserved(subnet.block, address))
    refuse('InvalidParameterValue', "Address is in subnet's reserved address range");
  if (taken.has(wanted)) refuse('InvalidIPAddress.InUse', `Address ${wanted} is in use.`);
  return wanted;
}

/** Any free address: EC2 promises no order, so a caller who needs a certain one must ask for it. */
function freeAddress(ec2: Ec2, { block, subnetId }: Subnet, taken: ReadonlySet<string>): string {
  const usable = block.size - 5;
  const start = Math.floor(ec2.kernel.ids.random() * usable);
  for (let step = 0; step < usable; step += 1) {
    const address = formatAddress(block.first + 4 + ((start + step) % usable));
    if (!taken.has(address)) return address;
  }
  refuse(
    'InsufficientFreeAddressesInSubnet',
    `The specified subnet '${subnetId}' does not have enough free addresses to satisfy the request.`,
  );
}

/** The groups of an interface; the VPC's default group when none is named. @throws AwsError InvalidGroup.NotFound and others */
export function checkGroups(ec2: Ec2, vpcId: string, ids: readonly string[] | undefined): readonly string[] {
  if (ids === undefined || ids.length === 0) return [defaultSecurityGroupId(ec2, vpcId)];
  for (const id of ids)
    if (found('securityGroup', ec2.securityGroups, id).vpcId !== vpcId)
      refuse(
        'InvalidParameter',
        `You have specified two resources that belong to different networks: ${id} is not in ${vpcId}.`,
      );
  const unique = [...new Set(ids)];
  if (unique.length > groupLimit)
    refuse(
      'SecurityGroupsPerInterfaceLimitExceeded',
      'The maximum number of security groups per interface has been reached.',
    );
  return unique;
}

function macAddress(address: string): string {
  const octets = address.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'));
  return ['0a', 'ff', ...octets].join(':');
}

/** An interface as DescribeNetworkInterfaces shows it. */
export function networkInterfaceView(ec2: Ec2, one: NetworkInterface): NetworkInterfaceView {
  const { attachment } = one;
  const PrivateDnsName = privateDnsName(one.address);
  return {
    NetworkInterfaceId: one.networkInterfaceId,
    InterfaceType: one.requester === 'amazon-elb' ? 'network_load_balancer' : 'interface',
    Status: one.status,
    SubnetId: one.subnetId,
    VpcId: one.vpcId,
    AvailabilityZone: one.zone,
    AvailabilityZoneId: zoneIdOf(ec2.kernel, one.zone),
    Description: one.description,
    PrivateIpAddress: one.address,
    PrivateDnsName,
    PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: one.address, PrivateDnsName }],
    Ipv6Addresses: [],
    MacAddress: one.macAddress,
    SourceDestCheck: one.sourceDestCheck,
    Groups: one.groupIds.map((GroupId) => ({ GroupId, GroupName: ec2.securityGroups.get(GroupId)?.name })),
    OwnerId: ec2.kernel.accountId,
    RequesterManaged: one.requester !== undefined,
    RequesterId: one.requester,
    ...(attachment === undefined
      ? {}
      : {
          Attachment: {
            AttachmentId: attachment.attachmentId,
            AttachTime: attachment.attachTime,
            DeleteOnTermination: attachment.deleteOnTermination,
            DeviceIndex: attachment.deviceIndex,
            NetworkCardIndex: 0,
            InstanceId: attachment.instanceId,
            InstanceOwnerId: ec2.kernel.accountId,
            Status: attachment.status,
          },
        }),
    TagSet: ec2.tags.of(one.networkInterfaceId),
  };
}

/** The private DNS name of an address in us-east-1. */
export function privateDnsName(address: string): string {
  return `ip-${address.replaceAll('.', '-')}.ec2.internal`;
}
