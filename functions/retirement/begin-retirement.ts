/**
 * Marks a cluster as being retired, before anything of it is deleted: from then on everything else leaves it alone, and a run that dies is
 * finished by the next.
 *
 * Safe to repeat: the mark that is there keeps its beginning, and is written only where it says something else. A cluster that the registry
 * has forgotten already has nothing to be marked.
 */
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { assertLease } from '../leases/assert-lease.ts';
import { task } from '../runtime/task.ts';
import { beginRetirement } from './contracts.ts';

export const handler = task(
  beginRetirement,
  (config): { registry: Registry } => ({ registry: makeRegistry(config) }),
  async ({ lease, cluster, keepVolumes }, { registry }, { signal, clock }) => {
    const record = await registry.getCluster(cluster, signal);
    if (!record) return { reason: `the registry has forgotten ${cluster} already` };
    const reason = `${cluster} is left alone by all else; its volumes are ${keepVolumes ? 'kept' : 'deleted'}`;
    const { retirement, updatedAt } = record;
    if (retirement?.keepVolumes === keepVolumes) return { reason };
    await assertLease(registry, lease, signal);
    const at = clock.now().toISOString();
    const mark = { startedAt: retirement?.startedAt ?? at, keepVolumes, execution: lease.holder };
    // Over the record that was read alone: a plan that was made of it is stale from now on.
    await registry.updateCluster(cluster, { retirement: mark, updatedAt: at }, { updatedAt }, signal);
    return { reason };
  },
);
