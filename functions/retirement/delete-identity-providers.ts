/**
 * Ends IAM's trust in a cluster's issuers.
 *
 * Safe to repeat: each is looked at again, and one that is gone is done. What is not the cluster's own is left alone.
 */
import { makeOwnedProviders, type OwnedProviders } from '../aws/owned-identities.ts';
import { makeRegistry } from '../aws/registry.ts';
import { task } from '../runtime/task.ts';
import { deleteIdentityProviders } from './contracts.ts';
import { openRetirement, type RetirementDeps } from './open-retirement.ts';
import { removeEach } from './remove-each.ts';

interface Deps extends RetirementDeps {
  readonly ownedProviders: OwnedProviders;
}

export const handler = task(
  deleteIdentityProviders,
  (config): Deps => ({ registry: makeRegistry(config), ownedProviders: makeOwnedProviders(config) }),
  async (input, deps, { config, signal, log }) => {
    const retirement = await openRetirement(deps, input, config.deployment, signal);
    const { ownedProviders } = deps;
    const chosen = { ...ownedProviders, ofCluster: () => ownedProviders.among(input.ids, signal) };
    const done = await removeEach(input, chosen, retirement, signal);
    log.info('deleted', { ids: input.ids, ...done });
    return done;
  },
);
