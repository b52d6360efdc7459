import type {
  Address,
  AllocateAddressRequest,
  AllocateAddressResult,
  CreateNatGatewayRequest,
  CreateNatGatewayResult,
  DeleteNatGatewayRequest,
  DeleteNatGatewayResult,
  DescribeAddressesRequest,
  DescribeAddressesResult,
  DescribeNatGatewaysRequest,
  DescribeNatGatewaysResult,
  EC2,
  NatGateway as NatGatewayView,
  ReleaseAddressRequest,
} from '@aws-sdk/client-ec2';
import type { Operations } from '../../kernel/kernel.ts';
import { onlyPlayed, refuse, required } from '../common/request.ts';
import { describe } from './describe.ts';
import { type ClientTokens, createClientTokens, found } from './request.ts';
import type { Ec2 } from './store.ts';
import { tagsFor } from './tags.ts';

/** An elastic address. Nothing on a laptop answers at it: the range is RFC 5737's, for documentation. */
export interface Allocation {
  readonly allocationId: string;
  readonly publicIp: string;
}

export interface NatGateway {
  readonly natGatewayId: string;
  readonly subnetId: string;
  readonly vpcId: string;
  readonly allocationId: string;
  readonly createdAt: Date;
  state: 'available' | 'deleted';
}

function allocateAddress(ec2: Ec2, input: AllocateAddressRequest): AllocateAddressResult {
  onlyPlayed('ec2.allocateAddress', input, ['Domain', 'TagSpecifications']);
  const tags = tagsFor(input.TagSpecifications, 'elastic-ip');
  if (ec2.allocations.size >= 5)
    refuse('AddressLimitExceeded', 'The maximum number of addresses has been reached.');
  const taken = new Set([...ec2.allocations.values()].map((one) => one.publicIp));
  const publicIp = [1, 2, 3, 4, 5].map((host) => `203.0.113.${host}`).find((ip) => !taken.has(ip)) ?? '';
  const allocation: Allocation = { allocationId: ec2.kernel.ids.ec2('eipalloc'), publicIp };
  ec2.allocations.set(allocation.allocationId, allocation);
  ec2.tags.add(allocation.allocationId, tags);
  return { AllocationId: allocation.allocationId, PublicIp: publicIp, Domain: 'vpc' };
}

function holderOf(ec2: Ec2, allocationId: string): NatGateway | undefined {
  return [...ec2.natGateways.values()].find(
    (one) => one.allocationId === allocationId && one.state === 'available',
  );
}

function releaseAddress(ec2: Ec2, input: ReleaseAddressRequest): Record<string, never> {
  onlyPlayed('ec2.releaseAddress', input, ['AllocationId']);
  const { allocationId } = found('allocation', ec2.allocations, required(input.AllocationId, 'allocationId'));
  if (holderOf(ec2, allocationId)) refuse('InvalidIPAddress.InUse', `Address ${allocationId} is in use.`);
  ec2.allocations.delete(allocationId);
  ec2.tags.forget(allocationId);
  return {};
}

function describeAddresses(ec2: Ec2, input: DescribeAddressesRequest): DescribeAddressesResult {
  onlyPlayed('ec2.describeAddresses', input, ['AllocationIds', 'Filters']);
  const { items } = describe(
    { Filters: input.Filters },
    {
      kind: 'allocation',
      items: [...ec2.allocations.values()],
      idOf: (one) => one.allocationId,
      ids: input.AllocationIds,
      filters: {
        'allocation-id': (one) => one.allocationId,
        'public-ip': (one) => one.publicIp,
        domain: () => 'vpc',
      },
      tags: ec2.tags,
    },
  );
  const addresses = items.map(
    (one): Address => ({
      AllocationId: one.allocationId,
      PublicIp: one.publicIp,
      Domain: 'vpc',
      Tags: ec2.tags.of(one.allocationId),
    }),
  );
  return { Addresses: addresses };
}

