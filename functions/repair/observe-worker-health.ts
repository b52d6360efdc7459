import type { ImpairedInstance, InstanceStatuses } from '../aws/instance-statuses.ts';
import { getText, type Objects } from '../aws/objects.ts';
import type { PoolGroupFound, PoolGroups } from '../aws/pool-groups.ts';
import type { ClusterRecord, Registry, RepairsRecord } from '../aws/registry.ts';
import { objectKeys, poolGroupName } from '../clusters/names.ts';
import { workersSeen } from './contracts.ts';
import { isUsable, type NodesSeen } from './judge-health.ts';
import type { PoolSeen } from './judge-pool.ts';
import { repairPolicyOf, stormGuardOf } from './policy.ts';

export interface HealthReaders {
  readonly registry: Pick<Registry, 'getCluster' | 'getRepairs'>;
  readonly objects: Objects;
  readonly poolGroups: Pick<PoolGroups, 'describe'>;
  readonly statuses: InstanceStatuses;
}

/** Where and when to look. */
export interface Look {
  readonly deployment: string;
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** A cluster's pools; `repairs` is what the registry remembers of them. */
export interface ClusterHealth {
  readonly cluster: string;
  readonly pools: readonly PoolSeen[];
  readonly nodes: NodesSeen;
  readonly repairs?: RepairsRecord;
}

/**
 * Reads how the workers of some clusters are: registry and bucket first, then AWS once for all of them (design §8). A cluster without pools
 * costs one read; what cannot be read of one cluster's nodes is said of that cluster alone.
 */
export async function observeWorkerHealth(
  clusters: readonly string[],
  readers: HealthReaders,
  look: Look,
): Promise<ClusterHealth[]> {
  const { deployment, signal } = look;
  const records = await Promise.all(clusters.map((cluster) => readers.registry.getCluster(cluster, signal)));
  const withPools = records.flatMap((record) =>
    record?.formed && record.spec.pools.length > 0 ? [record] : [],
  );
  if (withPools.length === 0) return [];
  const names = withPools.flatMap(({ name, spec }) =>
    spec.pools.flatMap(({ name: pool, zones }) =>
      zones.map((zone) => poolGroupName(deployment, name, pool, zone)),
    ),
  );
  const [facts, impaired, remembered] = await Promise.all([
    readers.poolGroups.describe(names, signal),
    readers.statuses.impaired(signal),
    Promise.all(withPools.map((record) => readRemembered(record.name, readers, look))),
  ]);
  const found = { facts: new Map(facts.map((fact) => [fact.name, fact])), impaired, deployment };
  return withPools.map((record, index) => clusterHealth(record, remembered[index], found));
}

type Remembered = Pick<ClusterHealth, 'nodes' | 'repairs'>;

async function readRemembered(cluster: string, readers: HealthReaders, look: Look): Promise<Remembered> {
  const [nodes, repairs] = await Promise.all([
    readNodes(cluster, readers.objects, look),
    readers.registry.getRepairs(cluster, look.signal),
  ]);
  return { nodes, ...(repairs && { repairs }) };
}

/** An observation that is not there, old, of another time or form, or of an API that could not be asked says nothing of nodes. */
async function readNodes(cluster: string, objects: Objects, { now, signal }: Look): Promise<NodesSeen> {
  const text = await getText(objects, objectKeys(cluster).workersObservation, signal);
  if (text === undefined) return { usable: false, reason: 'nobody has looked at the nodes yet' };
  const parsed = workersSeen.safeParse(parseJson(text));
  if (!parsed.success) return { usable: false, reason: 'the observation of workers cannot be read' };
  const { nodes, observedAt, reachable, reason } = parsed.data;
  if (!isUsable(observedAt, now))
    return { usable: false, reason: `the nodes were last looked at at ${observedAt}` };
  if (!reachable) return { usable: false, reason: `no API server can be asked: ${reason ?? 'no reason'}` };
  return { usable: true, observedAt, nodes: new Map(nodes.map((node) => [node.name, node])) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface Found {
  readonly deployment: string;
  readonly facts: ReadonlyMap<string, PoolGroupFound>;
  readonly impaired: readonly ImpairedInstance[];
}

function clusterHealth(
  { name: cluster, spec }: ClusterRecord,
  remembered: Remembered = { nodes: { usable: false, reason: 'nobody has looked at the nodes yet' } },
  { deployment, facts, impaired }: Found,
): ClusterHealth {
  const pools = spec.pools.map(
    (pool): PoolSeen => ({
      cluster,
      pool: pool.name,
      policy: repairPolicyOf(pool),
      guard: stormGuardOf(spec),
      nodes: remembered.nodes,
      ...(remembered.repairs && { record: remembered.repairs }),
      groups: pool.zones.flatMap((zone) => {
        const fact = facts.get(poolGroupName(deployment, cluster, pool.name, zone));
        if (!fact) return [];
        const { desired, instances, max, min, name } = fact;
        const workers = instances.map(({ instanceId, lifecycleState }) => ({
          instanceId,
          lifecycleState,
          impaired: impaired.filter((one) => one.instanceId === instanceId),
        }));
        return [{ name, zone, desired, min, max, workers }];
      }),
    }),
  );
  return { cluster, pools, ...remembered };
}
