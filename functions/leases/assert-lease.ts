import type { Registry } from '../aws/registry.ts';
import { LeaseLost } from '../runtime/errors.ts';
import type { Lease } from './contracts.ts';

/**
 * Called immediately before each effect (S14): EC2, Auto Scaling and etcd know nothing of our tokens, so the acting task must.
 * Throws LeaseLost when the lease is another's by now, or released.
 */
export async function assertLease(
  registry: Pick<Registry, 'getLease'>,
  lease: Lease,
  signal?: AbortSignal,
): Promise<void> {
  const record = await registry.getLease(lease.cluster, lease.scope, signal);
  const ours =
    record?.holder === lease.holder && record.token === lease.token && record.releasedAt === undefined;
  if (ours) return;
  const now = record ? `token ${record.token} of ${record.holder}` : 'nobody';
  throw new LeaseLost(
    `lease ${lease.scope} of ${lease.cluster}, token ${lease.token}, is gone; it is held by ${now}`,
  );
}
