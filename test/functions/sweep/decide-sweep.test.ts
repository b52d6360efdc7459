import { expect, test } from 'vitest';
import type { LaunchFailure } from '../../../functions/aws/launch-failure.ts';
import {
  decideSweep,
  launchMatters,
  type SweptSlot,
  sweepPolicy,
} from '../../../functions/sweep/decide-sweep.ts';

const now = new Date('2026-03-01T12:00:00Z');

const serving = (over: Partial<SweptSlot> = {}): SweptSlot => ({
  cluster: 'ha',
  slot: 'b',
  formed: true,
  phase: 'serving',
  leased: false,
  recordedInstanceId: 'i-1',
  group: {
    launchSuspended: false,
    instance: { instanceId: 'i-1', lifecycleState: 'InService', state: 'running' },
  },
  networkInterfaceFree: false,
  ...over,
});

const withInstance = (instanceId: string, lifecycleState: string, state: string) => ({
  group: { launchSuspended: false, instance: { instanceId, lifecycleState, state } },
});
const empty = { group: { launchSuspended: false } };
const suspended = {
  group: {
    launchSuspended: true,
    instance: { instanceId: 'i-1', lifecycleState: 'InService', state: 'running' },
  },
};

const failed = (kind: LaunchFailure['kind'], at = '2026-03-01T11:59:59Z', message = ''): LaunchFailure => ({
  at,
  kind,
  message,
});
const empties = (instanceTypes: string[], ...failures: LaunchFailure[]) =>
  serving({ ...empty, networkInterfaceFree: true, launch: { failures, instanceTypes } });

const scarce: Partial<SweptSlot> = {
  ...empty,
  networkInterfaceFree: true,
  launch: {
    failures: [failed('capacity')],
    instanceTypes: ['t4g.medium', 'm7g.medium'],
    instanceType: 't4g.medium',
  },
};

const { group: _group, ...gone } = serving();

const rows: [string, SweptSlot, string, string][] = [
  ['a serving member', serving(), 'none', 'the member serves'],
  [
    'a new instance in its launch hook',
    serving(withInstance('i-2', 'Pending:Wait', 'running')),
    'start-replace',
    'i-2 waits in its launch hook',
  ],
  [
    'the same while an execution works on it',
    serving({ ...withInstance('i-2', 'Pending:Wait', 'running'), leased: true }),
    'none',
    'an execution has the slot in hand',
  ],
  [
    'an instance before its hook',
    serving(withInstance('i-2', 'Pending', 'pending')),
    'wait',
    'i-2 is Pending',
  ],
  [
    'an instance whose hook ran out',
    serving(withInstance('i-2', 'InService', 'running')),
    'start-replace',
    'i-2 is in service without its member',
  ],
  [
    'a slot that was held a minute ago',
    serving({
      ...withInstance('i-2', 'InService', 'running'),
      verdict: { action: 'hold', reason: 'the breaker is open', at: '2026-03-01T11:59:00Z' },
    }),
    'wait',
    'held: the breaker is open',
  ],
  [
    'a slot that was held five minutes ago',
    serving({
      ...withInstance('i-2', 'InService', 'running'),
      verdict: { action: 'hold', reason: 'the breaker is open', at: '2026-03-01T11:55:00Z' },
    }),
    'start-replace',
    'held 300 s ago (the breaker is open): to be judged anew',
  ],
  [
    'a dead instance that its group has not noticed',
    serving(withInstance('i-1', 'InService', 'terminated')),
    'mark-unhealthy',
    'i-1 is terminated and its group has not noticed',
  ],
  [
    'no instance, interface free',
    serving({ ...empty, networkInterfaceFree: true }),
    'kick-launch',
    'the network interface is free and there is no instance',
  ],
  [
    'no instance, and the last launch failed as the interface was still held',
    empties([], { ...failed('interface-in-use') }),
    'kick-launch',
    'the network interface is free and there is no instance',
  ],
  [
    'no instance, and the last launch failed a moment ago for another reason',
    empties([], failed('other', '2026-03-01T11:59:50Z', 'no such image')),
    'wait',
    'the last launch failed 10 s ago: no such image',
  ],
  [
    'the same half a minute later',
    empties([], failed('other', '2026-03-01T11:59:30Z', 'no such image')),
    'kick-launch',
    'the last launch failed 30 s ago: no such image',
  ],
  [
    'no instance, interface still held',
    serving(empty),
    'wait',
    'the old instance still holds the network interface',
  ],
  [
    'Launch suspended by someone who died',
    serving({ group: { launchSuspended: true }, networkInterfaceFree: true }),
    'resume-launch',
    'Launch is suspended and nobody who could have done so is at work',
  ],
  [
    'Launch suspended by a planned replacement that awaits the end of the instance',
    serving({ group: { launchSuspended: true }, leased: true }),
    'wait',
    'an execution has the slot in hand',
  ],
  [
    'Launch suspended by a planned replacement that has not ended the instance yet',
    serving({ ...suspended, leased: true }),
    'none',
    'an execution has the slot in hand',
  ],
  [
    'Launch suspended by a planned replacement that died before it ended the instance',
    serving(suspended),
    'resume-launch',
    'Launch is suspended and nobody who could have done so is at work',
  ],
  ['no group', gone, 'report', 'its Auto Scaling group is gone: provision the cluster again'],
  [
    'a cluster that is being formed',
    serving({ formed: false, phase: 'forming', leased: true }),
    'none',
    'provision-cluster has the slot in hand',
  ],
  [
    'Launch suspended by a sweep that died, while the cluster is formed',
    serving({ formed: false, phase: 'forming', leased: true, group: { launchSuspended: true } }),
    'resume-launch',
    'Launch is suspended, which provision-cluster never does',
  ],
  [
    'a cluster that is being formed where there is no capacity',
    serving({ ...scarce, formed: false, phase: 'forming', leased: true }),
    'next-instance-type',
    't4g.medium has no capacity: m7g.medium is next',
  ],
  [
    'no capacity, while an execution waits for the instance',
    serving({ ...scarce, leased: true }),
    'next-instance-type',
    't4g.medium has no capacity: m7g.medium is next',
  ],
  [
    'no instance, and an execution waits for one',
    { ...empties([], failed('other')), leased: true },
    'wait',
    'an execution has the slot in hand',
  ],
  [
    'a cluster whose forming died',
    serving({ formed: false, phase: 'forming' }),
    'report',
    'the cluster was never formed and nothing works on it: provision it again',
  ],
  [
    'a sick member on its own instance',
    serving({ memberProblem: 'it knows no leader' }),
    'report',
    'the member on i-1 is unhealthy: it knows no leader',
  ],
];

test.each(rows)('%s', (_name, swept, action, reason) => {
  const finding = decideSweep(swept, sweepPolicy, now);
  expect({ action: finding.action, reason: finding.reason }).toEqual({ action, reason });
});

const free = { ...empty, networkInterfaceFree: true };
test.each<[string, SweptSlot, boolean]>([
  ['a serving slot', serving(), false],
  ['a slot without an instance', serving(free), true],
  ['one whose old instance holds the interface', serving(empty), false],
  ['one that an execution has in hand', serving({ ...free, leased: true }), true],
  ['one that provision-cluster waits for', serving({ ...free, formed: false, leased: true }), true],
  ['one of a cluster whose forming died', serving({ ...free, formed: false }), false],
  ['one whose Launch is suspended', serving({ ...free, group: { launchSuspended: true } }), false],
])('the launches of %s are looked at only where they could tell something', (_name, swept, matters) => {
  expect(launchMatters(swept)).toBe(matters);
});
