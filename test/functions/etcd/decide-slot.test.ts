import { describe, expect, test } from 'vitest';
import type { EtcdHealth, MemberHealth, SlotObservation } from '../../../functions/etcd/contracts.ts';
import { decideSlot, slotPolicy } from '../../../functions/etcd/decide-slot.ts';

const now = new Date('2026-03-01T12:00:00Z');

const member = (slot: string, over: Partial<MemberHealth> = {}): MemberHealth => ({
  slot,
  name: `ha-${slot}`,
  memberId: { a: '11', b: '22', c: '33' }[slot] ?? '99',
  address: '127.80.0.10',
  voter: true,
  leader: slot === 'a',
  healthy: true,
  ...over,
});

/** Slot b's instance is new; the members of a and c are healthy. */
const etcd = (over: Partial<EtcdHealth> = {}): EtcdHealth => ({
  observedAt: now.toISOString(),
  reachable: true,
  clusterId: '7',
  healthy: false,
  reason: 'slot b: connection refused',
  members: [member('a'), member('b', { healthy: false, reason: 'connection refused' }), member('c')],
  alarms: [],
  hash: 'not-comparable',
  ...over,
});

const slotB = (over: Partial<SlotObservation> = {}): SlotObservation => ({
  cluster: 'ha',
  slot: 'b',
  observedAt: now.toISOString(),
  formed: true,
  clusterId: '7',
  initialCluster: 'ha-a=https://127.80.0.10:2380,ha-b=https://127.80.16.10:2380',
  initialClusterToken: 'uid-1',
  record: {
    zone: 'us-east-1b',
    address: '127.80.16.10',
    memberName: 'ha-b',
    generation: 1,
    filesystemUuid: '5f0f1f5e-0000-4000-8000-000000000001',
    phase: 'serving',
    startedOnce: true,
    volumeId: 'vol-0b',
    networkInterfaceId: 'eni-0b',
    memberId: '22',
    clusterId: '7',
    raftIndex: '1234',
    instanceId: 'i-0old',
  },
  instance: { instanceId: 'i-0new', state: 'running', lifecycleState: 'Pending:Wait', waitingInHook: true },
  volume: { status: 'available' },
  report: { state: 'waiting' },
  identity: { clusterId: '7', memberId: '22' },
  others: [
    { slot: 'a', volume: 'in-use', changing: false },
    { slot: 'c', volume: 'in-use', changing: false },
  ],
  ...over,
});

const lost = { volume: { status: 'lost' as const } };
const decide = (observation: SlotObservation, health = etcd()) =>
  decideSlot(observation, health, slotPolicy, now);

