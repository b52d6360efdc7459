import type { EtcdHealth } from '../etcd/contracts.ts';
import type { KubernetesObservation } from '../sweep/contracts.ts';
import { isFresh } from '../sweep/watch-age.ts';

/** A slot as far as it counts for whether another one's instance may go. */
export interface JudgedSlot {
  readonly slot: string;
  readonly phase: 'forming' | 'serving';
  /** Its group's present one; absent where it has none. */
  readonly instance?:
    | { readonly instanceId: string; readonly lifecycleState: string; readonly state: string }
    | undefined;
}

/** A control plane: every slot, and what API servers and etcd's members said last, however old. */
export interface JudgedControlPlane {
  readonly slots: readonly JudgedSlot[];
  readonly kubernetes?: Pick<KubernetesObservation, 'observedAt' | 'unreadySince' | 'apiServers'>;
  readonly etcd?: EtcdHealth;
}

/**
 * Why not all other slots are known to be well: then ending the instance of `slot` could take the last that serves, or not be what is needed
 * (S21). Undefined where they are. Pure. What was not asked, or too long ago, is not well. The sweep asks this of the watches before it
 * starts a replacement, and the replacement asks it of the servers themselves before each step.
 */
export function problemOfOthers(
  { slots, kubernetes, etcd }: JudgedControlPlane,
  slot: string,
  now: Date,
): string | undefined {
  const others = slots.filter((one) => one.slot !== slot);
  if (others.length === 0) return 'the cluster has no other slot that could serve meanwhile';
  if (!kubernetes || !isFresh(kubernetes.observedAt, now)) return 'how Kubernetes is, is not known';
  const unready = others.filter((one) => kubernetes.unreadySince[one.slot]).map((one) => one.slot);
  if (unready.length > 0) return `other slots are not ready: ${unready.join(', ')}`;
  for (const other of others) {
    const problem = problemOfSlot(other) ?? problemOfServers(other.slot, kubernetes, etcd, now);
    if (problem !== undefined) return problem;
  }
  return etcd && problemOfEtcd(etcd);
}

function problemOfSlot({ slot, phase, instance }: JudgedSlot): string | undefined {
  if (phase !== 'serving') return `slot ${slot} is ${phase}`;
  if (!instance) return `slot ${slot} has no instance`;
  if (instance.lifecycleState === 'InService' && instance.state === 'running') return undefined;
  return `${instance.instanceId} of slot ${slot} is ${instance.lifecycleState} and ${instance.state}`;
}

function problemOfServers(
  slot: string,
  { apiServers }: NonNullable<JudgedControlPlane['kubernetes']>,
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

/** What is wrong with etcd as a whole: a stranger counts for the quorum, and where members differ none of them may go. */
function problemOfEtcd({ alarms, hash, members }: EtcdHealth): string | undefined {
  const stranger = members.find((member) => member.slot === undefined);
  if (stranger) return `member ${stranger.name || stranger.memberId} of etcd is no slot of this cluster`;
  if (alarms.length > 0) return `etcd has alarms: ${alarms.join(', ')}`;
  return hash === 'differs' ? "etcd's members hold different keys at one revision" : undefined;
}
