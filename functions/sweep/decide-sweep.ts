import type { SweepFinding } from './contracts.ts';
import { decideLaunch, type Judgement, type LaunchObservation, type LaunchPolicy } from './decide-launch.ts';

/** What the sweep sees of one slot. Absent means that AWS did not say or that there is none, as each field tells. */
export interface SweptSlot {
  readonly cluster: string;
  readonly slot: string;
  /** The cluster was formed once; before that, provision-cluster has the slot in hand. */
  readonly formed: boolean;
  readonly phase: 'forming' | 'serving';
  /** Whether an execution holds the slot's or the cluster's lease now. */
  readonly leased: boolean;
  /** Why the slot is left alone: its cluster is being retired. */
  readonly retiring?: string;
  /** The instance on which the registry last saw the member. */
  readonly recordedInstanceId?: string;
  readonly verdict?: { readonly action: string; readonly reason: string; readonly at: string };
  /** Absent when there is no such Auto Scaling group. */
  readonly group?: {
    readonly launchSuspended: boolean;
    readonly instance?: {
      readonly instanceId: string;
      readonly lifecycleState: string;
      readonly state: string;
    };
  };
  readonly networkInterfaceFree: boolean;
  /** Looked at only where `launchMatters`. */
  readonly launch?: LaunchObservation;
  /** By the latest watch of etcd; absent when that is unknown or older than the policy allows. */
  readonly memberProblem?: string;
}

export interface SweepPolicy extends LaunchPolicy {
  /** A held slot is judged anew after this long. */
  readonly holdRetrySeconds: number;
}

export const sweepPolicy: SweepPolicy = {
  holdRetrySeconds: 300,
  launchRetrySeconds: 30,
  roundPauseSeconds: 120,
};

/**
 * Whether a slot is one that could launch and has not: only for such a one are its group's activities asked for, so that a sweep that
 * finds nothing costs nothing more. Pure.
 */
export function launchMatters(swept: SweptSlot): boolean {
  const { formed, leased, group, networkInterfaceFree, retiring } = swept;
  if (!group || group.instance || group.launchSuspended || !networkInterfaceFree) return false;
  return retiring === undefined && (formed || leased);
}

/** What should be running for a slot (design §8), first match wins. Pure. */
export function decideSweep(swept: SweptSlot, policy: SweepPolicy, now: Date): SweepFinding {
  const judgement =
    decideOnPhase(swept, policy, now) ??
    decideOnGroup(swept, policy, now) ??
    decideOnInstance(swept, policy, now);
  return { cluster: swept.cluster, slot: swept.slot, ...judgement };
}

function decideOnPhase(swept: SweptSlot, policy: SweepPolicy, now: Date): Judgement | undefined {
  const { formed, leased, retiring } = swept;
  if (retiring !== undefined) return { action: 'wait', reason: retiring };
  if (formed) return undefined;
  if (leased) return decideWhileForming(swept, policy, now);
  return {
    action: 'report',
    reason: 'the cluster was never formed and nothing works on it: provision it again',
  };
}

/** provision-cluster waits for an instance: where there is no capacity, it would wait in vain (ADR 6). */
function decideWhileForming({ group, launch }: SweptSlot, policy: SweepPolicy, now: Date): Judgement {
  if (group?.launchSuspended)
    return { action: 'resume-launch', reason: 'Launch is suspended, which provision-cluster never does' };
  if (lacksCapacity(launch)) return decideLaunch(launch, policy, now);
  return { action: 'none', reason: 'provision-cluster has the slot in hand' };
}

function lacksCapacity(launch: LaunchObservation | undefined): launch is LaunchObservation {
  return launch?.failures[0]?.kind === 'capacity';
}

/** Rows on a group without an instance: AWS alone would launch, but slowly after failures, and not at all while suspended. */
function decideOnGroup(swept: SweptSlot, policy: SweepPolicy, now: Date): Judgement | undefined {
  const { group, leased, networkInterfaceFree, launch } = swept;
  if (!group)
    return { action: 'report', reason: 'its Auto Scaling group is gone: provision the cluster again' };
  if (group.launchSuspended && !leased) {
    return {
      action: 'resume-launch',
      reason: 'Launch is suspended and nobody who could have done so is at work',
    };
  }
  if (group.instance) return undefined;
  if (leased && !lacksCapacity(launch))
    return { action: 'wait', reason: 'an execution has the slot in hand' };
  if (!networkInterfaceFree)
    return { action: 'wait', reason: 'the old instance still holds the network interface' };
  return decideLaunch(launch ?? { failures: [], instanceTypes: [] }, policy, now);
}

function decideOnInstance(swept: SweptSlot, policy: SweepPolicy, now: Date): Judgement {
  const { group, leased, recordedInstanceId, memberProblem } = swept;
  const instance = group?.instance;
  if (!instance) throw new Error('guarded by the rows before');
  const { instanceId, lifecycleState, state } = instance;
  if (!['pending', 'running', 'unknown'].includes(state)) {
    if (lifecycleState !== 'InService')
      return { action: 'wait', reason: `${instanceId} is ${state}; its group has noticed`, instanceId };
    return {
      action: 'mark-unhealthy',
      reason: `${instanceId} is ${state} and its group has not noticed`,
      instanceId,
    };
  }
  if (leased) return { action: 'none', reason: 'an execution has the slot in hand', instanceId };
  if (lifecycleState === 'Pending:Wait')
    return { action: 'start-replace', reason: `${instanceId} waits in its launch hook`, instanceId };
  if (lifecycleState !== 'InService')
    return { action: 'wait', reason: `${instanceId} is ${lifecycleState}`, instanceId };
  if (instanceId === recordedInstanceId) {
    if (memberProblem === undefined) return { action: 'none', reason: 'the member serves', instanceId };
    return {
      action: 'report',
      reason: `the member on ${instanceId} is unhealthy: ${memberProblem}`,
      instanceId,
    };
  }
  return decideOnHeld(swept, instanceId, policy, now);
}

/** An instance in service whose member the registry does not know: the hook ran out, or the slot is held. */
function decideOnHeld({ verdict }: SweptSlot, instanceId: string, policy: SweepPolicy, now: Date): Judgement {
  if (!verdict)
    return { action: 'start-replace', reason: `${instanceId} is in service without its member`, instanceId };
  const age = (now.getTime() - Date.parse(verdict.at)) / 1000;
  if (age >= policy.holdRetrySeconds) {
    return {
      action: 'start-replace',
      reason: `held ${Math.floor(age)} s ago (${verdict.reason}): to be judged anew`,
      instanceId,
    };
  }
  return { action: 'wait', reason: `held: ${verdict.reason}`, instanceId };
}
