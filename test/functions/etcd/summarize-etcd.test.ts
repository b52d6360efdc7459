import { describe, expect, test } from 'vitest';
import { type MemberAnswer, summarizeEtcd } from '../../../functions/etcd/summarize-etcd.ts';
import { verdictOn } from '../../../functions/etcd/verify-etcd.ts';

const expected = ['a', 'b', 'c'].map((slot, index) => ({
  slot,
  memberName: `ha-${slot}`,
  address: `127.80.${16 * index}.10`,
}));
const listed = expected.map(({ memberName, address }, index) => ({
  id: String(11 * (index + 1)),
  name: memberName,
  peerUrls: [`https://${address}:2380`],
  learner: false,
}));
type Answered = Extract<MemberAnswer, { answered: true }>;
const answer = (slot: string, over: Partial<Answered> = {}): Answered => ({
  slot,
  answered: true,
  memberId: { a: '11', b: '22', c: '33' }[slot] ?? '',
  clusterId: '7',
  version: '3.6.14',
  leader: '11',
  raftTerm: '4',
  raftIndex: '5000',
  raftAppliedIndex: '5000',
  revision: '900',
  errors: [],
  members: listed,
  alarms: [],
  hash: '123/1',
  ...over,
});
const summarize = (answers: readonly MemberAnswer[]) =>
  summarizeEtcd(expected, answers, '2026-03-01T12:00:00Z');

describe('what the members say together', () => {
  const rows: [string, MemberAnswer[], boolean, string][] = [
    ['three in sync', [answer('a'), answer('b'), answer('c')], true, '3 voters are healthy and in sync'],
    ['nobody answers', [{ slot: 'a', answered: false, reason: 'refused' }], false, 'no member answers'],
    [
      'one does not answer',
      [answer('a'), { slot: 'b', answered: false, reason: 'connection refused' }, answer('c')],
      false,
      'slot b: connection refused',
    ],
    [
      'one knows no leader',
      [answer('a'), without(answer('b'), 'leader'), answer('c')],
      false,
      'slot b: it knows no leader',
    ],
    [
      'one is far behind',
      [answer('a'), answer('b', { raftAppliedIndex: '3999' }), answer('c')],
      false,
      'slot b: it is 1001 entries behind',
    ],
    [
      'one says that it is sick',
      [answer('a'), answer('b', { errors: ['NOSPACE'] }), answer('c')],
      false,
      'slot b: NOSPACE',
    ],
    [
      'one is of another cluster',
      [answer('a'), answer('b', { clusterId: '8' }), answer('c')],
      false,
      'slot b: it belongs to cluster 8',
    ],
    [
      'another member answers at an address',
      [answer('a'), answer('b', { memberId: '44' }), answer('c')],
      false,
      'slot b: member 44 answers at its address',
    ],
    [
      'an alarm',
      [answer('a', { alarms: ['NOSPACE at 11'], raftIndex: '5001' }), answer('b'), answer('c')],
      false,
      'alarms: NOSPACE at 11',
    ],
    [
      'keys differ',
      [answer('a'), answer('b', { hash: '999/1' }), answer('c')],
      false,
      'the members hold different keys at one revision',
    ],
    [
      'a member is missing',
      [answer('a', { members: listed.slice(0, 2) }), answer('b', { members: listed.slice(0, 2) })],
      false,
      'slot c has no member',
    ],
  ];
  test.each(rows)('%s', (_name, answers, healthy, reason) => {
    const health = summarize(answers);
    expect({ healthy: health.healthy, reason: health.reason }).toEqual({ healthy, reason });
  });
});

function without(from: Answered, field: 'leader'): MemberAnswer {
  const { [field]: _gone, ...rest } = from;
  return rest;
}

test('a membership list is taken from the member with the highest term and index, since an old one answers too', () => {
  const old = answer('a', { raftTerm: '3', members: listed.slice(0, 1) });
  expect(summarize([old, answer('b'), answer('c')]).members).toHaveLength(3);
});

test('etcd 3.4 cannot be asked for a hash: not comparable, which is no verdict', () => {
  const silent = ['a', 'b', 'c'].map((slot) => {
    const { hash: _none, ...rest } = answer(slot);
    return rest;
  });
  expect(summarize(silent)).toMatchObject({ hash: 'not-comparable', healthy: true });
});

test('a member that was added and never started is recognized by its peer URL, as a learner', () => {
  const members = listed.map((member) =>
    member.id === '22' ? { ...member, name: '', learner: true } : member,
  );
  const health = summarize([answer('a', { members }), answer('b', { members }), answer('c', { members })]);
  expect(verdictOn(health, 'b')).toEqual({ verified: false, reason: 'the member of slot b is a learner' });
});

test("one slot is verified by its own member while another slot's is still down", () => {
  const health = summarize([
    answer('a'),
    answer('b'),
    { slot: 'c', answered: false, reason: 'connection refused' },
  ]);
  expect(verdictOn(health, 'b')).toEqual({ verified: true, reason: 'member ha-b is a healthy voter' });
  expect(verdictOn(health, undefined)).toEqual({ verified: false, reason: 'slot c: connection refused' });
});
