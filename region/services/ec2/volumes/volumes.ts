import type {
  DescribeVolumeStatusRequest,
  DescribeVolumeStatusResult,
  DescribeVolumesRequest,
  DescribeVolumesResult,
  EC2,
} from '@aws-sdk/client-ec2';
import type { Operations } from '../../../kernel/kernel.ts';
import { onlyPlayed } from '../../common/request.ts';
import { describe, type Filters } from '../describe.ts';
import { createClientTokens } from '../request.ts';
import type { Ec2 } from '../store.ts';
import { attachVolume, detachVolume } from './attach-volume.ts';
import { createVolume, deleteVolume } from './create-volume.ts';
import { describeVolumesModifications, modifyVolume } from './modify-volume.ts';
import { type Volume, volumeView } from './volume.ts';

const volumeFilters: Filters<Volume> = {
  'volume-id': (volume) => volume.volumeId,
  'availability-zone': (volume) => volume.zone,
  status: (volume) => volume.state,
  size: (volume) => String(volume.settings.size),
  'volume-type': (volume) => volume.settings.type,
  encrypted: (volume) => String(volume.encrypted),
  'create-time': (volume) => volume.createTime.toISOString(),
  'attachment.instance-id': (volume) => volume.attachment?.instanceId,
  'attachment.status': (volume) => volume.attachment?.state,
  'attachment.device': (volume) => volume.attachment?.device,
  'attachment.delete-on-termination': (volume) => volume.attachment?.deleteOnTermination.toString(),
};

function describeVolumes(ec2: Ec2, input: DescribeVolumesRequest): DescribeVolumesResult {
  onlyPlayed('ec2.describeVolumes', input, ['VolumeIds', 'Filters', 'NextToken', 'MaxResults']);
  const page = describe(input, {
    kind: 'volume',
    items: [...ec2.volumes.values()],
    idOf: (volume) => volume.volumeId,
    ids: input.VolumeIds,
    filters: volumeFilters,
    tags: ec2.tags,
  });
  return { Volumes: page.items.map((volume) => volumeView(ec2, volume)), NextToken: page.nextToken };
}

function describeVolumeStatus(ec2: Ec2, input: DescribeVolumeStatusRequest): DescribeVolumeStatusResult {
  onlyPlayed('ec2.describeVolumeStatus', input, ['VolumeIds', 'Filters', 'NextToken', 'MaxResults']);
  const statusOf = ({ state, zone }: Volume): 'ok' | 'insufficient-data' | 'impaired' => {
    if (ec2.faults.isDown(zone)) return 'impaired';
    return state === 'available' || state === 'in-use' ? 'ok' : 'insufficient-data';
  };
  const page = describe(input, {
    kind: 'volume',
    items: [...ec2.volumes.values()],
    idOf: (volume) => volume.volumeId,
    ids: input.VolumeIds,
    filters: {
      'volume-status.status': statusOf,
      'availability-zone': (volume) => volume.zone,
    },
    tags: ec2.tags,
  });
  const VolumeStatuses = page.items.map((volume) => ({
    VolumeId: volume.volumeId,
    AvailabilityZone: volume.zone,
    VolumeStatus: {
      Status: statusOf(volume),
      Details: [{ Name: 'io-enabled' as const, Status: statusOf(volume) === 'ok' ? 'passed' : 'failed' }],
    },
    Actions: [],
    Events: [],
  }));
  return { VolumeStatuses, NextToken: page.nextToken };
}

/** EBS volumes. Snapshots are not played: a slot is never made from one (facts §7.7). */
export function volumeOperations(ec2: Ec2): Operations<EC2> {
  const tokens = createClientTokens<string>();
  return {
    createVolume: (input) => createVolume(ec2, tokens, input),
    deleteVolume: (input) => deleteVolume(ec2, input),
    attachVolume: (input) => attachVolume(ec2, input),
    detachVolume: (input) => detachVolume(ec2, input),
    describeVolumes: (input) => describeVolumes(ec2, input),
    describeVolumeStatus: (input) => describeVolumeStatus(ec2, input),
    modifyVolume: (input) => modifyVolume(ec2, input),
    describeVolumesModifications: (input) => describeVolumesModifications(ec2, input),
  };
}
