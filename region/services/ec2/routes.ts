import type {
  CreateRouteRequest,
  CreateRouteResult,
  DeleteRouteRequest,
  EC2,
  ReplaceRouteRequest,
  Route as RouteView,
} from '@aws-sdk/client-ec2';
import type { Operations } from '../../kernel/kernel.ts';
import { formatBlock, parseBlock } from '../common/cidr.ts';
import { onlyPlayed, refuse, required } from '../common/request.ts';
import { found } from './request.ts';
import type { RouteTable } from './route-tables.ts';
import type { Ec2 } from './store.ts';

export interface Route {
  /** A CIDR block, or a prefix list id for the route of a gateway endpoint. */
  readonly destination: string;
  readonly target: { GatewayId?: string; NatGatewayId?: string; NetworkInterfaceId?: string };
  readonly origin: 'CreateRouteTable' | 'CreateRoute';
}

/** A route as DescribeRouteTables shows it. */
export function routeView({ destination, target, origin }: Route): RouteView {
  const to = destination.startsWith('pl-')
    ? { DestinationPrefixListId: destination }
    : { DestinationCidrBlock: destination };
  return { ...to, ...target, Origin: origin, State: 'active' };
}

function routeOf(
  ec2: Ec2,
  input: CreateRouteRequest | ReplaceRouteRequest,
): { table: RouteTable; route: Route } {
  const table = found('routeTable', ec2.routeTables, required(input.RouteTableId, 'routeTableId'));
  const block = parseBlock(required(input.DestinationCidrBlock, 'destinationCidrBlock'));
  if (block === undefined)
    refuse(
      'InvalidParameterValue',
      `Value (${input.DestinationCidrBlock}) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.`,
    );
  const { GatewayId, NatGatewayId, NetworkInterfaceId } = input;
  const named = [GatewayId, NatGatewayId, NetworkInterfaceId].filter((id) => id !== undefined);
  if (named.length === 0)
    refuse(
      'MissingParameter',
      'The request must contain exactly one of gatewayId, natGatewayId, networkInterfaceId',
    );
  if (named.length > 1)
    refuse(
      'InvalidParameterCombination',
      'Only one of gatewayId, natGatewayId, networkInterfaceId may be specified',
    );
  const origin = 'CreateRoute';
  const destination = formatBlock(block);
  if (GatewayId !== undefined) {
    const gateway = found('internetGateway', ec2.internetGateways, GatewayId);
    if (gateway.vpcId !== table.vpcId)
      refuse(
        'InvalidParameterValue',
        `route table ${table.routeTableId} and network gateway ${GatewayId} belong to different networks`,
      );
    return { table, route: { destination, target: { GatewayId }, origin } };
  }
  if (NatGatewayId !== undefined) {
    found('natGateway', ec2.natGateways, NatGatewayId);
    return { table, route: { destination, target: { NatGatewayId }, origin } };
  }
  const { networkInterfaceId } = found('networkInterface', ec2.networkInterfaces, NetworkInterfaceId ?? '');
  return { table, route: { destination, target: { NetworkInterfaceId: networkInterfaceId }, origin } };
}

function createRoute(ec2: Ec2, input: CreateRouteRequest): CreateRouteResult {
  onlyPlayed('ec2.createRoute', input, [
    'RouteTableId',
    'DestinationCidrBlock',
    'GatewayId',
    'NatGatewayId',
    'NetworkInterfaceId',
  ]);
  const { table, route } = routeOf(ec2, input);
  if (table.routes.has(route.destination))
    refuse('RouteAlreadyExists', `The route identified by ${route.destination} already exists.`);
  table.routes.set(route.destination, route);
  return { Return: true };
}

function replaceRoute(ec2: Ec2, input: ReplaceRouteRequest): Record<string, never> {
  onlyPlayed('ec2.replaceRoute', input, [
    'RouteTableId',
    'DestinationCidrBlock',
    'GatewayId',
    'NatGatewayId',
    'NetworkInterfaceId',
  ]);
  const { table, route } = routeOf(ec2, input);
  if (!table.routes.has(route.destination))
    refuse(
      'InvalidParameterValue',
      `There is no route defined for '${route.destination}' in the route table. Use CreateRoute instead.`,
    );
  table.routes.set(route.destination, route);
  return {};
}

function deleteRoute(ec2: Ec2, input: DeleteRouteRequest): Record<string, never> {
  onlyPlayed('ec2.deleteRoute', input, ['RouteTableId', 'DestinationCidrBlock']);
  const table = found('routeTable', ec2.routeTables, required(input.RouteTableId, 'routeTableId'));
  const destination = required(input.DestinationCidrBlock, 'destinationCidrBlock');
  const route = table.routes.get(destination);
  if (route === undefined)
    refuse(
      'InvalidRoute.NotFound',
      `no route with destination-cidr-block ${destination} in route table ${table.routeTableId}`,
    );
  if (route.origin === 'CreateRouteTable')
    refuse(
      'InvalidParameterValue',
      `cannot remove local route ${destination} in route table ${table.routeTableId}`,
    );
  table.routes.delete(destination);
  return {};
}

/** Single routes of a route table. */
export function routeOperations(ec2: Ec2): Operations<EC2> {
  return {
    createRoute: (input) => createRoute(ec2, input),
    replaceRoute: (input) => replaceRoute(ec2, input),
    deleteRoute: (input) => deleteRoute(ec2, input),
  };
}
