/**
 * Enters a worker's repair into the registry, over nothing but what it was decided on: so two that decide at once never both begin, and the
 * storm guard and the one repair of a zone hold whoever asks.
 *
 * Safe to repeat: a repair that has begun is found, and one whose turn it no longer is begins nothing; it is judged again.
 */
import { makeRegistry } from '../aws/registry.ts';
import { task } from '../runtime/task.ts';
import { changeAt, type RepairsRegistry } from './change-repairs.ts';
import { beginRepair } from './contracts.ts';

export const handler = task(
  beginRepair,
  (config): { readonly registry: RepairsRegistry } => ({ registry: makeRegistry(config) }),
  async ({ cluster, pool, zone, instanceId, decision }, { registry }, { clock, log, signal }) => {
    const { reason, replacement = 'after', revision } = decision;
    const startedAt = clock.now().toISOString();
    const begun = await changeAt(
      { registry, cluster, revision },
      (record) => {
        const goesOn = record.repairs.some(
          (one) => one.instanceId === instanceId && one.endedAt === undefined,
        );
        if (goesOn) return undefined;
        const repair = { pool, zone, instanceId, reason, replacement, startedAt };
        return { ...record, repairs: [repair, ...record.repairs] };
      },
      signal,
    );
    if (begun) log.info('repair begun', { cluster, pool, zone, instanceId, reason, replacement });
    return { begun };
  },
);
