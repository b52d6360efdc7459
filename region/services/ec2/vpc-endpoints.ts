import type {
  CreateVpcEndpointRequest,
  CreateVpcEndpointResult,
  DeleteVpcEndpointsRequest,
  DeleteVpcEndpointsResult,
  DescribeManagedPrefixListsRequest,
  DescribeManagedPrefixListsResult,
  DescribePrefixListsRequest,
  DescribePrefixListsResult,
  DescribeVpcEndpointsRequest,
  DescribeVpcEndpointsResult,
  EC2,
  ModifyVpcEndpointRequest,
  ModifyVpcEndpointResult,
  VpcEndpoint as VpcEndpointView,
} from '@aws-sdk/client-ec2';
import { NotPlayedError } from '../../kernel/errors.ts';
import type { Kernel, Operations } from '../../kernel/kernel.ts';
import { onlyPlayed, refuse, required } from '../common/request.ts';
import { describe } from './describe.ts';
import { found } from './request.ts';
import type { Route } from './routes.ts';
import type { Ec2 } from './store.ts';
import { tagsFor } from './tags.ts';

/** A gateway endpoint: a way from a VPC to S3 or DynamoDB that needs no NAT. */
export interface VpcEndpoint {
  readonly vpcEndpointId: string;
  readonly vpcId: string;
  readonly serviceName: string;
  readonly routeTableIds: Set<string>;
  readonly createdAt: Date;
  policy: string;
}

const openPolicy =
  '{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}';

/** The prefix lists that AWS manages for its gateway endpoints: id, service, addresses. */
const prefixLists = [
  { id: 'pl-63a5400a', service: 's3', cidrs: ['52.216.0.0/15', '3.5.0.0/19', '54.231.0.0/16'] },
  { id: 'pl-02cd2c6b', service: 'dynamodb', cidrs: ['52.94.0.0/22', '52.119.224.0/20'] },
] as const;

const listName = (kernel: Kernel, service: string): string => `com.amazonaws.${kernel.region}.${service}`;

function createVpcEndpoint(ec2: Ec2, input: CreateVpcEndpointRequest): CreateVpcEndpointResult {
  onlyPlayed('ec2.createVpcEndpoint', input, [
    'VpcEndpointType',
    'VpcId',
    'ServiceName',
    'RouteTableIds',
    'PolicyDocument',
    'TagSpecifications',
  ]);
  const { kernel } = ec2;
  if ((input.VpcEndpointType ?? 'Gateway') !== 'Gateway')
    throw new NotPlayedError(`VPC endpoints of type ${input.VpcEndpointType}`);
  const { vpcId } = found('vpc', ec2.vpcs, required(input.VpcId, 'vpcId'));
  const serviceName = required(input.ServiceName, 'serviceName');
  if (!prefixLists.some((list) => listName(kernel, list.service) === serviceName))
    refuse('InvalidServiceName', `The Vpc Endpoint Service '${serviceName}' does not exist`);
  const tables = checkRouteTables(ec2, vpcId, serviceName, input.RouteTableIds);
  const tags = tagsFor(input.TagSpecifications, 'vpc-endpoint');
  const endpoint: VpcEndpoint = {
    vpcEndpointId: kernel.ids.ec2('vpce'),
    vpcId,
    serviceName,
    routeTableIds: new Set(tables),
    createdAt: kernel.clock.now(),
    policy: input.PolicyDocument ?? openPolicy,
  };
  ec2.vpcEndpoints.set(endpoint.vpcEndpointId, endpoint);
  addRoutes(ec2, endpoint, tables);
  ec2.tags.add(endpoint.vpcEndpointId, tags);
  return { VpcEndpoint: view(ec2, endpoint) };
}

function checkRouteTables(
  ec2: Ec2,
  vpcId: string,
  serviceName: string,
  ids: readonly string[] = [],
): readonly string[] {
  for (const id of ids) {
    if (found('routeTable', ec2.routeTables, id).vpcId !== vpcId)
      refuse('InvalidParameter', `Route table ${id} and VPC ${vpcId} belong to different networks`);
    const taken = [...ec2.vpcEndpoints.values()].some(
      (other) => other.serviceName === serviceName && other.routeTableIds.has(id),
    );
    if (taken)
      refuse('RouteAlreadyExists', `route table ${id} already has a route with destination-prefix-list-id`);
  }
  return ids;
}

