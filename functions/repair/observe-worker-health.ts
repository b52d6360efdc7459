import type { ImpairedInstance, InstanceStatuses } from '../aws/instance-statuses.ts';
import type { PoolGroupFound } from '../aws/pool-groups.ts';
import type { Registry, RepairsRecord } from '../aws/registry.ts';
import { poolGroupName } from '../clusters/names.ts';
import type { PoolsSeen } from '../demand/observe-pools.ts';
import type { NodesSeen } from './judge-health.ts';
import type { PoolSeen } from './judge-pool.ts';
import { repairPolicyOf, stormGuardOf } from './policy.ts';

export interface HealthReaders {
  readonly registry: Pick<Registry, 'getRepairs'>;
  readonly statuses: InstanceStatuses;
}

/** A cluster's pools; `repairs` is what the registry remembers of them. */
export interface ClusterHealth {
  readonly cluster: string;
  readonly pools: readonly PoolSeen[];
  readonly nodes: NodesSeen;
  readonly repairs?: RepairsRecord;
}

/** How the workers of some clusters' pools are: EC2's status checks once for all of them, and what the registry remembers of each. */
export async function observeWorkerHealth(
  seen: readonly PoolsSeen[],
  { registry, statuses }: HealthReaders,
  { deployment, signal }: { readonly deployment: string; readonly signal: AbortSignal },
): Promise<ClusterHealth[]> {
  if (seen.length === 0) return [];
  const [impaired, remembered] = await Promise.all([
    statuses.impaired(signal),
    Promise.all(seen.map(({ cluster }) => registry.getRepairs(cluster.name, signal))),
  ]);
  return seen.map((pools, index) => clusterHealth(pools, remembered[index], { deployment, impaired }));
}

/** An observation that is not there, old, of another time or form, or of an API that could not be asked says nothing of nodes. Pure. */
function nodesOf({ found, unread }: PoolsSeen): NodesSeen {
  if (unread) return { usable: false, reason: 'the observation of workers cannot be read' };
  if (!found) return { usable: false, reason: 'nobody has looked at the nodes yet' };
  const { fresh, observation } = found;
  const { nodes, observedAt, reachable, reason } = observation;
  if (!fresh) return { usable: false, reason: `the nodes were last looked at at ${observedAt}` };
  if (!reachable) return { usable: false, reason: `no API server can be asked: ${reason ?? 'no reason'}` };
  return { usable: true, observedAt, nodes: new Map(nodes.map((node) => [node.name, node])) };
}

interface Around {
  readonly deployment: string;
  readonly impaired: readonly ImpairedInstance[];
}

function clusterHealth(
  seen: PoolsSeen,
  repairs: RepairsRecord | undefined,
  { deployment, impaired }: Around,
): ClusterHealth {
  const { name: cluster, spec } = seen.cluster;
  const nodes = nodesOf(seen);
  const groups = new Map(seen.groups.map((group) => [group.name, group]));
  const pools = spec.pools.map(
    (pool): PoolSeen => ({
      cluster,
      pool: pool.name,
      policy: repairPolicyOf(pool),
      guard: stormGuardOf(spec),
      nodes,
      ...(repairs && { record: repairs }),
      groups: pool.zones.flatMap((zone) => {
        const group = groups.get(poolGroupName(deployment, cluster, pool.name, zone));
        return group ? [groupSeen(group, zone, impaired)] : [];
      }),
    }),
  );
  return { cluster, pools, nodes, ...(repairs && { repairs }) };
}

function groupSeen(
  { desired, instances, max, min, name }: PoolGroupFound,
  zone: string,
  impaired: readonly ImpairedInstance[],
): PoolSeen['groups'][number] {
  const workers = instances.map(({ instanceId, lifecycleState }) => ({
    instanceId,
    lifecycleState,
    impaired: impaired.filter((one) => one.instanceId === instanceId),
  }));
  return { name, zone, desired, min, max, workers };
}
