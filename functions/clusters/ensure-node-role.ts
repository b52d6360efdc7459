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
import { decideNodeRole, wantedNodeRole } from './decide-node-role.ts';
import { assertOwn } from './ownership.ts';

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
    const { name, path, description, trustPolicy, policy, tags } = wanted;
    let [role, profile] = await Promise.all([roles.find(name, signal), roles.findProfile(name, signal)]);
    if (role) assertOwn(`role ${name}`, role.tags, owner);
    if (profile) assertOwn(`instance profile ${name}`, profile.tags, owner);
    const steps = decideNodeRole(wanted, role, profile);
    for (const step of steps)
      await acting.act(async () => {
        if (step.step === 'create')
          role = await roles.create({ name, path, description, trustPolicy, tags }, signal);
        if (step.step === 'create-profile') profile = await roles.createProfile({ name, path, tags }, signal);
        if (role && step.step === 'policy') await roles.putPolicy(role, policy, owner, signal);
        if (profile && step.step === 'add-role') await roles.addRole(profile, name, owner, signal);
        if (role && step.step === 'tag') await roles.tag(role, step.tags, owner, signal);
      });
    if (steps.length > 0) log.info('changed', { changes: steps.map((step) => step.reason) });
    return { instanceProfileName: name, changed: steps.length > 0 };
  },
);
