/**
 * Says what provisioning a spec would do, without doing it: the first step of provision-cluster, and all of `trivet plan`.
 *
 * Safe to repeat: it only reads.
 */
import { randomBytes } from 'node:crypto';
import { makeIdentityProviders } from '../aws/identity-providers.ts';
import { makeIssuerDocuments } from '../aws/issuer-documents.ts';
import { makeLaunchTemplates } from '../aws/launch-templates.ts';
import { makeLoadBalancers } from '../aws/load-balancers.ts';
import { makeNetworks } from '../aws/networks.ts';
import { makeNodeRoles } from '../aws/node-roles.ts';
import { makeObjects } from '../aws/objects.ts';
import { makeParameters } from '../aws/parameters.ts';
import { makePoolGroups } from '../aws/pool-groups.ts';
import { makeRegistry } from '../aws/registry.ts';
import { makeSlotGroupBuilder } from '../aws/slot-group-builder.ts';
import { makeVolumes } from '../aws/volumes.ts';
import { SpecInvalid } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { planCluster } from './contracts.ts';
import { decideClusterPlan } from './decide-cluster-plan.ts';
import { type ObserveDeps, observeCluster } from './observe-cluster.ts';
import { parseSpec, renderProblems } from './spec.ts';

export interface PlanDeps extends ObserveDeps {
  /** A cluster's uid: 12 hexadecimal digits, drawn. */
  readonly freshUid: () => string;
}

export const handler = task(
  planCluster,
  (config): PlanDeps => ({
    registry: makeRegistry(config),
    networks: makeNetworks(config),
    volumes: makeVolumes(config),
    loadBalancers: makeLoadBalancers(config),
    roles: makeNodeRoles(config),
    templates: makeLaunchTemplates(config),
    groups: makeSlotGroupBuilder(config),
    poolGroups: makePoolGroups(config),
    parameters: makeParameters(config),
    objects: makeObjects(config),
    documents: makeIssuerDocuments(config),
    providers: makeIdentityProviders(config),
    freshUid: () => randomBytes(6).toString('hex'),
  }),
  async (input, deps, { config, signal, log }) => {
    const { spec, problems } = parseSpec(input.spec);
    if (!spec) throw new SpecInvalid(renderProblems(problems), { cause: problems });
    const observation = await observeCluster(spec, deps, config, signal);
    const plan = decideClusterPlan({ spec, observation, config, freshUid: deps.freshUid() });
    log.info('planned', {
      action: plan.action,
      changes: plan.changes.length,
      refusals: plan.refusals.length,
    });
    return plan;
  },
);
