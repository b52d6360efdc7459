import type {
  DescribeInstanceStatusRequest,
  DescribeInstanceStatusResult,
  DescribeInstancesRequest,
  DescribeInstancesResult,
  _InstanceType as InstanceTypeName,
  Instance as InstanceView,
  Reservation,
} from '@aws-sdk/client-ec2';
import { onlyPlayed } from '../../common/request.ts';
import { describe, type Filters } from '../describe.ts';
import { instanceTypeFacts } from '../instance-types.ts';
import { networkInterfaceView, privateDnsName } from '../network-interfaces/network-interface.ts';
import type { Ec2 } from '../store.ts';
import { volumesOf } from '../volumes/attach-volume.ts';
import type { Instance } from './instance.ts';
import { isLive, stateCodes } from './instance-states.ts';

/** How long EC2 still shows a terminated instance, in ms. */
const shownAfterEnd = 3_600_000;

/** An instance as DescribeInstances shows it. A terminated one has no network any more. */
function instanceView(ec2: Ec2, instance: Instance): InstanceView {
  const ended = instance.state === 'terminated';
  const [primary] = interfacesOf(ec2, instance);
  return {
    InstanceId: instance.instanceId,
    ImageId: instance.imageId,
    InstanceType: instance.instanceType as InstanceTypeName,
    Architecture: instanceTypeFacts(instance.instanceType).architecture === 'arm64' ? 'arm64' : 'x86_64',
    AmiLaunchIndex: instance.launchIndex,
    LaunchTime: instance.launchTime,
    Placement: { AvailabilityZone: instance.zone, Tenancy: 'default', GroupName: '' },
    State: { Name: instance.state, Code: stateCodes[instance.state] },
    StateReason: instance.stateReason && {
      Code: instance.stateReason.code,
      Message: instance.stateReason.message,
    },
    StateTransitionReason: instance.stateTransitionReason,
    KeyName: instance.keyName,
    IamInstanceProfile: instance.profile && { Arn: instance.profile.arn, Id: instance.profile.id },
    MetadataOptions: {
      State: 'applied',
      HttpTokens: instance.metadataOptions?.HttpTokens ?? 'optional',
      HttpPutResponseHopLimit: instance.metadataOptions?.HttpPutResponseHopLimit ?? 1,
      HttpEndpoint: instance.metadataOptions?.HttpEndpoint ?? 'enabled',
      HttpProtocolIpv6: instance.metadataOptions?.HttpProtocolIpv6 ?? 'disabled',
      InstanceMetadataTags: instance.metadataOptions?.InstanceMetadataTags ?? 'disabled',
    },
    ClientToken: instance.clientToken ?? '',
    RootDeviceName: '/dev/xvda',
    RootDeviceType: 'ebs',
    VirtualizationType: 'hvm',
    Hypervisor: 'xen',
    EbsOptimized: false,
    Monitoring: { State: 'disabled' },
    ...(ended
      ? {}
      : {
          SubnetId: instance.subnetId,
          VpcId: instance.vpcId,
          PrivateIpAddress: instance.address,
          PrivateDnsName: privateDnsName(instance.address),
          SecurityGroups: primary?.Groups,
          SourceDestCheck: primary?.SourceDestCheck,
        }),
    NetworkInterfaces: ended ? [] : interfacesOf(ec2, instance),
    BlockDeviceMappings: blockDevices(ec2, instance),
    Tags: ec2.tags.of(instance.instanceId),
  };
}

function interfacesOf(
  ec2: Ec2,
  { networkInterfaceIds }: Instance,
): NonNullable<InstanceView['NetworkInterfaces']> {
  return networkInterfaceIds.flatMap((id) => {
    const one = ec2.networkInterfaces.get(id);
    if (one === undefined) return [];
    const { TagSet: _tags, InterfaceType: _type, ...view } = networkInterfaceView(ec2, one);
    return [{ ...view, InterfaceType: 'interface' }];
  });
}

function blockDevices(ec2: Ec2, { instanceId }: Instance): NonNullable<InstanceView['BlockDeviceMappings']> {
  return volumesOf(ec2, instanceId).map(({ volumeId, attachment }) => ({
    DeviceName: attachment?.device,
    Ebs: {
      VolumeId: volumeId,
      AttachTime: attachment?.attachTime,
      Status: attachment?.state,
      DeleteOnTermination: attachment?.deleteOnTermination,
    },
  }));
}

/** The reservation of instances that were launched together. */
export function reservationView(ec2: Ec2, instances: readonly Instance[]): Reservation {
  return {
    ReservationId: instances[0]?.reservationId,
    OwnerId: ec2.kernel.accountId,
    Groups: [],
    Instances: instances.map((instance) => instanceView(ec2, instance)),
  };
}

