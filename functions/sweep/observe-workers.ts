import type { Registry } from '../aws/registry.ts';
import type { SlotGroups } from '../aws/slot-groups.ts';
import { poolGroupName } from '../clusters/names.ts';
import type { SweepScope } from './contracts.ts';

/** A worker that its group is launching. */
export interface SweptWorker {
  readonly cluster: string;
  readonly pool: string;
  /** The zone's letter. */
  readonly zone: string;
  readonly instanceId: string;
  /** Auto Scaling's word. */
  readonly lifecycleState: string;
}

export interface WorkerReaders {
  readonly registry: Pick<Registry, 'listClusters' | 'getCluster'>;
  readonly groups: Pick<SlotGroups, 'describe'>;
}

interface PoolZone {
  readonly cluster: string;
  readonly pool: string;
  readonly zone: string;
  readonly groupName: string;
}

/** Reads the groups of every pool in scope, a hundred at a time, and gives the workers that are on their way in (design §8). */
export async function observeWorkers(
  scope: SweepScope | undefined,
  { registry, groups }: WorkerReaders,
  { deployment, signal }: { readonly deployment: string; readonly signal: AbortSignal },
): Promise<SweptWorker[]> {
  const names = await registry.listClusters(signal);
  const records = await Promise.all(names.map((name) => registry.getCluster(name, signal)));
  const places = records
    .flatMap((record) => record ?? [])
    .flatMap(({ name: cluster, spec }) =>
      spec.pools.flatMap(({ name: pool, zones }) =>
        zones.map(
          (zone): PoolZone => ({
            cluster,
            pool,
            zone,
            groupName: poolGroupName(deployment, cluster, pool, zone),
          }),
        ),
      ),
    )
    .filter(({ groupName }) => isInScope(groupName, scope));
  const facts = await groups.describe(
    places.map(({ groupName }) => groupName),
    signal,
  );
  return places.flatMap(({ groupName, ...place }) =>
    (facts.find(({ name }) => name === groupName)?.instances ?? [])
      .filter(({ lifecycleState }) => lifecycleState.startsWith('Pending'))
      .map((instance) => ({ ...place, ...instance })),
  );
}

/** An event of a group concerns that group; one of an instance alone concerns no worker on its way in. */
function isInScope(groupName: string, scope: SweepScope | undefined): boolean {
  if (scope?.autoScalingGroupName) return scope.autoScalingGroupName === groupName;
  return !scope?.instanceId;
}
