import { describe, expect, test } from 'vitest';
import type { ReplacementObservation } from '../../../functions/replacement/contracts.ts';
import {
  decideReplacement,
  type ReplacementSeen,
  replacementPolicy,
  type Wish,
} from '../../../functions/replacement/decide-replacement.ts';
import { memberOf, now, seen, slotOf, target, wish } from './seen-control-plane.ts';

const decide = (what: ReplacementSeen, asked: Wish) => decideReplacement(what, asked, replacementPolicy, now);

const observed = (observation: Partial<ReplacementObservation>) => seen({ observation });
const withB = (over: Parameters<typeof slotOf>[1]) =>
  observed({ slots: [slotOf('a'), slotOf('b', over), slotOf('c')] });
const withC = (over: Parameters<typeof slotOf>[1]) =>
  observed({ slots: [slotOf('a'), slotOf('b'), slotOf('c', over)] });
const { group: _group, ...groupless } = seen().observation;
const alone = { slots: [slotOf('b')] };
const { instance: _instance, ...empty } = slotOf('b');
const { instance: _other, ...emptyC } = slotOf('c');
const withoutC = observed({ slots: [slotOf('a'), slotOf('b'), emptyC] });
const suspended = { group: { launchSuspended: true } };
/** The instance is on its way out, or gone. */
const gone = { ...suspended, slots: [slotOf('a'), empty, slotOf('c')] };
const free = { volume: { status: 'available' as const } };
const { networkInterfaceHolder: _holder, ...freeInterface } = seen({
  observation: { ...gone, ...free },
}).observation;
const allFree: ReplacementSeen = { ...seen(), observation: freeInterface };

const why = 'i-b is to be replaced: it hangs';

describe('before anything is taken in hand', () => {
  test('a slot is taken in hand when all others are well, and what is replaced is settled', () => {
    expect(decide(seen(), wish())).toEqual({
      decision: { action: 'guard', reason: why },
      target: { instanceId: 'i-b', memberId: '21', since: '2026-03-01T12:00:00.000Z' },
    });
  });

  test('a node that does not answer at all may be replaced: how it is itself is no reason against it', () => {
    const members = [
      memberOf('a', { leader: true }),
      memberOf('b', { leader: false, healthy: false }),
      memberOf('c'),
    ];
    const hung = seen({ etcd: { healthy: false, members }, unready: ['b'] });
    expect(decide(hung, wish()).decision).toEqual({ action: 'guard', reason: why });
  });

  test('nothing is done where another instance than the one that was meant is there by now', () => {
    expect(decide(seen(), wish({ instanceId: 'i-old' }))).toEqual({
      decision: { action: 'none', reason: 'i-old is not the instance of slot b any more' },
      target: null,
    });
  });

  test('the only slot of a cluster is replaced by one who accepts that its API is away', () => {
    expect(decide(observed(alone), wish()).decision).toEqual({
      action: 'refuse',
      reason:
        'slot b is the only one of ha, whose API is away while it is replaced: say acceptDowntime to have it so',
    });
    expect(decide(observed(alone), wish({ acceptDowntime: true })).decision.action).toBe('guard');
  });

  test('who accepts downtime does not thereby accept that another slot is down', () => {
    expect(decide(withoutC, wish({ acceptDowntime: true })).decision.action).toBe('refuse');
  });
});

