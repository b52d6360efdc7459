import type {
  AttachInternetGatewayRequest,
  CreateInternetGatewayRequest,
  CreateInternetGatewayResult,
  DeleteInternetGatewayRequest,
  DescribeInternetGatewaysRequest,
  DescribeInternetGatewaysResult,
  DetachInternetGatewayRequest,
  EC2,
  InternetGateway as InternetGatewayView,
} from '@aws-sdk/client-ec2';
import type { Operations } from '../../kernel/kernel.ts';
import { onlyPlayed, refuse, required } from '../common/request.ts';
import { describe } from './describe.ts';
import { found } from './request.ts';
import type { Ec2 } from './store.ts';
import { tagsFor } from './tags.ts';

export interface InternetGateway {
  readonly internetGatewayId: string;
  vpcId: string | undefined;
}

function createInternetGateway(ec2: Ec2, input: CreateInternetGatewayRequest): CreateInternetGatewayResult {
  onlyPlayed('ec2.createInternetGateway', input, ['TagSpecifications']);
  const tags = tagsFor(input.TagSpecifications, 'internet-gateway');
  const gateway: InternetGateway = { internetGatewayId: ec2.kernel.ids.ec2('igw'), vpcId: undefined };
  ec2.internetGateways.set(gateway.internetGatewayId, gateway);
  ec2.tags.add(gateway.internetGatewayId, tags);
  return { InternetGateway: view(ec2, gateway) };
}

function view(ec2: Ec2, { internetGatewayId, vpcId }: InternetGateway): InternetGatewayView {
  return {
    InternetGatewayId: internetGatewayId,
    OwnerId: ec2.kernel.accountId,
    Attachments: vpcId === undefined ? [] : [{ VpcId: vpcId, State: 'attached' }],
    Tags: ec2.tags.of(internetGatewayId),
  };
}

function attachInternetGateway(ec2: Ec2, input: AttachInternetGatewayRequest): Record<string, never> {
  onlyPlayed('ec2.attachInternetGateway', input, ['InternetGatewayId', 'VpcId']);
  const id = required(input.InternetGatewayId, 'internetGatewayId');
  const gateway = found('internetGateway', ec2.internetGateways, id);
  const { vpcId } = found('vpc', ec2.vpcs, required(input.VpcId, 'vpcId'));
  if (gateway.vpcId !== undefined)
    refuse('Resource.AlreadyAssociated', `resource ${id} is already attached to network ${gateway.vpcId}`);
  if ([...ec2.internetGateways.values()].some((other) => other.vpcId === vpcId))
    refuse('InvalidParameterValue', `Network ${vpcId} already has an internet gateway attached`);
  gateway.vpcId = vpcId;
  return {};
}

function detachInternetGateway(ec2: Ec2, input: DetachInternetGatewayRequest): Record<string, never> {
  onlyPlayed('ec2.detachInternetGateway', input, ['InternetGatewayId', 'VpcId']);
  const id = required(input.InternetGatewayId, 'internetGatewayId');
  const gateway = found('internetGateway', ec2.internetGateways, id);
  const vpcId = required(input.VpcId, 'vpcId');
  if (gateway.vpcId !== vpcId)
    refuse('Gateway.NotAttached', `resource ${id} is not attached to network ${vpcId}`);
  gateway.vpcId = undefined;
  return {};
}

function deleteInternetGateway(ec2: Ec2, input: DeleteInternetGatewayRequest): Record<string, never> {
  onlyPlayed('ec2.deleteInternetGateway', input, ['InternetGatewayId']);
  const id = required(input.InternetGatewayId, 'internetGatewayId');
  if (found('internetGateway', ec2.internetGateways, id).vpcId !== undefined)
    refuse('DependencyViolation', `The internetGateway '${id}' has dependencies and cannot be deleted.`);
  ec2.internetGateways.delete(id);
  ec2.tags.forget(id);
  return {};
}

function describeInternetGateways(
  ec2: Ec2,
  input: DescribeInternetGatewaysRequest,
): DescribeInternetGatewaysResult {
  onlyPlayed('ec2.describeInternetGateways', input, [
    'InternetGatewayIds',
    'Filters',
    'NextToken',
    'MaxResults',
  ]);
  const page = describe(input, {
    kind: 'internetGateway',
    items: [...ec2.internetGateways.values()],
    idOf: (gateway) => gateway.internetGatewayId,
    ids: input.InternetGatewayIds,
    filters: {
      'internet-gateway-id': (gateway) => gateway.internetGatewayId,
      'attachment.vpc-id': (gateway) => gateway.vpcId,
      'attachment.state': (gateway) => (gateway.vpcId === undefined ? undefined : 'available'),
      'owner-id': () => ec2.kernel.accountId,
    },
    tags: ec2.tags,
  });
  return { InternetGateways: page.items.map((one) => view(ec2, one)), NextToken: page.nextToken };
}

/** Internet gateways. */
export function internetGatewayOperations(ec2: Ec2): Operations<EC2> {
  return {
    createInternetGateway: (input) => createInternetGateway(ec2, input),
    attachInternetGateway: (input) => attachInternetGateway(ec2, input),
    detachInternetGateway: (input) => detachInternetGateway(ec2, input),
    deleteInternetGateway: (input) => deleteInternetGateway(ec2, input),
    describeInternetGateways: (input) => describeInternetGateways(ec2, input),
  };
}
