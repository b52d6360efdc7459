/**
 * Ends instances of a cluster that no group has (any more): those of groups end with their groups.
 *
 * Safe to repeat: each is looked at again, and one that is gone is done. What is not the cluster's own is left alone.
 */
import type { OwnedKind } from '../aws/owned.ts';
import { makeOwnedInstances } from '../aws/owned-instances.ts';
import { makeRegistry } from '../aws/registry.ts';
import { task } from '../runtime/task.ts';
import { terminateInstances } from './contracts.ts';
import { openRetirement, type RetirementDeps } from './open-retirement.ts';
import { removeEach } from './remove-each.ts';

interface Deps extends RetirementDeps {
  readonly ownedInstances: OwnedKind;
}

export const handler = task(
  terminateInstances,
  (config): Deps => ({ registry: makeRegistry(config), ownedInstances: makeOwnedInstances(config) }),
  async (input, deps, { config, signal, log }) => {
    const retirement = await openRetirement(deps, input, config.deployment, signal);
    const done = await removeEach(input, deps.ownedInstances, retirement, signal);
    log.info('deleted', { ids: input.ids, ...done });
    return done;
  },
);