describe('what is observed of a slot → what is done (design §6)', () => {
  const rows: [string, SlotObservation, EtcdHealth, string, string][] = [
    ['own volume, free', slotB(), etcd(), 'resume', "the slot's own volume is here"],
    [
      'own volume, attached to the new instance already',
      slotB({ volume: { status: 'in-use', holder: { instanceId: 'i-0new', state: 'running' } } }),
      etcd(),
      'resume',
      "the slot's own volume is here",
    ],
    [
      'own volume while every other member is down: quorum returns by itself',
      slotB(),
      etcd({ reachable: false, members: [] }),
      'resume',
      "the slot's own volume is here",
    ],
    [
      'no instance',
      slotB({ instance: undefined }),
      etcd(),
      'none',
      'the slot has no instance; its Auto Scaling group launches one',
    ],
    [
      'instance still pending',
      slotB({
        instance: { instanceId: 'i-0new', state: 'pending', lifecycleState: 'Pending', waitingInHook: false },
      }),
      etcd(),
      'wait',
      'i-0new is pending',
    ],
    [
      'EC2 does not know the instance yet',
      slotB({
        instance: {
          instanceId: 'i-0new',
          state: 'unknown',
          lifecycleState: 'Pending:Wait',
          waitingInHook: true,
        },
      }),
      etcd(),
      'wait',
      'EC2 does not say in which state i-0new is',
    ],
    [
      'instance dying again',
      slotB({
        instance: {
          instanceId: 'i-0new',
          state: 'shutting-down',
          lifecycleState: 'Pending:Wait',
          waitingInHook: true,
        },
      }),
      etcd(),
      'none',
      'i-0new is shutting-down; its successor will be looked at',
    ],
    [
      'member healthy on this instance already',
      slotB({
        report: { state: 'started' },
        volume: { status: 'in-use', holder: { instanceId: 'i-0new', state: 'running' } },
      }),
      etcd({ members: [member('a'), member('b'), member('c')] }),
      'adopt',
      'member 22 is a healthy voter on i-0new',
    ],
    [
      'volume still with the old instance, which is going',
      slotB({
        volume: {
          status: 'in-use',
          holder: { instanceId: 'i-0old', state: 'shutting-down', shuttingDownSince: '2026-03-01T11:59:00Z' },
        },
      }),
      etcd(),
      'wait',
      'the volume is still held by i-0old, which is shutting-down',
    ],
    [
      'volume with another running instance is never taken (S6)',
      slotB({ volume: { status: 'in-use', holder: { instanceId: 'i-0other', state: 'running' } } }),
      etcd(),
      'hold',
      'the volume is attached to i-0other, which is running',
    ],
    [
      'old instance stuck with the volume for more than ten minutes',
      slotB({
        volume: {
          status: 'in-use',
          holder: { instanceId: 'i-0old', state: 'shutting-down', shuttingDownSince: '2026-03-01T11:49:59Z' },
        },
      }),
      etcd(),
      'break-glass',
      'i-0old is in shutting-down for 601 s (limit 600 s) and holds the volume',
    ],
    [
      'old instance stuck with the network interface, so that none can be launched',
      slotB({
        instance: undefined,
        networkInterfaceHolder: {
          instanceId: 'i-0old',
          state: 'shutting-down',
          shuttingDownSince: '2026-03-01T11:40:00Z',
        },
      }),
      etcd(),
      'break-glass',
      'i-0old is in shutting-down for 1200 s (limit 600 s) and holds the network interface',
    ],
    [
      'EC2 does not say how the volume is',
      slotB({ volume: { status: 'unknown' } }),
      etcd(),
      'wait',
      'EC2 does not say how the volume is',
    ],
    [
      'volume lost, others healthy',
      slotB(lost),
      etcd(),
      'replace-data',
      'the volume is lost; the other 2 members are healthy',
    ],
    [
      'another volume than the registry names (a snapshot, say)',
      slotB({
        report: {
          state: 'refused',
          refusal: 'marker-of-another-volume',
          reason: 'the marker names another volume',
        },
      }),
      etcd(),
      'replace-data',
      'the node found that the marker names another volume; the other 2 members are healthy',
    ],
    [
      'a marker below the registry (S8)',
      slotB({ report: { state: 'refused', refusal: 'disk-behind-registry', reason: 'the disk is older' } }),
      etcd(),
      'replace-data',
      'the node found that the disk is older; the other 2 members are healthy',
    ],
    [
      'a refusal that contradicts what Trivet knows',
      slotB({
        report: {
          state: 'refused',
          refusal: 'wrong-volume',
          reason: 'The attached volume is not the directed one.',
        },
      }),
      etcd(),
      'hold',
      'the node refused its directive: The attached volume is not the directed one.',
    ],
    [
      'volume lost and another slot looks dead: the breaker (S21)',
      slotB(lost),
      etcd({ members: [member('a'), member('b', { healthy: false }), member('c', { healthy: false })] }),
      'hold',
      'the volume is lost; the circuit breaker is open: slot c unhealthy as well',
    ],
    [
      'volume lost and nobody answers',
      slotB(lost),
      etcd({ reachable: false, members: [] }),
      'hold',
      'the volume is lost; no other member answers, so nothing may be removed',
    ],
    [
      'volume lost and another slot is being changed (S1)',
      slotB({
        ...lost,
        others: [
          { slot: 'a', volume: 'in-use', changing: true },
          { slot: 'c', volume: 'in-use', changing: false },
        ],
      }),
      etcd(),
      'hold',
      'the volume is lost; another change is in flight at slot a',
    ],
    [
      'volume lost and a learner is in flight (S3)',
      slotB(lost),
      etcd({
        members: [
          member('a'),
          member('b', { healthy: false }),
          member('c'),
          member('d', { voter: false, name: 'ha-d' }),
        ],
      }),
      'hold',
      'the volume is lost; the learner ha-d is in flight (S3)',
    ],
    [
      'volume lost and etcd has an alarm',
      slotB(lost),
      etcd({ alarms: ['NOSPACE at 11'] }),
      'hold',
      'the volume is lost; etcd has alarms: NOSPACE at 11',
    ],
    [
      "quorum's data gone",
      slotB({
        ...lost,
        others: [
          { slot: 'a', volume: 'lost', changing: false },
          { slot: 'c', volume: 'in-use', changing: false },
        ],
      }),
      etcd({ reachable: false, members: [] }),
      'propose-restore',
      "the volume is lost, and only 1 of 3 volumes are intact (quorum 2): quorum's data is gone; restore-etcd is the way on",
    ],
    [
      "another slot's volume cannot be judged",
      slotB({
        ...lost,
        others: [
          { slot: 'a', volume: 'unknown', changing: false },
          { slot: 'c', volume: 'in-use', changing: false },
        ],
      }),
      etcd(),
      'wait',
      'the volume is lost; EC2 does not say how the volumes of slot a are',
    ],
  ];
  test.each(rows)('%s', (_name, observation, health, action, reason) => {
    const decision = decide(observation, health);
    expect({ action: decision.action, reason: decision.reason }).toEqual({ action, reason });
  });
});

