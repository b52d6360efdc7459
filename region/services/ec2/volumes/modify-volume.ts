import type {
  DescribeVolumesModificationsRequest,
  DescribeVolumesModificationsResult,
  ModifyVolumeRequest,
  ModifyVolumeResult,
  VolumeModification,
} from '@aws-sdk/client-ec2';
import { onlyPlayed, refuse, required } from '../../common/request.ts';
import { describe } from '../describe.ts';
import { found } from '../request.ts';
import type { Ec2 } from '../store.ts';
import { volumeSettings } from './limits.ts';
import type { Modification, Volume } from './volume.ts';

/** ModifyVolume: larger, faster, or of another type; never smaller. @throws AwsError InvalidParameterValue, IncorrectModificationState */
export function modifyVolume(ec2: Ec2, input: ModifyVolumeRequest): ModifyVolumeResult {
  onlyPlayed('ec2.modifyVolume', input, ['VolumeId', 'Size', 'VolumeType', 'Iops', 'Throughput']);
  const { kernel } = ec2;
  const volume = found('volume', ec2.volumes, required(input.VolumeId, 'volumeId'));
  const from = volume.settings;
  if (volume.state !== 'available' && volume.state !== 'in-use')
    refuse('IncorrectState', `The volume '${volume.volumeId}' is in the '${volume.state}' state.`);
  if (volume.modification !== undefined && volume.modification.state !== 'completed')
    refuse(
      'IncorrectModificationState',
      `Cannot modify volume ${volume.volumeId} in modification state ${volume.modification.state.toUpperCase()}`,
    );
  if (input.Size !== undefined && input.Size < from.size)
    refuse('InvalidParameterValue', 'New size cannot be smaller than existing size');
  const sameType = input.VolumeType === undefined || input.VolumeType === from.type;
  const kept = sameType && from.type !== 'gp2' ? from : undefined;
  const to = volumeSettings({
    type: input.VolumeType ?? from.type,
    size: input.Size ?? from.size,
    iops: input.Iops ?? kept?.iops,
    throughput: input.Throughput ?? kept?.throughput,
  });
  const modification: Modification = {
    from,
    to,
    startTime: kernel.clock.now(),
    state: 'modifying',
    endTime: undefined,
  };
  volume.modification = modification;
  kernel.clock.after(kernel.delays.volumeCreate, () => {
    modification.state = 'optimizing';
    volume.settings = to;
    kernel.clock.after(kernel.delays.volumeCreate, () => {
      modification.state = 'completed';
      modification.endTime = kernel.clock.now();
    });
  });
  return { VolumeModification: view(volume.volumeId, modification) };
}

const progress = { modifying: 0, optimizing: 50, completed: 100 } as const;

function view(volumeId: string, { from, to, state, startTime, endTime }: Modification): VolumeModification {
  return {
    VolumeId: volumeId,
    ModificationState: state,
    Progress: progress[state],
    StartTime: startTime,
    EndTime: endTime,
    OriginalSize: from.size,
    OriginalVolumeType: from.type,
    OriginalIops: from.iops,
    OriginalThroughput: from.throughput,
    TargetSize: to.size,
    TargetVolumeType: to.type,
    TargetIops: to.iops,
    TargetThroughput: to.throughput,
  };
}

/** DescribeVolumesModifications: the last modification of each volume that had one. */
export function describeVolumesModifications(
  ec2: Ec2,
  input: DescribeVolumesModificationsRequest,
): DescribeVolumesModificationsResult {
  onlyPlayed('ec2.describeVolumesModifications', input, ['VolumeIds', 'Filters', 'NextToken', 'MaxResults']);
  const modified = [...ec2.volumes.values()].flatMap((volume): [Volume, Modification][] =>
    volume.modification === undefined ? [] : [[volume, volume.modification]],
  );
  for (const id of input.VolumeIds ?? [])
    if (!modified.some(([volume]) => volume.volumeId === id))
      refuse('InvalidVolumeModification.NotFound', `Modification for volume '${id}' does not exist.`);
  const page = describe(input, {
    kind: 'volume',
    items: modified,
    idOf: ([volume]) => volume.volumeId,
    ids: input.VolumeIds,
    filters: {
      'volume-id': ([volume]) => volume.volumeId,
      'modification-state': ([, modification]) => modification.state,
    },
    tags: ec2.tags,
  });
  return {
    VolumesModifications: page.items.map(([volume, modification]) => view(volume.volumeId, modification)),
    NextToken: page.nextToken,
  };
}
