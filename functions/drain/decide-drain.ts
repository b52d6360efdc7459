import type { BlockedPod, DrainDecision, DrainObservation } from './contracts.ts';
import { type DrainPace, type DrainTiming, deadlineOf, paceOf, waitSecondsOf } from './deadline.ts';
import { type DrainPod, judgePod, type PodVerdict, tierOf } from './judge-pod.ts';

/** What Kubernetes says of a worker; `reachable` is false where no API server could be asked. */
export interface NodeInDrain {
  readonly reachable: boolean;
  readonly reason?: string;
  /** Absent where there is no such node. `responds`: its kubelet is heard of (Ready is not Unknown). */
  readonly node?: { readonly responds: boolean; readonly drainingSince?: string };
  readonly pods: readonly DrainPod[];
  /** Names of volumes that Kubernetes has attached to the node, without those of pods that stay to its end. */
  readonly attachments: readonly string[];
}

export interface DrainPolicy extends DrainTiming {
  /** Pods whose grace period is longer are given this much when they are deleted at last, seconds. */
  readonly graceSecondsMax: number;
}

export const drainPolicy: DrainPolicy = { hookSeconds: 1_800, hookReserveSeconds: 300, graceSecondsMax: 900 };

/** What to do with the pods, and what is next. */
export interface DrainPlan {
  readonly decision: DrainDecision;
  /** In the order in which they are asked to go. */
  readonly evictions: readonly DrainPod[];
  readonly deletions: readonly { readonly pod: DrainPod; readonly gracePeriodSeconds: number }[];
}

/**
 * The next step with a worker's pods, first match wins. Pure. Pods go in tiers, those of the system last (as Karpenter has it); before the
 * deadline by eviction, so that disruption budgets hold, and so late that a pod's grace period just fits by deletion, unless the worker
 * may be kept. Nothing that waits waits without a reason.
 */
export function decideDrain(
  observation: DrainObservation,
  found: NodeInDrain,
  blocked: readonly BlockedPod[],
  policy: DrainPolicy,
  now: Date,
): DrainPlan {
  const deadline = deadlineOf(observation, found.node?.drainingSince, policy);
  const pace = paceOf(observation, deadline, now);
  const wait = (reason: string): DrainDecision => ({
    action: 'wait',
    reason,
    outcome: 'going',
    effect: 'none',
    waitSeconds: waitSecondsOf(observation, pace, policy),
  });
  const waitOrEnd = (reason: string): DrainPlan => {
    if (pace.left > 0) return plan(wait(reason));
    const told = `the deadline ${deadline.toISOString()} has passed: ${withBlocked(reason, blocked)}`;
    return plan(mayBeKept(observation) ? kept(told) : finished(observation, 'expired', told));
  };
  if (!found.reachable) return waitOrEnd(`no API server can be asked: ${found.reason ?? 'no reason'}`);
  if (!found.node) return plan(finished(observation, 'drained', 'there is no such node: it has no pods'));
  const { responds } = found.node;
  const verdicts = found.pods.map((pod) => judgePod(pod, { observation, responds, now }));
  const refused = verdicts.find(({ verdict }) => verdict === 'refuse');
  if (refused) return plan(kept(refused.reason));
  const toGo = verdicts.filter(({ verdict }) => verdict === 'evict');
  const leaving = verdicts.filter(({ verdict }) => verdict === 'await');
  const [first] = [...leaving, ...toGo];
  if (first) {
    const left = `${toGo.length + leaving.length} pods are left: ${first.reason}`;
    if (pace.left <= 0) return waitOrEnd(left);
    return { ...split(toGo, leaving, { observation, pace, policy }), decision: wait(left) };
  }
  const volumes = [...new Set([...found.attachments, ...observation.volumes])];
  // A node that does not respond detaches nothing; its volumes come free when its instance has ended.
  if (volumes.length > 0 && responds) return waitOrEnd(`volumes are still attached: ${volumes.join(', ')}`);
  return plan(finished(observation, 'drained', 'its pods are gone and its volumes are detached'));
}

function plan(decision: DrainDecision): DrainPlan {
  return { decision, evictions: [], deletions: [] };
}

/** Of those that are to go: the lowest tier by eviction, and by deletion those whose grace period ends with the deadline. */
function split(
  toGo: readonly PodVerdict[],
  leaving: readonly PodVerdict[],
  {
    observation,
    pace,
    policy,
  }: {
    readonly observation: DrainObservation;
    readonly pace: DrainPace;
    readonly policy: DrainPolicy;
  },
): Omit<DrainPlan, 'decision'> {
  const graceOf = ({ graceSeconds }: DrainPod) => Math.min(graceSeconds, policy.graceSecondsMax);
  const urgent = ({ pod }: PodVerdict) => !mayBeKept(observation) && pace.left <= graceOf(pod) + pace.margin;
  const deletions = toGo.filter(urgent).map(({ pod }) => ({
    pod,
    gracePeriodSeconds: Math.max(1, Math.min(graceOf(pod), Math.floor(pace.left))),
  }));
  const others = toGo.filter((one) => !urgent(one)).map(({ pod }) => pod);
  if (observation.cause === 'spot-interruption') {
    // Two minutes are too short for one tier after the other: all at once, and who matters most first.
    return { deletions, evictions: others.toSorted((one, other) => other.priority - one.priority) };
  }
  const tier = Math.min(...[...others, ...leaving.map(({ pod }) => pod)].map(tierOf));
  return { deletions, evictions: others.filter((pod) => tierOf(pod) === tier) };
}

/**
 * Whether the worker stays when its drain does not end in time. One that waits in its hook goes in any case; one that goes only to have fewer
 * workers never goes past a disruption budget.
 */
function mayBeKept({ afterwards, cause, policy, waitingInHook }: DrainObservation): boolean {
  return !waitingInHook && (afterwards === 'keep' || cause === 'scale-down' || policy.atDeadline === 'keep');
}

function kept(reason: string): DrainDecision {
  return { action: 'keep', reason, outcome: 'kept', effect: 'none', waitSeconds: 1 };
}

function finished(
  { waitingInHook, afterwards }: DrainObservation,
  outcome: 'drained' | 'expired',
  reason: string,
): DrainDecision {
  const outside = afterwards === 'keep' || afterwards === 'complete-hook' ? 'none' : afterwards;
  const effect = waitingInHook ? 'complete-hook' : outside;
  return { action: 'finish', reason, outcome, effect, waitSeconds: 2 };
}

/** A reason with what held the drain up, the budgets by name. Pure. */
export function withBlocked(reason: string, blocked: readonly BlockedPod[]): string {
  if (blocked.length === 0) return reason;
  const held = blocked.map(({ pod, budget, reason: why }) =>
    budget === undefined ? `${pod} (${why})` : `${pod} by the disruption budget ${budget}`,
  );
  const more = held.length > 5 ? ` and ${held.length - 5} more` : '';
  return `${reason}; held up: ${held.slice(0, 5).join(', ')}${more}`;
}
