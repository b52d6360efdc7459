import { AwsError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Settings } from './functions.ts';

interface RouteTable {
  readonly RouteTableId?: string;
  readonly VpcId?: string;
  readonly Routes?: readonly { readonly DestinationCidrBlock?: string; readonly NatGatewayId?: string }[];
}

/** Where a function may find AWS's services: the value of AWS_ENDPOINT_URL and its sisters. */
export type Endpoints = Readonly<Record<string, string>>;

/**
 * Nothing listens on the discard port. On AWS a function in a VPC without a way out waits for an answer until its time-out; here it is
 * refused at once, which fails the same call sooner.
 */
const nowhere = 'http://127.0.0.1:9';

/** The SDK's service ids of the services that have gateway endpoints, in the form of its environment variables. */
const gatewayServices: Readonly<Record<string, string>> = { s3: 'S3', dynamodb: 'DYNAMODB' };

/**
 * The endpoints that a function reaches. Outside a VPC: all. Within one: all through a NAT gateway, else only S3 and DynamoDB, and those
 * only where each subnet's route table has their gateway endpoint (design §3; facts §4.2).
 */
export async function endpointsFor(kernel: Kernel, { subnetIds }: Settings): Promise<Endpoints> {
  const everything = { AWS_ENDPOINT_URL: kernel.endpoint };
  if (subnetIds.length === 0) return everything;
  const tables = await Promise.all(subnetIds.map((subnetId) => routeTableOf(kernel, subnetId)));
  const reachesAll = ({ Routes }: RouteTable): boolean =>
    Routes?.some((route) => route.DestinationCidrBlock === '0.0.0.0/0' && route.NatGatewayId !== undefined) ??
    false;
  if (tables.every(reachesAll)) return everything;
  const { VpcEndpoints = [] } = await kernel.invoke<{
    VpcEndpoints?: { ServiceName?: string; RouteTableIds?: string[] }[];
  }>('ec2', 'describeVpcEndpoints', { Filters: [{ Name: 'vpc-id', Values: [tables[0]?.VpcId ?? ''] }] });
  const endpoints: Record<string, string> = { AWS_ENDPOINT_URL: nowhere };
  for (const { ServiceName = '', RouteTableIds = [] } of VpcEndpoints) {
    const id = gatewayServices[ServiceName.slice(ServiceName.lastIndexOf('.') + 1)];
    const everywhere = tables.every(({ RouteTableId = '' }) => RouteTableIds.includes(RouteTableId));
    if (id && everywhere) endpoints[`AWS_ENDPOINT_URL_${id}`] = kernel.endpoint;
  }
  return endpoints;
}

/** The table that a subnet is associated with, or else the main one of its VPC. */
async function routeTableOf(kernel: Kernel, subnetId: string): Promise<RouteTable> {
  const find = async (filters: Readonly<Record<string, string>>): Promise<RouteTable | undefined> => {
    const Filters = Object.entries(filters).map(([Name, value]) => ({ Name, Values: [value] }));
    const { RouteTables } = await kernel.invoke<{ RouteTables?: RouteTable[] }>(
      'ec2',
      'describeRouteTables',
      { Filters },
    );
    return RouteTables?.[0];
  };
  const own = await find({ 'association.subnet-id': subnetId });
  if (own) return own;
  const { Subnets } = await kernel.invoke<{ Subnets?: { VpcId?: string }[] }>('ec2', 'describeSubnets', {
    SubnetIds: [subnetId],
  });
  return (await find({ 'vpc-id': Subnets?.[0]?.VpcId ?? '', 'association.main': 'true' })) ?? {};
}

/** Lambda refuses subnets and security groups that are not there, or that are not of one VPC. */
export async function checkNetwork(kernel: Kernel, { subnetIds, securityGroupIds }: Settings): Promise<void> {
  if (subnetIds.length === 0 && securityGroupIds.length === 0) return;
  const describe = async (
    operation: string,
    input: object,
  ): Promise<Record<string, { VpcId?: string }[]>> => {
    try {
      return await kernel.invoke('ec2', operation, input);
    } catch (error) {
      if (!(error instanceof AwsError) || error.status >= 500) throw error;
      throw new AwsError(
        'InvalidParameterValueException',
        `Error occurred while ${operation}. EC2 Error Code: ${error.code}. EC2 Error Message: ${error.message}`,
      );
    }
  };
  const { Subnets = [] } = await describe('describeSubnets', { SubnetIds: subnetIds });
  const { SecurityGroups = [] } = await describe('describeSecurityGroups', { GroupIds: securityGroupIds });
  if (new Set([...Subnets, ...SecurityGroups].map(({ VpcId }) => VpcId)).size !== 1) {
    throw new AwsError(
      'InvalidParameterValueException',
      'SecurityGroups and Subnets must be of one and the same VPC.',
    );
  }
}
