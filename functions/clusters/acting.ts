import type { ClusterRecord, Registry, SlotRecord } from '../aws/registry.ts';
import { assertLease } from '../leases/assert-lease.ts';
import type { Lease } from '../leases/contracts.ts';
import { ClusterUnknown, LeaseLost } from '../runtime/errors.ts';
import type { Owner } from './ownership.ts';

/** What an acting task works on, and how it acts. */
export interface Acting {
  readonly record: ClusterRecord;
  readonly owner: Owner;
  /** Re-checks the lease and then does the effect (S14). */
  readonly act: <T>(effect: () => Promise<T>) => Promise<T>;
}

/**
 * Opens a cluster for an acting task. Throws ClusterUnknown when the registry has no such cluster, LeaseLost when the lease is not of it.
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
