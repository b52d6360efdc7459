/**
 * Records how a worker's repair ended, and why.
 *
 * Safe to repeat: a repair that has ended is not ended again, and is counted once.
 */
import { makeRegistry } from '../aws/registry.ts';
import { task } from '../runtime/task.ts';
import { changeNow, changing, type RepairsRegistry } from './change-repairs.ts';
import { finishRepair } from './contracts.ts';

export const handler = task(
  finishRepair,
  (config): { readonly registry: RepairsRegistry } => ({ registry: makeRegistry(config) }),
  async ({ cluster, pool, zone, instanceId, decision }, { registry }, { clock, log, metrics, signal }) => {
    const { outcome = 'given-up', reason: remark } = decision;
    const endedAt = clock.now().toISOString();
    let recorded = false;
    const ends = changing(instanceId, () => {
      recorded = true;
      return { endedAt, outcome, remark };
    });
    await changeNow({ registry, cluster }, ends, signal);
    if (recorded && outcome === 'replaced') metrics.count('WorkerRepaired');
    if (recorded) log.info('repair ended', { cluster, pool, zone, instanceId, outcome, remark });
    return { recorded };
  },
);
