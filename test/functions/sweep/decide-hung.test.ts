import { expect, test } from 'vitest';
import type { KubernetesObservation } from '../../../functions/sweep/contracts.ts';
import { decideHung, hungPolicy } from '../../../functions/sweep/decide-hung.ts';
import type { SweptSlot } from '../../../functions/sweep/decide-sweep.ts';
import type { ControlPlane } from '../../../functions/sweep/observe-control-planes.ts';
import { etcdOf, kubernetesOf, swept } from './hung-cluster.ts';

const now = new Date('2026-03-01T12:00:00.000Z');
const fresh = '2026-03-01T11:59:30.000Z';
const stale = '2026-03-01T11:56:59.000Z';
const elevenMinutesAgo = '2026-03-01T11:49:00.000Z';

const withInstance = (instanceId: string, lifecycleState: string, state: string): Partial<SweptSlot> => ({
  group: { launchSuspended: false, instance: { instanceId, lifecycleState, state } },
});

const unreadyB = { b: { instanceId: 'i-b', since: elevenMinutesAgo } };
const kubernetes = (over: Partial<KubernetesObservation> = {}) => ({
  ...kubernetesOf('ha', fresh, unreadyB),
  ...over,
});

/** Slot b hangs; a and c are well. */
const hung = (over: Partial<ControlPlane> = {}): ControlPlane => ({
  cluster: 'ha',
  slots: [swept('a'), swept('b'), swept('c')],
  kubernetes: kubernetes(),
  etcd: etcdOf(fresh, ['a', 'c']),
  scheduled: [],
  ...over,
});
const withB = (over: Partial<SweptSlot>) => hung({ slots: [swept('a'), swept('b', over), swept('c')] });
const withC = (over: Partial<SweptSlot>) => hung({ slots: [swept('a'), swept('b'), swept('c', over)] });
const { etcd: _etcd, ...withoutEtcd } = hung();
const { kubernetes: _kubernetes, ...unwatched } = hung();
const healthyEtcd = etcdOf(fresh, ['a', 'c']);
const { group: _group, ...groupless } = swept('c');

const fact = 'i-b runs and has not been ready for 660 s';
const last = (slot: string, instanceId: string, at: string) =>
  hung({ lastReplacement: { slot, instanceId, at } });

