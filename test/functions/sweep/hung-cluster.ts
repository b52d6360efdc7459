import type { EtcdHealth } from '../../../functions/etcd/contracts.ts';
import type { KubernetesHealth } from '../../../functions/kubernetes/contracts.ts';
import type { KubernetesObservation, UnreadySince } from '../../../functions/sweep/contracts.ts';
import type { SweptSlot } from '../../../functions/sweep/decide-sweep.ts';

const slots = ['a', 'b', 'c'];

/** A slot of the cluster `ha` that serves, as the sweep sees it. */
export const swept = (slot: string, over: Partial<SweptSlot> = {}): SweptSlot => ({
  cluster: 'ha',
  slot,
  formed: true,
  phase: 'serving',
  leased: false,
  recordedInstanceId: `i-${slot}`,
  group: {
    launchSuspended: false,
    instance: { instanceId: `i-${slot}`, lifecycleState: 'InService', state: 'running' },
  },
  networkInterfaceFree: false,
  ...over,
});

/** What API servers and nodes say of slots a, b and c, whose instances are i-a, i-b and i-c. */
export function healthOf(cluster: string, observedAt: string, unready: readonly string[]): KubernetesHealth {
  return {
    cluster,
    observedAt,
    ready: unready.length === 0,
    reason: unready.length === 0 ? 'all ready' : `not ready: ${unready.join()}`,
    version: '1.35.4',
    apiServers: slots.map((slot) =>
      unready.includes(slot) ? { slot, ready: false, reason: 'no answer' } : { slot, ready: true },
    ),
    nodes: slots.map((slot) => ({
      name: `i-${slot}`,
      role: 'control-plane' as const,
      slot,
      ready: !unready.includes(slot),
      version: '1.35.4',
    })),
    absent: false,
  };
}

export function kubernetesOf(
  cluster: string,
  observedAt: string,
  unreadySince: UnreadySince,
): KubernetesObservation {
  return { ...healthOf(cluster, observedAt, Object.keys(unreadySince)), unreadySince };
}

/** etcd as it answers where only the members of the slots in `healthy` do. */
export function etcdOf(observedAt: string, healthy: readonly string[]): EtcdHealth {
  return {
    observedAt,
    reachable: true,
    healthy: false,
    reason: 'as told',
    members: slots.map((slot, index) => ({
      slot,
      name: `ha-${slot}`,
      memberId: String(index + 1),
      address: `127.80.0.1${index}`,
      voter: true,
      leader: slot === healthy[0],
      healthy: healthy.includes(slot),
      ...(!healthy.includes(slot) && { reason: 'it does not answer' }),
    })),
    alarms: [],
    hash: 'not-comparable',
  };
}
