/**
 * Looks everywhere again, once all is said to be gone: the proof that nothing is left of a cluster, or the names of what is.
 *
 * Changes nothing, so a repeat is safe. Needs no lease, which is gone with the cluster's last record.
 */
import { task } from '../runtime/task.ts';
import { verifyRetirement } from './contracts.ts';
import { type BelongingsDeps, makeBelongingsDeps, readBelongings } from './read-belongings.ts';
import { takeInventory } from './take-inventory.ts';

export const handler = task(
  verifyRetirement,
  (config): BelongingsDeps => makeBelongingsDeps(config),
  async ({ cluster }, deps, { config, log, signal }) => {
    const belongings = await readBelongings(cluster, deps, config, signal);
    const inventory = takeInventory(belongings);
    const left = belongings.remnants.map(
      ({ kind, id, state }) => `${kind} ${id}${state ? ` (${state})` : ''}`,
    );
    const verified = left.length === 0;
    const reason = verified
      ? `nothing of ${cluster} is left`
      : `${left.length} things of ${cluster} are left: ${left.slice(0, 10).join(', ')}`;
    log.info('verified', { cluster, verified, reason });
    return { verified, reason, inventory };
  },
);
