import type {
  AttachNetworkInterfaceRequest,
  AttachNetworkInterfaceResult,
  CreateNetworkInterfaceRequest,
  CreateNetworkInterfaceResult,
  DeleteNetworkInterfaceRequest,
  DescribeNetworkInterfacesRequest,
  DescribeNetworkInterfacesResult,
  DetachNetworkInterfaceRequest,
  EC2,
  ModifyNetworkInterfaceAttributeRequest,
} from '@aws-sdk/client-ec2';
import type { Operations, RequestContext } from '../../../kernel/kernel.ts';
import { onlyPlayed, refuse, required } from '../../common/request.ts';
import { describe, type Filters } from '../describe.ts';
import { type ClientTokens, createClientTokens, found, missing } from '../request.ts';
import type { Ec2 } from '../store.ts';
import { tagsFor } from '../tags.ts';
import { claimNetworkInterface, releaseNetworkInterface } from './attach.ts';
import {
  addNetworkInterface,
  checkGroups,
  type NetworkInterface,
  networkInterfaceView,
} from './network-interface.ts';

function createNetworkInterface(
  ec2: Ec2,
  tokens: ClientTokens<string>,
  input: CreateNetworkInterfaceRequest,
  context: RequestContext,
): CreateNetworkInterfaceResult {
  onlyPlayed('ec2.createNetworkInterface', input, [
    'SubnetId',
    'PrivateIpAddress',
    'Groups',
    'Description',
    'TagSpecifications',
    'ClientToken',
  ]);
  const made = tokens.recall(input.ClientToken, input);
  const before = made === undefined ? undefined : ec2.networkInterfaces.get(made);
  if (before) return { NetworkInterface: networkInterfaceView(ec2, before), ClientToken: input.ClientToken };
  const subnet = found('subnet', ec2.subnets, required(input.SubnetId, 'subnetId'));
  const tags = tagsFor(input.TagSpecifications, 'network-interface');
  const one = addNetworkInterface(ec2, {
    subnet,
    address: input.PrivateIpAddress,
    groupIds: input.Groups,
    description: input.Description,
    requester: context.principal.arn === 'elasticloadbalancing.amazonaws.com' ? 'amazon-elb' : undefined,
  });
  ec2.tags.add(one.networkInterfaceId, tags);
  tokens.remember(input.ClientToken, input, one.networkInterfaceId);
  return { NetworkInterface: networkInterfaceView(ec2, one), ClientToken: input.ClientToken };
}

function deleteNetworkInterface(
  ec2: Ec2,
  input: DeleteNetworkInterfaceRequest,
  context: RequestContext,
): Record<string, never> {
  onlyPlayed('ec2.deleteNetworkInterface', input, ['NetworkInterfaceId']);
  const id = required(input.NetworkInterfaceId, 'networkInterfaceId');
  const one = found('networkInterface', ec2.networkInterfaces, id);
  const byItsService = one.requester !== undefined && context.principal.kind === 'service';
  if (one.status !== 'available' && !byItsService)
    refuse('InvalidParameterValue', `Network interface '${id}' is currently in use.`);
  ec2.networkInterfaces.delete(id);
  ec2.tags.forget(id);
  return {};
}

function filtersOf(ec2: Ec2): Filters<NetworkInterface> {
  return {
    'network-interface-id': (one) => one.networkInterfaceId,
    'subnet-id': (one) => one.subnetId,
    'vpc-id': (one) => one.vpcId,
    'availability-zone': (one) => one.zone,
    'private-ip-address': (one) => one.address,
    'addresses.private-ip-address': (one) => one.address,
    'addresses.primary': () => 'true',
    description: (one) => one.description,
    'group-id': (one) => one.groupIds,
    'group-name': (one) => one.groupIds.map((id) => ec2.securityGroups.get(id)?.name ?? ''),
    'mac-address': (one) => one.macAddress,
    'owner-id': () => ec2.kernel.accountId,
    'requester-managed': (one) => String(one.requester !== undefined),
    'interface-type': (one) => networkInterfaceView(ec2, one).InterfaceType,
    status: (one) => one.status,
    'attachment.attachment-id': (one) => one.attachment?.attachmentId,
    'attachment.instance-id': (one) => one.attachment?.instanceId,
    'attachment.device-index': (one) => one.attachment?.deviceIndex.toString(),
    'attachment.status': (one) => one.attachment?.status,
    'attachment.delete-on-termination': (one) => one.attachment?.deleteOnTermination.toString(),
  };
}

function describeNetworkInterfaces(
  ec2: Ec2,
  input: DescribeNetworkInterfacesRequest,
): DescribeNetworkInterfacesResult {
  onlyPlayed('ec2.describeNetworkInterfaces', input, [
    'NetworkInterfaceIds',
    'Filters',
    'NextToken',
    'MaxResults',
  ]);
  const page = describe(input, {
    kind: 'networkInterface',
    items: [...ec2.networkInterfaces.values()],
    idOf: (one) => one.networkInterfaceId,
    ids: input.NetworkInterfaceIds,
    filters: filtersOf(ec2),
    tags: ec2.tags,
  });
  return {
    NetworkInterfaces: page.items.map((one) => networkInterfaceView(ec2, one)),
    NextToken: page.nextToken,
  };
}

