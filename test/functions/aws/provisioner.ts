import { makeExecutions } from '../../../functions/aws/executions.ts';
import { makeIdentityProviders } from '../../../functions/aws/identity-providers.ts';
import { makeIssuerDocuments } from '../../../functions/aws/issuer-documents.ts';
import { makeLaunchTemplates } from '../../../functions/aws/launch-templates.ts';
import { makeLoadBalancers } from '../../../functions/aws/load-balancers.ts';
import { makeNetworks } from '../../../functions/aws/networks.ts';
import { makeNodeRoles } from '../../../functions/aws/node-roles.ts';
import { makeObjects } from '../../../functions/aws/objects.ts';
import { makeParameters } from '../../../functions/aws/parameters.ts';
import { makeRegistry } from '../../../functions/aws/registry.ts';
import { makeSlotGroupBuilder } from '../../../functions/aws/slot-group-builder.ts';
import { makeVolumes } from '../../../functions/aws/volumes.ts';
import type { Config } from '../../../functions/runtime/config.ts';
import { tasksOn } from '../../support/fake-deployment.ts';
import { fakeTaskContext } from '../../support/fake-task-context.ts';

/** What `provision` runs the real tasks on, over the real ports of a deployment. `freshUid` is drawn from for a new issuer. */
export function provisionerOn(config: Config, freshUid: () => string) {
  const deps = {
    registry: makeRegistry(config),
    objects: makeObjects(config),
    executions: makeExecutions(config),
    networks: makeNetworks(config),
    volumes: makeVolumes(config),
    loadBalancers: makeLoadBalancers(config),
    roles: makeNodeRoles(config),
    templates: makeLaunchTemplates(config),
    groups: makeSlotGroupBuilder(config),
    parameters: makeParameters(config),
    documents: makeIssuerDocuments(config),
    providers: makeIdentityProviders(config),
    pause: (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    freshUid,
  };
  const { objects, registry } = deps;
  return { objects, registry, config, invoke: tasksOn(deps, fakeTaskContext({ config })) };
}
