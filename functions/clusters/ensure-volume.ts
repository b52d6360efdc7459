/**
 * Makes a slot's encrypted volume for etcd, records it, and grows it when the spec asks for more.
 *
 * Safe to repeat: a lost reply of its creation is met by the client token, a lost record by finding the volume by its tags. A volume on
 * which etcd ever started is never replaced here (design §6).
 */
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { type EtcdVolumeFact, makeVolumes, type Volumes } from '../aws/volumes.ts';
import { ResourceNotReady, VolumeFailed } from '../runtime/errors.ts';
import { type Pause, pause } from '../runtime/pause.ts';
import { task } from '../runtime/task.ts';
import { openCluster, requireSlot } from './acting.ts';
import { ensureVolume } from './contracts.ts';
import { decideVolume, findVolume, type VolumeStep, wantedVolume } from './decide-volume.ts';

/** EBS makes a volume in seconds; what takes longer is asked for again by the workflow. */
const creationPolls = 20;
const creationPollMilliseconds = 500;

export interface VolumeDeps {
  readonly registry: Registry;
  readonly volumes: Volumes;
  readonly pause: Pause;
}

export const handler = task(
  ensureVolume,
  (config): VolumeDeps => ({ registry: makeRegistry(config), volumes: makeVolumes(config), pause }),
  async (input, deps, { config, signal, log }) => {
    const { registry, volumes } = deps;
    const { cluster, slot } = input;
    const { record, owner, act } = await openCluster(registry, input, config.deployment, signal);
    const slotRecord = await requireSlot(registry, cluster, slot.slot, signal);
    const slotOwner = { ...owner, slot: slot.slot };
    const wanted = wantedVolume(owner, record.spec, record.layout, slot);
    const observation = { record: slotRecord, volumes: await volumes.ofCluster(cluster, signal) };
    const steps = decideVolume(wanted, observation);
    let volume = findVolume(wanted, observation);
    const recordId = (volumeId: string) =>
      registry.updateSlot(cluster, slot.slot, { volumeId }, { startedOnce: slotRecord.startedOnce }, signal);
    const doStep = async (step: VolumeStep) => {
      if (step.step === 'fail') throw new VolumeFailed(`slot ${slot.slot} of ${cluster}: ${step.reason}`);
      if (step.step === 'create') {
        const made = await act(() => volumes.create({ ...wanted, clientToken: step.clientToken }, signal));
        volume = made;
        await act(() => recordId(made.volumeId));
      }
      if (step.step === 'adopt') await act(() => recordId(step.volumeId));
      const present = volume;
      if (present && step.step === 'modify')
        await act(() => volumes.modify(present, grown(present, wanted.shape), slotOwner, signal));
      if (present && step.step === 'tag') await act(() => volumes.tag(present, step.tags, slotOwner, signal));
    };
    for (const step of steps) await doStep(step);
    const volumeId = volume?.volumeId ?? '';
    if (volume && volume.state === 'creating') await awaitCreation(volume, cluster, deps, signal);
    const changed = steps.length > 0;
    if (changed) log.info('changed', { volumeId, changes: steps.map((step) => step.reason) });
    return { volumeId, changed };
  },
);

/** A volume never shrinks. */
function grown(present: EtcdVolumeFact, wanted: Parameters<Volumes['modify']>[1]) {
  return { ...wanted, sizeGibibytes: Math.max(present.sizeGibibytes, wanted.sizeGibibytes) };
}

/** A creation can fail after EC2 has accepted it, when the key cannot be used for one (reference aws-etcd-kubeadm-facts §3). */
async function awaitCreation(
  { volumeId }: EtcdVolumeFact,
  cluster: string,
  { volumes, pause }: VolumeDeps,
  signal: AbortSignal,
): Promise<void> {
  for (let poll = 0; poll < creationPolls; poll += 1) {
    const now = (await volumes.ofCluster(cluster, signal)).find((volume) => volume.volumeId === volumeId);
    if (now?.state === 'error')
      throw new VolumeFailed(
        `${volumeId} could not be made; see that the deployment’s key may be used for it`,
      );
    // Absent: made a moment ago, and not shown yet.
    if (now && now.state !== 'creating') return;
    await pause(creationPollMilliseconds, signal);
  }
  throw new ResourceNotReady(`${volumeId} is still being created`);
}