function modifyAttribute(ec2: Ec2, input: ModifyNetworkInterfaceAttributeRequest): Record<string, never> {
  onlyPlayed('ec2.modifyNetworkInterfaceAttribute', input, [
    'NetworkInterfaceId',
    'Groups',
    'Description',
    'SourceDestCheck',
    'Attachment',
  ]);
  const id = required(input.NetworkInterfaceId, 'networkInterfaceId');
  const one = found('networkInterface', ec2.networkInterfaces, id);
  const given = [input.Groups, input.Description, input.SourceDestCheck, input.Attachment];
  if (given.filter((member) => member !== undefined).length !== 1)
    refuse('InvalidParameterCombination', 'Fields for exactly one attribute type must be specified');
  if (input.Groups) one.groupIds = checkGroups(ec2, one.vpcId, input.Groups);
  one.description = input.Description?.Value ?? one.description;
  one.sourceDestCheck = input.SourceDestCheck?.Value ?? one.sourceDestCheck;
  if (input.Attachment) {
    if (one.attachment === undefined || one.attachment.attachmentId !== input.Attachment.AttachmentId)
      missing('networkInterfaceAttachment', input.Attachment.AttachmentId ?? '');
    one.attachment.deleteOnTermination = input.Attachment.DeleteOnTermination ?? false;
  }
  return {};
}

function attach(ec2: Ec2, input: AttachNetworkInterfaceRequest): AttachNetworkInterfaceResult {
  onlyPlayed('ec2.attachNetworkInterface', input, ['NetworkInterfaceId', 'InstanceId', 'DeviceIndex']);
  const interfaceId = required(input.NetworkInterfaceId, 'networkInterfaceId');
  const one = found('networkInterface', ec2.networkInterfaces, interfaceId);
  const instance = found('instance', ec2.instances, required(input.InstanceId, 'instanceId'));
  const deviceIndex = required(input.DeviceIndex, 'deviceIndex');
  if (instance.state !== 'running' && instance.state !== 'stopped')
    refuse(
      'IncorrectInstanceState',
      `Instance '${instance.instanceId}' is not in a state from which it can be attached.`,
    );
  if (instance.zone !== one.zone)
    refuse(
      'InvalidParameterCombination',
      'You may not attach a network interface to an instance if they are not in the same availability zone',
    );
  if (
    instance.networkInterfaceIds.some(
      (id) => ec2.networkInterfaces.get(id)?.attachment?.deviceIndex === deviceIndex,
    )
  )
    refuse(
      'InvalidParameterValue',
      `Instance '${instance.instanceId}' already has an interface attached at device index '${deviceIndex}'.`,
    );
  claimNetworkInterface(ec2, one, {
    instanceId: instance.instanceId,
    deviceIndex,
    deleteOnTermination: false,
  });
  if (one.attachment) one.attachment.status = 'attached';
  instance.networkInterfaceIds.push(interfaceId);
  return { AttachmentId: one.attachment?.attachmentId, NetworkCardIndex: 0 };
}

function detach(ec2: Ec2, input: DetachNetworkInterfaceRequest): Record<string, never> {
  onlyPlayed('ec2.detachNetworkInterface', input, ['AttachmentId', 'Force']);
  const id = required(input.AttachmentId, 'attachmentId');
  const one = [...ec2.networkInterfaces.values()].find((each) => each.attachment?.attachmentId === id);
  if (one?.attachment === undefined) missing('networkInterfaceAttachment', id);
  if (one.attachment.deviceIndex === 0)
    refuse('OperationNotPermitted', 'The network interface at device index 0 cannot be detached.');
  const instance = found('instance', ec2.instances, one.attachment.instanceId);
  instance.networkInterfaceIds.splice(instance.networkInterfaceIds.indexOf(one.networkInterfaceId), 1);
  one.attachment.deleteOnTermination = false;
  releaseNetworkInterface(ec2, one);
  return {};
}

/** Elastic network interfaces. */
export function networkInterfaceOperations(ec2: Ec2): Operations<EC2> {
  const tokens = createClientTokens<string>();
  return {
    createNetworkInterface: (input, context) => createNetworkInterface(ec2, tokens, input, context),
    deleteNetworkInterface: (input, context) => deleteNetworkInterface(ec2, input, context),
    describeNetworkInterfaces: (input) => describeNetworkInterfaces(ec2, input),
    modifyNetworkInterfaceAttribute: (input) => modifyAttribute(ec2, input),
    attachNetworkInterface: (input) => attach(ec2, input),
    detachNetworkInterface: (input) => detach(ec2, input),
  };
}
