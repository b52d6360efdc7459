/**
 * Ends the pause of a cluster's automation before its time.
 *
 * Safe to repeat: a cluster that is not paused stays so.
 */
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { pauseOf } from '../clusters/pause.ts';
import { task } from '../runtime/task.ts';
import { resumeCluster } from './contracts.ts';

export const handler = task(
  resumeCluster,
  (config): { registry: Pick<Registry, 'getCluster' | 'updateCluster'> } => ({
    registry: makeRegistry(config),
  }),
  async ({ cluster }, { registry }, { clock, log, signal }) => {
    const record = await registry.getCluster(cluster, signal);
    const paused = record !== undefined && pauseOf(record, clock.now()) !== undefined;
    if (record?.pause) await registry.updateCluster(cluster, { pause: null }, {}, signal);
    log.info('resumed', { cluster, paused });
    return {
      resumed: paused,
      reason: paused ? `${cluster} is paused no longer` : `${cluster} was not paused`,
    };
  },
);
