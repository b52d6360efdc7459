/**
 * Makes the role and the instance profile of a slot's nodes.
 *
 * Safe to repeat: both are found by name, the policy is compared as a whole and put only when it differs.
 */
import { makeNodeRoles, type NodeRoles } from '../aws/node-roles.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { task } from '../runtime/task.ts';
import { openCluster } from './acting.ts';
import { ensureNodeRole } from './contracts.ts';
import { wantedNodeRole } from './decide-node-role.ts';
import { ensureRoleAndProfile } from './ensure-role.ts';

export interface NodeRoleDeps {
  readonly registry: Registry;
  readonly roles: NodeRoles;
}

export const handler = task(
  ensureNodeRole,
  (config): NodeRoleDeps => ({ registry: makeRegistry(config), roles: makeNodeRoles(config) }),
  async (input, { registry, roles }, { config, signal, log }) => {
    const acting = await openCluster(registry, input, config.deployment, signal);
    const owner = { ...acting.owner, slot: input.slot.slot };
    const wanted = wantedNodeRole(acting.owner, acting.record.spec, input.slot, config);
    const { changes } = await ensureRoleAndProfile(wanted, owner, acting, roles, signal);
    if (changes.length > 0) log.info('changed', { changes });
    return { instanceProfileName: wanted.name, changed: changes.length > 0 };
  },
);