test.each<[string, ControlPlane, string, string]>([
  [
    'a node that hangs while all others are well',
    hung(),
    'start-replace-node',
    `${fact}, and all others are well`,
  ],
  [
    'the same an hour after the last one',
    last('a', 'i-old', '2026-03-01T11:00:00.000Z'),
    'start-replace-node',
    `${fact}, and all others are well`,
  ],
  [
    'one whose replacement an earlier look announced and did not see through',
    last('b', 'i-b', '2026-03-01T11:59:00.000Z'),
    'start-replace-node',
    `${fact}, and all others are well`,
  ],
  [
    'one within an hour of the last',
    last('b', 'i-old', '2026-03-01T11:00:01.000Z'),
    'report',
    `${fact}, but i-old of slot b was replaced as hung 3599 s ago`,
  ],
  [
    'one while an execution works on the slot',
    withB({ leased: true }),
    'wait',
    `${fact}; an execution has the cluster in hand`,
  ],
  [
    'one while an execution works on another slot',
    withC({ leased: true }),
    'wait',
    `${fact}; an execution has the cluster in hand`,
  ],
  [
    'the only slot of a cluster',
    hung({ slots: [swept('b')] }),
    'report',
    `${fact}, but the cluster has no other slot that could serve meanwhile`,
  ],
  [
    'one of two that are not ready (S21)',
    hung({
      kubernetes: kubernetes({ unreadySince: { ...unreadyB, c: { instanceId: 'i-c', since: fresh } } }),
    }),
    'report',
    `${fact}, but other slots are not ready: c`,
  ],
  [
    'one beside a slot that is still forming',
    withC({ phase: 'forming' }),
    'report',
    `${fact}, but slot c is forming`,
  ],
  [
    'one beside a slot without a group',
    hung({ slots: [swept('a'), swept('b'), groupless] }),
    'report',
    `${fact}, but slot c has no instance`,
  ],
  [
    'one beside an instance that is on its way in',
    withC(withInstance('i-c', 'Pending:Wait', 'running')),
    'report',
    `${fact}, but i-c of slot c is Pending:Wait and running`,
  ],
  [
    'one beside an instance of which EC2 does not say how it is',
    withC(withInstance('i-c', 'InService', 'unknown')),
    'report',
    `${fact}, but i-c of slot c is InService and unknown`,
  ],
  [
    'one beside an API server that nobody asked',
    hung({ kubernetes: kubernetes({ apiServers: [{ slot: 'a', ready: true }] }) }),
    'report',
    `${fact}, but the API server of slot c is not known to be ready`,
  ],
  ['one whose etcd nobody watched', withoutEtcd, 'report', `${fact}, but how etcd is, is not known`],
  [
    'one whose etcd was watched too long ago',
    hung({ etcd: etcdOf(stale, ['a', 'c']) }),
    'report',
    `${fact}, but how etcd is, is not known`,
  ],
  [
    'one beside a member that is not healthy',
    hung({ etcd: etcdOf(fresh, ['a']) }),
    'report',
    `${fact}, but the member of slot c is not healthy: it does not answer`,
  ],
  [
    'one beside a slot that is not in the membership',
    hung({ etcd: { ...etcdOf(fresh, ['a', 'c']), members: etcdOf(fresh, ['a', 'c']).members.slice(0, 2) } }),
    'report',
    `${fact}, but the member of slot c is not healthy: it is no voter`,
  ],
  [
    'one of an etcd with an alarm',
    hung({ etcd: { ...healthyEtcd, alarms: ['memberID:1 alarm:NOSPACE'] } }),
    'report',
    `${fact}, but etcd has alarms: memberID:1 alarm:NOSPACE`,
  ],
  [
    'one of an etcd whose members differ',
    hung({ etcd: { ...healthyEtcd, hash: 'differs' } }),
    'report',
    `${fact}, but etcd's members hold different keys at one revision`,
  ],
  [
    'one of an etcd with a member that is no slot, which counts for the quorum',
    hung({
      etcd: {
        ...healthyEtcd,
        members: healthyEtcd.members.flatMap(({ slot, ...member }) =>
          slot === 'b'
            ? [
                { ...member, slot },
                { ...member, name: 'stranger' },
              ]
            : [{ ...member, slot }],
        ) as typeof healthyEtcd.members,
      },
    }),
    'report',
    `${fact}, but member stranger of etcd is no slot of this cluster`,
  ],
])('%s', (_name, observation, action, reason) => {
  const finding = decideHung(observation, hungPolicy, now);
  expect(finding).toMatchObject({ cluster: 'ha', slot: 'b', instanceId: 'i-b', action, reason });
});

test.each<[string, ControlPlane]>([
  ['nobody watched Kubernetes', unwatched],
  ['every slot is ready', hung({ kubernetes: kubernetes({ unreadySince: {} }) })],
  ['Kubernetes was watched too long ago', hung({ kubernetes: kubernetes({ observedAt: stale }) })],
  ['it cannot be read when Kubernetes was watched', hung({ kubernetes: kubernetes({ observedAt: 'then' }) })],
  [
    'a slot has been unready for no longer than ten minutes',
    hung({
      kubernetes: kubernetes({
        unreadySince: { b: { instanceId: 'i-b', since: '2026-03-01T11:50:00.000Z' } },
      }),
    }),
  ],
  ['the cluster was never formed', withB({ formed: false })],
  ['the slot is still forming', withB({ phase: 'forming' })],
  ['the group has no instance', withB({ group: { launchSuspended: false } })],
  ['the group replaces the instance already', withB(withInstance('i-b', 'Terminating', 'running'))],
  ['the instance stops', withB(withInstance('i-b', 'InService', 'stopping'))],
  ['EC2 does not say how the instance is', withB(withInstance('i-b', 'InService', 'unknown'))],
  ['the group has another instance than the watch saw', withB(withInstance('i-new', 'InService', 'running'))],
  ['the registry knows the member on another instance', withB({ recordedInstanceId: 'i-new' })],
])('no node hangs where %s', (_name, observation) => {
  expect(decideHung(observation, hungPolicy, now)).toBeUndefined();
});

test('what is to be replaced is told with the replacement before it, which the fence expects', () => {
  const before = { slot: 'a', instanceId: 'i-old', at: '2026-03-01T10:00:00.000Z' };
  expect(decideHung(hung({ lastReplacement: before }), hungPolicy, now)?.lastReplacement).toEqual(before);
});
