import * as z from 'zod';
import {
  defined,
  flag,
  number,
  object,
  type ProviderContext,
  provider,
  type Tags,
  tags,
  text,
  texts,
} from '../provider.ts';

/** TagSpecifications of a creating call. */
function tagged(resourceType: string, list: Tags | undefined): object {
  return list?.length ? { TagSpecifications: [{ ResourceType: resourceType, Tags: list }] } : {};
}

/** Brings the tags of a resource from what the template said to what it says now. */
async function retag(
  context: ProviderContext,
  id: string,
  before: Tags = [],
  after: Tags = [],
): Promise<void> {
  const surplus = before.filter(({ Key }) => !after.some((tag) => tag.Key === Key));
  if (surplus.length > 0)
    await context.call('ec2', 'deleteTags', { Resources: [id], Tags: surplus.map(({ Key }) => ({ Key })) });
  if (after.length > 0) await context.call('ec2', 'createTags', { Resources: [id], Tags: after });
}

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

const peer = {
  IpProtocol: text,
  FromPort: number.optional(),
  ToPort: number.optional(),
  CidrIp: text.optional(),
  Description: text.optional(),
};
const egress = object({
  ...peer,
  DestinationSecurityGroupId: text.optional(),
  DestinationPrefixListId: text.optional(),
});
const ingress = object({
  ...peer,
  SourceSecurityGroupId: text.optional(),
  SourcePrefixListId: text.optional(),
});

type Rule = z.infer<typeof egress> & z.infer<typeof ingress>;

/** A rule of the template as EC2's IpPermission. */
function permissionOf(rule: Rule): object {
  const described = defined({ Description: rule.Description });
  const group = rule.SourceSecurityGroupId ?? rule.DestinationSecurityGroupId;
  const prefixList = rule.SourcePrefixListId ?? rule.DestinationPrefixListId;
  return defined({
    IpProtocol: rule.IpProtocol,
    FromPort: rule.FromPort,
    ToPort: rule.ToPort,
    IpRanges: rule.CidrIp === undefined ? undefined : [{ CidrIp: rule.CidrIp, ...described }],
    UserIdGroupPairs: group === undefined ? undefined : [{ GroupId: group, ...described }],
    PrefixListIds: prefixList === undefined ? undefined : [{ PrefixListId: prefixList, ...described }],
  });
}

const everywhere: Rule = { IpProtocol: '-1', CidrIp: '0.0.0.0/0' };

/** Takes rules away and adds others in one direction. */
async function changeRules(
  context: ProviderContext,
  GroupId: string,
  direction: 'Egress' | 'Ingress',
  before: readonly Rule[],
  after: readonly Rule[],
): Promise<void> {
  const within = (rule: Rule, others: readonly Rule[]): boolean =>
    others.some((other) => JSON.stringify(other) === JSON.stringify(rule));
  const surplus = before.filter((rule) => !within(rule, after)).map(permissionOf);
  const fresh = after.filter((rule) => !within(rule, before)).map(permissionOf);
  if (surplus.length > 0)
    await context.call('ec2', `revokeSecurityGroup${direction}`, { GroupId, IpPermissions: surplus });
  if (fresh.length > 0)
    await context.call('ec2', `authorizeSecurityGroup${direction}`, { GroupId, IpPermissions: fresh });
}

const securityGroup = provider({
  type: 'AWS::EC2::SecurityGroup',
  properties: object({
    GroupName: text.optional(),
    GroupDescription: text,
    VpcId: text,
    SecurityGroupEgress: z.array(egress).optional(),
    SecurityGroupIngress: z.array(ingress).optional(),
    Tags: tags.optional(),
  }),
  attributes: ['GroupId', 'VpcId'],
  replacedBy: ['GroupName', 'GroupDescription', 'VpcId'],
  create: async (p, context) => {
    const { GroupId } = await context.call<{ GroupId: string }>('ec2', 'createSecurityGroup', {
      GroupName: p.GroupName ?? context.name(255),
      Description: p.GroupDescription,
      VpcId: p.VpcId,
      ...tagged('security-group', p.Tags),
    });
    // A new group lets everything out; a template that names its way out means only that.
    if (p.SecurityGroupEgress)
      await changeRules(context, GroupId, 'Egress', [everywhere], p.SecurityGroupEgress);
    await changeRules(context, GroupId, 'Ingress', [], p.SecurityGroupIngress ?? []);
    return { physicalId: GroupId, attributes: { GroupId, VpcId: p.VpcId } };
  },
  update: async (existing, p, context) => {
    const { physicalId: id, properties: old } = existing;
    await changeRules(
      context,
      id,
      'Egress',
      old.SecurityGroupEgress ?? [everywhere],
      p.SecurityGroupEgress ?? [everywhere],
    );
    await changeRules(context, id, 'Ingress', old.SecurityGroupIngress ?? [], p.SecurityGroupIngress ?? []);
    await retag(context, id, old.Tags, p.Tags);
    return existing;
  },
  remove: ({ physicalId }, context) => context.call('ec2', 'deleteSecurityGroup', { GroupId: physicalId }),
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
