import type {
  AssociateRouteTableRequest,
  AssociateRouteTableResult,
  CreateRouteTableRequest,
  CreateRouteTableResult,
  DeleteRouteTableRequest,
  DescribeRouteTablesRequest,
  DescribeRouteTablesResult,
  DisassociateRouteTableRequest,
  EC2,
  RouteTable as RouteTableView,
} from '@aws-sdk/client-ec2';
import type { Operations } from '../../kernel/kernel.ts';
import { formatBlock } from '../common/cidr.ts';
import { onlyPlayed, refuse, required } from '../common/request.ts';
import { describe } from './describe.ts';
import { found, missing } from './request.ts';
import { type Route, routeOperations, routeView } from './routes.ts';
import type { Ec2 } from './store.ts';
import { tagsFor } from './tags.ts';
import type { Vpc } from './vpcs.ts';

export interface RouteTable {
  readonly routeTableId: string;
  readonly vpcId: string;
  readonly main: boolean;
  /** Routes by destination; the local one is first and cannot be deleted. */
  readonly routes: Map<string, Route>;
  /** Association id → subnet id. */
  readonly associations: Map<string, string>;
}

/** The main route table, which comes with a VPC and goes with it. */
export function addMainRouteTable(ec2: Ec2, vpc: Vpc): void {
  addRouteTable(ec2, vpc, true);
}

function addRouteTable(ec2: Ec2, { vpcId, block }: Vpc, main: boolean): RouteTable {
  const destination = formatBlock(block);
  const local: Route = { destination, target: { GatewayId: 'local' }, origin: 'CreateRouteTable' };
  const table: RouteTable = {
    routeTableId: ec2.kernel.ids.ec2('rtb'),
    vpcId,
    main,
    routes: new Map([[destination, local]]),
    associations: new Map(),
  };
  ec2.routeTables.set(table.routeTableId, table);
  return table;
}

function createRouteTable(ec2: Ec2, input: CreateRouteTableRequest): CreateRouteTableResult {
  onlyPlayed('ec2.createRouteTable', input, ['VpcId', 'TagSpecifications']);
  const vpc = found('vpc', ec2.vpcs, required(input.VpcId, 'vpcId'));
  const tags = tagsFor(input.TagSpecifications, 'route-table');
  const table = addRouteTable(ec2, vpc, false);
  ec2.tags.add(table.routeTableId, tags);
  return { RouteTable: view(ec2, table) };
}

function view(ec2: Ec2, table: RouteTable): RouteTableView {
  const RouteTableId = table.routeTableId;
  const AssociationState = { State: 'associated' } as const;
  const mainAssociation = {
    RouteTableAssociationId: RouteTableId.replace('rtb-', 'rtbassoc-'),
    RouteTableId,
    Main: true,
    AssociationState,
  };
  return {
    RouteTableId,
    VpcId: table.vpcId,
    OwnerId: ec2.kernel.accountId,
    Routes: [...table.routes.values()].map(routeView),
    Associations: [
      ...(table.main ? [mainAssociation] : []),
      ...[...table.associations].map(([RouteTableAssociationId, SubnetId]) => ({
        RouteTableAssociationId,
        RouteTableId,
        SubnetId,
        Main: false,
        AssociationState,
      })),
    ],
    PropagatingVgws: [],
    Tags: ec2.tags.of(RouteTableId),
  };
}

function associateRouteTable(ec2: Ec2, input: AssociateRouteTableRequest): AssociateRouteTableResult {
  onlyPlayed('ec2.associateRouteTable', input, ['RouteTableId', 'SubnetId']);
  const table = found('routeTable', ec2.routeTables, required(input.RouteTableId, 'routeTableId'));
  const subnet = found('subnet', ec2.subnets, required(input.SubnetId, 'subnetId'));
  if (subnet.vpcId !== table.vpcId)
    refuse(
      'InvalidParameterValue',
      `Route table ${table.routeTableId} and subnet ${subnet.subnetId} belong to different networks`,
    );
  for (const other of ec2.routeTables.values())
    for (const [id, subnetId] of other.associations)
      if (subnetId === subnet.subnetId && other.routeTableId !== table.routeTableId)
        refuse(
          'Resource.AlreadyAssociated',
          `the specified association for route table ${table.routeTableId} conflicts with an existing association`,
        );
      else if (subnetId === subnet.subnetId) return { AssociationId: id };
  const AssociationId = ec2.kernel.ids.ec2('rtbassoc');
  table.associations.set(AssociationId, subnet.subnetId);
  return { AssociationId, AssociationState: { State: 'associated' } };
}

function disassociateRouteTable(ec2: Ec2, input: DisassociateRouteTableRequest): Record<string, never> {
  onlyPlayed('ec2.disassociateRouteTable', input, ['AssociationId']);
  const id = required(input.AssociationId, 'associationId');
  const table = [...ec2.routeTables.values()].find((one) => one.associations.has(id));
  if (table === undefined) missing('association', id);
  table.associations.delete(id);
  return {};
}

function deleteRouteTable(ec2: Ec2, input: DeleteRouteTableRequest): Record<string, never> {
  onlyPlayed('ec2.deleteRouteTable', input, ['RouteTableId']);
  const id = required(input.RouteTableId, 'routeTableId');
  const table = found('routeTable', ec2.routeTables, id);
  if (table.main || table.associations.size > 0)
    refuse('DependencyViolation', `The routeTable '${id}' has dependencies and cannot be deleted.`);
  ec2.routeTables.delete(id);
  ec2.tags.forget(id);
  for (const endpoint of ec2.vpcEndpoints.values()) endpoint.routeTableIds.delete(id);
  return {};
}

function describeRouteTables(ec2: Ec2, input: DescribeRouteTablesRequest): DescribeRouteTablesResult {
  onlyPlayed('ec2.describeRouteTables', input, ['RouteTableIds', 'Filters', 'NextToken', 'MaxResults']);
  const page = describe(input, {
    kind: 'routeTable',
    items: [...ec2.routeTables.values()],
    idOf: (table) => table.routeTableId,
    ids: input.RouteTableIds,
    filters: {
      'route-table-id': (table) => table.routeTableId,
      'vpc-id': (table) => table.vpcId,
      'association.subnet-id': (table) => [...table.associations.values()],
      'association.route-table-association-id': (table) => [...table.associations.keys()],
      'association.main': (table) => String(table.main),
      'route.destination-cidr-block': (table) => [...table.routes.keys()],
      'owner-id': () => ec2.kernel.accountId,
    },
    tags: ec2.tags,
  });
  return { RouteTables: page.items.map((table) => view(ec2, table)), NextToken: page.nextToken };
}

/** Route tables, their associations with subnets, and their routes. */
export function routeTableOperations(ec2: Ec2): Operations<EC2> {
  return {
    createRouteTable: (input) => createRouteTable(ec2, input),
    associateRouteTable: (input) => associateRouteTable(ec2, input),
    disassociateRouteTable: (input) => disassociateRouteTable(ec2, input),
    deleteRouteTable: (input) => deleteRouteTable(ec2, input),
    describeRouteTables: (input) => describeRouteTables(ec2, input),
    ...routeOperations(ec2),
  };
}
