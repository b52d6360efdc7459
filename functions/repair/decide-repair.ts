import type { RepairRecord } from '../aws/records.ts';
import { isLeaving } from '../clusters/lifecycle-state.ts';
import type { RepairDecision } from './contracts.ts';
import { secondsSince } from './judge-health.ts';
import { type GroupSeen, type JudgedWorker, judgePool, type PoolSeen, repairsGoingOn } from './judge-pool.ts';
import { repairLimits } from './policy.ts';

/** The worker whose repair is in question. */
export interface Subject {
  readonly instanceId: string;
  /** The zone's letter. */
  readonly zone: string;
}

/** Without what every decision carries. */
type Step = Omit<RepairDecision, 'revision'>;

/**
 * The next step of one worker's repair, first match wins. Pure, and asked anew before each step: all that an execution knows of its own past
 * is in the registry and in AWS, so it may die anywhere and another goes on.
 */
export function decideRepair(seen: PoolSeen, subject: Subject, now: Date): RepairDecision {
  const revision = seen.record?.revision ?? 0;
  const repair = repairsGoingOn(seen.record, seen.pool).find(
    ({ instanceId }) => instanceId === subject.instanceId,
  );
  const step = repair ? continueRepair(seen, subject, repair, now) : considerRepair(seen, subject, now);
  return { ...step, revision };
}

/** A repair that has not begun. */
function considerRepair(seen: PoolSeen, { instanceId, zone }: Subject, now: Date): Step {
  const { guard, workers } = judgePool(seen, now);
  const worker = workers.find((one) => one.instanceId === instanceId && one.group.zone === zone);
  if (!worker) return { action: 'none', reason: `${instanceId} is no worker of the pool in this zone` };
  const reason = reasonOf(worker);
  if (worker.health.state !== 'dead') return { action: 'none', reason };
  if (!seen.policy.enabled)
    return { action: 'none', reason: `${reason}; the pool's workers are not to be repaired` };
  if (!guard.open) return { action: 'refuse', reason: `${reason}, but ${guard.reason}` };
  const other = repairsGoingOn(seen.record, seen.pool).find((repair) => repair.zone === zone);
  if (other)
    return { action: 'none', reason: `${reason}; ${other.instanceId} of this zone is being replaced first` };
  return { action: 'begin', reason, replacement: seen.policy.replacement };
}

function continueRepair(seen: PoolSeen, subject: Subject, repair: RepairRecord, now: Date): Step {
  const { guard, workers } = judgePool(seen, now);
  const worker = workers.find(({ instanceId }) => instanceId === subject.instanceId);
  const group = seen.groups.find(({ zone }) => zone === subject.zone);
  if (!group) return finish('given-up', 'the pool has no group in this zone any more');
  const place = { seen, group, worker, workers };
  // Whoever asked for it: what is left to do once it goes is the same.
  if (!worker || isLeaving(worker.lifecycleState)) return awaitReplacement(repair, place, now);
  const reason = reasonOf(worker);
  if (worker.health.state === 'healthy' || worker.health.state === 'moving')
    return finish('recovered', `${repair.instanceId} is a ready node again`);
  const late = secondsSince(repair.startedAt, now) > repairLimits.beginSecondsMax;
  const wait = (why: string): Step => (late ? finish('given-up', why) : { action: 'wait', reason: why });
  if (worker.health.state !== 'dead')
    return wait(`${reason}, which is not, or not yet, a reason to replace it`);
  if (!guard.open) return wait(`${reason}, but ${guard.reason}`);
  if (repair.replacement === 'after') return { action: 'terminate', reason, decrement: false };
  return replaceFirst(repair, { ...place, worker, wait });
}

interface Place {
  readonly seen: PoolSeen;
  readonly group: GroupSeen;
  /** The one that is repaired; absent once its group has it no more. */
  readonly worker: JudgedWorker | undefined;
  readonly workers: readonly JudgedWorker[];
}

/** A replacement that comes before: one more is wanted, and once it is ready the old one goes with its place. */
function replaceFirst(
  repair: RepairRecord,
  place: Place & { readonly worker: JudgedWorker; readonly wait: (why: string) => Step },
): Step {
  const { group, seen, wait, worker } = place;
  const { raise } = repair;
  const reason = reasonOf(worker);
  const terminate = (why: string, decrement: boolean): Step => ({
    action: 'terminate',
    reason: `${reason}${why}`,
    decrement,
  });
  if (!raise) {
    // Each group may come to the pool's greatest number, and all of them together to no more (ADR 21).
    const wanted = seen.groups.reduce((sum, { desired }) => sum + desired, 0);
    if (wanted >= group.max) return terminate('; its pool is at its greatest size, so it goes first', false);
    return { action: 'raise', reason, raise: { from: group.desired, to: group.desired + 1 } };
  }
  if (raise.state === 'intended')
    return { action: 'raise', reason, raise: { from: raise.from, to: raise.to } };
  if (raise.state === 'changed') return terminate('; somebody else sized its group meanwhile', false);
  const fresh = replacementOf(repair, place);
  if (fresh === undefined) return wait(`${reason}; its replacement is not ready yet`);
  // Where the group was made smaller since, its place is taken already, and a group never goes below its least size.
  return terminate(
    `, and ${fresh} is ready in its place`,
    group.desired >= raise.to && group.desired > group.min,
  );
}

/** A healthy worker of the group that became a node after the repair had begun. */
function replacementOf(
  { startedAt, instanceId }: RepairRecord,
  { group, seen: { nodes }, workers }: Place,
): string | undefined {
  if (!nodes.usable) return undefined;
  return workers.find((one) => {
    const createdAt = nodes.nodes.get(one.instanceId)?.createdAt ?? '';
    const isLater = Date.parse(createdAt) >= Date.parse(startedAt);
    return one.group === group && one.instanceId !== instanceId && one.health.state === 'healthy' && isLater;
  })?.instanceId;
}

/**
 * It goes, or is gone. Done once it is gone and a replacement is ready; or its group has all that it wants, for it may want fewer by now.
 */
function awaitReplacement(repair: RepairRecord, place: Place, now: Date): Step {
  const { group, worker, workers } = place;
  const healthy = workers.filter((one) => one.group === group && one.health.state === 'healthy').length;
  const fresh = replacementOf(repair, place);
  const missing = [
    ...(worker ? [`${repair.instanceId} ${worker.health.reason}`] : []),
    ...(fresh === undefined && healthy < group.desired
      ? [`no replacement is ready: its group has ${healthy} healthy workers and wants ${group.desired}`]
      : []),
  ];
  if (missing.length === 0) {
    const instead =
      fresh === undefined ? 'its group has all that it wants' : `${fresh} is ready in its place`;
    return finish('replaced', `${repair.instanceId} is gone, and ${instead}`);
  }
  const seconds = secondsSince(repair.terminatedAt ?? repair.startedAt, now);
  if (seconds > repairLimits.replaceSecondsMax) return finish('unfinished', missing.join('; '));
  return { action: 'wait', reason: missing.join('; ') };
}

function finish(outcome: NonNullable<RepairDecision['outcome']>, reason: string): Step {
  return { action: 'finish', outcome, reason };
}

function reasonOf({ instanceId, health }: JudgedWorker): string {
  return `${instanceId} ${health.reason}`;
}
