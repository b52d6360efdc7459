/**
 * Deletes a cluster's security groups. They name each other in their rules, so that these go first: EC2 deletes no group that another names.
 *
 * Safe to repeat: each is looked at again, a rule or a group that is gone is done. What is not the cluster's own is left alone.
 */
import { makeOwnedSecurityGroups, type OwnedSecurityGroups } from '../aws/owned-network.ts';
import { makeRegistry } from '../aws/registry.ts';
import { task } from '../runtime/task.ts';
import { deleteSecurityGroups } from './contracts.ts';
import { openRetirement, type RetirementDeps } from './open-retirement.ts';
import { removeEach } from './remove-each.ts';

interface Deps extends RetirementDeps {
  readonly ownedSecurityGroups: OwnedSecurityGroups;
}

export const handler = task(
  deleteSecurityGroups,
  (config): Deps => ({
    registry: makeRegistry(config),
    ownedSecurityGroups: makeOwnedSecurityGroups(config),
  }),
  async (input, deps, { config, signal, log }) => {
    const retirement = await openRetirement(deps, input, config.deployment, signal);
    const { act, owner } = retirement;
    const { ownedSecurityGroups } = deps;
    for (const group of await ownedSecurityGroups.ofCluster(owner, signal)) {
      const naming = group.ingress.filter(({ source }) => input.ids.includes(source));
      if (naming.length > 0) await act(() => ownedSecurityGroups.revoke(group, naming, owner, signal));
    }
    const done = await removeEach(input, ownedSecurityGroups, retirement, signal);
    log.info('deleted', { ids: input.ids, ...done });
    return done;
  },
);
