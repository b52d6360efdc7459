/**
 * Deletes Auto Scaling groups by force, after their deletion protection is off: their instances end at once, without hooks and drains.
 *
 * Safe to repeat: each is looked at again, and one that is gone is done. What is not the cluster's own is left alone.
 */
import { makeOwnedGroups, type OwnedGroups } from '../aws/owned-groups.ts';
import { makeRegistry } from '../aws/registry.ts';
import { task } from '../runtime/task.ts';
import { deleteGroups } from './contracts.ts';
import { openRetirement, type RetirementDeps } from './open-retirement.ts';
import { removeEach } from './remove-each.ts';

interface Deps extends RetirementDeps {
  readonly ownedGroups: OwnedGroups;
}

export const handler = task(
  deleteGroups,
  (config): Deps => ({ registry: makeRegistry(config), ownedGroups: makeOwnedGroups(config) }),
  async (input, deps, { config, signal, log }) => {
    const retirement = await openRetirement(deps, input, config.deployment, signal);
    const { ownedGroups } = deps;
    const done = await removeEach(input, ownedGroups, retirement, signal, (item) =>
      ownedGroups.unprotect(item, retirement.owner, signal),
    );
    log.info('deleted', { ids: input.ids, ...done });
    return done;
  },
);
