import { rmSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { ofType, synthesize, writeStubBundles } from './support/synthesize.ts';

const bundleDir = writeStubBundles();
afterAll(() => rmSync(bundleDir, { recursive: true }));
const { network } = synthesize({ bundleDir });

test('three private subnets lie in three zones, cut from the CIDR that the deployer gives', () => {
  const subnets = ofType(network, 'AWS::EC2::Subnet').map(({ Properties }) => Properties);
  expect(subnets).toHaveLength(3);
  subnets.forEach((subnet, index) => {
    expect(subnet).toMatchObject({
      AvailabilityZone: { 'Fn::Select': [index, { 'Fn::GetAZs': { Ref: 'AWS::Region' } }] },
      CidrBlock: { 'Fn::Select': [index, { 'Fn::Cidr': [{ Ref: 'VpcCidr' }, 16, '12'] }] },
      MapPublicIpOnLaunch: false,
    });
  });
});

test('there is no way out but the gateway endpoints of S3 and DynamoDB', () => {
  const types = Object.values(network.Resources).map(({ Type }) => Type);
  expect(types).not.toContain('AWS::EC2::InternetGateway');
  expect(types).not.toContain('AWS::EC2::NatGateway');
  expect(types).not.toContain('AWS::EC2::Route');
  const endpoints = ofType(network, 'AWS::EC2::VPCEndpoint').map(({ Properties }) => Properties);
  expect(endpoints.map(({ VpcEndpointType }) => VpcEndpointType)).toEqual(['Gateway', 'Gateway']);
  expect(JSON.stringify(endpoints)).toContain('".s3"');
  expect(JSON.stringify(endpoints)).toContain('".dynamodb"');
});

test('with an existing VPC no resource of a VPC of its own is made', () => {
  const own = [
    'AWS::EC2::VPC',
    'AWS::EC2::Subnet',
    'AWS::EC2::RouteTable',
    'AWS::EC2::SubnetRouteTableAssociation',
    'AWS::EC2::FlowLog',
  ];
  for (const type of own) {
    for (const resource of ofType(network, type)) expect(resource).toMatchObject({ Condition: 'OwnVpc' });
  }
});

test('nothing may open a connection to a task in the VPC', () => {
  const [group] = ofType(network, 'AWS::EC2::SecurityGroup');
  expect(group?.Properties.SecurityGroupIngress).toBeUndefined();
  expect(ofType(network, 'AWS::EC2::SecurityGroupIngress')).toEqual([]);
  expect(group?.Properties.SecurityGroupEgress).toMatchObject([
    { FromPort: 2379, ToPort: 2379, CidrIp: { Ref: 'VpcCidr' } },
    { FromPort: 443, ToPort: 443, CidrIp: '0.0.0.0/0' },
  ]);
});
