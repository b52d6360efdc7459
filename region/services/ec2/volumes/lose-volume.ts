import { found } from '../request.ts';
import type { Ec2 } from '../store.ts';

/**
 * What lies below a volume fails: the volume is in `error`, its data is gone, and the disk is taken from under whoever writes to it. Its
 * attachment stays until the instance ends.
 * @throws AwsError InvalidVolume.NotFound
 */
export function loseVolume(ec2: Ec2, volumeId: string): void {
  const { kernel } = ec2;
  const volume = found('volume', ec2.volumes, volumeId);
  volume.state = 'error';
  const holder = volume.attachment && ec2.instances.get(volume.attachment.instanceId);
  holder?.machine?.detachVolume(volumeId);
  kernel.background('the loss of a volume', () => kernel.machines.deleteVolume(volumeId));
}
