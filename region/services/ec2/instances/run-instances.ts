import type { Reservation, RunInstancesRequest } from '@aws-sdk/client-ec2';
import type { RequestContext } from '../../../kernel/kernel.ts';
import { onlyPlayed, refuse } from '../../common/request.ts';
import { claimNetworkInterface, requireFree } from '../network-interfaces/attach.ts';
import {
  addNetworkInterface,
  checkGroups,
  type NetworkInterface,
} from '../network-interfaces/network-interface.ts';
import { type ClientTokens, found } from '../request.ts';
import type { Ec2 } from '../store.ts';
import type { Subnet } from '../subnets.ts';
import { claimVolume } from '../volumes/attach-volume.ts';
import { addVolume } from '../volumes/create-volume.ts';
import { volumeSettings } from '../volumes/limits.ts';
import { reservationView } from './describe-instances.ts';
import type { Instance, InstanceProfile } from './instance.ts';
import { type LaunchRequest, launchRequest } from './launch-request.ts';
import { bringUp } from './lifecycle.ts';
import { resolveImage, resolveProfile } from './surroundings.ts';

const rootDevice = '/dev/xvda';

const playedMembers: readonly (keyof RunInstancesRequest)[] = [
  'LaunchTemplate',
  'ImageId',
  'InstanceType',
  'InstanceMarketOptions',
  'MinCount',
  'MaxCount',
  'NetworkInterfaces',
  'SubnetId',
  'SecurityGroupIds',
  'PrivateIpAddress',
  'UserData',
  'IamInstanceProfile',
  'BlockDeviceMappings',
  'MetadataOptions',
  'TagSpecifications',
  'ClientToken',
  'KeyName',
  'Placement',
  'DisableApiTermination',
  'Monitoring',
  'EbsOptimized',
  'CreditSpecification',
];

/**
 * RunInstances. All refusals come before anything is made, so that a refused launch leaves nothing behind.
 * @throws AwsError InvalidNetworkInterface.InUse ("Interface: [eni-…] in use.") while another instance holds the interface, and others
 */
export async function runInstances(
  ec2: Ec2,
  tokens: ClientTokens<readonly string[]>,
  input: RunInstancesRequest,
  { principal }: RequestContext,
): Promise<Reservation> {
  onlyPlayed('ec2.runInstances', input, playedMembers);
  const made = tokens.recall(input.ClientToken, input);
  if (made !== undefined)
    return reservationView(
      ec2,
      made.map((id) => found('instance', ec2.instances, id)),
    );
  const { request, imageId, profile } = await checkLaunch(ec2, input);
  // From here on nothing is awaited: checks and claims are one step, as EC2's own fence is.
  const raced = tokens.recall(input.ClientToken, input);
  if (raced !== undefined)
    return reservationView(
      ec2,
      raced.map((id) => found('instance', ec2.instances, id)),
    );
  const place = findPlace(ec2, request);
  if (ec2.faults.lacksCapacity(place.zone, request.instanceType, request.spot ? 'spot' : 'on-demand'))
    refuseCapacity(place.zone, request);
  const volumes = wantedVolumes(request);
  const reservationId = ec2.kernel.ids.ec2('r');
  const instances = Array.from({ length: request.count }, (_, launchIndex) => {
    const known = {
      imageId,
      profile,
      reservationId,
      launchIndex,
      launchedBy: principal.arn,
      clientToken: input.ClientToken,
    };
    return launchOne(ec2, request, place, volumes, known);
  });
  tokens.remember(
    input.ClientToken,
    input,
    instances.map((instance) => instance.instanceId),
  );
  for (const instance of instances) bringUp(ec2, instance);
  return reservationView(ec2, instances);
}

/**
 * A launch, with its image and its profile looked up, without a look at whether its place is free. Auto Scaling tries a template so
 * when it is told to use it; the template of a running slot must pass.
 */
export async function checkLaunch(
  ec2: Ec2,
  input: RunInstancesRequest,
): Promise<{ request: LaunchRequest; imageId: string; profile: InstanceProfile | undefined }> {
  const request = launchRequest(ec2, input);
  const imageId = await resolveImage(ec2, request.imageReference);
  return { request, imageId, profile: await resolveProfile(ec2, request.profile) };
}

function refuseCapacity(zone: string, { instanceType, spot }: LaunchRequest): never {
  if (spot)
    refuse(
      'InsufficientInstanceCapacity',
      'There is no Spot capacity available that matches your request.',
      500,
    );
  refuse(
    'InsufficientInstanceCapacity',
    `We currently do not have sufficient ${instanceType} capacity in the Availability Zone you requested (${zone}). Our system will be working on provisioning additional capacity. You can currently get ${instanceType} capacity by not specifying an Availability Zone in your request or choosing another one.`,
    500,
  );
}

/** Where an instance goes: onto an interface that is there, or into a subnet. */
type Place =
  | { readonly zone: string; readonly existing: NetworkInterface }
  | {
      readonly zone: string;
      readonly subnet: Subnet;
      readonly groupIds: readonly string[];
      readonly address: string | undefined;
      readonly deleteOnTermination: boolean;
    };

