import type { EtcdHealth, MemberHealth } from './contracts.ts';

/** A slot whose member is expected in the cluster. */
export interface ExpectedMember {
  readonly slot: string;
  readonly memberName: string;
  readonly address: string;
}

/** What one member said when asked at its slot's address; `unreachable` carries why. Numbers are etcd's decimal strings. */
export type MemberAnswer =
  | {
      readonly slot: string;
      readonly answered: true;
      readonly memberId: string;
      readonly clusterId: string;
      readonly version: string;
      readonly leader?: string;
      readonly raftTerm: string;
      readonly raftIndex: string;
      readonly raftAppliedIndex: string;
      /** Revision of the keys at which it answered. */
      readonly revision: string;
      readonly errors: readonly string[];
      readonly members: readonly ListedMember[];
      readonly alarms: readonly string[];
      /** Hash of all keys at the revision that every member was asked for; absent where this etcd cannot say (3.4). */
      readonly hash?: string;
    }
  | { readonly slot: string; readonly answered: false; readonly reason: string };

export interface ListedMember {
  readonly id: string;
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly learner: boolean;
}

/** A follower this many entries behind its leader still counts as in sync: the two are not asked at the same instant. */
const lagEntriesMax = 1000n;

type Answered = Extract<MemberAnswer, { answered: true }>;

/**
 * What the members' answers say together: who is a healthy voter, who leads, and whether the whole is as it should be. Pure. Silence is
 * never health: a member that did not answer is unhealthy, and a cluster in which nobody answered is not reachable.
 */
export function summarizeEtcd(
  expected: readonly ExpectedMember[],
  answers: readonly MemberAnswer[],
  observedAt: string,
): EtcdHealth {
  const answered = answers.filter((answer) => answer.answered);
  const best = freshest(answered);
  if (!best) {
    return {
      observedAt,
      reachable: false,
      healthy: false,
      reason: 'no member answers',
      members: [],
      alarms: [],
      hash: 'not-comparable',
    };
  }
  const members = best.members.map((member) => judgeMember(member, expected, answers, best));
  const hash = compareHashes(answered);
  const problem = problemOf(expected, members, best, hash);
  return {
    observedAt,
    reachable: true,
    clusterId: best.clusterId,
    healthy: problem === undefined,
    reason: problem ?? `${members.length} voters are healthy and in sync`,
    members,
    alarms: [...best.alarms],
    hash,
  };
}

/** The member that knows most: highest term, then index. 3.4 answers a member list from its own, possibly old, state. */
function freshest(answered: readonly Answered[]): Answered | undefined {
  return answered.toSorted(
    (one, two) => compare(two.raftTerm, one.raftTerm) || compare(two.raftIndex, one.raftIndex),
  )[0];
}

function compare(one: string, two: string): number {
  const difference = BigInt(one) - BigInt(two);
  return difference === 0n ? 0 : difference > 0n ? 1 : -1;
}

function judgeMember(
  member: ListedMember,
  expected: readonly ExpectedMember[],
  answers: readonly MemberAnswer[],
  best: Answered,
): MemberHealth {
  // A member that was added and never started has no name yet; its peer URL tells whose it is.
  const home = expected.find(
    ({ memberName, address }) =>
      memberName === member.name || member.peerUrls.some((url) => url.includes(`//${address}:`)),
  );
  const answer = answers.find(({ slot }) => slot === home?.slot);
  const reason = home ? problemOfMember(member, answer, best) : 'it is no slot of this cluster';
  return {
    ...(home && { slot: home.slot }),
    name: member.name,
    memberId: member.id,
    address: home?.address ?? addressOf(member.peerUrls[0]),
    voter: !member.learner,
    leader: best.leader === member.id,
    healthy: reason === undefined,
    ...(reason !== undefined && { reason }),
    ...(answer?.answered && { raftIndex: answer.raftIndex, version: answer.version }),
  };
}

function addressOf(peerUrl: string | undefined): string {
  return peerUrl === undefined ? '' : new URL(peerUrl).hostname;
}

function problemOfMember(
  member: ListedMember,
  answer: MemberAnswer | undefined,
  best: Answered,
): string | undefined {
  if (!answer) return 'it was not asked';
  if (!answer.answered) return answer.reason;
  if (answer.memberId !== member.id) return `member ${answer.memberId} answers at its address`;
  if (answer.clusterId !== best.clusterId) return `it belongs to cluster ${answer.clusterId}`;
  if (answer.errors.length > 0) return answer.errors.join('; ');
  if (answer.leader === undefined) return 'it knows no leader';
  if (member.learner) return 'it is a learner';
  const lag = BigInt(best.raftIndex) - BigInt(answer.raftAppliedIndex);
  return lag > lagEntriesMax ? `it is ${lag} entries behind` : undefined;
}

function compareHashes(answered: readonly Answered[]): EtcdHealth['hash'] {
  const hashes = answered.flatMap(({ hash }) => (hash === undefined ? [] : [hash]));
  if (hashes.length < answered.length || hashes.length < 2) return 'not-comparable';
  return new Set(hashes).size === 1 ? 'agrees' : 'differs';
}

function problemOf(
  expected: readonly ExpectedMember[],
  members: readonly MemberHealth[],
  best: Answered,
  hash: EtcdHealth['hash'],
): string | undefined {
  const missing = expected.filter(({ slot }) => !members.some((member) => member.slot === slot));
  if (missing.length > 0) return `slot ${missing.map(({ slot }) => slot).join(', ')} has no member`;
  const stranger = members.find(({ slot }) => slot === undefined);
  if (stranger) return `member ${stranger.name || stranger.memberId} is no slot of this cluster`;
  const unhealthy = members.find(({ healthy }) => !healthy);
  if (unhealthy) return `slot ${unhealthy.slot}: ${unhealthy.reason}`;
  if (best.alarms.length > 0) return `alarms: ${best.alarms.join(', ')}`;
  if (hash === 'differs') return 'the members hold different keys at one revision';
  return members.some(({ leader }) => leader) ? undefined : 'there is no leader';
}
