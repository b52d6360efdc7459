import * as z from 'zod';
import { flag, object, type ProviderContext, provider, tags, text, texts } from '../provider.ts';
import { retag, tagged } from './ec2-tags.ts';
import { securityGroup } from './security-group.ts';

const vpc = provider({
  type: 'AWS::EC2::VPC',
  properties: object({
    CidrBlock: text,
    EnableDnsSupport: flag.optional(),
    EnableDnsHostnames: flag.optional(),
    Tags: tags.optional(),
  }),
  attributes: ['VpcId', 'CidrBlock'],
  replacedBy: ['CidrBlock'],
  create: async (p, context) => {
    const { Vpc } = await context.call<{ Vpc: { VpcId: string } }>('ec2', 'createVpc', {
      CidrBlock: p.CidrBlock,
      ...tagged('vpc', p.Tags),
    });
    await setDns(context, Vpc.VpcId, p);
    return { physicalId: Vpc.VpcId, attributes: { VpcId: Vpc.VpcId, CidrBlock: p.CidrBlock } };
  },
  update: async (existing, p, context) => {
    await setDns(context, existing.physicalId, p);
    await retag(context, existing.physicalId, existing.properties.Tags, p.Tags);
    return existing;
  },
  remove: ({ physicalId }, context) => context.call('ec2', 'deleteVpc', { VpcId: physicalId }),
});

async function setDns(
  context: ProviderContext,
  VpcId: string,
  dns: { EnableDnsSupport?: boolean | undefined; EnableDnsHostnames?: boolean | undefined },
): Promise<void> {
  for (const name of ['EnableDnsSupport', 'EnableDnsHostnames'] as const) {
    if (dns[name] !== undefined)
      await context.call('ec2', 'modifyVpcAttribute', { VpcId, [name]: { Value: dns[name] } });
  }
}

const subnet = provider({
  type: 'AWS::EC2::Subnet',
  properties: object({
    VpcId: text,
    CidrBlock: text,
    AvailabilityZone: text,
    MapPublicIpOnLaunch: flag.optional(),
    Tags: tags.optional(),
  }),
  attributes: ['SubnetId', 'AvailabilityZone', 'CidrBlock'],
  replacedBy: ['VpcId', 'CidrBlock', 'AvailabilityZone'],
  create: async (p, context) => {
    const { Subnet } = await context.call<{ Subnet: { SubnetId: string } }>('ec2', 'createSubnet', {
      VpcId: p.VpcId,
      CidrBlock: p.CidrBlock,
      AvailabilityZone: p.AvailabilityZone,
      ...tagged('subnet', p.Tags),
    });
    await setPublicIp(context, Subnet.SubnetId, p.MapPublicIpOnLaunch);
    const { AvailabilityZone, CidrBlock } = p;
    return {
      physicalId: Subnet.SubnetId,
      attributes: { SubnetId: Subnet.SubnetId, AvailabilityZone, CidrBlock },
    };
  },
  update: async (existing, p, context) => {
    await setPublicIp(context, existing.physicalId, p.MapPublicIpOnLaunch);
    await retag(context, existing.physicalId, existing.properties.Tags, p.Tags);
    return existing;
  },
  remove: ({ physicalId }, context) => context.call('ec2', 'deleteSubnet', { SubnetId: physicalId }),
});

async function setPublicIp(
  context: ProviderContext,
  SubnetId: string,
  value: boolean | undefined,
): Promise<void> {
  if (value === undefined) return;
  await context.call('ec2', 'modifySubnetAttribute', { SubnetId, MapPublicIpOnLaunch: { Value: value } });
}

const routeTable = provider({
  type: 'AWS::EC2::RouteTable',
  properties: object({ VpcId: text, Tags: tags.optional() }),
  attributes: ['RouteTableId'],
  replacedBy: ['VpcId'],
  create: async (p, context) => {
    const { RouteTable } = await context.call<{ RouteTable: { RouteTableId: string } }>(
      'ec2',
      'createRouteTable',
      {
        VpcId: p.VpcId,
        ...tagged('route-table', p.Tags),
      },
    );
    return { physicalId: RouteTable.RouteTableId, attributes: { RouteTableId: RouteTable.RouteTableId } };
  },
  update: async (existing, p, context) => {
    await retag(context, existing.physicalId, existing.properties.Tags, p.Tags);
    return existing;
  },
  remove: ({ physicalId }, context) => context.call('ec2', 'deleteRouteTable', { RouteTableId: physicalId }),
});

const subnetRouteTableAssociation = provider({
  type: 'AWS::EC2::SubnetRouteTableAssociation',
  properties: object({ SubnetId: text, RouteTableId: text }),
  attributes: ['Id'],
  create: async (p, context) => {
    const { AssociationId } = await context.call<{ AssociationId: string }>('ec2', 'associateRouteTable', p);
    return { physicalId: AssociationId, attributes: { Id: AssociationId } };
  },
  remove: ({ physicalId }, context) =>
    context.call('ec2', 'disassociateRouteTable', { AssociationId: physicalId }),
});

const vpcEndpoint = provider({
  type: 'AWS::EC2::VPCEndpoint',
  properties: object({
    VpcId: text,
    ServiceName: text,
    VpcEndpointType: z.literal('Gateway'),
    RouteTableIds: texts,
    Tags: tags.optional(),
  }),
  attributes: ['Id'],
  create: async ({ Tags, ...p }, context) => {
    const { VpcEndpoint } = await context.call<{ VpcEndpoint: { VpcEndpointId: string } }>(
      'ec2',
      'createVpcEndpoint',
      {
        ...p,
        ...tagged('vpc-endpoint', Tags),
      },
    );
    return { physicalId: VpcEndpoint.VpcEndpointId, attributes: { Id: VpcEndpoint.VpcEndpointId } };
  },
  remove: ({ physicalId }, context) =>
    context.call('ec2', 'deleteVpcEndpoints', { VpcEndpointIds: [physicalId] }),
});

const flowLog = provider({
  type: 'AWS::EC2::FlowLog',
  properties: object({
    ResourceId: text,
    ResourceType: text,
    TrafficType: text,
    LogDestinationType: text,
    LogGroupName: text,
    DeliverLogsPermissionArn: text,
    Tags: tags.optional(),
  }),
  attributes: ['Id'],
  create: async ({ ResourceId, Tags, ...p }, context) => {
    const { FlowLogIds } = await context.call<{ FlowLogIds: string[] }>('ec2', 'createFlowLogs', {
      ...p,
      ResourceIds: [ResourceId],
      ...tagged('vpc-flow-log', Tags),
    });
    const [id = ''] = FlowLogIds;
    return { physicalId: id, attributes: { Id: id } };
  },
  remove: ({ physicalId }, context) => context.call('ec2', 'deleteFlowLogs', { FlowLogIds: [physicalId] }),
});

export const ec2Providers = [
  vpc,
  subnet,
  routeTable,
  subnetRouteTableAssociation,
  vpcEndpoint,
  flowLog,
  securityGroup,
];
