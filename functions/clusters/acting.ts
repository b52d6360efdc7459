import type { ClusterRecord, Registry, SlotRecord } from '../aws/registry.ts';
import { assertLease } from '../leases/assert-lease.ts';
import type { Lease } from '../leases/contracts.ts';
import { ClusterRetiring, ClusterUnknown, LeaseLost } from '../runtime/errors.ts';
import type { Owner } from './ownership.ts';
import { retiringReason } from './retiring.ts';

/** What an acting task works on, and how it acts. */
export interface Acting {
  readonly record: ClusterRecord;
  readonly owner: Owner;
  /** Re-checks the lease and then does the effect (S14). */
  readonly act: <T>(effect: () => Promise<T>) => Promise<T>;
}

/**
 * Opens a cluster for an acting task that makes or changes something. Throws ClusterUnknown when the registry has no such cluster,
 * ClusterRetiring when it is being retired, LeaseLost when the lease is not of it.
 */
export async function openCluster(
  registry: Registry,
  { lease, cluster }: { readonly lease: Lease; readonly cluster: string },
  deployment: string,
  signal: AbortSignal,
): Promise<Acting> {
  if (lease.cluster !== cluster) throw new LeaseLost(`a lease of ${lease.cluster} does not cover ${cluster}`);
  const record = await registry.getCluster(cluster, signal);
  if (!record) throw new ClusterUnknown(`the registry knows no cluster ${cluster}; provision it first`);
  const retiring = retiringReason(record);
  if (retiring !== undefined) throw new ClusterRetiring(`${retiring}: nothing of it is made any more`);
  return {
    record,
    owner: { deployment, cluster },
    async act(effect) {
      await assertLease(registry, lease, signal);
      return effect();
    },
  };
}

/** Throws ClusterUnknown when the registry has no such slot. */
export async function requireSlot(
  registry: Registry,
  cluster: string,
  slot: string,
  signal: AbortSignal,
): Promise<SlotRecord> {
  const record = await registry.getSlot(cluster, slot, signal);
  if (!record)
    throw new ClusterUnknown(`the registry knows no slot ${slot} of ${cluster}; provision it again`);
  return record;
}
