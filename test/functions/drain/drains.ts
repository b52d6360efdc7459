import type { DrainObservation } from '../../../functions/drain/contracts.ts';
import type { NodeInDrain } from '../../../functions/drain/decide-drain.ts';
import type { DrainPod } from '../../../functions/drain/judge-pod.ts';

export const instanceId = 'i-0123456789abcdef0';
const begin = '2026-01-01T00:00:00.000Z';

/** So many seconds after the drain began. */
export const later = (seconds: number) => new Date(Date.parse(begin) + seconds * 1_000);

/** A worker that waits in its terminate hook and may be drained for an hour. */
export function observed(changes: Partial<DrainObservation> = {}): DrainObservation {
  return {
    cluster: 'demo',
    pool: 'general',
    zone: 'a',
    instanceId,
    cause: 'termination',
    afterwards: 'complete-hook',
    observedAt: begin,
    startedAt: begin,
    autoScalingGroupName: 'trivet-demo-pool-general-a',
    known: true,
    lifecycleState: 'Terminating:Wait',
    waitingInHook: true,
    state: 'running',
    volumes: [],
    policy: { deadlineSeconds: 3_600, atDeadline: 'terminate' },
    ...changes,
  };
}

/** The same in service, drained of one's own accord. */
export const inService = (changes: Partial<DrainObservation> = {}) =>
  observed({
    lifecycleState: 'InService',
    waitingInHook: false,
    cause: 'person',
    afterwards: 'terminate',
    ...changes,
  });

export function pod(name: string, changes: Partial<DrainPod> = {}): DrainPod {
  return {
    namespace: 'shop',
    name,
    uid: `uid-${name}`,
    controller: 'ReplicaSet',
    mirror: false,
    phase: 'Running',
    priority: 0,
    graceSeconds: 30,
    ...changes,
  };
}

/** A pod that nobody would bring back. */
export function barePod(name: string): DrainPod {
  const { controller: _, ...bare } = pod(name);
  return bare;
}

export const nodeWith = (pods: readonly DrainPod[], changes: Partial<NodeInDrain> = {}): NodeInDrain => ({
  reachable: true,
  node: { responds: true, drainingSince: begin },
  pods,
  attachments: [],
  ...changes,
});