/** Refused before it begins, and as well when it has changed since. */
const refusals: [string, ReplacementSeen, string][] = [
  ['the cluster was never formed', observed({ formed: false }), 'ha was never formed: provision it again'],
  ['the cluster is paused', observed({ leftAlone: 'ha is paused until then' }), 'ha is paused until then'],
  [
    'its group is gone',
    { ...seen(), observation: groupless },
    'slot b has no Auto Scaling group: provision the cluster again',
  ],
  [
    'an execution works on the cluster',
    observed({ inHand: true }),
    'an execution has ha in hand: wait for its end',
  ],
  [
    'an execution works on the slot',
    withB({ inHand: true }),
    'an execution has slot b in hand: wait for its end',
  ],
  [
    'an execution works on another slot',
    withC({ inHand: true }),
    'an execution has slot c in hand: wait for its end',
  ],
  [
    'the instance waits in its launch hook',
    withB({ instance: { instanceId: 'i-b', lifecycleState: 'Pending:Wait', state: 'running' } }),
    'i-b of slot b is Pending:Wait and running, so it is taken care of already',
  ],
  [
    'EC2 does not say how the instance is',
    withB({ instance: { instanceId: 'i-b', lifecycleState: 'InService', state: 'unknown' } }),
    'i-b of slot b is InService and unknown, so it is taken care of already',
  ],
  ['another slot has no instance', withoutC, 'slot c has no instance'],
  [
    "another slot's instance stops",
    withC({ instance: { instanceId: 'i-c', lifecycleState: 'InService', state: 'stopping' } }),
    'i-c of slot c is InService and stopping',
  ],
  ["another slot's node is not ready", seen({ unready: ['c'] }), 'other slots are not ready: c'],
  [
    'an API server was not asked',
    seen({ apiServers: [{ slot: 'a', ready: true }] }),
    'the API server of slot c is not known to be ready',
  ],
  [
    'another member does not answer',
    seen({
      etcd: {
        members: [memberOf('a'), memberOf('b'), memberOf('c', { healthy: false, reason: 'no answer' })],
      },
    }),
    'the member of slot c is not healthy: no answer',
  ],
  [
    'another member is a learner',
    seen({ etcd: { members: [memberOf('a'), memberOf('b'), memberOf('c', { voter: false })] } }),
    'the member of slot c is not healthy: it is no voter',
  ],
  [
    'etcd has an alarm',
    seen({ etcd: { alarms: ['memberID:11 alarm:CORRUPT'] } }),
    'etcd has alarms: memberID:11 alarm:CORRUPT',
  ],
  [
    'members differ',
    seen({ etcd: { hash: 'differs' } }),
    "etcd's members hold different keys at one revision",
  ],
];

describe.each(refusals)('where %s', (_name, what, reason) => {
  test('it is refused before anything is changed', () => {
    expect(decide(what, wish())).toEqual({ decision: { action: 'refuse', reason }, target: null });
  });

  test('it is refused in the last moment, too, as long as the instance is there', () => {
    const asked = wish({ target, guard: 'cluster' });
    expect(decide(what, asked).decision).toEqual({ action: 'refuse', reason });
  });
});

test('a slot without an instance is refused where no instance is named', () => {
  expect(decide(observed(gone), wish()).decision).toEqual({
    action: 'refuse',
    reason: 'slot b has no instance: its group launches one',
  });
});

const moveToC = {
  action: 'move-leader',
  reason: 'the member of slot b leads; that of slot c is to',
  move: { from: 'b', to: 'c', toMemberId: '31' },
};
const behindA = [memberOf('a', { raftIndex: '99' }), memberOf('b'), memberOf('c')];
const led = (over: Parameters<typeof memberOf>[1]) =>
  seen({ observation: suspended, etcd: { members: [memberOf('a'), memberOf('b', over), memberOf('c')] } });
const { raftIndex: _index, ...silent } = memberOf('b');
const leaderSilent = seen({
  observation: suspended,
  etcd: { members: [memberOf('a'), silent, memberOf('c')] },
});

/** In order: what is left to be done, and what is held meanwhile. */
test.each<[string, ReplacementSeen, Partial<Wish>, object]>([
  ['first the leases are taken', seen(), { guard: 'none' }, { action: 'guard', reason: why }],
  ['then Launch is suspended', seen(), { guard: 'cluster' }, { action: 'suspend', reason: why }],
  [
    'then leadership is moved to the member that has come farthest',
    seen({ observation: suspended, etcd: { members: behindA } }),
    { guard: 'cluster' },
    moveToC,
  ],
  [
    'it is asked for three times',
    seen({ observation: suspended, etcd: { members: behindA } }),
    { guard: 'cluster', moves: 2 },
    moveToC,
  ],
  [
    'then it is given up, as an election follows',
    seen({ observation: suspended }),
    { guard: 'cluster', moves: 3 },
    { action: 'terminate', reason: why },
  ],
  [
    'a member that does not lead is not asked',
    led({ leader: false }),
    { guard: 'cluster' },
    { action: 'terminate', reason: why },
  ],
  [
    'a leader that does not answer is not asked',
    leaderSilent,
    { guard: 'cluster' },
    { action: 'terminate', reason: why },
  ],
  [
    'the only member has nobody to hand over to',
    seen({ observation: { ...suspended, ...alone }, etcd: { members: [memberOf('b')] } }),
    { guard: 'cluster', acceptDowntime: true },
    { action: 'terminate', reason: why },
  ],
  [
    'once it goes, the cluster is let go',
    observed(gone),
    { guard: 'cluster' },
    { action: 'let-go', reason: 'i-b is on its way out' },
  ],
  [
    'a group that does not say yet that it goes is waited for',
    seen({ observation: suspended }),
    { guard: 'slot' },
    { action: 'wait', reason: 'i-b was told to go and is still in service' },
  ],
  [
    'the network interface is waited for',
    observed(gone),
    { guard: 'slot' },
    { action: 'wait', reason: 'i-b still holds the network interface of slot b' },
  ],
  [
    'the volume is waited for',
    { ...seen(), observation: { ...freeInterface, volume: { status: 'in-use', holder: 'i-b' } } },
    { guard: 'slot' },
    { action: 'wait', reason: 'the volume of slot b is still in-use by i-b' },
  ],
  [
    'a volume of which EC2 says nothing is waited for',
    { ...seen(), observation: { ...freeInterface, volume: { status: 'unknown' } } },
    { guard: 'slot' },
    { action: 'wait', reason: 'the volume of slot b is still unknown' },
  ],
  [
    'a volume that is lost is for the slot to decide about',
    { ...seen(), observation: { ...freeInterface, volume: { status: 'lost' } } },
    { guard: 'slot' },
    { action: 'resume', reason: 'network interface and volume of slot b are free' },
  ],
  [
    'when both are free, Launch is resumed',
    allFree,
    { guard: 'slot' },
    { action: 'resume', reason: 'network interface and volume of slot b are free' },
  ],
  [
    'the next instance is waited for',
    allFree,
    {},
    { action: 'wait', reason: 'the group of slot b has not launched an instance yet' },
  ],
  [
    'in a pause the sweep does not bring the member back, and the reason says so',
    { ...seen(), observation: { ...freeInterface, leftAlone: 'ha is paused until then' } },
    {},
    {
      action: 'wait',
      reason: 'the group of slot b has not launched an instance yet; ha is paused until then',
    },
  ],
])('%s', (_name, what, over, decision) => {
  expect(decide(what, wish({ target, ...over }))).toEqual({ decision, target });
});

