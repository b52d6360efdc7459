import { createHash } from 'node:crypto';
import type { SlotRecord } from '../aws/records.ts';
import type { EtcdVolumeFact, VolumeShape } from '../aws/volumes.ts';
import type { Layout, SlotLayout } from './contracts.ts';
import { tagReason } from './decide-security-groups.ts';
import { tagKeys } from './names.ts';
import { missingTags, type Owner, type Tags, tagsOf } from './ownership.ts';
import type { ClusterSpec } from './spec-schema.ts';

/** Tells the volumes of a slot's successive lives apart. */
export const generationTag = 'trivet:generation';

export interface WantedVolume {
  readonly zone: string;
  readonly shape: VolumeShape;
  readonly tags: Tags;
  /** What the client token of a new volume is made of, besides the failed ones that it follows. */
  readonly identity: string;
}

export type VolumeStep =
  | { readonly step: 'create'; readonly clientToken: string; readonly reason: string }
  | { readonly step: 'adopt'; readonly volumeId: string; readonly reason: string }
  | { readonly step: 'modify'; readonly reason: string }
  | { readonly step: 'tag'; readonly tags: Tags; readonly reason: string }
  | { readonly step: 'fail'; readonly reason: string };

export interface VolumeObservation {
  readonly record: Pick<SlotRecord, 'volumeId' | 'startedOnce'> | undefined;
  /** All volumes of the cluster. */
  readonly volumes: readonly EtcdVolumeFact[];
}

export function wantedVolume(
  owner: Owner,
  spec: ClusterSpec,
  layout: Layout,
  slot: SlotLayout,
): WantedVolume {
  return {
    zone: slot.zone,
    shape: spec.controlPlane.etcd.volume,
    tags: {
      ...tagsOf({ ...owner, slot: slot.slot }, `${slot.resourceName}-etcd`, spec.tags),
      [generationTag]: String(slot.generation),
    },
    identity: `${layout.clusterUid}/${slot.slot}/${slot.generation}`,
  };
}

/** The slot's volume: the recorded one, or one that a run made and did not live to record. */
export function findVolume(
  wanted: WantedVolume,
  { record, volumes }: VolumeObservation,
): EtcdVolumeFact | undefined {
  const recorded = volumes.find(({ volumeId }) => volumeId === record?.volumeId);
  if (recorded && !isDead(recorded)) return recorded;
  if (recorded && record?.startedOnce) return recorded;
  // One made from a snapshot may carry the tags of the volume that it was copied from, and never has its identity (S7).
  return volumes.find((volume) => !isDead(volume) && !volume.snapshotId && isOfGeneration(volume, wanted));
}

/**
 * What to do about a slot's volume. Where etcd has ever started on the recorded one, no other may take its place here: that is
 * replace-etcd-member's to decide (design §6). Before that, a failed volume holds nothing and a fresh one follows it.
 */
export function decideVolume(wanted: WantedVolume, observation: VolumeObservation): VolumeStep[] {
  const { record, volumes } = observation;
  const found = findVolume(wanted, observation);
  if (record?.volumeId !== undefined && record.startedOnce && (!found || isDead(found))) {
    const state = found ? `in state ${found.state}` : 'gone';
    return [
      {
        step: 'fail',
        reason: `${record.volumeId} holds this slot’s etcd data and is ${state}; replace-etcd-member decides what follows it`,
      },
    ];
  }
  if (!found) {
    const failed = volumes.filter((volume) => isOfGeneration(volume, wanted) && isDead(volume));
    const before = [...failed.map(({ volumeId }) => volumeId), record?.volumeId ?? ''].sort().join(',');
    const clientToken = createHash('sha256').update(`${wanted.identity}/${before}`).digest('hex');
    const reason =
      failed.length > 0 ? `${failed[0]?.volumeId} failed and holds nothing` : 'there is none yet';
    return [{ step: 'create', clientToken, reason }];
  }
  const steps: VolumeStep[] = [];
  if (found.volumeId !== record?.volumeId)
    steps.push({
      step: 'adopt',
      volumeId: found.volumeId,
      reason: `${found.volumeId} was made and not yet recorded`,
    });
  const differences = shapeDifferences(found, wanted.shape);
  if (differences.length > 0) steps.push({ step: 'modify', reason: differences.join(', ') });
  const tags = missingTags(found.tags, wanted.tags);
  if (Object.keys(tags).length > 0) steps.push({ step: 'tag', tags, reason: tagReason(tags) });
  return steps;
}

function shapeDifferences(found: VolumeShape, wanted: VolumeShape): string[] {
  const differences: string[] = [];
  // A larger volume than the spec's is left as it is: volumes never shrink, and a plan refuses a spec that asks for it.
  if (found.sizeGibibytes < wanted.sizeGibibytes)
    differences.push(`${found.sizeGibibytes} GiB → ${wanted.sizeGibibytes} GiB`);
  if (found.iops !== wanted.iops) differences.push(`${found.iops} IOPS → ${wanted.iops} IOPS`);
  if (found.throughputMebibytesPerSecond !== wanted.throughputMebibytesPerSecond)
    differences.push(
      `${found.throughputMebibytesPerSecond} MiB/s → ${wanted.throughputMebibytesPerSecond} MiB/s`,
    );
  return differences;
}

function isDead({ state }: EtcdVolumeFact): boolean {
  return state === 'error' || state === 'deleting' || state === 'deleted';
}

function isOfGeneration({ tags, zone }: EtcdVolumeFact, wanted: WantedVolume): boolean {
  const keys = [tagKeys.deployment, tagKeys.cluster, tagKeys.slot, generationTag];
  return zone === wanted.zone && keys.every((key) => tags[key] === wanted.tags[key]);
}
