import { handler as ensureLaunchTemplate } from '../../functions/clusters/ensure-launch-template.ts';
import { handler as ensureLoadBalancer } from '../../functions/clusters/ensure-load-balancer.ts';
import { handler as ensureNetworkInterface } from '../../functions/clusters/ensure-network-interface.ts';
import { handler as ensureNodeRole } from '../../functions/clusters/ensure-node-role.ts';
import { handler as ensureSecurityGroups } from '../../functions/clusters/ensure-security-groups.ts';
import { handler as ensureSlotGroup } from '../../functions/clusters/ensure-slot-group.ts';
import { handler as ensureVolume } from '../../functions/clusters/ensure-volume.ts';
import { handler as finishProvisioning } from '../../functions/clusters/finish-provisioning.ts';
import { handler as planCluster } from '../../functions/clusters/plan-cluster.ts';
import { handler as recordCluster } from '../../functions/clusters/record-cluster.ts';
import { handler as recordFailure } from '../../functions/clusters/record-failure.ts';
import { handler as ensureAddOnRoles } from '../../functions/identity/ensure-add-on-roles.ts';
import { handler as publishIssuerDocuments } from '../../functions/identity/publish-issuer-documents.ts';
import { handler as finishKubernetes } from '../../functions/kubernetes/finish-kubernetes.ts';
import { handler as acquireLease } from '../../functions/leases/acquire-lease.ts';
import { handler as releaseLease } from '../../functions/leases/release-lease.ts';
import type { TaskContext } from '../../functions/runtime/task.ts';
import { handler as ensurePoolGroups } from '../../functions/workers/ensure-pool-groups.ts';
import { handler as ensurePoolTemplate } from '../../functions/workers/ensure-pool-template.ts';
import { handler as ensureWorkerRole } from '../../functions/workers/ensure-worker-role.ts';
import { fakeAws } from './fake-aws.ts';
import { fakeExecutions } from './fake-executions.ts';
import { fakeIssuerDocuments } from './fake-issuer-documents.ts';
import { fakeObjects } from './fake-objects.ts';
import { fakeRegistry } from './fake-registry.ts';
import { fakeTaskContext } from './fake-task-context.ts';

const handlers = {
  'plan-cluster': planCluster,
  'acquire-lease': acquireLease,
  'release-lease': releaseLease,
  'record-cluster': recordCluster,
  'publish-issuer-documents': publishIssuerDocuments,
  'ensure-add-on-roles': ensureAddOnRoles,
  'ensure-security-groups': ensureSecurityGroups,
  'ensure-network-interface': ensureNetworkInterface,
  'ensure-volume': ensureVolume,
  'ensure-load-balancer': ensureLoadBalancer,
  'ensure-node-role': ensureNodeRole,
  'ensure-launch-template': ensureLaunchTemplate,
  'ensure-slot-group': ensureSlotGroup,
  'finish-provisioning': finishProvisioning,
  'finish-kubernetes': finishKubernetes,
  'ensure-worker-role': ensureWorkerRole,
  'ensure-pool-template': ensurePoolTemplate,
  'ensure-pool-groups': ensurePoolGroups,
  'record-failure': recordFailure,
};

/** Runs a task as Lambda would: contract in and out, and whatever JSON makes of the values. */
export type Invoke = (name: keyof typeof handlers, input: unknown) => Promise<unknown>;

/** The real cluster and lease tasks on the given ports, callable by name. */
export function tasksOn(deps: object, context: TaskContext): Invoke {
  return async (name, input) => {
    const { contract, run } = handlers[name];
    const parsed = contract.input.parse(JSON.parse(JSON.stringify(input)));
    const anyRun = run as (input: unknown, deps: unknown, context: TaskContext) => Promise<unknown>;
    return JSON.parse(JSON.stringify(contract.output.parse(await anyRun(parsed, deps, context))));
  };
}

/** A deployment in memory with the real cluster and lease tasks; a new cluster gets the uid that `freshUid` draws. */
export function fakeDeployment(freshUid = () => '0123456789ab') {
  const aws = fakeAws();
  const registry = fakeRegistry();
  const objects = fakeObjects();
  const documents = fakeIssuerDocuments();
  const executions = fakeExecutions();
  const context = fakeTaskContext();
  const pause = async () => {};
  const deps = { ...aws, registry, objects, documents, executions, pause, freshUid };
  return { ...deps, aws, context, invoke: tasksOn(deps, context) };
}
