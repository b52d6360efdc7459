import type { WorkerDecision, WorkerObservation } from './contracts.ts';

/** What Kubernetes says of one worker; `reachable` is false where no API server could be asked. */
export interface WorkerInKubernetes {
  readonly reachable: boolean;
  readonly reason?: string;
  readonly node?: { readonly ready: boolean; readonly reason?: string };
  /** Its bootstrap token is there and has not ended. */
  readonly admitted: boolean;
  /** When that token was made, ISO 8601. */
  readonly admittedAt?: string;
  /** Requests for its certificate by its own token, oldest first. */
  readonly requests: readonly {
    readonly name: string;
    readonly state: 'pending' | 'approved' | 'denied' | 'issued';
  }[];
}

export interface WorkerPolicy {
  /** A worker that is no ready node so long after its launch, and after its admission if that came later, is given up, seconds. */
  readonly joinSecondsMax: number;
}

export const workerPolicy: WorkerPolicy = { joinSecondsMax: 600 };

/**
 * What to do with a worker in its launch hook, first match wins. Pure. An API server that cannot be asked is never a reason to give a worker up:
 * it is not the worker's fault, and another would fare no better.
 */
export function decideWorker(
  observation: WorkerObservation,
  found: WorkerInKubernetes,
  policy: WorkerPolicy,
  now: Date,
): WorkerDecision {
  const { instanceId, lifecycleState, state, waitingInHook } = observation;
  if (!waitingInHook)
    return { action: 'none', reason: `${instanceId} is ${lifecycleState} and waits for nothing` };
  if (state !== 'running' && state !== 'pending' && state !== 'unknown')
    return { action: 'none', reason: `${instanceId} is ${state}; its group sees to another` };
  if (!found.reachable)
    return { action: 'wait', reason: `no API server can be asked: ${found.reason ?? 'no reason'}` };
  if (found.node?.ready) return { action: 'complete', reason: `${instanceId} is a ready node` };
  const progress = progressOf(observation, found);
  // Where no API server answered for long, it could not be admitted: what kept it is not its own fault.
  if (progress.action === 'admit' && !found.admitted && found.requests.length === 0) return progress;
  const late = lateness(observation, found, policy, now);
  if (late !== undefined) return { action: 'abandon', reason: `${late}: ${progress.reason}` };
  return progress;
}

function lateness(
  { launchedAt, observedAt }: WorkerObservation,
  { admittedAt }: WorkerInKubernetes,
  { joinSecondsMax }: WorkerPolicy,
  now: Date,
): string | undefined {
  const secondsSince = (time: string) => (now.getTime() - Date.parse(time)) / 1000;
  if (admittedAt !== undefined && secondsSince(admittedAt) <= joinSecondsMax) return undefined;
  const seconds = secondsSince(launchedAt ?? observedAt);
  return seconds > joinSecondsMax ? `not ready ${Math.round(seconds)} s after its launch` : undefined;
}

/** How far it is, and the next step. */
function progressOf({ instanceId, report }: WorkerObservation, found: WorkerInKubernetes): WorkerDecision {
  const { node, requests, admitted } = found;
  if (node)
    return { action: 'wait', reason: `${instanceId} is a node, not ready: ${node.reason ?? 'no reason'}` };
  const pending = requests.find(({ state }) => state === 'pending');
  if (pending)
    return {
      action: 'approve',
      reason: `${instanceId} asks for its certificate as ${pending.name}`,
      requestName: pending.name,
    };
  const granted = requests.find(({ state }) => state === 'approved' || state === 'issued');
  if (granted) return { action: 'wait', reason: `${instanceId} has its certificate and is no node yet` };
  if (admitted) {
    // Whoever made its token may have ended before it wrote what the worker waits for: the same again is written.
    if (report.state === 'waiting')
      return { action: 'admit', reason: `${instanceId} has a token and still waits to be admitted` };
    return { action: 'wait', reason: `${instanceId} is admitted and has not asked yet` };
  }
  // Given up at the end of its time and not at once: the next one of the same image would refuse as well, and again and again.
  if (report.state === 'refused')
    return { action: 'wait', reason: `${instanceId} refuses to join: ${report.reason ?? 'no reason'}` };
  if (report.state === 'none') return { action: 'wait', reason: `${instanceId} has not reported yet` };
  return { action: 'admit', reason: `${instanceId} waits to be admitted` };
}
