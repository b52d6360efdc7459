import type { PoolHealthRecord, RepairRecord, RepairsRecord } from '../aws/records.ts';
import type { SweepFinding } from '../sweep/contracts.ts';
import type { GuardVerdict } from './decide-guard.ts';
import {
  type JudgedPool,
  type JudgedWorker,
  judgePool,
  type PoolSeen,
  repairsGoingOn,
} from './judge-pool.ts';
import type { ClusterHealth } from './observe-worker-health.ts';
import { trackAiling } from './track-ailing.ts';

export interface RepairSweep {
  readonly findings: readonly SweepFinding[];
  /** What the registry is to remember; absent where that is what it does already. */
  readonly remember?: Pick<RepairsRecord, 'ailing' | 'pools'>;
}

/** For a person; the rest of a storm is as the first. */
const namedMax = 20;

/**
 * Which workers of a cluster need an execution of repair-worker, and what is to be remembered of them until the next look. Pure. A repair that
 * goes on gets its execution again, should that have died. Of the dead of a zone, the one that has been so longest is first.
 */
export function decideRepairSweep(health: ClusterHealth, now: Date): RepairSweep {
  const judged = health.pools.map((seen) => ({ seen, pool: judgePool(seen, now) }));
  const findings = judged.flatMap(({ seen, pool }) => decidePool(seen, pool));
  const orphans = (health.repairs?.repairs ?? []).filter(
    (repair) => repair.endedAt === undefined && !health.pools.some(({ pool }) => pool === repair.pool),
  );
  const inService = judged.flatMap(({ pool }) =>
    pool.workers
      .filter(({ lifecycleState }) => lifecycleState === 'InService')
      .map(({ instanceId }) => instanceId),
  );
  const remember = {
    ailing: trackAiling(health.repairs?.ailing, health.nodes, inService),
    pools: Object.fromEntries(judged.map(({ seen, pool }) => [seen.pool, recordOf(seen, pool)])),
  };
  return {
    findings: [...findings, ...orphans.map((repair) => resuming(health.cluster, repair))],
    ...(differs(health.repairs, remember) && { remember }),
  };
}

function decidePool(seen: PoolSeen, { guard, workers }: JudgedPool): SweepFinding[] {
  const { cluster, pool, policy, record } = seen;
  const goingOn = repairsGoingOn(record, pool);
  const resumed = goingOn.map((repair) => resuming(cluster, repair));
  if (!policy.enabled) return resumed;
  const dead = deadOnes(workers);
  if (dead.length === 0) return resumed;
  if (!guard.open) return [...resumed, refusal(seen, dead, guard)];
  const begun = new Set(goingOn.map(({ zone }) => zone));
  const fresh = dead.map(({ group: { zone }, health, instanceId }): SweepFinding => {
    const found = { cluster, pool, zone, instanceId };
    const reason = `${instanceId} ${health.reason}`;
    if (begun.has(zone))
      return { ...found, action: 'wait', reason: `${reason}; another of its zone is replaced first` };
    begun.add(zone);
    return { ...found, action: 'start-repair', reason };
  });
  return [...resumed, ...fresh];
}

/** Longest dead first. */
function deadOnes(workers: readonly JudgedWorker[]): JudgedWorker[] {
  const since = ({ health, instanceId }: JudgedWorker) => `${health.since} ${instanceId}`;
  return workers
    .filter(({ health, repair }) => health.state === 'dead' && repair === undefined)
    .toSorted((one, other) => (since(one) < since(other) ? -1 : 1));
}

function refusal(
  { cluster, pool }: PoolSeen,
  dead: readonly JudgedWorker[],
  guard: GuardVerdict,
): SweepFinding {
  const named = dead.slice(0, namedMax).map(({ instanceId }) => instanceId);
  const more = dead.length > named.length ? ` and ${dead.length - named.length} more` : '';
  const reason = `the storm guard refuses to replace ${named.join(', ')}${more}: ${guard.reason}`;
  return { cluster, pool, action: 'report', reason, storm: true };
}

function resuming(cluster: string, { instanceId, pool, reason, zone }: RepairRecord): SweepFinding {
  return { cluster, pool, zone, instanceId, action: 'start-repair', reason };
}

function recordOf(seen: PoolSeen, { guard, healthy, wanted, workers }: JudgedPool): PoolHealthRecord {
  const before = seen.record?.pools[seen.pool]?.guard;
  // A guard that had nothing to refuse did not close: a pool that grows is for a while as unhealthy as one in a storm.
  const closed = before !== undefined || (seen.policy.enabled && deadOnes(workers).length > 0);
  const unhealthy = workers
    .filter(({ health }) => health.state !== 'healthy')
    .slice(0, namedMax)
    .map(({ group, health, instanceId }) => ({ instanceId, zone: group.zone, why: health.reason }));
  return {
    wanted,
    healthy,
    allowed: guard.allowed,
    unhealthy,
    ...(!seen.nodes.usable && { blind: seen.nodes.reason }),
    ...(closed && guard.record && { guard: guard.record }),
  };
}

/** Whether it is worth a write: that a look at healthy workers was a minute later is not. */
function differs(
  present: RepairsRecord | undefined,
  { ailing, pools }: NonNullable<RepairSweep['remember']>,
): boolean {
  if (!present) return true;
  const ails = Object.keys(ailing.since).length > 0 && ailing.observedAt !== present.ailing.observedAt;
  return ails || !sameValue([ailing.since, pools], [present.ailing.since, present.pools]);
}

/** Whether two values are the same but for the order of their fields, which the registry does not keep. */
function sameValue(one: unknown, other: unknown): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
