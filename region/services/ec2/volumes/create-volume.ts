import type {
  CreateVolumeRequest,
  DeleteVolumeRequest,
  Tag,
  Volume as VolumeView,
} from '@aws-sdk/client-ec2';
import { AwsError } from '../../../kernel/errors.ts';
import { onlyPlayed, refuse, required } from '../../common/request.ts';
import { putVolumeEvent } from '../notifications.ts';
import { type ClientTokens, found } from '../request.ts';
import type { Ec2 } from '../store.ts';
import { tagsFor } from '../tags.ts';
import { requireZone } from '../zones.ts';
import { volumeSettings } from './limits.ts';
import { type Volume, type VolumeSettings, volumeView } from './volume.ts';

export interface NewVolume {
  readonly zone: string;
  readonly settings: VolumeSettings;
  readonly encrypted: boolean;
  readonly kmsKeyId: string | undefined;
  readonly tags: readonly Tag[];
}

/**
 * CreateVolume. The same ClientToken with the same request gives the same volume. A wrong KMS key is found out later: the volume
 * goes to `error` (facts §3).
 */
export function createVolume(ec2: Ec2, tokens: ClientTokens<string>, input: CreateVolumeRequest): VolumeView {
  onlyPlayed('ec2.createVolume', input, [
    'AvailabilityZone',
    'Size',
    'VolumeType',
    'Iops',
    'Throughput',
    'Encrypted',
    'KmsKeyId',
    'ClientToken',
    'TagSpecifications',
  ]);
  const made = tokens.recall(input.ClientToken, input);
  if (made !== undefined) return volumeView(ec2, found('volume', ec2.volumes, made));
  const zone = requireZone(ec2.kernel, required(input.AvailabilityZone, 'availabilityZone'));
  const settings = volumeSettings({
    type: input.VolumeType,
    size: input.Size,
    iops: input.Iops,
    throughput: input.Throughput,
  });
  const encrypted = input.Encrypted === true;
  if (input.KmsKeyId !== undefined && !encrypted)
    refuse(
      'InvalidParameterDependency',
      'The parameter KmsKeyId requires the parameter Encrypted to be set.',
    );
  const tags = tagsFor(input.TagSpecifications, 'volume');
  const volume = addVolume(ec2, { zone, settings, encrypted, kmsKeyId: input.KmsKeyId, tags });
  tokens.remember(input.ClientToken, input, volume.volumeId);
  ec2.kernel.clock.after(ec2.kernel.delays.volumeCreate, () => finishCreation(ec2, volume));
  return volumeView(ec2, volume);
}

/** A volume in `creating`. */
export function addVolume(ec2: Ec2, wanted: NewVolume): Volume {
  const { kernel } = ec2;
  const managedKey = `arn:aws:kms:${kernel.region}:${kernel.accountId}:alias/aws/ebs`;
  const volume: Volume = {
    volumeId: kernel.ids.ec2('vol'),
    zone: wanted.zone,
    settings: wanted.settings,
    encrypted: wanted.encrypted,
    kmsKeyId: wanted.encrypted ? (wanted.kmsKeyId ?? managedKey) : undefined,
    createTime: kernel.clock.now(),
    state: 'creating',
    attachment: undefined,
    modification: undefined,
  };
  ec2.volumes.set(volume.volumeId, volume);
  ec2.tags.add(volume.volumeId, wanted.tags);
  return volume;
}

async function finishCreation(ec2: Ec2, volume: Volume): Promise<void> {
  const cause = await keyProblem(ec2, volume.kmsKeyId);
  if (volume.state !== 'creating') return;
  volume.state = cause === undefined ? 'available' : 'error';
  const result = cause === undefined ? 'available' : 'failed';
  putVolumeEvent(ec2, { event: 'createVolume', volumeId: volume.volumeId, result, cause: cause ?? '' });
}

/** Why a volume cannot be encrypted with a key, or undefined when it can. A region without KMS cannot tell. */
export async function keyProblem({ kernel }: Ec2, kmsKeyId: string | undefined): Promise<string | undefined> {
  const askable = kernel.services().some((service) => service.id === 'kms');
  if (kmsKeyId === undefined || kmsKeyId.endsWith(':alias/aws/ebs') || !askable) return undefined;
  try {
    const { KeyMetadata } = await kernel.invoke<{ KeyMetadata?: { KeyState?: string } }>(
      'kms',
      'describeKey',
      {
        KeyId: kmsKeyId,
      },
    );
    const state = KeyMetadata?.KeyState ?? 'Enabled';
    return state === 'Enabled' ? undefined : `${kmsKeyId} is ${state}.`;
  } catch (error) {
    if (error instanceof AwsError) return `${kmsKeyId} does not exist.`;
    throw error;
  }
}

/** DeleteVolume. @throws AwsError VolumeInUse, IncorrectState */
export function deleteVolume(ec2: Ec2, input: DeleteVolumeRequest): Record<string, never> {
  onlyPlayed('ec2.deleteVolume', input, ['VolumeId']);
  const volume = found('volume', ec2.volumes, required(input.VolumeId, 'volumeId'));
  if (volume.attachment !== undefined)
    refuse(
      'VolumeInUse',
      `Volume ${volume.volumeId} is currently attached to ${volume.attachment.instanceId}`,
    );
  if (volume.state !== 'available' && volume.state !== 'error')
    refuse('IncorrectState', `The volume '${volume.volumeId}' is in the '${volume.state}' state.`);
  removeVolume(ec2, volume);
  return {};
}

/** `deleting`, then gone, with what the machines keep for it. */
export function removeVolume(ec2: Ec2, volume: Volume): void {
  const { kernel } = ec2;
  volume.state = 'deleting';
  kernel.clock.after(kernel.delays.volumeCreate, () => {
    ec2.volumes.delete(volume.volumeId);
    ec2.tags.forget(volume.volumeId);
    putVolumeEvent(ec2, { event: 'deleteVolume', volumeId: volume.volumeId, result: 'deleted', cause: '' });
    kernel.machines
      .deleteVolume(volume.volumeId)
      .catch((error: unknown) => kernel.log(`volume ${volume.volumeId}: ${String(error)}`));
  });
}
