import type { ClusterRecord } from '../aws/registry.ts';
import type { EtcdHealth } from '../etcd/contracts.ts';
import type { KubernetesObservation, SweepFinding } from './contracts.ts';
import type { SweptSlot } from './decide-sweep.ts';
import { isFresh } from './watch-age.ts';

/** What is known of a cluster one of whose nodes may hang: it runs, and it does not do its work. */
export interface HungObservation {
  readonly cluster: string;
  /** Every slot of the cluster. */
  readonly slots: readonly SweptSlot[];
  /** By the latest watch of Kubernetes, however old. */
  readonly kubernetes: KubernetesObservation;
  /** By the latest watch of etcd, however old; absent where there is none. */
  readonly etcd?: EtcdHealth;
  /** The cluster's latest replacement of a hung node. */
  readonly lastReplacement?: NonNullable<ClusterRecord['hungReplacement']>;
}

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
 * Whether a node of the control plane hangs and its instance is to be replaced: one at a time, and only where everything else is known to
 * be well (S21). Undefined where no node hangs. Pure. Silence is never a reason: without a fresh watch of Kubernetes nothing hangs.
 */
export function decideHung(
  observation: HungObservation,
  policy: HungPolicy,
  now: Date,
): SweepFinding | undefined {
  const { cluster, slots, kubernetes, lastReplacement } = observation;
  if (!isFresh(kubernetes.observedAt, now)) return undefined;
  const hung = slots.flatMap((swept) => hangs(swept, kubernetes, policy, now) ?? [])[0];
  if (!hung) return undefined;
  const { slot, instanceId, fact } = hung;
  const found = { cluster, slot, instanceId };
  const inHand = slots.find(({ leased }) => leased);
  if (inHand) return { ...found, action: 'wait', reason: `${fact}; an execution has the cluster in hand` };
  const problem =
    problemOfOthers(observation, slot, now) ?? problemOfCooldown(observation, hung, policy, now);
  if (problem !== undefined) return { ...found, action: 'report', reason: `${fact}, but ${problem}` };
  return {
    ...found,
    action: 'replace-hung-node',
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

/** Why not all other slots are known to be well: then a replacement could take the last that serves, or not be what is needed. */
function problemOfOthers({ slots, kubernetes, etcd }: HungObservation, hung: string, now: Date) {
  const others = slots.filter(({ slot }) => slot !== hung);
  if (others.length === 0) return 'the cluster has no other slot that could serve meanwhile';
  const unready = others.filter(({ slot }) => kubernetes.unreadySince[slot]).map(({ slot }) => slot);
  if (unready.length > 0) return `other slots are not ready either: ${unready.join(', ')}`;
  for (const other of others) {
    const problem = problemOfSlot(other) ?? problemOfServers(other.slot, kubernetes, etcd, now);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemOfSlot({ slot, phase, group }: SweptSlot): string | undefined {
  const { instance } = group ?? {};
  if (phase !== 'serving') return `slot ${slot} is ${phase}`;
  if (!instance) return `slot ${slot} has no instance`;
  if (instance.lifecycleState === 'InService' && instance.state === 'running') return undefined;
  return `${instance.instanceId} of slot ${slot} is ${instance.lifecycleState} and ${instance.state}`;
}

function problemOfServers(
  slot: string,
  { apiServers }: KubernetesObservation,
  etcd: EtcdHealth | undefined,
  now: Date,
): string | undefined {
  if (!apiServers.some((one) => one.slot === slot && one.ready))
    return `the API server of slot ${slot} is not known to be ready`;
  if (!etcd || !isFresh(etcd.observedAt, now)) return 'how etcd is, is not known';
  const member = etcd.members.find((one) => one.slot === slot);
  if (member?.healthy && member.voter) return undefined;
  return `the member of slot ${slot} is not healthy: ${member?.reason ?? 'it is no voter'}`;
}

/** A look that died after it had said what it replaces is finished by the next: the same instance is the same replacement. */
function problemOfCooldown(
  { lastReplacement: last }: HungObservation,
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
