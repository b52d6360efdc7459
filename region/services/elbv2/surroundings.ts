import type {
  CreateNetworkInterfaceResult,
  DescribeNetworkInterfacesResult,
  SecurityGroup,
  Subnet,
  Vpc,
} from '@aws-sdk/client-ec2';
import { AwsError } from '../../kernel/errors.ts';
import type { Principal } from '../../kernel/kernel.ts';
import { containsAddress, parseAddress, parseBlock } from '../common/cidr.ts';
import { refuse } from '../common/request.ts';
import { type Elb, invalid, type LoadBalancer, type Placement } from './load-balancer.ts';

/** ELB calls EC2 as itself: the interfaces that it makes are its own. */
const elbPrincipal: Principal = { kind: 'service', arn: 'elasticloadbalancing.amazonaws.com' };

/** The answer of EC2, or undefined where EC2 refuses. */
async function ask<T>({ kernel }: Elb, operation: string, input: object): Promise<T | undefined> {
  return kernel.invoke<T>('ec2', operation, input, elbPrincipal).catch((error: unknown) => {
    if (error instanceof AwsError && error.status < 500) return undefined;
    throw error;
  });
}

/** The subnets of a load balancer: one or more, each in a zone of its own. @throws AwsError SubnetNotFound, InvalidConfigurationRequest */
export async function findSubnets(elb: Elb, ids: readonly string[] | undefined): Promise<Subnet[]> {
  if (!ids?.length) invalid('At least one subnet must be specified');
  const answer = await ask<{ Subnets?: Subnet[] }>(elb, 'describeSubnets', { SubnetIds: ids });
  const subnets = answer?.Subnets;
  if (subnets === undefined) refuse('SubnetNotFound', `The subnet ID '${ids.join(', ')}' does not exist`);
  if (new Set(subnets.map((one) => one.VpcId)).size > 1)
    refuse('InvalidConfigurationRequest', 'All subnets must belong to the same VPC');
  if (new Set(subnets.map((one) => one.AvailabilityZone)).size < subnets.length)
    refuse(
      'InvalidConfigurationRequest',
      'A load balancer cannot be attached to multiple subnets in the same Availability Zone',
    );
  return subnets;
}

/** @throws AwsError InvalidSecurityGroup for a group that is not there or of another VPC */
export async function checkSecurityGroups(elb: Elb, vpcId: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const answer = await ask<{ SecurityGroups?: SecurityGroup[] }>(elb, 'describeSecurityGroups', {
    GroupIds: ids,
  });
  if (!answer?.SecurityGroups?.every((group) => group.VpcId === vpcId))
    refuse('InvalidSecurityGroup', `One or more security groups are invalid: ${ids.join(', ')}`);
}

/**
 * The zone of each address: that of its subnet, or undefined where it is in none.
 * @throws AwsError ValidationError for an address that is not in the VPC
 */
export async function findZones(
  elb: Elb,
  vpcId: string,
  addresses: readonly string[],
): Promise<Map<string, string | undefined>> {
  const answer = await ask<{ Vpcs?: Vpc[] }>(elb, 'describeVpcs', { VpcIds: [vpcId] });
  const block = parseBlock(answer?.Vpcs?.[0]?.CidrBlock ?? '');
  const Filters = [{ Name: 'vpc-id', Values: [vpcId] }];
  const subnets = (await ask<{ Subnets?: Subnet[] }>(elb, 'describeSubnets', { Filters }))?.Subnets ?? [];
  return new Map(
    addresses.map((text) => {
      const address = parseAddress(text);
      if (address === undefined || block === undefined || !containsAddress(block, address))
        invalid(`The IP address '${text}' is not within the CIDR of the VPC '${vpcId}' of the target group`);
      const home = subnets.find(({ CidrBlock = '' }) => {
        const subnet = parseBlock(CidrBlock);
        return subnet !== undefined && containsAddress(subnet, address);
      });
      return [text, home?.AvailabilityZone];
    }),
  );
}

/** @throws AwsError ValidationError for a VPC that is not there */
export async function checkVpc(elb: Elb, vpcId: string): Promise<void> {
  if ((await ask(elb, 'describeVpcs', { VpcIds: [vpcId] })) === undefined)
    invalid(`The VPC ID '${vpcId}' is not found`);
}

const descriptionOf = (balancer: LoadBalancer): string =>
  `ELB ${balancer.arn.slice(balancer.arn.indexOf('net/'))}`;

/** A load balancer has an interface in each of its subnets, at an address of EC2's choice that stays as long as the interface. */
export async function addInterfaces(
  { kernel }: Elb,
  balancer: LoadBalancer,
  placements: readonly Placement[],
): Promise<void> {
  for (const { subnetId } of placements) {
    const made = await kernel.invoke<CreateNetworkInterfaceResult>(
      'ec2',
      'createNetworkInterface',
      { SubnetId: subnetId, Groups: balancer.securityGroupIds, Description: descriptionOf(balancer) },
      elbPrincipal,
    );
    balancer.addresses.set(subnetId, made.NetworkInterface?.PrivateIpAddress ?? '');
  }
}

/** Gives the interfaces of a load balancer its security groups; they keep their addresses. */
export async function setInterfaceGroups(elb: Elb, balancer: LoadBalancer): Promise<void> {
  for (const NetworkInterfaceId of await interfacesOf(elb, balancer, balancer.placements))
    await elb.kernel.invoke(
      'ec2',
      'modifyNetworkInterfaceAttribute',
      { NetworkInterfaceId, Groups: balancer.securityGroupIds },
      elbPrincipal,
    );
}

/** Gives back the interfaces in these subnets. */
export async function removeInterfaces(
  elb: Elb,
  balancer: LoadBalancer,
  placements: readonly Placement[],
): Promise<void> {
  if (placements.length === 0) return;
  const ids = await interfacesOf(elb, balancer, placements);
  for (const { subnetId } of placements) balancer.addresses.delete(subnetId);
  for (const NetworkInterfaceId of ids)
    await elb.kernel.invoke('ec2', 'deleteNetworkInterface', { NetworkInterfaceId }, elbPrincipal);
}

async function interfacesOf(
  { kernel }: Elb,
  balancer: LoadBalancer,
  placements: readonly Placement[],
): Promise<string[]> {
  const Filters = [
    { Name: 'description', Values: [descriptionOf(balancer)] },
    { Name: 'subnet-id', Values: placements.map((one) => one.subnetId) },
  ];
  const answer = await kernel.invoke<DescribeNetworkInterfacesResult>(
    'ec2',
    'describeNetworkInterfaces',
    { Filters },
    elbPrincipal,
  );
  return (answer.NetworkInterfaces ?? []).map(({ NetworkInterfaceId = '' }) => NetworkInterfaceId);
}
