/**
 * Deletes a cluster's volumes that no instance holds any more, with the data on them.
 *
 * Safe to repeat: each is looked at again, and one that is gone is done. What is not the cluster's own is left alone.
 */
import type { OwnedKind } from '../aws/owned.ts';
import { makeOwnedVolumes } from '../aws/owned-volumes.ts';
import { makeRegistry } from '../aws/registry.ts';
import { task } from '../runtime/task.ts';
import { deleteVolumes } from './contracts.ts';
import { openRetirement, type RetirementDeps } from './open-retirement.ts';
import { removeEach } from './remove-each.ts';

interface Deps extends RetirementDeps {
  readonly ownedVolumes: OwnedKind;
}

export const handler = task(
  deleteVolumes,
  (config): Deps => ({ registry: makeRegistry(config), ownedVolumes: makeOwnedVolumes(config) }),
  async (input, deps, { config, signal, log }) => {
    const retirement = await openRetirement(deps, input, config.deployment, signal);
    const done = await removeEach(input, deps.ownedVolumes, retirement, signal);
    log.info('deleted', { ids: input.ids, ...done });
    return done;
  },
);
