import type {
  CreateVpcRequest,
  CreateVpcResult,
  DeleteVpcRequest,
  DescribeVpcAttributeRequest,
  DescribeVpcAttributeResult,
  DescribeVpcsRequest,
  DescribeVpcsResult,
  EC2,
  ModifyVpcAttributeRequest,
  Vpc as VpcView,
} from '@aws-sdk/client-ec2';
import { NotPlayedError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import { type Block, formatBlock, parseBlock } from '../common/cidr.ts';
import { onlyPlayed, refuse, required } from '../common/request.ts';
import { describe } from './describe.ts';
import { found } from './request.ts';
import { addMainRouteTable } from './route-tables.ts';
import { addDefaultSecurityGroup } from './security-groups/security-group.ts';
import type { Ec2 } from './store.ts';
import { tagsFor } from './tags.ts';

export interface Vpc {
  readonly vpcId: string;
  readonly block: Block;
  readonly tenancy: 'default';
  dnsSupport: boolean;
  dnsHostnames: boolean;
}

/**
 * The block of a VPC: /16 to /28, and none of the ranges that EC2 keeps. Loopback is allowed from 127.1.0.0 on: the region's one
 * leniency, so that slot addresses can be bound on a laptop (design §3).
 * @throws AwsError InvalidVpc.Range, InvalidParameterValue
 */
function vpcBlock(text: string): Block {
  const block = parseBlock(text);
  if (block === undefined)
    refuse(
      'InvalidParameterValue',
      `Value (${text}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`,
    );
  const firstOctet = Math.floor(block.first / 2 ** 24);
  const ownLoopback = firstOctet === 127 && Math.floor(block.first / 2 ** 16) % 256 === 0;
  if (block.prefix < 16 || block.prefix > 28 || firstOctet === 0 || firstOctet >= 224 || ownLoopback)
    refuse('InvalidVpc.Range', `The CIDR '${text}' is invalid.`);
  return block;
}

function createVpc(ec2: Ec2, input: CreateVpcRequest): CreateVpcResult {
  onlyPlayed('ec2.createVpc', input, ['CidrBlock', 'InstanceTenancy', 'TagSpecifications']);
  if ((input.InstanceTenancy ?? 'default') !== 'default')
    throw new NotPlayedError(`InstanceTenancy ${input.InstanceTenancy}`);
  const block = vpcBlock(required(input.CidrBlock, 'cidrBlock'));
  const tags = tagsFor(input.TagSpecifications, 'vpc');
  const vpc: Vpc = {
    vpcId: ec2.kernel.ids.ec2('vpc'),
    block,
    tenancy: 'default',
    dnsSupport: true,
    dnsHostnames: false,
  };
  ec2.vpcs.set(vpc.vpcId, vpc);
  ec2.tags.add(vpc.vpcId, tags);
  addMainRouteTable(ec2, vpc);
  addDefaultSecurityGroup(ec2, vpc.vpcId);
  return { Vpc: view(ec2, vpc) };
}

function view(ec2: Ec2, vpc: Vpc): VpcView {
  const CidrBlock = formatBlock(vpc.block);
  return {
    VpcId: vpc.vpcId,
    CidrBlock,
    State: 'available',
    InstanceTenancy: vpc.tenancy,
    IsDefault: false,
    OwnerId: ec2.kernel.accountId,
    DhcpOptionsId: 'dopt-00000000000000000',
    CidrBlockAssociationSet: [
      {
        AssociationId: vpc.vpcId.replace('vpc-', 'vpc-cidr-assoc-'),
        CidrBlock,
        CidrBlockState: { State: 'associated' },
      },
    ],
    Tags: ec2.tags.of(vpc.vpcId),
  };
}

function describeVpcs(ec2: Ec2, input: DescribeVpcsRequest): DescribeVpcsResult {
  onlyPlayed('ec2.describeVpcs', input, ['VpcIds', 'Filters', 'NextToken', 'MaxResults']);
  const page = describe(input, {
    kind: 'vpc',
    items: [...ec2.vpcs.values()],
    idOf: (vpc) => vpc.vpcId,
    ids: input.VpcIds,
    filters: {
      'vpc-id': (vpc) => vpc.vpcId,
      cidr: (vpc) => formatBlock(vpc.block),
      'cidr-block-association.cidr-block': (vpc) => formatBlock(vpc.block),
      state: () => 'available',
      'is-default': () => 'false',
      'owner-id': () => ec2.kernel.accountId,
    },
    tags: ec2.tags,
  });
  return { Vpcs: page.items.map((vpc) => view(ec2, vpc)), NextToken: page.nextToken };
}

function modifyVpcAttribute(ec2: Ec2, input: ModifyVpcAttributeRequest): Record<string, never> {
  onlyPlayed('ec2.modifyVpcAttribute', input, ['VpcId', 'EnableDnsHostnames', 'EnableDnsSupport']);
  const vpc = found('vpc', ec2.vpcs, required(input.VpcId, 'vpcId'));
  if (input.EnableDnsHostnames && input.EnableDnsSupport)
    refuse('InvalidParameterCombination', 'Fields for multiple attribute types specified');
  vpc.dnsSupport = input.EnableDnsSupport?.Value ?? vpc.dnsSupport;
  vpc.dnsHostnames = input.EnableDnsHostnames?.Value ?? vpc.dnsHostnames;
  return {};
}

function describeVpcAttribute(ec2: Ec2, input: DescribeVpcAttributeRequest): DescribeVpcAttributeResult {
  onlyPlayed('ec2.describeVpcAttribute', input, ['VpcId', 'Attribute']);
  const vpc = found('vpc', ec2.vpcs, required(input.VpcId, 'vpcId'));
  switch (required(input.Attribute, 'attribute')) {
    case 'enableDnsSupport':
      return { VpcId: vpc.vpcId, EnableDnsSupport: { Value: vpc.dnsSupport } };
    case 'enableDnsHostnames':
      return { VpcId: vpc.vpcId, EnableDnsHostnames: { Value: vpc.dnsHostnames } };
    default:
      throw new NotPlayedError(`the VPC attribute ${input.Attribute}`);
  }
}

function deleteVpc(ec2: Ec2, input: DeleteVpcRequest): Record<string, never> {
  onlyPlayed('ec2.deleteVpc', input, ['VpcId']);
  const { vpcId } = found('vpc', ec2.vpcs, required(input.VpcId, 'vpcId'));
  const tables = [...ec2.routeTables.values()].filter((table) => table.vpcId === vpcId);
  const groups = [...ec2.securityGroups.values()].filter((group) => group.vpcId === vpcId);
  const held =
    [...ec2.subnets.values()].some((subnet) => subnet.vpcId === vpcId) ||
    [...ec2.internetGateways.values()].some((gateway) => gateway.vpcId === vpcId) ||
    [...ec2.vpcEndpoints.values()].some((endpoint) => endpoint.vpcId === vpcId) ||
    tables.some((table) => !table.main) ||
    groups.some((group) => group.name !== 'default');
  if (held) refuse('DependencyViolation', `The vpc '${vpcId}' has dependencies and cannot be deleted.`);
  for (const table of tables) ec2.routeTables.delete(table.routeTableId);
  for (const group of groups) ec2.securityGroups.delete(group.groupId);
  ec2.vpcs.delete(vpcId);
  ec2.tags.forget(vpcId);
  return {};
}

/** VPCs and their attributes. */
export function vpcOperations(ec2: Ec2): Operations<EC2> {
  return {
    createVpc: (input) => createVpc(ec2, input),
    deleteVpc: (input) => deleteVpc(ec2, input),
    describeVpcs: (input) => describeVpcs(ec2, input),
    modifyVpcAttribute: (input) => modifyVpcAttribute(ec2, input),
    describeVpcAttribute: (input) => describeVpcAttribute(ec2, input),
  };
}
