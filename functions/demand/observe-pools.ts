import type { Objects } from '../aws/objects.ts';
import type { PoolGroupFound, PoolGroups } from '../aws/pool-groups.ts';
import type { ClusterRecord, Registry } from '../aws/registry.ts';
import { poolZonesOf } from '../clusters/names.ts';
import { retiringReason } from '../clusters/retiring.ts';
import { ProtocolInvalid } from '../runtime/errors.ts';
import { type FoundObservation, readObservation } from './read-observation.ts';

export interface PoolReaders {
  readonly registry: Pick<Registry, 'getCluster'>;
  readonly objects: Objects;
  readonly poolGroups: Pick<PoolGroups, 'describe'>;
}

/** Where and when to look. */
export interface Look {
  readonly deployment: string;
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** A cluster's pools: what repairs and scaling decide on. */
export interface PoolsSeen {
  readonly cluster: ClusterRecord;
  /** Those that exist of its pools' groups. */
  readonly groups: readonly PoolGroupFound[];
  /** What was last seen of its workers; absent where nothing was written yet. */
  readonly found?: FoundObservation;
  /** Why what was written cannot be read. */
  readonly unread?: ProtocolInvalid;
}

/**
 * Looks at the pools of some clusters: registry and bucket first, then AWS once for all of them (design §8). A cluster that is not formed, is
 * being retired or has no pools costs one read and is not among them; what cannot be read of one cluster's workers is said of that cluster alone.
 */
export async function observePools(
  clusters: readonly string[],
  { objects, poolGroups, registry }: PoolReaders,
  { deployment, now, signal }: Look,
): Promise<PoolsSeen[]> {
  const records = await Promise.all(clusters.map((cluster) => registry.getCluster(cluster, signal)));
  const withPools = records.flatMap((record) =>
    record?.formed && record.spec.pools.length > 0 && retiringReason(record) === undefined ? [record] : [],
  );
  if (withPools.length === 0) return [];
  const [groups, read] = await Promise.all([
    poolGroups.describe(
      withPools.flatMap((record) => groupNames(record, deployment)),
      signal,
    ),
    Promise.all(withPools.map(({ name }) => readWorkers(objects, name, now, signal))),
  ]);
  return withPools.map((cluster, index) => {
    const names = new Set(groupNames(cluster, deployment));
    return { cluster, groups: groups.filter(({ name }) => names.has(name)), ...read[index] };
  });
}

function groupNames({ name, spec }: ClusterRecord, deployment: string): string[] {
  return poolZonesOf(deployment, name, spec.pools).map(({ groupName }) => groupName);
}

async function readWorkers(
  objects: Objects,
  cluster: string,
  now: Date,
  signal: AbortSignal,
): Promise<Pick<PoolsSeen, 'found' | 'unread'>> {
  try {
    const found = await readObservation(objects, cluster, now, signal);
    return found ? { found } : {};
  } catch (error) {
    if (error instanceof ProtocolInvalid) return { unread: error };
    throw error;
  }
}
