import type { EtcdHealth } from '../../../functions/etcd/contracts.ts';
import type { KubernetesHealth } from '../../../functions/kubernetes/contracts.ts';
import type { ReplacementObservation } from '../../../functions/replacement/contracts.ts';
import type { ReplacementSeen, Wish } from '../../../functions/replacement/decide-replacement.ts';

export const now = new Date('2026-03-01T12:00:00.000Z');
const observedAt = now.toISOString();
const slots = ['a', 'b', 'c'];

type Slot = ReplacementObservation['slots'][number];
export type Member = EtcdHealth['members'][number];

export const slotOf = (slot: string, over: Partial<Slot> = {}): Slot => ({
  slot,
  phase: 'serving',
  recordedInstanceId: `i-${slot}`,
  memberId: `${slots.indexOf(slot) + 1}1`,
  instance: { instanceId: `i-${slot}`, lifecycleState: 'InService', state: 'running' },
  inHand: false,
  ...over,
});

export const memberOf = (slot: string, over: Partial<Member> = {}): Member => ({
  slot,
  name: `ha-${slot}`,
  memberId: `${slots.indexOf(slot) + 1}1`,
  address: `127.80.0.1${slots.indexOf(slot)}`,
  voter: true,
  leader: slot === 'b',
  healthy: true,
  raftIndex: '100',
  ...over,
});

/** What happens in slot b is looked at: its member leads, and all is well. */
export function seen(
  over: {
    readonly observation?: Partial<ReplacementObservation>;
    readonly etcd?: Partial<EtcdHealth>;
    readonly apiServers?: KubernetesHealth['apiServers'];
    readonly unready?: readonly string[];
  } = {},
): ReplacementSeen {
  const { unready = [] } = over;
  return {
    observation: {
      cluster: 'ha',
      slot: 'b',
      observedAt,
      formed: true,
      ownNetwork: false,
      inHand: false,
      slots: slots.map((slot) => slotOf(slot)),
      group: { launchSuspended: false },
      networkInterfaceHolder: 'i-b',
      volume: { status: 'in-use', holder: 'i-b' },
      ...over.observation,
    },
    etcd: {
      observedAt,
      reachable: true,
      clusterId: '7',
      healthy: true,
      reason: '3 voters are healthy and in sync',
      members: slots.map((slot) => memberOf(slot)),
      alarms: [],
      hash: 'agrees',
      ...over.etcd,
    },
    kubernetes: {
      cluster: 'ha',
      observedAt,
      ready: true,
      reason: 'all ready',
      apiServers: over.apiServers ?? slots.map((slot) => ({ slot, ready: true })),
      nodes: [],
      absent: false,
    },
    unreadySince: Object.fromEntries(
      unready.map((slot) => [slot, { instanceId: `i-${slot}`, since: observedAt }]),
    ),
  };
}

export const target = { instanceId: 'i-b', memberId: '21', since: '2026-03-01T11:59:00.000Z' };

/** Nothing is settled yet, and nothing held. */
export const wish = (over: Partial<Wish> = {}): Wish => ({
  target: null,
  instanceId: null,
  reason: 'it hangs',
  acceptDowntime: false,
  guard: 'none',
  moves: 0,
  ...over,
});