const newInstance = { instanceId: 'i-new', lifecycleState: 'InService', state: 'running' };
const back = (slot: Parameters<typeof slotOf>[1] = {}, more: Parameters<typeof seen>[0] = {}) =>
  seen({
    ...more,
    observation: {
      slots: [
        slotOf('a'),
        slotOf('b', { instance: newInstance, recordedInstanceId: 'i-new', ...slot }),
        slotOf('c'),
      ],
    },
  });
const verdict = (at: string) => ({ action: 'hold', reason: 'the breaker is open', at });

test.each<[string, ReplacementSeen, Partial<Wish>, object]>([
  [
    'another instance came while the leases were waited for: they are given back',
    back(),
    { guard: 'cluster' },
    { action: 'let-go', reason: 'i-b is on its way out' },
  ],
  [
    'another instance is there already: Launch is resumed all the same',
    back(),
    { guard: 'slot' },
    { action: 'resume', reason: 'network interface and volume of slot b are free' },
  ],
  [
    'it waits in its launch hook',
    back({ recordedInstanceId: 'i-b', instance: { ...newInstance, lifecycleState: 'Pending:Wait' } }),
    {},
    { action: 'wait', reason: 'the member of slot b is not back on i-new yet: Pending:Wait' },
  ],
  [
    'its member is not healthy any more',
    back({}, { etcd: { members: [memberOf('b', { healthy: false, reason: 'it knows no leader' })] } }),
    {},
    { action: 'wait', reason: 'the member of slot b is not healthy: it knows no leader' },
  ],
  [
    'its API server starts',
    back({}, { apiServers: [{ slot: 'b', ready: false, reason: 'ECONNREFUSED' }] }),
    {},
    { action: 'wait', reason: 'the API server of slot b is not ready: ECONNREFUSED' },
  ],
  [
    'it is held',
    back({ recordedInstanceId: 'i-b', verdict: verdict('2026-03-01T11:59:30.000Z') }),
    {},
    { action: 'held', reason: 'slot b is held: the breaker is open' },
  ],
  [
    'it was held before the replacement began',
    back({ recordedInstanceId: 'i-b', verdict: verdict('2026-03-01T11:58:59.000Z') }),
    {},
    { action: 'wait', reason: 'the member of slot b is not back on i-new yet: InService' },
  ],
  [
    'it came back as another member',
    back({}, { etcd: { members: [memberOf('b', { memberId: '99' })] } }),
    {},
    { action: 'held', reason: 'slot b came back as member 99, and was 21' },
  ],
  [
    'it serves',
    back(),
    {},
    {
      action: 'finish',
      reason: 'i-new is in the place of i-b: member 21 is a healthy voter, its API server is ready',
    },
  ],
])('%s', (_name, what, over, decision) => {
  expect(decide(what, wish({ target, ...over }))).toEqual({ decision, target });
});
