/**
 * Deletes the target group of a cluster's API servers, to which nothing sends any more.
 *
 * Safe to repeat: each is looked at again, and one that is gone is done. What is not the cluster's own is left alone.
 */
import type { OwnedKind } from '../aws/owned.ts';
import { makeOwnedTargetGroups } from '../aws/owned-balancers.ts';
import { makeRegistry } from '../aws/registry.ts';
import { task } from '../runtime/task.ts';
import { deleteTargetGroups } from './contracts.ts';
import { openRetirement, type RetirementDeps } from './open-retirement.ts';
import { removeEach } from './remove-each.ts';

interface Deps extends RetirementDeps {
  readonly ownedTargetGroups: OwnedKind;
}

export const handler = task(
  deleteTargetGroups,
  (config): Deps => ({ registry: makeRegistry(config), ownedTargetGroups: makeOwnedTargetGroups(config) }),
  async (input, deps, { config, signal, log }) => {
    const retirement = await openRetirement(deps, input, config.deployment, signal);
    const done = await removeEach(input, deps.ownedTargetGroups, retirement, signal);
    log.info('deleted', { ids: input.ids, ...done });
    return done;
  },
);
