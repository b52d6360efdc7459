import type {
  DescribeInternetGatewaysResult,
  DescribeRouteTablesResult,
  DescribeSecurityGroupsResult,
  DescribeVpcsResult,
  RouteTable,
} from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type ComputeRegion,
  computeRegion,
  makeInterface,
  makeNetwork,
  type Network,
  networkInterface,
  refusal,
} from './region.ts';

let region: ComputeRegion;
let network: Network;

beforeEach(async () => {
  region = await computeRegion();
  network = await makeNetwork(region);
});

afterEach(() => region.stop());

const call = <O>(operation: string, input: object = {}): Promise<O> =>
  region.call<O>('ec2', operation, input);

test('a VPC comes with a main route table and a default group, and goes with them once it is empty', async () => {
  const { Vpcs } = await call<DescribeVpcsResult>('describeVpcs', { VpcIds: [network.vpcId] });
  expect(Vpcs?.[0]).toMatchObject({ CidrBlock: '10.0.0.0/16', State: 'available', IsDefault: false });
  const filter = { Filters: [{ Name: 'vpc-id', Values: [network.vpcId] }] };
  const groups = await call<DescribeSecurityGroupsResult>('describeSecurityGroups', filter);
  expect(groups.SecurityGroups?.map((group) => group.GroupName)).toEqual(['default', 'nodes']);
  await call('deleteSecurityGroup', { GroupId: network.groupId });
  await call('deleteSubnet', { SubnetId: network.subnetA });
  await call('deleteSubnet', { SubnetId: network.subnetB });
  await call('deleteVpc', { VpcId: network.vpcId });
  expect(await call('describeRouteTables')).toMatchObject({ RouteTables: [] });
});

test('a subnet is routed to the internet through its gateway, and to S3 through a gateway endpoint', async () => {
  const { InternetGateway } = await call<{ InternetGateway?: { InternetGatewayId?: string } }>(
    'createInternetGateway',
  );
  const InternetGatewayId = InternetGateway?.InternetGatewayId;
  const made = await call<{ RouteTable?: RouteTable }>('createRouteTable', { VpcId: network.vpcId });
  const RouteTableId = made.RouteTable?.RouteTableId;
  const route = { RouteTableId, DestinationCidrBlock: '0.0.0.0/0', GatewayId: InternetGatewayId };
  expect(await refusal(call('createRoute', route))).toBe(
    `InvalidParameterValue: route table ${RouteTableId} and network gateway ${InternetGatewayId} belong to different networks`,
  );
  await call('attachInternetGateway', { InternetGatewayId, VpcId: network.vpcId });
  await call('createRoute', route);
  expect(await refusal(call('createRoute', route))).toBe(
    'RouteAlreadyExists: The route identified by 0.0.0.0/0 already exists.',
  );
  await call('associateRouteTable', { RouteTableId, SubnetId: network.subnetA });
  const endpoint = await call<{ VpcEndpoint?: { VpcEndpointId?: string } }>('createVpcEndpoint', {
    VpcId: network.vpcId,
    ServiceName: 'com.amazonaws.us-east-1.s3',
    RouteTableIds: [RouteTableId],
  });
  const filter = { Filters: [{ Name: 'association.subnet-id', Values: [network.subnetA] }] };
  const { RouteTables } = await call<DescribeRouteTablesResult>('describeRouteTables', filter);
  expect(RouteTables?.[0]?.Routes).toEqual([
    { DestinationCidrBlock: '10.0.0.0/16', GatewayId: 'local', Origin: 'CreateRouteTable', State: 'active' },
    {
      DestinationCidrBlock: '0.0.0.0/0',
      GatewayId: InternetGatewayId,
      Origin: 'CreateRoute',
      State: 'active',
    },
    {
      DestinationPrefixListId: 'pl-63a5400a',
      GatewayId: endpoint.VpcEndpoint?.VpcEndpointId,
      Origin: 'CreateRoute',
      State: 'active',
    },
  ]);
  const attached = { Filters: [{ Name: 'attachment.vpc-id', Values: [network.vpcId] }] };
  const gateways = await call<DescribeInternetGatewaysResult>('describeInternetGateways', attached);
  expect(gateways.InternetGateways).toHaveLength(1);
  expect(await refusal(call('deleteInternetGateway', { InternetGatewayId }))).toMatch(/^DependencyViolation/);
});

