import { clusterPermissions } from './permissions/clusters.ts';
import { drainPermissions } from './permissions/drain.ts';
import { etcdPermissions } from './permissions/etcd.ts';
import { identityPermissions } from './permissions/identity.ts';
import { kubernetesPermissions } from './permissions/kubernetes.ts';
import { leasePermissions } from './permissions/leases.ts';
import { networkPermissions } from './permissions/network.ts';
import { nodePermissions } from './permissions/nodes.ts';
import { repairPermissions } from './permissions/repair.ts';
import { replacementPermissions } from './permissions/replacement.ts';
import { retirementPermissions } from './permissions/retirement.ts';
import { runbookPermissions } from './permissions/runbooks.ts';
import { scalingPermissions } from './permissions/scaling.ts';
import { sweepPermissions } from './permissions/sweep.ts';
import { workerPermissions } from './permissions/workers.ts';
import { scopeOf, type TaskResources } from './scope.ts';
import type { Statement } from './statements.ts';

/** Task → what it may do beyond writing its own log. */
export type Permissions = Readonly<Record<string, readonly Statement[]>>;

/** The permissions of all tasks; test/infra proves that none is wider than its task's code. */
export function permissions(resources: TaskResources): Permissions {
  const scope = scopeOf(resources);
  return {
    ...leasePermissions(scope),
    ...clusterPermissions(scope),
    ...networkPermissions(scope),
    ...nodePermissions(scope),
    ...identityPermissions(scope),
    ...etcdPermissions(scope),
    ...kubernetesPermissions(scope),
    ...workerPermissions(scope),
    ...drainPermissions(scope),
    ...repairPermissions(scope),
    ...replacementPermissions(scope),
    ...scalingPermissions(scope),
    ...retirementPermissions(scope),
    ...runbookPermissions(scope),
    ...sweepPermissions(scope),
  };
}
