/**
 * Writes what is wanted of a cluster, and where it lies, into the registry: before anything is made, so that a run which dies can be
 * finished by the next.
 *
 * Safe to repeat: a plan that is not of the present record is refused with PlanStale, so that a second run never overwrites the identity
 * that the first one gave the cluster; what was made since stays in the record.
 */
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { assertLease } from '../leases/assert-lease.ts';
import { PlanStale, SpecInvalid } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { recordCluster, type SlotLayout } from './contracts.ts';
import { parseSpec, renderProblems } from './spec.ts';

export const handler = task(
  recordCluster,
  (config): { registry: Registry } => ({ registry: makeRegistry(config) }),
  async ({ lease, spec: raw, layout, specHash, basedOn }, { registry }, { signal, clock }) => {
    const { spec, problems } = parseSpec(raw);
    if (!spec) throw new SpecInvalid(renderProblems(problems));
    const cluster = spec.name;
    const at = clock.now().toISOString();
    const record = await registry.getCluster(cluster, signal);
    if ((record?.updatedAt ?? '') !== basedOn)
      throw new PlanStale(
        `the record of ${cluster} was written at ${record?.updatedAt}, after it was planned`,
      );
    await assertLease(registry, lease, signal);
    await claimAddresses(registry, cluster, layout.slots, signal);
    if (record) {
      const patch = { spec, specHash, layout, updatedAt: at, lastFailure: null };
      await registry.updateCluster(cluster, patch, { updatedAt: basedOn }, signal);
    } else {
      const fresh = { name: cluster, spec, specHash, layout, phase: 'forming', formed: false } as const;
      await registry.putCluster({ ...fresh, createdAt: at, updatedAt: at }, 'absent', signal);
    }
    const slots = new Map((await registry.getSlots(cluster, signal)).map((slot) => [slot.slot, slot]));
    for (const wanted of layout.slots) {
      const present = slots.get(wanted.slot);
      const place = placeOf(wanted);
      await assertLease(registry, lease, signal);
      if (!present) {
        const fresh = { ...place, phase: 'forming', startedOnce: false } as const;
        await registry.putSlot(cluster, fresh, 'absent', signal);
      } else if (Object.entries(place).some(([key, value]) => present[key as keyof typeof place] !== value))
        await registry.updateSlot(cluster, wanted.slot, place, { startedOnce: present.startedOnce }, signal);
    }
    return { cluster };
  },
);

/** Another cluster that was planned at the same moment may have been faster: then this one is planned anew. */
async function claimAddresses(
  registry: Registry,
  cluster: string,
  slots: readonly SlotLayout[],
  signal: AbortSignal,
): Promise<void> {
  for (const { address } of slots) {
    const holder = await registry.claimAddress(address, cluster, signal);
    if (holder !== cluster) throw new PlanStale(`${address} has been promised to the cluster ${holder}`);
  }
}

function placeOf({ slot, zone, address, subnetId, filesystemUuid, generation, memberName }: SlotLayout) {
  return { slot, zone, address, subnetId, filesystemUuid, generation, memberName };
}
