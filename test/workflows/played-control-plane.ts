import type { LeaseRecord } from '../../functions/aws/records.ts';
import type { EtcdHealth } from '../../functions/etcd/contracts.ts';
import type { KubernetesHealth } from '../../functions/kubernetes/contracts.ts';
import type { Lease } from '../../functions/leases/contracts.ts';
import type { ReplacementDecision, ReplacementObservation } from '../../functions/replacement/contracts.ts';
import {
  decideReplacement,
  replacementPolicy,
  type Wish,
} from '../../functions/replacement/decide-replacement.ts';
import { decideSweep, type SweptSlot, sweepPolicy } from '../../functions/sweep/decide-sweep.ts';
import { StateFailure } from '../../region/states/errors.ts';
import type { JsonValue } from '../../region/states/json.ts';
import type { TestFunction } from '../region/states/harness.ts';
import { createManualClock } from '../support/manual-clock.ts';

const slots = ['a', 'b', 'c'];
type Outage = 'c' | undefined;

interface PlayedOptions {
  /** Slot c is down. */
  readonly outage?: Outage;
  /** etcd does not let its leader hand over. */
  readonly stubborn?: boolean;
  /** The old instance never ends. */
  readonly stuck?: boolean;
}

/** What is there of slot b; of the others only whether they are well. */
interface PlayedState {
  instance: { instanceId: string; lifecycleState: string } | undefined;
  /** Looks that the old instance still takes to end. */
  ending: number;
  holder: string | undefined;
  launchSuspended: boolean;
  recordedInstanceId: string;
  memberId: string;
  leader: string;
  outage: Outage;
  /** Executions of replace-etcd-member that the sweep started. */
  replaced: number;
  leases: Map<string, LeaseRecord>;
  /** Instances that were told to go, each time. */
  terminated: string[];
}

/**
 * A control plane of three slots whose slot b is looked at: what each task does shows in what the next look finds, AWS goes a step on with
 * each look, and the sweep's own decision says what it does meanwhile.
 */
