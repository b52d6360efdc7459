import {
  AuthorizeSecurityGroupIngressCommand,
  CreateNetworkInterfaceCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  EC2Client,
  type IpPermission,
  ModifyNetworkInterfaceAttributeCommand,
  type NetworkInterface,
  paginateDescribeNetworkInterfaces,
  paginateDescribeSecurityGroups,
  paginateDescribeSubnets,
  paginateDescribeVpcs,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroup,
} from '@aws-sdk/client-ec2';
import { assertOwn, missingTags, type Owner, readTags, type Tags, writeTags } from '../clusters/ownership.ts';
import type { Config } from '../runtime/config.ts';
import { AwsUnavailable } from '../runtime/errors.ts';
import { calling, callingUnless } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';

export interface SubnetOfVpc {
  readonly subnetId: string;
  readonly zone: string;
  readonly cidr: string;
}

/** One way in: ports from a CIDR or from another security group. */
export interface IngressRule {
  /** As EC2 says it, `udp`, or `-1` for all; TCP where it is left out. */
  readonly protocol?: string;
  readonly fromPort: number;
  readonly toPort: number;
  /** A CIDR or a security group ID. */
  readonly source: string;
}

export interface SecurityGroupFact {
  readonly securityGroupId: string;
  readonly name: string;
  readonly tags: Tags;
  readonly ingress: readonly IngressRule[];
}

export interface InterfaceFact {
  readonly networkInterfaceId: string;
  readonly subnetId: string;
  /** The primary address first. */
  readonly addresses: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly tags: Tags;
}

