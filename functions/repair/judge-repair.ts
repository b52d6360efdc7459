/**
 * Looks at a worker and its pool and decides the next step of its repair: before it begins, and again immediately before each effect.
 *
 * Changes nothing, so a repeat is safe. What a service does not say, or said too long ago, is part of the answer.
 */
import { makeInstanceStatuses } from '../aws/instance-statuses.ts';
import { makeObjects } from '../aws/objects.ts';
import { makePoolGroups } from '../aws/pool-groups.ts';
import { makeRegistry, type Registry, type RepairsRecord } from '../aws/registry.ts';
import { retiringReason } from '../clusters/retiring.ts';
import { observePools, type PoolReaders } from '../demand/observe-pools.ts';
import { task } from '../runtime/task.ts';
import { judgeRepair, type RepairDecision } from './contracts.ts';
import { decideRepair } from './decide-repair.ts';
import { type HealthReaders, observeWorkerHealth } from './observe-worker-health.ts';

interface JudgeReaders extends PoolReaders, HealthReaders {
  readonly registry: Pick<Registry, 'getCluster' | 'getRepairs'>;
}

export const handler = task(
  judgeRepair,
  (config): JudgeReaders => ({
    registry: makeRegistry(config),
    objects: makeObjects(config),
    poolGroups: makePoolGroups(config),
    statuses: makeInstanceStatuses(config),
  }),
  async ({ cluster, pool, zone, instanceId }, readers, { clock, config, log, signal }) => {
    const now = clock.now();
    const retiring = retiringReason(await readers.registry.getCluster(cluster, signal));
    if (retiring !== undefined) return { decision: { action: 'none', reason: retiring, revision: 0 } };
    const look = { deployment: config.deployment, now, signal };
    const [found] = await observeWorkerHealth(await observePools([cluster], readers, look), readers, look);
    const seen = found?.pools.find((one) => one.pool === pool);
    const decision = seen
      ? decideRepair(seen, { instanceId, zone }, now)
      : withoutPool(`${cluster} has no pool ${pool}`, instanceId, found?.repairs);
    log.info('judged', { cluster, pool, zone, instanceId, ...decision });
    return { decision };
  },
);

/** The pool is gone from the spec, or never was there: what has begun has nothing more to wait for. */
function withoutPool(reason: string, instanceId: string, repairs: RepairsRecord | undefined): RepairDecision {
  const begun = repairs?.repairs.some((one) => one.instanceId === instanceId && one.endedAt === undefined);
  const revision = repairs?.revision ?? 0;
  return begun
    ? { action: 'finish', outcome: 'given-up', reason, revision }
    : { action: 'none', reason, revision };
}
