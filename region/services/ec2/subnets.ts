import type {
  CreateSubnetRequest,
  CreateSubnetResult,
  DeleteSubnetRequest,
  DescribeSubnetsRequest,
  DescribeSubnetsResult,
  EC2,
  ModifySubnetAttributeRequest,
  Subnet as SubnetView,
} from '@aws-sdk/client-ec2';
import type { Operations } from '../../kernel/kernel.ts';
import {
  type Block,
  containsBlock,
  formatBlock,
  overlaps,
  parseBlock,
  usableAddresses,
} from '../common/cidr.ts';
import { onlyPlayed, refuse, required } from '../common/request.ts';
import { describe } from './describe.ts';
import { found } from './request.ts';
import type { Ec2 } from './store.ts';
import { tagsFor } from './tags.ts';
import { zoneIdOf, zoneNameOf } from './zones.ts';

export interface Subnet {
  readonly subnetId: string;
  readonly vpcId: string;
  readonly zone: string;
  readonly block: Block;
  mapPublicIp: boolean;
}

/** @throws AwsError InvalidParameterValue, InvalidSubnet.Range, InvalidSubnet.Conflict */
function subnetBlock(ec2: Ec2, vpcId: string, text: string): Block {
  const block = parseBlock(text);
  if (block === undefined)
    refuse(
      'InvalidParameterValue',
      `Value (${text}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`,
    );
  const vpc = found('vpc', ec2.vpcs, vpcId);
  if (block.prefix > 28 || !containsBlock(vpc.block, block))
    refuse('InvalidSubnet.Range', `The CIDR '${text}' is invalid.`);
  const neighbours = [...ec2.subnets.values()].filter((subnet) => subnet.vpcId === vpcId);
  if (neighbours.some((subnet) => overlaps(subnet.block, block)))
    refuse('InvalidSubnet.Conflict', `The CIDR '${text}' conflicts with another subnet`);
  return block;
}

function createSubnet(ec2: Ec2, input: CreateSubnetRequest): CreateSubnetResult {
  onlyPlayed('ec2.createSubnet', input, [
    'VpcId',
    'CidrBlock',
    'AvailabilityZone',
    'AvailabilityZoneId',
    'TagSpecifications',
  ]);
  const vpcId = required(input.VpcId, 'vpcId');
  const block = subnetBlock(ec2, vpcId, required(input.CidrBlock, 'cidrBlock'));
  const zone = zoneNameOf(ec2.kernel, input.AvailabilityZone, input.AvailabilityZoneId);
  const tags = tagsFor(input.TagSpecifications, 'subnet');
  const subnet: Subnet = { subnetId: ec2.kernel.ids.ec2('subnet'), vpcId, zone, block, mapPublicIp: false };
  ec2.subnets.set(subnet.subnetId, subnet);
  ec2.tags.add(subnet.subnetId, tags);
  return { Subnet: view(ec2, subnet) };
}

function view(ec2: Ec2, subnet: Subnet): SubnetView {
  return {
    SubnetId: subnet.subnetId,
    SubnetArn: ec2.arn('subnet', subnet.subnetId),
    VpcId: subnet.vpcId,
    AvailabilityZone: subnet.zone,
    AvailabilityZoneId: zoneIdOf(ec2.kernel, subnet.zone),
    CidrBlock: formatBlock(subnet.block),
    AvailableIpAddressCount: freeAddresses(ec2, subnet),
    MapPublicIpOnLaunch: subnet.mapPublicIp,
    DefaultForAz: false,
    AssignIpv6AddressOnCreation: false,
    State: 'available',
    OwnerId: ec2.kernel.accountId,
    Tags: ec2.tags.of(subnet.subnetId),
  };
}

function freeAddresses(ec2: Ec2, { subnetId, block }: Subnet): number {
  const taken = [...ec2.networkInterfaces.values()].filter((one) => one.subnetId === subnetId).length;
  return usableAddresses(block) - taken;
}

function describeSubnets(ec2: Ec2, input: DescribeSubnetsRequest): DescribeSubnetsResult {
  onlyPlayed('ec2.describeSubnets', input, ['SubnetIds', 'Filters', 'NextToken', 'MaxResults']);
  const page = describe(input, {
    kind: 'subnet',
    items: [...ec2.subnets.values()],
    idOf: (subnet) => subnet.subnetId,
    ids: input.SubnetIds,
    filters: {
      'subnet-id': (subnet) => subnet.subnetId,
      'vpc-id': (subnet) => subnet.vpcId,
      'availability-zone': (subnet) => subnet.zone,
      availabilityZone: (subnet) => subnet.zone,
      'availability-zone-id': (subnet) => zoneIdOf(ec2.kernel, subnet.zone),
      'cidr-block': (subnet) => formatBlock(subnet.block),
      cidr: (subnet) => formatBlock(subnet.block),
      'default-for-az': () => 'false',
      'map-public-ip-on-launch': (subnet) => String(subnet.mapPublicIp),
      state: () => 'available',
      'owner-id': () => ec2.kernel.accountId,
    },
    tags: ec2.tags,
  });
  return { Subnets: page.items.map((subnet) => view(ec2, subnet)), NextToken: page.nextToken };
}

function modifySubnetAttribute(ec2: Ec2, input: ModifySubnetAttributeRequest): Record<string, never> {
  onlyPlayed('ec2.modifySubnetAttribute', input, ['SubnetId', 'MapPublicIpOnLaunch']);
  const subnet = found('subnet', ec2.subnets, required(input.SubnetId, 'subnetId'));
  subnet.mapPublicIp = input.MapPublicIpOnLaunch?.Value ?? subnet.mapPublicIp;
  return {};
}

function deleteSubnet(ec2: Ec2, input: DeleteSubnetRequest): Record<string, never> {
  onlyPlayed('ec2.deleteSubnet', input, ['SubnetId']);
  const { subnetId } = found('subnet', ec2.subnets, required(input.SubnetId, 'subnetId'));
  const held =
    [...ec2.networkInterfaces.values()].some((one) => one.subnetId === subnetId) ||
    [...ec2.natGateways.values()].some((one) => one.subnetId === subnetId && one.state !== 'deleted');
  if (held) refuse('DependencyViolation', `The subnet '${subnetId}' has dependencies and cannot be deleted.`);
  for (const table of ec2.routeTables.values())
    for (const [id, subnet] of table.associations) if (subnet === subnetId) table.associations.delete(id);
  ec2.subnets.delete(subnetId);
  ec2.tags.forget(subnetId);
  return {};
}

/** Subnets and their attributes. */
export function subnetOperations(ec2: Ec2): Operations<EC2> {
  return {
    createSubnet: (input) => createSubnet(ec2, input),
    deleteSubnet: (input) => deleteSubnet(ec2, input),
    describeSubnets: (input) => describeSubnets(ec2, input),
    modifySubnetAttribute: (input) => modifySubnetAttribute(ec2, input),
  };
}
