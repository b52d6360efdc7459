import type { VolumeAttachment, VolumeType, Volume as VolumeView } from '@aws-sdk/client-ec2';
import type { Ec2 } from '../store.ts';
import { zoneIdOf } from '../zones.ts';

export interface VolumeAttachmentRecord {
  readonly instanceId: string;
  readonly device: string;
  readonly attachTime: Date;
  state: 'attaching' | 'attached' | 'detaching';
  deleteOnTermination: boolean;
}

/** What may be asked of a volume, and what ModifyVolume changes. Size in GiB, throughput in MiB/s. */
export interface VolumeSettings {
  readonly type: VolumeType;
  readonly size: number;
  readonly iops: number | undefined;
  readonly throughput: number | undefined;
}

export interface Volume {
  readonly volumeId: string;
  readonly zone: string;
  readonly encrypted: boolean;
  readonly kmsKeyId: string | undefined;
  readonly createTime: Date;
  settings: VolumeSettings;
  state: 'creating' | 'available' | 'in-use' | 'deleting' | 'error';
  attachment: VolumeAttachmentRecord | undefined;
  modification: Modification | undefined;
}

export interface Modification {
  readonly from: VolumeSettings;
  readonly to: VolumeSettings;
  readonly startTime: Date;
  state: 'modifying' | 'optimizing' | 'completed';
  endTime: Date | undefined;
}

/** An attachment in the shape of the SDK. */
export function attachmentView(volumeId: string, attachment: VolumeAttachmentRecord): VolumeAttachment {
  return {
    VolumeId: volumeId,
    InstanceId: attachment.instanceId,
    Device: attachment.device,
    AttachTime: attachment.attachTime,
    State: attachment.state,
    DeleteOnTermination: attachment.deleteOnTermination,
  };
}

/** A volume as DescribeVolumes shows it. */
export function volumeView(ec2: Ec2, volume: Volume): VolumeView {
  const { settings, attachment } = volume;
  return {
    VolumeId: volume.volumeId,
    AvailabilityZone: volume.zone,
    AvailabilityZoneId: zoneIdOf(ec2.kernel, volume.zone),
    State: volume.state,
    Size: settings.size,
    VolumeType: settings.type,
    Iops: settings.iops,
    Throughput: settings.throughput,
    Encrypted: volume.encrypted,
    KmsKeyId: volume.kmsKeyId,
    CreateTime: volume.createTime,
    SnapshotId: '',
    MultiAttachEnabled: false,
    Attachments: attachment === undefined ? [] : [attachmentView(volume.volumeId, attachment)],
    Tags: ec2.tags.of(volume.volumeId),
  };
}
