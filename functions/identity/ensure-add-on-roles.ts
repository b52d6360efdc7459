/**
 * Makes IAM trust a cluster's service-account issuer, and a role for each add-on that calls AWS. Comes after the issuer's documents, which
 * IAM reads when it is told of the issuer.
 *
 * Safe to repeat: the provider is found by its ARN and roles by name; each is left alone when it is not the cluster's own, documents are
 * compared as a whole and put only when they differ.
 */
import { type IdentityProviders, makeIdentityProviders } from '../aws/identity-providers.ts';
import { makeNodeRoles, type NodeRoleFact, type NodeRoles } from '../aws/node-roles.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { type Acting, openCluster } from '../clusters/acting.ts';
import { assertOwn } from '../clusters/ownership.ts';
import { task } from '../runtime/task.ts';
import { ensureAddOnRoles } from './contracts.ts';
import {
  decideAddOnRole,
  decideProvider,
  type WantedAddOnRole,
  type WantedProvider,
  wantedAddOnRoles,
  wantedProvider,
} from './decide-add-on-roles.ts';
import { addOnRoleArns, issuerOf } from './names.ts';
import { findAddOnRoles } from './observe-identity.ts';

export interface AddOnRoleDeps {
  readonly registry: Registry;
  readonly providers: IdentityProviders;
  readonly roles: NodeRoles;
}

export const handler = task(
  ensureAddOnRoles,
  (config): AddOnRoleDeps => ({
    registry: makeRegistry(config),
    providers: makeIdentityProviders(config),
    roles: makeNodeRoles(config),
  }),
  async (input, { registry, providers, roles }, { config, signal, log }) => {
    const acting = await openCluster(registry, input, config.deployment, signal);
    const { owner, record } = acting;
    const issuer = issuerOf(config, input.layout);
    const wanted = wantedAddOnRoles(owner, record.spec, issuer, config);
    const found = await findAddOnRoles(roles, config.deployment, input.cluster, signal);
    for (const { addOn, name } of wanted) {
      const role = found[addOn];
      if (role) assertOwn(`role ${name}`, role.tags, owner);
    }
    const changes = await convergeProvider(
      providers,
      acting,
      wantedProvider(owner, record.spec, issuer),
      signal,
    );
    for (const one of wanted)
      changes.push(
        ...(await convergeRole(roles, acting, one, found[one.addOn], config.addOnBoundaryArn, signal)),
      );
    if (changes.length > 0) log.info('changed', { changes });
    const { cni, ...always } = addOnRoleArns(config, input.cluster);
    const chosen = wanted.some(({ addOn }) => addOn === 'cni');
    return { roles: { ...always, ...(chosen && { cni }) }, changed: changes.length > 0 };
  },
);

/** Gives the reasons of what was changed. */
async function convergeProvider(
  providers: IdentityProviders,
  { owner, act }: Acting,
  wanted: WantedProvider,
  signal: AbortSignal,
): Promise<string[]> {
  const found = await providers.find(wanted.arn, signal);
  if (found) assertOwn(`identity provider ${wanted.arn}`, found.tags, owner);
  const steps = decideProvider(wanted, found);
  for (const step of steps)
    await act(async () => {
      if (step.step === 'create') await providers.create(wanted, signal);
      if (found && step.step === 'client-id')
        await providers.addClientId(found, wanted.clientId, owner, signal);
      if (found && step.step === 'tag') await providers.tag(found, step.tags, owner, signal);
    });
  return steps.map((step) => step.reason);
}

/** Gives the reasons of what was changed. */
async function convergeRole(
  roles: NodeRoles,
  { owner, act }: Acting,
  wanted: WantedAddOnRole,
  found: NodeRoleFact | undefined,
  boundaryArn: string,
  signal: AbortSignal,
): Promise<string[]> {
  let role = found;
  const steps = decideAddOnRole(wanted, role);
  for (const step of steps)
    await act(async () => {
      if (step.step === 'create') role = await roles.create({ ...wanted, boundaryArn }, signal);
      if (role && step.step === 'trust') await roles.putTrustPolicy(role, wanted.trustPolicy, owner, signal);
      if (role && step.step === 'policy') await roles.putPolicy(role, wanted.policy, owner, signal);
      if (role && step.step === 'tag') await roles.tag(role, step.tags, owner, signal);
    });
  return steps.map((step) => step.reason);
}
