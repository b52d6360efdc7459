import type { AttachVolumeRequest, DetachVolumeRequest, VolumeAttachment } from '@aws-sdk/client-ec2';
import { onlyPlayed, refuse, required } from '../../common/request.ts';
import type { Instance } from '../instances/instance.ts';
import { found } from '../request.ts';
import type { Ec2 } from '../store.ts';
import { removeVolume } from './create-volume.ts';
import { attachmentView, type Volume } from './volume.ts';

/** Volumes and interfaces that most Nitro instance types take together. */
const attachmentLimit = 28;

const deviceName = /^(\/dev\/)?(sd[a-z]\d{0,2}|xvd[a-z]{1,2}\d{0,2})$/;

/**
 * Refuses an attachment that EC2 refuses (facts §3).
 * @throws AwsError IncorrectState, VolumeInUse, InvalidVolume.ZoneMismatch, InvalidParameterValue, AttachmentLimitExceeded
 */
function checkAttachment(
  volume: Volume,
  instance: Pick<Instance, 'instanceId' | 'state' | 'zone' | 'networkInterfaceIds'>,
  device: string,
  attached: readonly Volume[],
): void {
  const { volumeId } = volume;
  if (!deviceName.test(device))
    refuse(
      'InvalidParameterValue',
      `Value (${device}) for parameter device is invalid. ${device} is not a valid EBS device name.`,
    );
  if (instance.state !== 'running' && instance.state !== 'stopped')
    refuse('IncorrectState', `Instance '${instance.instanceId}' is not 'running'.`);
  if (volume.attachment !== undefined)
    refuse('VolumeInUse', `${volumeId} is already attached to an instance`);
  if (volume.state !== 'available') refuse('IncorrectState', `${volumeId} is not 'available'.`);
  if (volume.zone !== instance.zone)
    refuse(
      'InvalidVolume.ZoneMismatch',
      `The volume '${volumeId}' is not in the same availability zone as instance '${instance.instanceId}'`,
    );
  if (attached.some((other) => other.attachment?.device === device))
    refuse(
      'InvalidParameterValue',
      `Invalid value '${device}' for unixDevice. Attachment point ${device} is already in use`,
    );
  if (attached.length + instance.networkInterfaceIds.length >= attachmentLimit)
    refuse('AttachmentLimitExceeded', `Instance '${instance.instanceId}' has reached its attachment limit.`);
}

/** The volumes that an instance holds. */
export function volumesOf(ec2: Ec2, instanceId: string): Volume[] {
  return [...ec2.volumes.values()].filter((volume) => volume.attachment?.instanceId === instanceId);
}

/** AttachVolume: `in-use` and `attaching` at once, `attached` when the device is there. */
export function attachVolume(ec2: Ec2, input: AttachVolumeRequest): VolumeAttachment {
  onlyPlayed('ec2.attachVolume', input, ['VolumeId', 'InstanceId', 'Device']);
  const volume = found('volume', ec2.volumes, required(input.VolumeId, 'volumeId'));
  const instance = found('instance', ec2.instances, required(input.InstanceId, 'instanceId'));
  const device = required(input.Device, 'device');
  checkAttachment(volume, instance, device, volumesOf(ec2, instance.instanceId));
  const attachment = claimVolume(ec2, volume, {
    instanceId: instance.instanceId,
    device,
    deleteOnTermination: false,
  });
  ec2.kernel.clock.after(ec2.kernel.delays.volumeAttach, () => {
    if (volume.attachment !== attachment || attachment.state !== 'attaching') return;
    attachment.state = 'attached';
    instance.machine?.attachVolume({ volumeId: volume.volumeId, device });
  });
  return attachmentView(volume.volumeId, attachment);
}

/** Marks a volume as held by an instance, `attaching`. */
export function claimVolume(
  ec2: Ec2,
  volume: Volume,
  holder: { instanceId: string; device: string; deleteOnTermination: boolean },
): NonNullable<Volume['attachment']> {
  const attachment = { ...holder, attachTime: ec2.kernel.clock.now(), state: 'attaching' as const };
  volume.state = 'in-use';
  volume.attachment = attachment;
  return volume.attachment;
}

/** DetachVolume: `detaching`, then available. With Force the guest is not asked; the region's guests always let go. */
export function detachVolume(ec2: Ec2, input: DetachVolumeRequest): VolumeAttachment {
  onlyPlayed('ec2.detachVolume', input, ['VolumeId', 'InstanceId', 'Device', 'Force']);
  const volume = found('volume', ec2.volumes, required(input.VolumeId, 'volumeId'));
  const { attachment, volumeId } = volume;
  if (attachment === undefined)
    refuse('IncorrectState', `Volume '${volumeId}' is in the '${volume.state}' state.`);
  if (
    (input.InstanceId ?? attachment.instanceId) !== attachment.instanceId ||
    (input.Device ?? attachment.device) !== attachment.device
  )
    refuse(
      'InvalidAttachment.NotFound',
      `The volume '${volumeId}' is not attached to instance '${input.InstanceId}' as device '${input.Device ?? attachment.device}'.`,
    );
  const instance = ec2.instances.get(attachment.instanceId);
  if (instance?.rootVolumeId === volumeId && instance.state !== 'stopped')
    refuse(
      'OperationNotPermitted',
      `Unable to detach root volume '${volumeId}' from instance '${attachment.instanceId}'`,
    );
  releaseVolume(ec2, volume);
  return attachmentView(volumeId, attachment);
}

/** Takes a volume from its holder: `detaching`, then available, or deleted where the attachment says so and the holder ended. */
export function releaseVolume(ec2: Ec2, volume: Volume, ended = false): void {
  const { attachment } = volume;
  if (attachment === undefined || (attachment.state === 'detaching' && !ended)) return;
  attachment.state = 'detaching';
  ec2.instances.get(attachment.instanceId)?.machine?.detachVolume(volume.volumeId);
  ec2.kernel.clock.after(ec2.kernel.delays.volumeDetach, () => {
    if (volume.attachment !== attachment) return;
    volume.attachment = undefined;
    // What has failed once is of no use to anybody.
    if (volume.state !== 'error') volume.state = 'available';
    if (ended && attachment.deleteOnTermination) removeVolume(ec2, volume);
  });
}
