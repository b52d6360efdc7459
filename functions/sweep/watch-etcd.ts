/**
 * Asks every formed cluster's etcd how it is, once a minute, and records it: the members' raft indexes as high-water marks (S8) and the
 * whole as the observation that the sweep and `trivet status` read. Runs in the VPC, where etcd can be reached.
 *
 * Safe to repeat: marks only rise, and an observation replaces the one before. A cluster that fails does not keep the others from being
 * watched.
 */
import { makeObjects } from '../aws/objects.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { retiringReason } from '../clusters/retiring.ts';
import type { EtcdHealth } from '../etcd/contracts.ts';
import type { EtcdReaderDeps } from '../etcd/judge-slot.ts';
import { observeEtcd } from '../etcd/observe-etcd.ts';
import { higher } from '../etcd/record-slot.ts';
import { RegistryConflict } from '../runtime/errors.ts';
import { settleAll } from '../runtime/settle.ts';
import { type TaskContext, task } from '../runtime/task.ts';
import { watchEtcd } from './contracts.ts';

export const handler = task(
  watchEtcd,
  (config): EtcdReaderDeps => ({ registry: makeRegistry(config), objects: makeObjects(config) }),
  async (_input, deps, context) => {
    const clusters = await deps.registry.listClusters(context.signal);
    const found = await settleAll(clusters.map((cluster) => watchCluster(cluster, deps, context)));
    return { observed: found.flat() };
  },
);

async function watchCluster(cluster: string, deps: EtcdReaderDeps, context: TaskContext) {
  const { log, metrics, signal } = context;
  const record = await deps.registry.getCluster(cluster, signal);
  if (!record?.formed) return [];
  const retiring = retiringReason(record);
  if (retiring !== undefined) {
    log.info('left alone', { cluster, reason: retiring });
    return [];
  }
  const health = await observeEtcd(cluster, deps, context);
  await deps.registry.putObservation(cluster, health, signal);
  await raiseMarks(cluster, health, deps.registry, signal);
  if (!health.healthy) {
    metrics.count('EtcdUnhealthy');
    metrics.count('EtcdUnhealthy', 1, { cluster });
  }
  return [{ cluster, healthy: health.healthy, reason: health.reason }];
}

async function raiseMarks(
  cluster: string,
  health: EtcdHealth,
  registry: Registry,
  signal: AbortSignal,
): Promise<void> {
  for (const slot of await registry.getSlots(cluster, signal)) {
    const member = health.members.find((candidate) => candidate.slot === slot.slot);
    if (!member?.healthy || member.memberId !== slot.memberId || !member.raftIndex) continue;
    const raftIndex = higher(slot.raftIndex, member.raftIndex);
    if (raftIndex === slot.raftIndex) continue;
    try {
      await registry.updateSlot(
        cluster,
        slot.slot,
        { raftIndex },
        { raftIndex: slot.raftIndex ?? null },
        signal,
      );
    } catch (error) {
      // Another writer was faster, which can only have raised it; the next minute looks again.
      if (!(error instanceof RegistryConflict)) throw error;
    }
  }
}