function prefixListOf(ec2: Ec2, endpoint: VpcEndpoint): string {
  const list = prefixLists.find((one) => listName(ec2.kernel, one.service) === endpoint.serviceName);
  return list?.id ?? '';
}

/** A gateway endpoint is a route to its service's prefix list in each of its tables. */
function addRoutes(ec2: Ec2, endpoint: VpcEndpoint, tableIds: readonly string[]): void {
  const destination = prefixListOf(ec2, endpoint);
  const route: Route = {
    destination,
    target: { GatewayId: endpoint.vpcEndpointId },
    origin: 'CreateRoute',
  };
  for (const id of tableIds) ec2.routeTables.get(id)?.routes.set(destination, route);
}

function removeRoutes(ec2: Ec2, endpoint: VpcEndpoint, tableIds: readonly string[]): void {
  for (const id of tableIds) ec2.routeTables.get(id)?.routes.delete(prefixListOf(ec2, endpoint));
}

function view(ec2: Ec2, endpoint: VpcEndpoint): VpcEndpointView {
  return {
    VpcEndpointId: endpoint.vpcEndpointId,
    VpcEndpointType: 'Gateway',
    VpcId: endpoint.vpcId,
    ServiceName: endpoint.serviceName,
    // The wire says it in small letters, whatever the model's enumeration says.
    State: 'available' as 'Available',
    PolicyDocument: endpoint.policy,
    RouteTableIds: [...endpoint.routeTableIds],
    SubnetIds: [],
    Groups: [],
    PrivateDnsEnabled: false,
    RequesterManaged: false,
    CreationTimestamp: endpoint.createdAt,
    OwnerId: ec2.kernel.accountId,
    Tags: ec2.tags.of(endpoint.vpcEndpointId),
  };
}

function modifyVpcEndpoint(ec2: Ec2, input: ModifyVpcEndpointRequest): ModifyVpcEndpointResult {
  onlyPlayed('ec2.modifyVpcEndpoint', input, [
    'VpcEndpointId',
    'AddRouteTableIds',
    'RemoveRouteTableIds',
    'PolicyDocument',
    'ResetPolicy',
  ]);
  const endpoint = found('vpcEndpoint', ec2.vpcEndpoints, required(input.VpcEndpointId, 'vpcEndpointId'));
  checkRouteTables(ec2, endpoint.vpcId, endpoint.serviceName, input.AddRouteTableIds);
  removeRoutes(ec2, endpoint, input.RemoveRouteTableIds ?? []);
  for (const id of input.RemoveRouteTableIds ?? []) endpoint.routeTableIds.delete(id);
  for (const id of input.AddRouteTableIds ?? []) endpoint.routeTableIds.add(id);
  addRoutes(ec2, endpoint, input.AddRouteTableIds ?? []);
  if (input.ResetPolicy === true) endpoint.policy = openPolicy;
  endpoint.policy = input.PolicyDocument ?? endpoint.policy;
  return { Return: true };
}

function deleteVpcEndpoints(ec2: Ec2, input: DeleteVpcEndpointsRequest): DeleteVpcEndpointsResult {
  onlyPlayed('ec2.deleteVpcEndpoints', input, ['VpcEndpointIds']);
  const Unsuccessful = required(input.VpcEndpointIds, 'vpcEndpointId').flatMap((id) => {
    const endpoint = ec2.vpcEndpoints.get(id);
    if (endpoint !== undefined) {
      removeRoutes(ec2, endpoint, [...endpoint.routeTableIds]);
      ec2.vpcEndpoints.delete(id);
      ec2.tags.forget(id);
      return [];
    }
    const Message = `The VpcEndpoint Id '${id}' does not exist`;
    return [{ ResourceId: id, Error: { Code: 'InvalidVpcEndpoint.NotFound', Message } }];
  });
  return { Unsuccessful };
}

