import type { RepairRecord, RepairsRecord } from '../aws/records.ts';
import { decideGuard, type GuardVerdict } from './decide-guard.ts';
import { judgeHealth, type NodesSeen, type WorkerHealth, type WorkerSeen } from './judge-health.ts';
import type { RepairPolicy, StormGuard } from './policy.ts';
import { trackAiling } from './track-ailing.ts';

/** A pool's group in one zone. */
export interface GroupSeen {
  readonly name: string;
  /** The zone's letter. */
  readonly zone: string;
  readonly desired: number;
  readonly min: number;
  readonly max: number;
  readonly workers: readonly WorkerSeen[];
}

/** Everything that the repair of a pool's workers rests on. */
export interface PoolSeen {
  readonly cluster: string;
  readonly pool: string;
  readonly policy: RepairPolicy;
  readonly guard: StormGuard;
  readonly groups: readonly GroupSeen[];
  readonly nodes: NodesSeen;
  /** As the registry has it; absent before there was anything to remember. */
  readonly record?: RepairsRecord;
}

export interface JudgedWorker {
  readonly group: GroupSeen;
  readonly instanceId: string;
  /** Auto Scaling's word. */
  readonly lifecycleState: string;
  readonly health: WorkerHealth;
  /** Its repair that goes on. */
  readonly repair?: RepairRecord;
}

export interface JudgedPool {
  readonly workers: readonly JudgedWorker[];
  readonly wanted: number;
  readonly healthy: number;
  readonly guard: GuardVerdict;
}

/**
 * How a pool's workers are, and whether they may be repaired. Pure. Counted are places and not instances: a worker that goes and the one
 * that comes for it are one place without a healthy worker. One that is drained, repaired or launched is not healthy.
 */
export function judgePool(seen: PoolSeen, now: Date): JudgedPool {
  const { groups, guard, nodes, policy, pool, record } = seen;
  const repairing = repairsGoingOn(record, pool);
  const inService = groups.flatMap(({ workers }) =>
    workers.filter(isInService).map(({ instanceId }) => instanceId),
  );
  const ailing = trackAiling(record?.ailing, nodes, inService).since;
  const workers = groups.flatMap((group) =>
    group.workers.map((worker): JudgedWorker => {
      const repair = repairing.find(({ instanceId }) => instanceId === worker.instanceId);
      const health = judgeHealth(worker, nodes, ailing, policy, now);
      const { instanceId, lifecycleState } = worker;
      return { group, instanceId, lifecycleState, health, ...(repair && { repair }) };
    }),
  );
  // By group, as a zone's surplus fills no place of another's; and never fewer places than instances in service.
  const counts = groups.map((group) => {
    const healthy = workers.filter((one) => one.group === group && isHealthy(one)).length;
    const wanted = Math.max(group.desired, group.workers.filter(isInService).length);
    return { wanted, healthy };
  });
  const wanted = counts.reduce((sum, one) => sum + one.wanted, 0);
  const healthy = counts.reduce((sum, one) => sum + one.healthy, 0);
  return {
    workers,
    wanted,
    healthy,
    guard: decideGuard({ wanted, healthy }, guard, record?.pools[pool]?.guard, now),
  };
}

/** Of a pool, the repairs that have begun and not ended. */
export function repairsGoingOn(record: RepairsRecord | undefined, pool: string): RepairRecord[] {
  return (record?.repairs ?? []).filter((repair) => repair.pool === pool && repair.endedAt === undefined);
}

function isInService({ lifecycleState }: WorkerSeen): boolean {
  return lifecycleState === 'InService';
}

function isHealthy({ health, repair }: JudgedWorker): boolean {
  return health.state === 'healthy' && repair === undefined;
}
