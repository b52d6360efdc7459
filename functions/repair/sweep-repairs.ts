import type { Registry } from '../aws/registry.ts';
import type { PoolsSeen } from '../demand/observe-pools.ts';
import type { TaskContext } from '../runtime/task.ts';
import type { SweepFinding } from '../sweep/contracts.ts';
import { changeAt } from './change-repairs.ts';
import { decideRepairSweep } from './decide-repair-sweep.ts';
import { type HealthReaders, observeWorkerHealth } from './observe-worker-health.ts';

export interface RepairSweepDeps extends HealthReaders {
  readonly registry: Pick<Registry, 'getCluster' | 'getRepairs' | 'putRepairs'>;
}

/**
 * Finds workers to repair, and keeps what the next look needs.
 *
 * Safe to repeat: what is remembered is written over what was read alone, and a look that loses to another is made good by the next.
 */
export async function sweepRepairs(
  pools: readonly PoolsSeen[],
  deps: RepairSweepDeps,
  { clock, config, signal }: TaskContext,
): Promise<SweepFinding[]> {
  const now = clock.now();
  const found = await observeWorkerHealth(pools, deps, { deployment: config.deployment, signal });
  const swept = await Promise.all(
    found.map(async (health) => {
      const { findings, remember } = decideRepairSweep(health, now);
      const { cluster, repairs } = health;
      const at = { registry: deps.registry, cluster, revision: repairs?.revision ?? 0 };
      if (remember) await changeAt(at, (record) => ({ ...record, ...remember }), signal);
      return findings;
    }),
  );
  return swept.flat();
}