test('rules name addresses, prefix lists and other groups, and a group that is named cannot be deleted', async () => {
  const made = await call<{ GroupId?: string }>('createSecurityGroup', {
    VpcId: network.vpcId,
    GroupName: 'clients',
    Description: 'clients',
  });
  const IpPermissions = [
    {
      IpProtocol: 'tcp',
      FromPort: 2379,
      ToPort: 2380,
      UserIdGroupPairs: [{ GroupId: made.GroupId, Description: 'etcd' }],
      IpRanges: [{ CidrIp: '10.0.0.0/16' }],
    },
  ];
  await call('authorizeSecurityGroupIngress', { GroupId: network.groupId, IpPermissions });
  const found = await call<DescribeSecurityGroupsResult>('describeSecurityGroups', {
    GroupIds: [network.groupId],
  });
  expect(found.SecurityGroups?.[0]?.IpPermissions).toEqual([
    {
      IpProtocol: 'tcp',
      FromPort: 2379,
      ToPort: 2380,
      IpRanges: [{ CidrIp: '10.0.0.0/16', Description: undefined }],
      Ipv6Ranges: [],
      UserIdGroupPairs: [{ GroupId: made.GroupId, UserId: '123456789012', Description: 'etcd' }],
      PrefixListIds: [],
    },
  ]);
  const remove = (): Promise<string> => refusal(call('deleteSecurityGroup', { GroupId: made.GroupId }));
  expect(await remove()).toBe(`DependencyViolation: resource ${made.GroupId} has a dependent object`);
  await call('revokeSecurityGroupIngress', { GroupId: network.groupId, IpPermissions });
  expect(await remove()).toBe('accepted');
});

test('groups of an interface are changed in place, and hold the groups from deletion', async () => {
  const eni = await makeInterface(region, network.subnetA, '10.0.0.20');
  const input = { NetworkInterfaceId: eni, Groups: [network.groupId] };
  await call('modifyNetworkInterfaceAttribute', input);
  expect((await networkInterface(region, eni)).Groups).toEqual([
    { GroupId: network.groupId, GroupName: 'nodes' },
  ]);
  expect(await refusal(call('deleteSecurityGroup', { GroupId: network.groupId }))).toMatch(
    /^DependencyViolation/,
  );
});

test('interfaces are found by address, subnet, zone, status and tag', async () => {
  const eni = await makeInterface(region, network.subnetA, '10.0.0.20');
  await makeInterface(region, network.subnetB, '10.0.1.20');
  await call('createTags', { Resources: [eni], Tags: [{ Key: 'trivet:slot', Value: 'a' }] });
  const filters: [string, string][] = [
    ['private-ip-address', '10.0.0.20'],
    ['addresses.private-ip-address', '10.0.0.20'],
    ['subnet-id', network.subnetA],
    ['availability-zone', 'us-east-1a'],
    ['tag:trivet:slot', 'a'],
    ['network-interface-id', eni],
  ];
  for (const [Name, value] of filters) {
    const input = {
      Filters: [
        { Name, Values: [value] },
        { Name: 'status', Values: ['available'] },
      ],
    };
    const found = await call<{ NetworkInterfaces?: { NetworkInterfaceId?: string }[] }>(
      'describeNetworkInterfaces',
      input,
    );
    expect([Name, found.NetworkInterfaces?.map((one) => one.NetworkInterfaceId)]).toEqual([Name, [eni]]);
  }
});

test('a subnet whose addresses are all taken says so', async () => {
  const input = { VpcId: network.vpcId, CidrBlock: '10.0.2.0/28', AvailabilityZone: 'us-east-1c' };
  const { Subnet } = await call<{ Subnet?: { SubnetId?: string; AvailableIpAddressCount?: number } }>(
    'createSubnet',
    input,
  );
  expect(Subnet?.AvailableIpAddressCount).toBe(11);
  for (let count = 0; count < 11; count += 1)
    await call('createNetworkInterface', { SubnetId: Subnet?.SubnetId });
  expect(await refusal(call('createNetworkInterface', { SubnetId: Subnet?.SubnetId }))).toBe(
    `InsufficientFreeAddressesInSubnet: The specified subnet '${Subnet?.SubnetId}' does not have enough free addresses to satisfy the request.`,
  );
});
