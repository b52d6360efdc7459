import type { NodeRoleFact, NodeRoles } from '../aws/node-roles.ts';
import type { Acting } from './acting.ts';
import { decideNodeRole, type WantedNodeRole } from './decide-node-role.ts';
import { assertOwn, type Owner } from './ownership.ts';

/**
 * Makes a node's role and its instance profile as they are wanted: a slot's and a pool's alike. Safe to repeat: both are found by name, the
 * policy is compared as a whole and put only when it differs. Returns the role and what was done, in words.
 */
export async function ensureRoleAndProfile(
  wanted: WantedNodeRole,
  owner: Owner,
  { act }: Pick<Acting, 'act'>,
  roles: NodeRoles,
  signal: AbortSignal,
): Promise<{ readonly role: NodeRoleFact | undefined; readonly changes: string[] }> {
  const { name, path, description, trustPolicy, policy, tags } = wanted;
  let [role, profile] = await Promise.all([roles.find(name, signal), roles.findProfile(name, signal)]);
  if (role) assertOwn(`role ${name}`, role.tags, owner);
  if (profile) assertOwn(`instance profile ${name}`, profile.tags, owner);
  const steps = decideNodeRole(wanted, role, profile);
  for (const step of steps)
    await act(async () => {
      if (step.step === 'create')
        role = await roles.create({ name, path, description, trustPolicy, tags }, signal);
      if (step.step === 'create-profile') profile = await roles.createProfile({ name, path, tags }, signal);
      if (role && step.step === 'policy') await roles.putPolicy(role, policy, owner, signal);
      if (profile && step.step === 'add-role') await roles.addRole(profile, name, owner, signal);
      if (role && step.step === 'tag') await roles.tag(role, step.tags, owner, signal);
    });
  return { role, changes: steps.map((step) => step.reason) };
}
