import type { EtcdHealth } from '../etcd/contracts.ts';
import type { KubernetesHealth } from '../kubernetes/contracts.ts';
import type { ReplacementDecision, ReplacementObservation, ReplacementTarget } from './contracts.ts';
import { decideReturn } from './decide-return.ts';
import { type JudgedControlPlane, problemOfOthers } from './judge-others.ts';

/** A control plane as AWS, the registry and its own servers say it is. */
export interface ReplacementSeen {
  readonly observation: ReplacementObservation;
  readonly etcd: EtcdHealth;
  readonly kubernetes: KubernetesHealth;
  /** By slot: whose API server or node is not ready at this look. */
  readonly unreadySince: NonNullable<JudgedControlPlane['kubernetes']>['unreadySince'];
}

/** What is asked for, and how far it has come (contracts.ts). */
export interface Wish {
  readonly target: ReplacementTarget | null;
  readonly instanceId: string | null;
  readonly reason: string;
  readonly acceptDowntime: boolean;
  readonly guard: 'none' | 'slot' | 'cluster';
  readonly moves: number;
}

export interface ReplacementPolicy {
  /** Leadership that was asked to move so often and did not is given up: an election follows then, as after any loss. */
  readonly movesMax: number;
}

export const replacementPolicy: ReplacementPolicy = { movesMax: 3 };

export interface ReplacementJudgement {
  readonly decision: ReplacementDecision;
  readonly target: ReplacementTarget | null;
}

/** A slot that is observed: every decision speaks of one. */
export type OwnSlot = ReplacementObservation['slots'][number];

/**
 * The next step of a planned replacement, first match wins. Pure, and asked anew before each step: as long as the instance is there, all other
 * slots must be well at this very look, and nobody else at work; once it goes, its place is awaited and given back to the group; then its
 * successor is, which the sweep brings back (ADR 24).
 */
export function decideReplacement(
  seen: ReplacementSeen,
  wish: Wish,
  policy: ReplacementPolicy,
  now: Date,
): ReplacementJudgement {
  const own = ownSlot(seen.observation);
  if (!wish.target) return considerReplacement(seen, own, wish, now);
  const { target } = wish;
  const decision =
    own.instance?.instanceId === target.instanceId
      ? decideEnd(seen, own, { ...wish, target }, policy, now)
      : decideReturn(seen, own, { ...wish, target });
  return { decision, target };
}

function ownSlot({ slots, slot }: ReplacementObservation): OwnSlot {
  const own = slots.find((one) => one.slot === slot);
  if (!own) throw new Error(`an observation of slot ${slot} has it among its slots`);
  return own;
}

/** Before anything is taken in hand. */
function considerReplacement(
  seen: ReplacementSeen,
  own: OwnSlot,
  wish: Wish,
  now: Date,
): ReplacementJudgement {
  const { instance } = own;
  if (wish.instanceId !== null && instance?.instanceId !== wish.instanceId) {
    const reason = `${wish.instanceId} is not the instance of slot ${own.slot} any more`;
    return { decision: { action: 'none', reason }, target: null };
  }
  const problem = problemOf(seen, own, wish, now);
  if (problem !== undefined || !instance) {
    const reason = problem ?? `slot ${own.slot} has no instance`;
    return { decision: { action: 'refuse', reason }, target: null };
  }
  return {
    decision: { action: 'guard', reason: `${instance.instanceId} is to be replaced: ${wish.reason}` },
    target: {
      instanceId: instance.instanceId,
      ...(own.memberId !== undefined && { memberId: own.memberId }),
      since: now.toISOString(),
    },
  };
}

/** Why an instance may not be ended on purpose now; each says what has to be otherwise first. */
function problemOf(
  { observation, etcd, kubernetes, unreadySince }: ReplacementSeen,
  { slot, instance, inHand }: OwnSlot,
  { acceptDowntime }: Wish,
  now: Date,
): string | undefined {
  const { cluster, formed, group, leftAlone, slots } = observation;
  if (!formed) return `${cluster} was never formed: provision it again`;
  if (leftAlone !== undefined) return leftAlone;
  if (!group) return `slot ${slot} has no Auto Scaling group: provision the cluster again`;
  if (observation.inHand) return `an execution has ${cluster} in hand: wait for its end`;
  const taken = inHand ? slot : slots.find((other) => other.inHand)?.slot;
  if (taken !== undefined) return `an execution has slot ${taken} in hand: wait for its end`;
  if (!instance) return `slot ${slot} has no instance: its group launches one`;
  const { instanceId, lifecycleState, state } = instance;
  if (lifecycleState !== 'InService' || state !== 'running')
    return `${instanceId} of slot ${slot} is ${lifecycleState} and ${state}, so it is taken care of already`;
  if (slots.length === 1)
    return acceptDowntime
      ? undefined
      : `slot ${slot} is the only one of ${cluster}, whose API is away while it is replaced: say acceptDowntime to have it so`;
  return problemOfOthers({ slots, etcd, kubernetes: { ...kubernetes, unreadySince } }, slot, now);
}

type Begun = Wish & { readonly target: ReplacementTarget };

/** The instance is there: `Launch` is suspended, leadership is moved, and it is terminated. */
function decideEnd(
  seen: ReplacementSeen,
  own: OwnSlot,
  wish: Begun,
  policy: ReplacementPolicy,
  now: Date,
): ReplacementDecision {
  const { instanceId } = wish.target;
  // Only after its end are the leases given back one by one: a group that does not say yet that it leaves.
  if (wish.guard === 'slot')
    return { action: 'wait', reason: `${instanceId} was told to go and is still in service` };
  const problem = problemOf(seen, own, wish, now);
  if (problem !== undefined) return { action: 'refuse', reason: problem };
  const reason = `${instanceId} is to be replaced: ${wish.reason}`;
  if (wish.guard === 'none') return { action: 'guard', reason };
  if (!seen.observation.group?.launchSuspended) return { action: 'suspend', reason };
  return decideLeader(seen.etcd, own.slot, wish, policy) ?? { action: 'terminate', reason };
}

/** Only a leader that answers can be asked to hand over, as on a hung node it may not. */
function decideLeader(
  { members }: EtcdHealth,
  slot: string,
  { moves }: Wish,
  { movesMax }: ReplacementPolicy,
): ReplacementDecision | undefined {
  const own = members.find((member) => member.slot === slot);
  const answers = own?.raftIndex !== undefined;
  if (!own?.leader || !answers || moves >= movesMax) return undefined;
  const [next] = members
    .filter((member) => member.slot !== slot && member.voter && member.healthy)
    .toSorted((one, other) => Number(BigInt(other.raftIndex ?? '0') - BigInt(one.raftIndex ?? '0')));
  if (next?.slot === undefined) return undefined;
  return {
    action: 'move-leader',
    reason: `the member of slot ${slot} leads; that of slot ${next.slot} is to`,
    move: { from: slot, to: next.slot, toMemberId: next.memberId },
  };
}
