/**
 * Deletes a cluster's launch templates, all versions of each.
 *
 * Safe to repeat: each is looked at again, and one that is gone is done. What is not the cluster's own is left alone.
 */
import type { OwnedKind } from '../aws/owned.ts';
import { makeOwnedTemplates } from '../aws/owned-templates.ts';
import { makeRegistry } from '../aws/registry.ts';
import { task } from '../runtime/task.ts';
import { deleteLaunchTemplates } from './contracts.ts';
import { openRetirement, type RetirementDeps } from './open-retirement.ts';
import { removeEach } from './remove-each.ts';

interface Deps extends RetirementDeps {
  readonly ownedTemplates: OwnedKind;
}

export const handler = task(
  deleteLaunchTemplates,
  (config): Deps => ({ registry: makeRegistry(config), ownedTemplates: makeOwnedTemplates(config) }),
  async (input, deps, { config, signal, log }) => {
    const retirement = await openRetirement(deps, input, config.deployment, signal);
    const done = await removeEach(input, deps.ownedTemplates, retirement, signal);
    log.info('deleted', { ids: input.ids, ...done });
    return done;
  },
);
