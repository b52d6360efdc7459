/**
 * Sets the cluster's `formed` mark, once etcd was verified: from then on no slot is ever told to form again (design §6).
 *
 * Safe to repeat: the mark is only ever set, and a cluster that carries another etcd's ID is refused.
 */
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { EtcdUnhealthy } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { openCluster } from './acting.ts';
import { finishProvisioning } from './contracts.ts';

export const handler = task(
  finishProvisioning,
  (config): { registry: Registry } => ({ registry: makeRegistry(config) }),
  async (input, { registry }, { config, signal, clock }) => {
    const { cluster, health } = input;
    const { record, act } = await openCluster(registry, input, config.deployment, signal);
    const { clusterId } = health;
    if (!health.healthy || clusterId === undefined)
      throw new EtcdUnhealthy(`etcd of ${cluster} is not healthy: ${health.reason}`);
    if (record.clusterId !== undefined && record.clusterId !== clusterId)
      throw new EtcdUnhealthy(
        `etcd of ${cluster} has cluster ID ${clusterId}, and ${record.clusterId} is recorded: another cluster answers at its addresses`,
      );
    const done = record.formed && record.phase === 'serving' && record.clusterId === clusterId;
    const patch = {
      formed: true,
      phase: 'serving',
      clusterId,
      updatedAt: clock.now().toISOString(),
    } as const;
    if (!done) await act(() => registry.updateCluster(cluster, patch, { formed: record.formed }, signal));
    return { cluster, ...(record.endpoint !== undefined && { endpoint: record.endpoint }) };
  },
);
