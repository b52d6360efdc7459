import type { ClusterRecord, Registry } from '../aws/registry.ts';
import type { Acting } from '../clusters/acting.ts';
import type { Owner } from '../clusters/ownership.ts';
import { assertLease } from '../leases/assert-lease.ts';
import type { Lease } from '../leases/contracts.ts';
import { LeaseLost, RetirementRefused } from '../runtime/errors.ts';

export interface RetirementDeps {
  readonly registry: Pick<Registry, 'getCluster' | 'getLease'>;
}

/** What a task of the retirement deletes of, and how it acts. */
export interface Retirement extends Pick<Acting, 'act'> {
  readonly owner: Owner;
  /** Absent where the registry has forgotten the cluster already, and something is left of it. */
  readonly record?: ClusterRecord;
}

/**
 * Opens a cluster for a task that deletes of it. Throws LeaseLost when the lease is not of it, RetirementRefused when it is not marked as
 * being retired: what is healed at the same time would come again.
 */
export async function openRetirement(
  { registry }: RetirementDeps,
  { lease, cluster }: { readonly lease: Lease; readonly cluster: string },
  deployment: string,
  signal: AbortSignal,
): Promise<Retirement> {
  if (lease.cluster !== cluster) throw new LeaseLost(`a lease of ${lease.cluster} does not cover ${cluster}`);
  const record = await registry.getCluster(cluster, signal);
  if (record && !record.retirement)
    throw new RetirementRefused(`${cluster} is not marked as being retired: nothing of it is deleted`);
  return {
    owner: { deployment, cluster },
    ...(record && { record }),
    async act(effect) {
      await assertLease(registry, lease, signal);
      return effect();
    },
  };
}