export function playedControlPlane({ outage, stubborn = false, stuck = false }: PlayedOptions = {}) {
  const clock = createManualClock();
  const state: PlayedState = {
    instance: { instanceId: 'i-b', lifecycleState: 'InService' },
    ending: 0,
    holder: 'i-b',
    launchSuspended: false,
    recordedInstanceId: 'i-b',
    memberId: '21',
    leader: 'b',
    outage,
    replaced: 0,
    leases: new Map(),
    terminated: [],
  };
  /** Whether the execution that is tried still runs: the sweep asks for it. */
  const running = { it: true };

  const isHeld = (scope: string): boolean => {
    const lease = state.leases.get(scope);
    return running.it && lease !== undefined && lease.releasedAt === undefined;
  };
  const alive = (): boolean => state.instance?.lifecycleState === 'InService' || state.ending > 0;

  /** AWS goes a step on: an instance ends, lets go, and a group launches. */
  const live = (): void => {
    if (state.ending > 0 && !stuck) {
      state.ending -= 1;
      if (state.ending === 0) state.holder = undefined;
      return;
    }
    if (state.instance || state.launchSuspended || state.holder !== undefined) return;
    state.instance = { instanceId: 'i-new', lifecycleState: 'Pending:Wait' };
    state.holder = 'i-new';
  };

  const swept = (): SweptSlot => ({
    cluster: 'ha',
    slot: 'b',
    formed: true,
    phase: 'serving',
    leased: isHeld('cluster') || isHeld('slot:b'),
    recordedInstanceId: state.recordedInstanceId,
    group: {
      launchSuspended: state.launchSuspended,
      ...(state.instance && { instance: { ...state.instance, state: 'running' } }),
    },
    networkInterfaceFree: state.holder === undefined,
  });

  /** One look of the sweep, by its own decision; what it starts is done at once. */
  const sweep = (): string => {
    const { action } = decideSweep(swept(), sweepPolicy, clock.now());
    if (action === 'resume-launch') state.launchSuspended = false;
    if (action === 'start-replace' && state.instance) {
      state.replaced += 1;
      state.instance.lifecycleState = 'InService';
      state.recordedInstanceId = state.instance.instanceId;
    }
    return action;
  };

  const observe = (): ReplacementObservation => {
    live();
    sweep();
    return {
      cluster: 'ha',
      slot: 'b',
      observedAt: clock.now().toISOString(),
      formed: true,
      ownNetwork: false,
      inHand: false,
      slots: slots.map((slot) => ({
        slot,
        phase: 'serving',
        recordedInstanceId: slot === 'b' ? state.recordedInstanceId : `i-${slot}`,
        memberId: slot === 'b' ? state.memberId : '11',
        inHand: false,
        ...(slot === 'b' && state.instance && { instance: { ...state.instance, state: 'running' } }),
        ...(slot !== 'b' && {
          instance: { instanceId: `i-${slot}`, lifecycleState: 'InService', state: 'running' },
        }),
      })),
      group: { launchSuspended: state.launchSuspended },
      ...(state.holder && { networkInterfaceHolder: state.holder }),
      volume: state.holder ? { status: 'in-use', holder: state.holder } : { status: 'available' },
    };
  };

  const serves = (slot: string): boolean => (slot === 'b' ? alive() : state.outage !== slot);
  const etcd = (): EtcdHealth => ({
    observedAt: clock.now().toISOString(),
    reachable: true,
    clusterId: '7',
    healthy: true,
    reason: 'as told',
    members: slots.map((slot, index) => ({
      slot,
      name: `ha-${slot}`,
      memberId: slot === 'b' ? state.memberId : `${index + 1}1`,
      address: `127.80.0.1${index}`,
      voter: true,
      leader: slot === state.leader,
      healthy: serves(slot),
      ...(serves(slot) ? { raftIndex: '100' } : { reason: 'no answer' }),
    })),
    alarms: [],
    hash: 'agrees',
  });
  const kubernetes = (): KubernetesHealth => ({
    cluster: 'ha',
    observedAt: clock.now().toISOString(),
    ready: true,
    reason: 'as told',
    apiServers: slots.map((slot) => ({ slot, ready: serves(slot) })),
    nodes: [],
    absent: false,
  });

  const assertLease = ({ scope, token }: Lease): void => {
    const lease = state.leases.get(scope);
    if (lease?.token !== token || lease.releasedAt !== undefined)
      throw new StateFailure('LeaseLost', `{"errorMessage":"${scope} is gone"}`);
  };

  const tasks = {
    ObserveReplacement: () => observe(),
    JudgeReplacement: ({ observation, ...wish }: { observation: ReplacementObservation } & Wish) => {
      const seen = { observation, etcd: etcd(), kubernetes: kubernetes(), unreadySince: {} };
      return decideReplacement(seen, wish, replacementPolicy, clock.now());
    },
    AcquireLease: ({ cluster, scope, holder }: Omit<Lease, 'token'>) => {
      const token = (state.leases.get(scope)?.token ?? 0) + 1;
      if (!isHeld(scope)) state.leases.set(scope, { holder, token, acquiredAt: clock.now().toISOString() });
      return { lease: { cluster, scope, holder, token: state.leases.get(scope)?.token ?? 0 } };
    },
    ReleaseLease: ({ lease }: { lease: Lease }) => {
      const present = state.leases.get(lease.scope);
      if (present) state.leases.set(lease.scope, { ...present, releasedAt: clock.now().toISOString() });
      return { released: true };
    },
    SuspendLaunch: ({ lease }: { lease: Lease }) => {
      assertLease(lease);
      state.launchSuspended = true;
      return { suspended: true };
    },
    MoveLeader: ({ lease, decision }: { lease: Lease; decision: ReplacementDecision }) => {
      assertLease(lease);
      if (!stubborn) state.leader = decision.move?.to ?? '';
      return { moved: !stubborn, reason: 'as told' };
    },
    TerminateNode: ({ lease, target }: { lease: Lease; target: { instanceId: string } }) => {
      assertLease(lease);
      state.terminated.push(target.instanceId);
      if (state.instance?.instanceId === target.instanceId) {
        state.instance = undefined;
        state.ending = 3;
      }
      return { terminated: true };
    },
    ResumeLaunch: ({ lease }: { lease: Lease }) => {
      assertLease(lease);
      state.launchSuspended = false;
      return { resumed: true };
    },
    RecordFailure: () => ({ message: 'it failed' }),
  };
  const calls: string[] = [];
  const functions = Object.fromEntries(
    Object.entries(tasks).map(([name, run]): [string, TestFunction] => [
      `\${${name}}`,
      (payload) => {
        calls.push(name);
        return run(payload as never) as unknown as JsonValue;
      },
    ]),
  );

  /** The execution is no more: AWS and the sweep go on by themselves. */
  const goOn = (): void => {
    running.it = false;
    for (let look = 0; look < 10; look += 1) {
      live();
      sweep();
    }
  };
  const held = (): string[] => [...state.leases.keys()].filter((scope) => isHeld(scope));
  return { clock, state, functions, calls, goOn, held };
}