function filtersOf(ec2: Ec2): Filters<Instance> {
  const groups = (instance: Instance): string[] =>
    instance.networkInterfaceIds.flatMap((id) => [...(ec2.networkInterfaces.get(id)?.groupIds ?? [])]);
  const groupNames = (instance: Instance): string[] =>
    groups(instance).map((id) => ec2.securityGroups.get(id)?.name ?? '');
  const unlessEnded =
    (read: (instance: Instance) => string) =>
    (instance: Instance): string | undefined =>
      instance.state === 'terminated' ? undefined : read(instance);
  return {
    'instance-id': (instance) => instance.instanceId,
    'instance-state-name': (instance) => instance.state,
    'instance-state-code': (instance) => String(stateCodes[instance.state]),
    'instance-type': (instance) => instance.instanceType,
    'image-id': (instance) => instance.imageId,
    'availability-zone': (instance) => instance.zone,
    'vpc-id': unlessEnded((instance) => instance.vpcId),
    'subnet-id': unlessEnded((instance) => instance.subnetId),
    'private-ip-address': unlessEnded((instance) => instance.address),
    'network-interface.network-interface-id': (instance) => instance.networkInterfaceIds,
    'network-interface.addresses.private-ip-address': unlessEnded((instance) => instance.address),
    'instance.group-id': groups,
    'instance.group-name': groupNames,
    'group-id': groups,
    'group-name': groupNames,
    'block-device-mapping.volume-id': ({ instanceId }) =>
      volumesOf(ec2, instanceId).map((volume) => volume.volumeId),
    'iam-instance-profile.arn': (instance) => instance.profile?.arn,
    'client-token': (instance) => instance.clientToken,
    'reservation-id': (instance) => instance.reservationId,
    'key-name': (instance) => instance.keyName,
    'launch-time': (instance) => instance.launchTime.toISOString(),
    'owner-id': () => ec2.kernel.accountId,
  };
}

/** Forgets instances that ended more than an hour ago. */
function forgetOld(ec2: Ec2): void {
  const now = ec2.kernel.clock.now().getTime();
  for (const { instanceId, terminatedAt } of ec2.instances.values())
    if (terminatedAt !== undefined && now - terminatedAt.getTime() > shownAfterEnd) {
      ec2.instances.delete(instanceId);
      ec2.tags.forget(instanceId);
    }
}

/** DescribeInstances. */
export function describeInstances(ec2: Ec2, input: DescribeInstancesRequest): DescribeInstancesResult {
  onlyPlayed('ec2.describeInstances', input, ['InstanceIds', 'Filters', 'NextToken', 'MaxResults']);
  forgetOld(ec2);
  const page = describe(input, {
    kind: 'instance',
    items: [...ec2.instances.values()],
    idOf: (instance) => instance.instanceId,
    ids: input.InstanceIds,
    filters: filtersOf(ec2),
    tags: ec2.tags,
  });
  const reservations = Map.groupBy(page.items, (instance) => instance.reservationId);
  return {
    Reservations: [...reservations.values()].map((instances) => reservationView(ec2, instances)),
    NextToken: page.nextToken,
  };
}

/** DescribeInstanceStatus: running instances, unless all are asked for. Checks pass once the operating system has booted. */
export function describeInstanceStatus(
  ec2: Ec2,
  input: DescribeInstanceStatusRequest,
): DescribeInstanceStatusResult {
  onlyPlayed('ec2.describeInstanceStatus', input, [
    'InstanceIds',
    'IncludeAllInstances',
    'Filters',
    'NextToken',
    'MaxResults',
  ]);
  forgetOld(ec2);
  const wanted = (instance: Instance): boolean =>
    input.IncludeAllInstances === true || instance.state === 'running';
  const page = describe(input, {
    kind: 'instance',
    items: [...ec2.instances.values()],
    idOf: (instance) => instance.instanceId,
    ids: input.InstanceIds,
    filters: {
      'instance-state-name': (instance) => instance.state,
      'availability-zone': (instance) => instance.zone,
      'instance-status.status': (instance) => checkStatus(ec2, instance),
      'system-status.status': (instance) => checkStatus(ec2, instance),
      // Nothing is ever scheduled here.
      'event.code': () => undefined,
    },
    tags: ec2.tags,
  });
  const InstanceStatuses = page.items.filter(wanted).map((instance) => {
    const Status = checkStatus(ec2, instance);
    return {
      InstanceId: instance.instanceId,
      AvailabilityZone: instance.zone,
      InstanceState: { Name: instance.state, Code: stateCodes[instance.state] },
      InstanceStatus: { Status, Details: [] },
      SystemStatus: { Status, Details: [] },
      Events: [],
    };
  });
  return { InstanceStatuses, NextToken: page.nextToken };
}

function checkStatus(
  ec2: Ec2,
  { state, zone, launchTime }: Instance,
): 'ok' | 'initializing' | 'impaired' | 'not-applicable' {
  if (state !== 'running') return isLive(state) && state === 'pending' ? 'initializing' : 'not-applicable';
  if (ec2.faults.isDown(zone)) return 'impaired';
  const { clock, delays } = ec2.kernel;
  const booted = clock.now().getTime() - launchTime.getTime() >= delays.instancePending + delays.instanceBoot;
  return booted ? 'ok' : 'initializing';
}