function describeVpcEndpoints(ec2: Ec2, input: DescribeVpcEndpointsRequest): DescribeVpcEndpointsResult {
  onlyPlayed('ec2.describeVpcEndpoints', input, ['VpcEndpointIds', 'Filters', 'NextToken', 'MaxResults']);
  const page = describe(input, {
    kind: 'vpcEndpoint',
    items: [...ec2.vpcEndpoints.values()],
    idOf: (endpoint) => endpoint.vpcEndpointId,
    ids: input.VpcEndpointIds,
    filters: {
      'vpc-endpoint-id': (endpoint) => endpoint.vpcEndpointId,
      'vpc-id': (endpoint) => endpoint.vpcId,
      'service-name': (endpoint) => endpoint.serviceName,
      'vpc-endpoint-type': () => 'Gateway',
      'vpc-endpoint-state': () => 'available',
    },
    tags: ec2.tags,
  });
  return { VpcEndpoints: page.items.map((one) => view(ec2, one)), NextToken: page.nextToken };
}

function findPrefixLists(
  ec2: Ec2,
  input: DescribePrefixListsRequest | DescribeManagedPrefixListsRequest,
): { id: string; name: string; cidrs: readonly string[] }[] {
  const items = prefixLists.map((list) => ({ ...list, name: listName(ec2.kernel, list.service) }));
  const page = describe(
    { Filters: input.Filters },
    {
      kind: 'vpcEndpoint',
      items,
      idOf: (list) => list.id,
      filters: {
        'prefix-list-id': (list) => list.id,
        'prefix-list-name': (list) => list.name,
        'owner-id': () => 'AWS',
      },
      tags: ec2.tags,
    },
  );
  const ids = input.PrefixListIds ?? [];
  const unknown = ids.find((id) => !items.some((list) => list.id === id));
  if (unknown !== undefined)
    refuse('InvalidPrefixListID.NotFound', `The prefix list ID '${unknown}' does not exist`);
  return page.items.filter((list) => ids.length === 0 || ids.includes(list.id));
}

function describePrefixLists(ec2: Ec2, input: DescribePrefixListsRequest): DescribePrefixListsResult {
  onlyPlayed('ec2.describePrefixLists', input, ['PrefixListIds', 'Filters', 'MaxResults', 'NextToken']);
  return {
    PrefixLists: findPrefixLists(ec2, input).map(({ id, name, cidrs }) => ({
      PrefixListId: id,
      PrefixListName: name,
      Cidrs: [...cidrs],
    })),
  };
}

function describeManagedPrefixLists(
  ec2: Ec2,
  input: DescribeManagedPrefixListsRequest,
): DescribeManagedPrefixListsResult {
  onlyPlayed('ec2.describeManagedPrefixLists', input, [
    'PrefixListIds',
    'Filters',
    'MaxResults',
    'NextToken',
  ]);
  return {
    PrefixLists: findPrefixLists(ec2, input).map(({ id, name }) => ({
      PrefixListId: id,
      PrefixListName: name,
      PrefixListArn: `arn:aws:ec2:${ec2.kernel.region}:aws:prefix-list/${id}`,
      AddressFamily: 'IPv4',
      OwnerId: 'AWS',
      State: 'create-complete',
    })),
  };
}

/** Gateway endpoints and the prefix lists that name their services' addresses. */
export function vpcEndpointOperations(ec2: Ec2): Operations<EC2> {
  return {
    createVpcEndpoint: (input) => createVpcEndpoint(ec2, input),
    modifyVpcEndpoint: (input) => modifyVpcEndpoint(ec2, input),
    deleteVpcEndpoints: (input) => deleteVpcEndpoints(ec2, input),
    describeVpcEndpoints: (input) => describeVpcEndpoints(ec2, input),
    describePrefixLists: (input) => describePrefixLists(ec2, input),
    describeManagedPrefixLists: (input) => describeManagedPrefixLists(ec2, input),
  };
}