/** The VPC's network, as far as clusters need it. */
export interface Networks {
  subnets(subnetIds: readonly string[], signal?: AbortSignal): Promise<SubnetOfVpc[]>;
  vpcCidrs(vpcId: string, signal?: AbortSignal): Promise<string[]>;
  securityGroups(vpcId: string, names: readonly string[], signal?: AbortSignal): Promise<SecurityGroupFact[]>;
  /** Makes an empty group. Throws AwsUnavailable when one of that name was made so recently that it did not show. */
  createSecurityGroup(
    request: {
      readonly vpcId: string;
      readonly name: string;
      readonly description: string;
      readonly tags: Tags;
    },
    signal?: AbortSignal,
  ): Promise<SecurityGroupFact>;
  allowIngress(
    group: SecurityGroupFact,
    rules: readonly IngressRule[],
    owner: Owner,
    signal?: AbortSignal,
  ): Promise<void>;
  revokeIngress(
    group: SecurityGroupFact,
    rules: readonly IngressRule[],
    owner: Owner,
    signal?: AbortSignal,
  ): Promise<void>;
  /** All network interfaces in the subnets, whoever they belong to. */
  interfaces(subnetIds: readonly string[], signal?: AbortSignal): Promise<InterfaceFact[]>;
  createInterface(
    request: {
      readonly subnetId: string;
      readonly address: string;
      readonly securityGroupIds: readonly string[];
      readonly description: string;
      readonly tags: Tags;
      readonly clientToken: string;
    },
    signal?: AbortSignal,
  ): Promise<InterfaceFact>;
  setInterfaceGroups(
    networkInterface: InterfaceFact,
    securityGroupIds: readonly string[],
    owner: Owner,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Adds or corrects tags on a group or an interface. */
  tag(
    resource: { readonly id: string; readonly tags: Tags },
    wanted: Tags,
    owner: Owner,
    signal?: AbortSignal,
  ): Promise<void>;
}

export function makeNetworks(config: Config): Networks {
  const client = new EC2Client(clientSettings(config));
  return { ...placesOf(client), ...securityGroupsOf(client), ...interfacesOf(client) };
}

function placesOf(client: EC2Client): Pick<Networks, 'subnets' | 'vpcCidrs'> {
  return {
    async subnets(subnetIds, signal) {
      const pages = paginateDescribeSubnets({ client }, filtered('subnet-id', subnetIds), abortedBy(signal));
      const found = await collect('ec2:DescribeSubnets', pages, (page) => page.Subnets);
      return found.map(({ SubnetId = '', AvailabilityZone = '', CidrBlock = '' }) => ({
        subnetId: SubnetId,
        zone: AvailabilityZone,
        cidr: CidrBlock,
      }));
    },
    async vpcCidrs(vpcId, signal) {
      const pages = paginateDescribeVpcs({ client }, filtered('vpc-id', [vpcId]), abortedBy(signal));
      const [vpc] = await collect('ec2:DescribeVpcs', pages, (page) => page.Vpcs);
      const more = vpc?.CidrBlockAssociationSet?.map(({ CidrBlock = '' }) => CidrBlock) ?? [];
      return [...new Set([vpc?.CidrBlock ?? '', ...more])].filter((cidr) => cidr !== '');
    },
  };
}

function securityGroupsOf(
  client: EC2Client,
): Pick<Networks, 'securityGroups' | 'createSecurityGroup' | 'allowIngress' | 'revokeIngress'> {
  return {
    async securityGroups(vpcId, names, signal) {
      const Filters = [
        { Name: 'vpc-id', Values: [vpcId] },
        { Name: 'group-name', Values: [...names] },
      ];
      const pages = paginateDescribeSecurityGroups({ client }, { Filters }, abortedBy(signal));
      return (await collect('ec2:DescribeSecurityGroups', pages, (page) => page.SecurityGroups)).map(
        groupFact,
      );
    },
    async createSecurityGroup({ vpcId, name, description, tags }, signal) {
      const command = new CreateSecurityGroupCommand({
        VpcId: vpcId,
        GroupName: name,
        Description: description,
        TagSpecifications: [{ ResourceType: 'security-group', Tags: writeTags(tags) }],
      });
      const made = await callingUnless(
        'ec2:CreateSecurityGroup',
        ['InvalidGroup.Duplicate'],
        client.send(command, abortedBy(signal)),
      );
      if (!made?.GroupId)
        throw new AwsUnavailable(`security group ${name} is there, and EC2 does not show it yet`);
      return { securityGroupId: made.GroupId, name, tags, ingress: [] };
    },
    async allowIngress(group, rules, owner, signal) {
      assertOwn(group.securityGroupId, group.tags, owner);
      const command = new AuthorizeSecurityGroupIngressCommand({
        GroupId: group.securityGroupId,
        IpPermissions: rules.map(permissionOf),
      });
      const call = client.send(command, abortedBy(signal));
      await callingUnless('ec2:AuthorizeSecurityGroupIngress', ['InvalidPermission.Duplicate'], call);
    },
    async revokeIngress(group, rules, owner, signal) {
      assertOwn(group.securityGroupId, group.tags, owner);
      const command = new RevokeSecurityGroupIngressCommand({
        GroupId: group.securityGroupId,
        IpPermissions: rules.map(permissionOf),
      });
      const call = client.send(command, abortedBy(signal));
      await callingUnless('ec2:RevokeSecurityGroupIngress', ['InvalidPermission.NotFound'], call);
    },
  };
}

function interfacesOf(
  client: EC2Client,
): Pick<Networks, 'interfaces' | 'createInterface' | 'setInterfaceGroups' | 'tag'> {
  return {
    async interfaces(subnetIds, signal) {
      const request = filtered('subnet-id', subnetIds);
      const pages = paginateDescribeNetworkInterfaces({ client }, request, abortedBy(signal));
      const found = await collect('ec2:DescribeNetworkInterfaces', pages, (page) => page.NetworkInterfaces);
      return found.map(interfaceFact);
    },
    async createInterface({ subnetId, address, securityGroupIds, description, tags, clientToken }, signal) {
      const command = new CreateNetworkInterfaceCommand({
        SubnetId: subnetId,
        PrivateIpAddress: address,
        Groups: [...securityGroupIds],
        Description: description,
        ClientToken: clientToken,
        TagSpecifications: [{ ResourceType: 'network-interface', Tags: writeTags(tags) }],
      });
      const made = await calling('ec2:CreateNetworkInterface', client.send(command, abortedBy(signal)));
      return interfaceFact(made.NetworkInterface ?? {});
    },
    async setInterfaceGroups(networkInterface, securityGroupIds, owner, signal) {
      const { networkInterfaceId, tags } = networkInterface;
      assertOwn(networkInterfaceId, tags, owner);
      const command = new ModifyNetworkInterfaceAttributeCommand({
        NetworkInterfaceId: networkInterfaceId,
        Groups: [...securityGroupIds],
      });
      await calling('ec2:ModifyNetworkInterfaceAttribute', client.send(command, abortedBy(signal)));
    },
    async tag({ id, tags }, wanted, owner, signal) {
      assertOwn(id, tags, owner);
      const Tags = writeTags(missingTags(tags, wanted));
      const command = new CreateTagsCommand({ Resources: [id], Tags });
      await calling('ec2:CreateTags', client.send(command, abortedBy(signal)));
    },
  };
}

/** By filter and not by ID: an ID that EC2 does not know must not fail the others. */
function filtered(Name: string, values: readonly string[]) {
  return { Filters: [{ Name, Values: [...values] }] };
}

async function collect<Page, T>(
  call: string,
  pages: AsyncIterable<Page>,
  items: (page: Page) => readonly T[] | undefined,
): Promise<T[]> {
  const all = async () => {
    const found: T[] = [];
    for await (const page of pages) found.push(...(items(page) ?? []));
    return found;
  };
  return calling(call, all());
}

/** A group as EC2 shows it. */
export function groupFact(group: SecurityGroup): SecurityGroupFact {
  return {
    securityGroupId: group.GroupId ?? '',
    name: group.GroupName ?? '',
    tags: readTags(group.Tags),
    ingress: (group.IpPermissions ?? []).flatMap((permission) => {
      const { FromPort: fromPort = -1, ToPort: toPort = -1, IpProtocol: protocol = 'tcp' } = permission;
      const sources = [
        ...(permission.IpRanges ?? []).map(({ CidrIp }) => CidrIp ?? ''),
        ...(permission.UserIdGroupPairs ?? []).map(({ GroupId }) => GroupId ?? ''),
      ];
      return sources.map((source) => ({
        ...(protocol !== 'tcp' && { protocol }),
        fromPort,
        toPort,
        source,
      }));
    }),
  };
}

/** A rule as EC2 takes it. */
export function permissionOf({ protocol = 'tcp', fromPort, toPort, source }: IngressRule): IpPermission {
  const from = source.startsWith('sg-')
    ? { UserIdGroupPairs: [{ GroupId: source }] }
    : { IpRanges: [{ CidrIp: source }] };
  return { IpProtocol: protocol, FromPort: fromPort, ToPort: toPort, ...from };
}

function interfaceFact(found: NetworkInterface): InterfaceFact {
  const primary = found.PrivateIpAddress ?? '';
  const others = (found.PrivateIpAddresses ?? []).map(({ PrivateIpAddress = '' }) => PrivateIpAddress);
  return {
    networkInterfaceId: found.NetworkInterfaceId ?? '',
    subnetId: found.SubnetId ?? '',
    addresses: [...new Set([primary, ...others])],
    securityGroupIds: (found.Groups ?? []).map(({ GroupId = '' }) => GroupId).sort(),
    tags: readTags(found.TagSet),
  };
}
