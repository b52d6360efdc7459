/**
 * Makes the role and the instance profile of a pool's workers.
 *
 * Safe to repeat: both are found by name, the policy is compared as a whole and put only when it differs.
 */
import { makeNodeRoles, type NodeRoles } from '../aws/node-roles.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { openCluster } from '../clusters/acting.ts';
import { ensureRoleAndProfile } from '../clusters/ensure-role.ts';
import { ResourceNotReady } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { ensureWorkerRole } from './contracts.ts';
import { wantedWorkerRole } from './decide-worker-role.ts';
import { requirePool } from './require-pool.ts';

export interface WorkerRoleDeps {
  readonly registry: Registry;
  readonly roles: NodeRoles;
}

export const handler = task(
  ensureWorkerRole,
  (config): WorkerRoleDeps => ({ registry: makeRegistry(config), roles: makeNodeRoles(config) }),
  async (input, { registry, roles }, { config, signal, log }) => {
    const acting = await openCluster(registry, input, config.deployment, signal);
    const { spec } = acting.record;
    const wanted = wantedWorkerRole(acting.owner, spec, requirePool(spec, input.pool), config);
    const owner = { ...acting.owner, pool: input.pool };
    const { role, changes } = await ensureRoleAndProfile(wanted, owner, acting, roles, signal);
    if (!role?.roleId) throw new ResourceNotReady(`role ${wanted.name} does not say its id yet`);
    if (changes.length > 0) log.info('changed', { changes });
    return { instanceProfileName: wanted.name, roleId: role.roleId, changed: changes.length > 0 };
  },
);
