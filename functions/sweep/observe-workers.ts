import type { Registry } from '../aws/registry.ts';
import type { SlotGroups } from '../aws/slot-groups.ts';
import { poolZonesOf } from '../clusters/names.ts';
import { retiringReason } from '../clusters/retiring.ts';
import type { PoolSpec } from '../clusters/spec-schema.ts';
import type { SweepScope } from './contracts.ts';
import { namesInstance } from './read-scope.ts';

/** A worker as its group has it. */
export interface SweptWorker {
  readonly cluster: string;
  readonly pool: string;
  /** The zone's letter. */
  readonly zone: string;
  readonly instanceId: string;
  /** Auto Scaling's word. */
  readonly lifecycleState: string;
  /** Its pool's; a cluster that was provisioned before a setting came has none of it. */
  readonly drain: Partial<PoolSpec['drain']> & Pick<PoolSpec['drain'], 'deadlineSeconds'>;
}

export interface WorkerReaders {
  readonly registry: Pick<Registry, 'listClusters' | 'getCluster'>;
  readonly groups: Pick<SlotGroups, 'describe'>;
}

interface WorkerGroup {
  readonly cluster: string;
  readonly pool: string;
  readonly zone: string;
  readonly drain: SweptWorker['drain'];
  readonly groupName: string;
}

/** Reads the groups of every pool in scope, a hundred at a time, and gives the workers in scope (design §8). */
export async function observeWorkers(
  scope: SweepScope | undefined,
  { registry, groups }: WorkerReaders,
  { deployment, signal }: { readonly deployment: string; readonly signal: AbortSignal },
): Promise<SweptWorker[]> {
  const names = await registry.listClusters(signal);
  const records = await Promise.all(names.map((name) => registry.getCluster(name, signal)));
  const places = records
    // Workers of a cluster that is being retired go as they are: nothing joins, and nothing is drained.
    .flatMap((record) => (record && retiringReason(record) === undefined ? [record] : []))
    .flatMap(({ name: cluster, spec }) =>
      poolZonesOf(deployment, cluster, spec.pools).map(
        ({ groupName, pool, zone }): WorkerGroup => ({
          cluster,
          pool: pool.name,
          zone,
          drain: pool.drain,
          groupName,
        }),
      ),
    )
    .filter((place) => isInScope(place, scope));
  const facts = await groups.describe(
    places.map(({ groupName }) => groupName),
    signal,
  );
  const groupsByName = new Map(facts.map((fact) => [fact.name, fact]));
  return places.flatMap(({ groupName, ...place }) =>
    (groupsByName.get(groupName)?.instances ?? [])
      .filter(({ instanceId }) => namesInstance(scope, instanceId))
      .map(({ instanceId, lifecycleState }) => ({ ...place, instanceId, lifecycleState })),
  );
}

/**
 * An event of a group concerns that group, one of a cluster its groups. One of an instance alone concerns a worker only where it announces
 * something: in which group that is, if in any, is found out by looking at all.
 */
function isInScope({ cluster, groupName }: WorkerGroup, scope: SweepScope | undefined): boolean {
  if (scope?.autoScalingGroupName) return scope.autoScalingGroupName === groupName;
  if (scope?.cluster) return scope.cluster === cluster;
  return !scope?.instanceId || scope.cause !== undefined;
}
