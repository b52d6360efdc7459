/**
 * Pauses the automation of a cluster for some minutes: the sweep reads it before each effect (functions/sweep/hold-paused.ts).
 *
 * Safe to repeat: the pause is written over the one before, and counts from now.
 */
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { task } from '../runtime/task.ts';
import { pauseCluster } from './contracts.ts';

export const handler = task(
  pauseCluster,
  (config): { registry: Pick<Registry, 'updateCluster'> } => ({ registry: makeRegistry(config) }),
  async ({ by, cluster, minutes, reason }, { registry }, { clock, log, signal }) => {
    const now = clock.now();
    const until = new Date(now.getTime() + minutes * 60_000).toISOString();
    await registry.updateCluster(
      cluster,
      { pause: { until, reason, by, at: now.toISOString() } },
      {},
      signal,
    );
    log.info('paused', { cluster, until, reason, by });
    return { until, reason: `${cluster} is paused until ${until}` };
  },
);
