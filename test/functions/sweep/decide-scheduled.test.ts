import { expect, test } from 'vitest';
import { decideScheduled, scheduledPolicy } from '../../../functions/sweep/decide-scheduled.ts';
import type { SweptSlot } from '../../../functions/sweep/decide-sweep.ts';
import type { ControlPlane } from '../../../functions/sweep/observe-control-planes.ts';
import { etcdOf, kubernetesOf, swept } from './hung-cluster.ts';

const now = new Date('2026-03-01T12:00:00.000Z');
const fresh = '2026-03-01T11:59:30.000Z';
const stale = '2026-03-01T11:56:59.000Z';
const nextWeek = '2026-03-08T12:00:00.000Z';
const inADay = '2026-03-02T12:00:00.000Z';

const event = (slot: string, notBefore = nextWeek, code = 'instance-retirement') => ({
  instanceId: `i-${slot}`,
  code,
  notBefore,
});

/** AWS retires the instance of slot b next week; all is well. */
const retiring = (over: Partial<ControlPlane> = {}): ControlPlane => ({
  cluster: 'ha',
  slots: [swept('a'), swept('b'), swept('c')],
  kubernetes: kubernetesOf('ha', fresh, {}),
  etcd: etcdOf(fresh, ['a', 'b', 'c']),
  scheduled: [event('b')],
  ...over,
});
const withB = (over: Partial<SweptSlot>) => retiring({ slots: [swept('a'), swept('b', over), swept('c')] });
const { kubernetes: _kubernetes, ...unwatched } = retiring();
const unreadyC = kubernetesOf('ha', fresh, { c: { instanceId: 'i-c', since: fresh } });

const fact = `AWS has instance-retirement for i-b at ${nextWeek}`;

test.each<[string, ControlPlane, string, string, string]>([
  [
    'one that is retired while all others are well',
    retiring(),
    'b',
    'start-replace-node',
    `${fact}, and all others are well`,
  ],
  [
    'one of two: the one that is due first',
    retiring({ scheduled: [event('b'), event('c', inADay, 'system-reboot')] }),
    'c',
    'start-replace-node',
    `AWS has system-reboot for i-c at ${inADay}, and all others are well`,
  ],
  [
    'one with two events: by the first',
    retiring({ scheduled: [event('b'), event('b', inADay, 'instance-stop')] }),
    'b',
    'start-replace-node',
    `AWS has instance-stop for i-b at ${inADay}, and all others are well`,
  ],
  [
    'one that is not ready itself',
    retiring({
      kubernetes: kubernetesOf('ha', fresh, { b: { instanceId: 'i-b', since: fresh } }),
      etcd: etcdOf(fresh, ['a', 'c']),
    }),
    'b',
    'start-replace-node',
    `${fact}, and all others are well`,
  ],
  [
    'one while an execution works in the cluster',
    retiring({ slots: [swept('a', { leased: true }), swept('b'), swept('c')] }),
    'b',
    'wait',
    `${fact}; an execution has the cluster in hand`,
  ],
  [
    'one beside a slot that is not ready, days before',
    retiring({ kubernetes: unreadyC }),
    'b',
    'wait',
    `${fact}, but other slots are not ready: c`,
  ],
  [
    'the same a day before',
    retiring({ kubernetes: unreadyC, scheduled: [event('b', inADay)] }),
    'b',
    'report',
    `AWS has instance-retirement for i-b at ${inADay}, but other slots are not ready: c`,
  ],
  [
    'the same a second earlier',
    retiring({ kubernetes: unreadyC, scheduled: [event('b', '2026-03-02T12:00:01.000Z')] }),
    'b',
    'wait',
    'AWS has instance-retirement for i-b at 2026-03-02T12:00:01.000Z, but other slots are not ready: c',
  ],
  [
    'one whose Kubernetes nobody watched',
    unwatched,
    'b',
    'wait',
    `${fact}, but how Kubernetes is, is not known`,
  ],
  [
    'one whose etcd was watched too long ago',
    retiring({ etcd: etcdOf(stale, ['a', 'b', 'c']) }),
    'b',
    'wait',
    `${fact}, but how etcd is, is not known`,
  ],
  [
    'the only slot of a cluster, a day before',
    retiring({ slots: [swept('b')], scheduled: [event('b', inADay)] }),
    'b',
    'report',
    `AWS has instance-retirement for i-b at ${inADay}, but the cluster has no other slot that could serve meanwhile`,
  ],
])('%s', (_name, controlPlane, slot, action, reason) => {
  const finding = decideScheduled(controlPlane, scheduledPolicy, now);
  expect(finding).toEqual({ cluster: 'ha', slot, instanceId: `i-${slot}`, action, reason });
});

test.each<[string, ControlPlane]>([
  ['nothing is scheduled', retiring({ scheduled: [] })],
  ['it is scheduled for a worker', retiring({ scheduled: [event('worker')] })],
  ['the cluster was never formed', withB({ formed: false })],
  ['the slot is forming', withB({ phase: 'forming' })],
  ['the group has no instance', withB({ group: { launchSuspended: false } })],
  [
    'the instance stops already',
    withB({
      group: {
        launchSuspended: false,
        instance: { instanceId: 'i-b', lifecycleState: 'InService', state: 'stopping' },
      },
    }),
  ],
])('no node is to be replaced where %s', (_name, controlPlane) => {
  expect(decideScheduled(controlPlane, scheduledPolicy, now)).toBeUndefined();
});
