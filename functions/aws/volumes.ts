import {
  CreateTagsCommand,
  CreateVolumeCommand,
  EC2Client,
  ModifyVolumeCommand,
  paginateDescribeVolumes,
  type Volume,
} from '@aws-sdk/client-ec2';
import { tagKeys } from '../clusters/names.ts';
import { assertOwn, missingTags, type Owner, readTags, type Tags, writeTags } from '../clusters/ownership.ts';
import type { Config } from '../runtime/config.ts';
import { ResourceNotReady } from '../runtime/errors.ts';
import { calling, callingUnless } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';

export interface VolumeShape {
  readonly sizeGibibytes: number;
  readonly iops: number;
  readonly throughputMebibytesPerSecond: number;
}

export interface EtcdVolumeFact extends VolumeShape {
  readonly volumeId: string;
  /** `creating`, `available`, `in-use`, `deleting`, `deleted`, `error`. */
  readonly state: string;
  readonly zone: string;
  /** Set on a volume that was made from a snapshot: such a one never has a slot's identity (S7). */
  readonly snapshotId?: string;
  readonly tags: Tags;
}

/** Slots' volumes. */
export interface Volumes {
  /** All volumes with the cluster's tag, in every state. */
  ofCluster(cluster: string, signal?: AbortSignal): Promise<EtcdVolumeFact[]>;
  create(
    request: {
      readonly zone: string;
      readonly shape: VolumeShape;
      readonly tags: Tags;
      readonly clientToken: string;
    },
    signal?: AbortSignal,
  ): Promise<EtcdVolumeFact>;
  /** Changes size (up only), IOPS and throughput. Throws ResourceNotReady while an earlier change goes on (AWS allows one in six hours). */
  modify(volume: EtcdVolumeFact, shape: VolumeShape, owner: Owner, signal?: AbortSignal): Promise<void>;
  tag(volume: EtcdVolumeFact, wanted: Tags, owner: Owner, signal?: AbortSignal): Promise<void>;
}

export function makeVolumes(config: Config): Volumes {
  const client = new EC2Client(clientSettings(config));
  return {
    async ofCluster(cluster, signal) {
      const Filters = [
        { Name: `tag:${tagKeys.deployment}`, Values: [config.deployment] },
        { Name: `tag:${tagKeys.cluster}`, Values: [cluster] },
      ];
      const all = async () => {
        const found: EtcdVolumeFact[] = [];
        for await (const page of paginateDescribeVolumes({ client }, { Filters }, abortedBy(signal)))
          found.push(...(page.Volumes ?? []).map(volumeFact));
        return found;
      };
      return calling('ec2:DescribeVolumes', all());
    },
    async create({ zone, shape, tags, clientToken }, signal) {
      const command = new CreateVolumeCommand({
        AvailabilityZone: zone,
        VolumeType: 'gp3',
        Size: shape.sizeGibibytes,
        Iops: shape.iops,
        Throughput: shape.throughputMebibytesPerSecond,
        Encrypted: true,
        KmsKeyId: config.keyArn,
        ClientToken: clientToken,
        TagSpecifications: [{ ResourceType: 'volume', Tags: writeTags(tags) }],
      });
      return volumeFact(await calling('ec2:CreateVolume', client.send(command, abortedBy(signal))));
    },
    async modify(volume, shape, owner, signal) {
      assertOwn(volume.volumeId, volume.tags, owner);
      const command = new ModifyVolumeCommand({
        VolumeId: volume.volumeId,
        Size: shape.sizeGibibytes,
        Iops: shape.iops,
        Throughput: shape.throughputMebibytesPerSecond,
      });
      const busy = ['IncorrectModificationState', 'VolumeModificationRateExceeded'];
      const begun = await callingUnless('ec2:ModifyVolume', busy, client.send(command, abortedBy(signal)));
      if (!begun)
        throw new ResourceNotReady(`${volume.volumeId} was changed lately and cannot be changed again yet`);
    },
    async tag(volume, wanted, owner, signal) {
      assertOwn(volume.volumeId, volume.tags, owner);
      const Tags = writeTags(missingTags(volume.tags, wanted));
      const command = new CreateTagsCommand({ Resources: [volume.volumeId], Tags });
      await calling('ec2:CreateTags', client.send(command, abortedBy(signal)));
    },
  };
}

function volumeFact(volume: Volume): EtcdVolumeFact {
  return {
    volumeId: volume.VolumeId ?? '',
    state: volume.State ?? 'unknown',
    zone: volume.AvailabilityZone ?? '',
    sizeGibibytes: volume.Size ?? 0,
    iops: volume.Iops ?? 0,
    throughputMebibytesPerSecond: volume.Throughput ?? 0,
    ...(volume.SnapshotId && { snapshotId: volume.SnapshotId }),
    tags: readTags(volume.Tags),
  };
}
