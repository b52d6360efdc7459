/**
 * Deletes network interfaces of a cluster's slots that no instance holds any more.
 *
 * Safe to repeat: each is looked at again, and one that is gone is done. What is not the cluster's own is left alone.
 */
import type { OwnedKind } from '../aws/owned.ts';
import { makeOwnedInterfaces } from '../aws/owned-network.ts';
import { makeRegistry } from '../aws/registry.ts';
import { task } from '../runtime/task.ts';
import { deleteNetworkInterfaces } from './contracts.ts';
import { openRetirement, type RetirementDeps } from './open-retirement.ts';
import { removeEach } from './remove-each.ts';

interface Deps extends RetirementDeps {
  readonly ownedInterfaces: OwnedKind;
}

export const handler = task(
  deleteNetworkInterfaces,
  (config): Deps => ({ registry: makeRegistry(config), ownedInterfaces: makeOwnedInterfaces(config) }),
  async (input, deps, { config, signal, log }) => {
    const retirement = await openRetirement(deps, input, config.deployment, signal);
    const done = await removeEach(input, deps.ownedInterfaces, retirement, signal);
    log.info('deleted', { ids: input.ids, ...done });
    return done;
  },
);
