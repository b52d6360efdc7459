/**
 * Deletes roles of a cluster's nodes and add-ons, and the instance profiles of the same names: a profile is emptied and deleted first, and a
 * role loses its policies, since IAM deletes neither before.
 *
 * Safe to repeat: each is looked at again, and what is gone is done. What is not the cluster's own is left alone.
 */
import {
  makeOwnedProfiles,
  makeOwnedRoles,
  type OwnedProfiles,
  type OwnedRoles,
} from '../aws/owned-identities.ts';
import { makeRegistry } from '../aws/registry.ts';
import { task } from '../runtime/task.ts';
import { deleteRoles } from './contracts.ts';
import { openRetirement, type RetirementDeps } from './open-retirement.ts';
import { removeEach } from './remove-each.ts';

interface Deps extends RetirementDeps {
  readonly ownedProfiles: OwnedProfiles;
  readonly ownedRoles: OwnedRoles;
}

export const handler = task(
  deleteRoles,
  (config): Deps => ({
    registry: makeRegistry(config),
    ownedProfiles: makeOwnedProfiles(config),
    ownedRoles: makeOwnedRoles(config),
  }),
  async (input, deps, { config, signal, log }) => {
    const retirement = await openRetirement(deps, input, config.deployment, signal);
    const { owner } = retirement;
    const { ownedProfiles, ownedRoles } = deps;
    const profiles = await removeEach(input, ownedProfiles, retirement, signal, (profile) =>
      ownedProfiles.empty(profile, owner, signal),
    );
    const roles = await removeEach(input, ownedRoles, retirement, signal, (role) =>
      ownedRoles.strip(role, owner, signal),
    );
    const done = {
      settled: profiles.settled && roles.settled,
      reason: `instance profiles: ${profiles.reason}; roles: ${roles.reason}`,
    };
    log.info('deleted', { ids: input.ids, ...done });
    return done;
  },
);
