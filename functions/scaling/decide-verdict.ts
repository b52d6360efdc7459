import type { LaunchFailure } from '../aws/launch-failure.ts';
import type { PoolGroupFound } from '../aws/pool-groups.ts';
import { isLeaving } from '../clusters/lifecycle-state.ts';
import type { FoundObservation } from '../demand/read-observation.ts';
import type { ScalingVerdict, SizeChange } from './contracts.ts';
import { isReady } from './places.ts';

/** A group that was resized, as it is now. */
export interface ResizedGroup {
  readonly change: SizeChange;
  /** Absent: it is gone. */
  readonly group?: PoolGroupFound;
  /** Launches that failed since one last brought an instance, newest first. */
  readonly failures: readonly LaunchFailure[];
}

/**
 * What has become of workers that were asked for. Pure. Done is what is in service and a ready node; a group that somebody has resized since is
 * theirs to look after. One whose launches fail while none is on its way has no capacity: it is given up at once, so that another zone comes.
 */
export function decideVerdict(
  resized: readonly ResizedGroup[],
  found: FoundObservation | undefined,
  since: string,
): ScalingVerdict {
  const states = resized.map((one) => ({ change: one.change, ...stateOf(one, found, since) }));
  const failed = states.filter(({ state }) => state === 'failed');
  const reason = states.map(({ change: { pool, zone }, why }) => `${pool} in ${zone}: ${why}`).join('; ');
  if (failed.length > 0) {
    const told = failed.map(({ change, why }) => ({ ...change, reason: why }));
    return { action: 'fall-back', reason, failed: told };
  }
  const waits = states.some(({ state }) => state === 'waits');
  return { action: waits ? 'wait' : 'done', reason, failed: [] };
}

function stateOf(
  { change, failures, group }: ResizedGroup,
  found: FoundObservation | undefined,
  since: string,
): { readonly state: 'done' | 'waits' | 'failed'; readonly why: string } {
  const { from, to } = change;
  if (!group) return { state: 'done', why: 'its group is gone' };
  if (group.desired !== to) return { state: 'done', why: `it is to have ${group.desired} by now` };
  if (to < from) return { state: 'done', why: `it waits for no more than ${to}` };
  const staying = group.instances.filter(({ lifecycleState }) => !isLeaving(lifecycleState));
  const [latest] = failures;
  if (staying.length < to && latest && Date.parse(latest.at) >= Date.parse(since))
    return { state: 'failed', why: `${staying.length} of ${to} are there: ${latest.message}` };
  const nodes = new Set((found?.observation.nodes ?? []).filter(isReady).map(({ name }) => name));
  const ready = staying.filter(
    ({ instanceId, lifecycleState }) => lifecycleState === 'InService' && nodes.has(instanceId),
  ).length;
  return ready >= to
    ? { state: 'done', why: `${ready} of ${to} are ready` }
    : { state: 'waits', why: `${ready} of ${to} are ready` };
}