function findPlace(ec2: Ec2, request: LaunchRequest): Place {
  const [one] = request.interfaces;
  if (one?.NetworkInterfaceId !== undefined) {
    const existing = found('networkInterface', ec2.networkInterfaces, one.NetworkInterfaceId);
    checkZone(request.zone, existing.zone, `network interface ${existing.networkInterfaceId}`);
    requireFree(existing);
    return { zone: existing.zone, existing };
  }
  const subnetId = one?.SubnetId ?? request.subnetId;
  if (subnetId === undefined) refuse('VPCIdNotSpecified', 'No default VPC for this user');
  const subnet = found('subnet', ec2.subnets, subnetId);
  checkZone(request.zone, subnet.zone, `subnet ${subnetId}`);
  return {
    zone: subnet.zone,
    subnet,
    groupIds: checkGroups(ec2, subnet.vpcId, one?.Groups ?? request.groupIds),
    address: one?.PrivateIpAddress ?? request.privateIp,
    deleteOnTermination: one?.DeleteOnTermination ?? true,
  };
}

function checkZone(wanted: string | undefined, actual: string, what: string): void {
  if (wanted !== undefined && wanted !== actual)
    refuse(
      'InvalidParameterValue',
      `The ${what} is in the Availability Zone ${actual}, and the request is for ${wanted}.`,
    );
}

interface WantedVolume {
  readonly device: string;
  readonly settings: ReturnType<typeof volumeSettings>;
  readonly encrypted: boolean;
  readonly kmsKeyId: string | undefined;
  readonly deleteOnTermination: boolean;
}

/** The root volume (8 GiB unless said otherwise) and what else the mappings ask for. */
function wantedVolumes(request: LaunchRequest): WantedVolume[] {
  const mappings = new Map([[rootDevice, {}], ...request.blockDevices.map(mappingEntry)]);
  return [...mappings].map(([device, ebs]) => ({
    device,
    settings: volumeSettings({
      type: ebs.VolumeType ?? 'gp3',
      size: ebs.VolumeSize ?? (device === rootDevice ? 8 : undefined),
      iops: ebs.Iops,
      throughput: ebs.Throughput,
    }),
    encrypted: ebs.Encrypted ?? false,
    kmsKeyId: ebs.KmsKeyId,
    deleteOnTermination: ebs.DeleteOnTermination ?? true,
  }));
}

type Ebs = NonNullable<LaunchRequest['blockDevices'][number]['Ebs']>;

function mappingEntry(mapping: LaunchRequest['blockDevices'][number]): [string, Ebs] {
  onlyPlayed('a block device mapping', mapping, ['DeviceName', 'Ebs']);
  const ebs = mapping.Ebs ?? {};
  onlyPlayed('a block device mapping', ebs, [
    'VolumeSize',
    'VolumeType',
    'Iops',
    'Throughput',
    'Encrypted',
    'KmsKeyId',
    'DeleteOnTermination',
  ]);
  return [mapping.DeviceName ?? rootDevice, ebs];
}

interface Known {
  readonly imageId: string;
  readonly profile: InstanceProfile | undefined;
  readonly reservationId: string;
  readonly launchIndex: number;
  readonly launchedBy: string;
  readonly clientToken: string | undefined;
}

function launchOne(
  ec2: Ec2,
  request: LaunchRequest,
  place: Place,
  volumes: readonly WantedVolume[],
  known: Known,
): Instance {
  const instanceId = ec2.kernel.ids.ec2('i');
  const one = 'existing' in place ? place.existing : addNetworkInterface(ec2, place);
  const deleteOnTermination = 'existing' in place ? false : place.deleteOnTermination;
  if (!('existing' in place)) ec2.tags.add(one.networkInterfaceId, request.tagsOf('network-interface'));
  claimNetworkInterface(ec2, one, { instanceId, deviceIndex: 0, deleteOnTermination });
  const [root = ''] = volumes.map((wanted) => {
    const volume = addVolume(ec2, { ...wanted, zone: place.zone, tags: request.tagsOf('volume') });
    claimVolume(ec2, volume, {
      instanceId,
      device: wanted.device,
      deleteOnTermination: wanted.deleteOnTermination,
    });
    return volume.volumeId;
  });
  const instance: Instance = {
    ...known,
    instanceId,
    instanceType: request.instanceType,
    spotRequestId: request.spot ? ec2.kernel.ids.ec2('sir') : undefined,
    zone: place.zone,
    subnetId: one.subnetId,
    vpcId: one.vpcId,
    address: one.address,
    userData: request.userData,
    keyName: request.keyName,
    metadataOptions: request.metadataOptions,
    networkInterfaceIds: [one.networkInterfaceId],
    rootVolumeId: root,
    launchTime: ec2.kernel.clock.now(),
    state: 'pending',
    stateReason: { code: 'pending', message: 'pending' },
    stateTransitionReason: '',
    terminatedAt: undefined,
    protectedFromTermination: request.disableApiTermination,
    boots: 0,
    machine: undefined,
    console: '',
  };
  ec2.instances.set(instanceId, instance);
  ec2.tags.add(instanceId, request.tagsOf('instance'));
  if (request.template)
    ec2.tags.add(instanceId, [
      { Key: 'aws:ec2launchtemplate:id', Value: request.template.id },
      { Key: 'aws:ec2launchtemplate:version', Value: request.template.version },
    ]);
  return instance;
}