describe('while the cluster forms', () => {
  const forming = (over: Partial<SlotObservation> = {}) => {
    const { memberId: _m, clusterId: _c, raftIndex: _r, instanceId: _i, ...record } = slotB().record;
    const { identity: _identity, clusterId: _cluster, ...rest } = slotB({ formed: false });
    return { ...rest, record: { ...record, phase: 'forming' as const, startedOnce: false }, ...over };
  };

  test('a volume on which etcd never started is told to form, with the whole initial cluster', () => {
    expect(decide(forming()).directive).toEqual({
      kind: 'form',
      instanceId: 'i-0new',
      generation: 1,
      volumeId: 'vol-0b',
      filesystemUuid: '5f0f1f5e-0000-4000-8000-000000000001',
      initialCluster: 'ha-a=https://127.80.0.10:2380,ha-b=https://127.80.16.10:2380',
      initialClusterState: 'new',
      initialClusterToken: 'uid-1',
    });
  });

  test('a volume on which etcd started before is resumed, never formed again', () => {
    const started = forming({ identity: { clusterId: '7', memberId: '22' } });
    const decision = decide({ ...started, record: { ...started.record, startedOnce: true } });
    expect([decision.action, decision.directive?.memberId]).toEqual(['resume', '22']);
  });

  test('a member that was told to form by a dead run, and is no quorum, is awaited until it knows its cluster', () => {
    const started = forming();
    const decision = decide({ ...started, record: { ...started.record, startedOnce: true } });
    expect(decision).toEqual({
      action: 'wait',
      reason: 'etcd has started on this volume and does not know its cluster yet',
      instanceId: 'i-0new',
    });
  });

  test('data that a dead run left behind is resumed by what it says of itself', () => {
    const refused = { state: 'refused' as const, refusal: 'data-present', reason: 'data is there' };
    const decision = decide(forming({ report: refused, identity: { clusterId: '7', memberId: '22' } }));
    expect([decision.action, decision.directive?.clusterId]).toEqual(['resume', '7']);
  });

  test('a lost volume is not replaced by membership changes of a cluster that is not there yet', () => {
    expect(decide(forming(lost))).toMatchObject({
      action: 'hold',
      reason: 'the volume is lost while the cluster was forming; provision it again',
    });
  });
});

test('a resume names the identity and the floor that the disk must agree with', () => {
  expect(decide(slotB()).directive).toEqual({
    kind: 'resume',
    instanceId: 'i-0new',
    generation: 1,
    volumeId: 'vol-0b',
    filesystemUuid: '5f0f1f5e-0000-4000-8000-000000000001',
    clusterId: '7',
    memberId: '22',
    raftIndexFloor: '1234',
  });
});

test('a formed cluster never gets a form directive, whatever else is observed', () => {
  const actions = [slotB(), slotB(lost), slotB({ report: { state: 'none' } })].map(
    (slot) => decide({ ...slot, record: { ...slot.record, startedOnce: false } }).action,
  );
  expect(actions).not.toContain('form');
});
