/**
 * Deletes a cluster's load balancer with its listeners, after its deletion protection is off.
 *
 * Safe to repeat: each is looked at again, and one that is gone is done. What is not the cluster's own is left alone.
 */
import { makeOwnedLoadBalancers, type OwnedLoadBalancers } from '../aws/owned-balancers.ts';
import { makeRegistry } from '../aws/registry.ts';
import { task } from '../runtime/task.ts';
import { deleteLoadBalancers } from './contracts.ts';
import { openRetirement, type RetirementDeps } from './open-retirement.ts';
import { removeEach } from './remove-each.ts';

interface Deps extends RetirementDeps {
  readonly ownedBalancers: OwnedLoadBalancers;
}

export const handler = task(
  deleteLoadBalancers,
  (config): Deps => ({ registry: makeRegistry(config), ownedBalancers: makeOwnedLoadBalancers(config) }),
  async (input, deps, { config, signal, log }) => {
    const retirement = await openRetirement(deps, input, config.deployment, signal);
    const { ownedBalancers } = deps;
    const done = await removeEach(input, ownedBalancers, retirement, signal, (item) =>
      ownedBalancers.unprotect(item, retirement.owner, signal),
    );
    log.info('deleted', { ids: input.ids, ...done });
    return done;
  },
);