function createNatGateway(
  ec2: Ec2,
  tokens: ClientTokens<string>,
  input: CreateNatGatewayRequest,
): CreateNatGatewayResult {
  onlyPlayed('ec2.createNatGateway', input, [
    'SubnetId',
    'AllocationId',
    'ClientToken',
    'ConnectivityType',
    'TagSpecifications',
  ]);
  const made = tokens.recall(input.ClientToken, input);
  if (made !== undefined) return { NatGateway: view(ec2, found('natGateway', ec2.natGateways, made)) };
  const subnet = found('subnet', ec2.subnets, required(input.SubnetId, 'subnetId'));
  const { allocationId } = found('allocation', ec2.allocations, required(input.AllocationId, 'allocationId'));
  if (holderOf(ec2, allocationId))
    refuse('Resource.AlreadyAssociated', `Elastic IP address [${allocationId}] is already associated`);
  const tags = tagsFor(input.TagSpecifications, 'natgateway');
  const gateway: NatGateway = {
    natGatewayId: ec2.kernel.ids.ec2('nat'),
    subnetId: subnet.subnetId,
    vpcId: subnet.vpcId,
    allocationId,
    createdAt: ec2.kernel.clock.now(),
    state: 'available',
  };
  ec2.natGateways.set(gateway.natGatewayId, gateway);
  ec2.tags.add(gateway.natGatewayId, tags);
  tokens.remember(input.ClientToken, input, gateway.natGatewayId);
  return { NatGateway: view(ec2, gateway) };
}

function view(ec2: Ec2, gateway: NatGateway): NatGatewayView {
  const publicIp = ec2.allocations.get(gateway.allocationId)?.publicIp;
  return {
    NatGatewayId: gateway.natGatewayId,
    SubnetId: gateway.subnetId,
    VpcId: gateway.vpcId,
    State: gateway.state,
    ConnectivityType: 'public',
    CreateTime: gateway.createdAt,
    NatGatewayAddresses: [{ AllocationId: gateway.allocationId, PublicIp: publicIp, IsPrimary: true }],
    Tags: ec2.tags.of(gateway.natGatewayId),
  };
}

function deleteNatGateway(ec2: Ec2, input: DeleteNatGatewayRequest): DeleteNatGatewayResult {
  onlyPlayed('ec2.deleteNatGateway', input, ['NatGatewayId']);
  const gateway = found('natGateway', ec2.natGateways, required(input.NatGatewayId, 'natGatewayId'));
  gateway.state = 'deleted';
  return { NatGatewayId: gateway.natGatewayId };
}

function describeNatGateways(ec2: Ec2, input: DescribeNatGatewaysRequest): DescribeNatGatewaysResult {
  onlyPlayed('ec2.describeNatGateways', input, ['NatGatewayIds', 'Filter', 'NextToken', 'MaxResults']);
  const page = describe(
    { ...input, Filters: input.Filter },
    {
      kind: 'natGateway',
      items: [...ec2.natGateways.values()],
      idOf: (gateway) => gateway.natGatewayId,
      ids: input.NatGatewayIds,
      filters: {
        'nat-gateway-id': (gateway) => gateway.natGatewayId,
        'subnet-id': (gateway) => gateway.subnetId,
        'vpc-id': (gateway) => gateway.vpcId,
        state: (gateway) => gateway.state,
      },
      tags: ec2.tags,
    },
  );
  return { NatGateways: page.items.map((gateway) => view(ec2, gateway)), NextToken: page.nextToken };
}

/** Elastic addresses and NAT gateways. */
export function natGatewayOperations(ec2: Ec2): Operations<EC2> {
  const tokens = createClientTokens<string>();
  return {
    allocateAddress: (input) => allocateAddress(ec2, input),
    releaseAddress: (input) => releaseAddress(ec2, input),
    describeAddresses: (input) => describeAddresses(ec2, input),
    createNatGateway: (input) => createNatGateway(ec2, tokens, input),
    deleteNatGateway: (input) => deleteNatGateway(ec2, input),
    describeNatGateways: (input) => describeNatGateways(ec2, input),
  };
}
