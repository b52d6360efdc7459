import { problemOfOthers } from '../replacement/judge-others.ts';
import type { KubernetesObservation, SweepFinding } from './contracts.ts';
import type { SweptSlot } from './decide-sweep.ts';
import { type ControlPlane, judgedBy } from './observe-control-planes.ts';
import { isFresh } from './watch-age.ts';

export interface HungPolicy {
  /** Longer than an API server or a kubelet takes to come back by itself, with its restarts. */
  readonly hungSeconds: number;
  /** What a replacement did not mend, another will not: one in this long, in each cluster. */
  readonly hungCooldownSeconds: number;
}

export const hungPolicy: HungPolicy = { hungSeconds: 600, hungCooldownSeconds: 3_600 };

/** A slot whose running instance has not been ready for longer than the policy allows. */
interface HungSlot {
  readonly slot: string;
  readonly instanceId: string;
  /** What is said of it, whatever follows. */
  readonly fact: string;
}

/**
 * Whether a node of the control plane hangs and is to be replaced: one at a time, and only where everything else is known to be well (S21).
 * Undefined where no node hangs. Pure. Silence is never a reason: without a fresh watch of Kubernetes nothing hangs.
 */
export function decideHung(
  controlPlane: ControlPlane,
  policy: HungPolicy,
  now: Date,
): SweepFinding | undefined {
  const { cluster, slots, kubernetes, lastReplacement } = controlPlane;
  if (!kubernetes || !isFresh(kubernetes.observedAt, now)) return undefined;
  const hung = slots.flatMap((swept) => hangs(swept, kubernetes, policy, now) ?? [])[0];
  if (!hung) return undefined;
  const { slot, instanceId, fact } = hung;
  const found = { cluster, slot, instanceId };
  const inHand = slots.find(({ leased }) => leased);
  if (inHand) return { ...found, action: 'wait', reason: `${fact}; an execution has the cluster in hand` };
  const problem =
    problemOfOthers(judgedBy(controlPlane), slot, now) ?? problemOfCooldown(controlPlane, hung, policy, now);
  if (problem !== undefined) return { ...found, action: 'report', reason: `${fact}, but ${problem}` };
  return {
    ...found,
    action: 'start-replace-node',
    hung: true,
    reason: `${fact}, and all others are well`,
    ...(lastReplacement && { lastReplacement }),
  };
}

/** The registry, the group and the watch must mean the same running instance. */
function hangs(
  { slot, formed, phase, recordedInstanceId, group }: SweptSlot,
  { unreadySince }: KubernetesObservation,
  policy: HungPolicy,
  now: Date,
): HungSlot | undefined {
  const unready = unreadySince[slot];
  const instance = group?.instance;
  if (!unready || !formed || phase !== 'serving') return undefined;
  if (instance?.lifecycleState !== 'InService' || instance.state !== 'running') return undefined;
  const { instanceId } = unready;
  if (instance.instanceId !== instanceId || recordedInstanceId !== instanceId) return undefined;
  const seconds = secondsSince(unready.since, now);
  if (!(seconds > policy.hungSeconds)) return undefined;
  return { slot, instanceId, fact: `${instanceId} runs and has not been ready for ${seconds} s` };
}

/** A look that died after it had said what it replaces is finished by the next: the same instance is the same replacement. */
function problemOfCooldown(
  { lastReplacement: last }: ControlPlane,
  { instanceId }: HungSlot,
  policy: HungPolicy,
  now: Date,
): string | undefined {
  if (!last || last.instanceId === instanceId) return undefined;
  const seconds = secondsSince(last.at, now);
  if (seconds >= policy.hungCooldownSeconds) return undefined;
  return `${last.instanceId} of slot ${last.slot} was replaced as hung ${seconds} s ago`;
}

function secondsSince(at: string, now: Date): number {
  return Math.floor((now.getTime() - Date.parse(at)) / 1000);
}
