import { beforeEach, describe, expect, test } from 'vitest';
import type { SlotGroups } from '../../../functions/aws/slot-groups.ts';
import type { AttachOutcome, SlotHolders } from '../../../functions/aws/slot-holders.ts';
import { handler as completeLaunch } from '../../../functions/etcd/complete-launch.ts';
import type { EtcdHealth, SlotDecision } from '../../../functions/etcd/contracts.ts';
import { handler as directSlot } from '../../../functions/etcd/direct-slot.ts';
import { handler as holdSlot } from '../../../functions/etcd/hold-slot.ts';
import { handler as recordSlot } from '../../../functions/etcd/record-slot.ts';
import { type FakeObjects, fakeObjects } from '../../support/fake-objects.ts';
import { type FakeRegistry, fakeRegistry } from '../../support/fake-registry.ts';
import { fakeTaskContext } from '../../support/fake-task-context.ts';
import { unstubbed } from '../../support/unstubbed.ts';

const lease = { cluster: 'ha', scope: 'slot:b', holder: 'arn:execution:one', token: 1 };
const input = { lease, cluster: 'ha', slot: 'b' };
const key = 'clusters/ha/slots/b/directives/i-0aaaaaaaaaaaaaaaa';
const resume: SlotDecision = {
  action: 'resume',
  reason: "the slot's own volume is here",
  instanceId: 'i-0aaaaaaaaaaaaaaaa',
  directive: {
    kind: 'resume',
    instanceId: 'i-0aaaaaaaaaaaaaaaa',
    generation: 1,
    volumeId: 'vol-0bbbbbbbbbbbbbbbb',
    filesystemUuid: '5f0f1f5e-0000-4000-8000-000000000001',
    clusterId: '7',
    memberId: '22',
    raftIndexFloor: '100',
  },
};

let registry: FakeRegistry;
let objects: FakeObjects;
beforeEach(async () => {
  registry = fakeRegistry();
  objects = fakeObjects();
  await registry.putLease(
    'ha',
    'slot:b',
    { holder: lease.holder, token: 1, acquiredAt: '2026-01-01T00:00:00Z' },
    'absent',
  );
  await registry.putSlot('ha', {
    slot: 'b',
    zone: 'us-east-1b',
    address: '127.80.16.10',
    subnetId: 'subnet-b',
    filesystemUuid: '5f0f1f5e-0000-4000-8000-000000000001',
    generation: 1,
    memberName: 'ha-b',
    phase: 'serving',
    startedOnce: true,
    memberId: '22',
    raftIndex: '100',
    instanceId: 'i-0old',
  });
});

const loseLease = () =>
  registry.putLease(
    'ha',
    'slot:b',
    { holder: 'arn:execution:two', token: 2, acquiredAt: '2026-01-01T00:01:00Z' },
    { token: 1 },
  );

function holders(outcome: AttachOutcome, volumeTag = 'ha') {
  const attached: string[] = [];
  const port = unstubbed<SlotHolders>('SlotHolders', {
    volumes: async () => [{ volumeId: 'vol-0bbbbbbbbbbbbbbbb', status: 'available', clusterTag: volumeTag }],
    instances: async () => [{ instanceId: 'i-0aaaaaaaaaaaaaaaa', state: 'running', clusterTag: 'ha' }],
    attach: async (volumeId, instanceId) => {
      attached.push(`${volumeId} → ${instanceId}`);
      return outcome;
    },
  });
  return { port, attached };
}

describe('direct-slot', () => {
  const run = (port: SlotHolders, decision = resume) =>
    directSlot.run({ ...input, decision }, { registry, objects, holders: port }, fakeTaskContext());

  test('attaches the volume and writes the directive exactly as decided; a repeat changes nothing', async () => {
    const { port, attached } = holders('attached');
    expect(await run(port)).toEqual({ attached: true, directed: true });
    expect(attached).toEqual(['vol-0bbbbbbbbbbbbbbbb → i-0aaaaaaaaaaaaaaaa']);
    expect(objects.text(key)?.split('\n')).toEqual([
      'kind=resume',
      'instanceId=i-0aaaaaaaaaaaaaaaa',
      'generation=1',
      'volumeId=vol-0bbbbbbbbbbbbbbbb',
      'filesystemUuid=5f0f1f5e-0000-4000-8000-000000000001',
      'clusterId=7',
      'memberId=22',
      'raftIndexFloor=100',
      '',
    ]);
    expect(await run(holders('already').port)).toEqual({ attached: false, directed: false });
  });

  test('does nothing at all once its lease is lost (S14)', async () => {
    await loseLease();
    const { port, attached } = holders('attached');
    await expect(run(port)).rejects.toMatchObject({ name: 'LeaseLost' });
    expect([attached, objects.bodies.size]).toEqual([[], 0]);
  });

  test('writes no directive that the node would not understand, and attaches nothing for it', async () => {
    const { port, attached } = holders('attached');
    const { clusterId: _, ...directive } = { ...resume.directive };
    const decision = { ...resume, directive } as SlotDecision;
    await expect(run(port, decision)).rejects.toMatchObject({
      name: 'ProtocolInvalid',
      message: `${key}: directive resume: the field clusterId is missing`,
    });
    expect([attached, objects.bodies.size]).toEqual([[], 0]);
  });

  test("refuses another cluster's volume before any effect (S20)", async () => {
    const { port, attached } = holders('attached', 'other');
    await expect(run(port)).rejects.toMatchObject({ name: 'ForeignResource' });
    expect(attached).toEqual([]);
  });

  test.each([
    ['in-use', 'VolumeInUse'],
    ['not-running', 'SlotNotReady'],
    ['missing', 'VolumeFailed'],
  ] as const)('an attachment that ends %s is %s and writes no directive', async (outcome, name) => {
    await expect(run(holders(outcome).port)).rejects.toMatchObject({ name });
    expect(objects.bodies.size).toBe(0);
  });

  test('another directive is replaced only once the node has refused the first', async () => {
    objects.bodies.set(key, new TextEncoder().encode('kind=form\n'));
    await expect(run(holders('already').port)).rejects.toMatchObject({ name: 'DirectiveConflict' });
    objects.bodies.set(
      key.replace('directives', 'reports'),
      new TextEncoder().encode('instanceId=i-0aaaaaaaaaaaaaaaa\nstate=refused\nreason=data-present\n'),
    );
    expect(await run(holders('already').port)).toEqual({ attached: false, directed: true });
  });
});

const groups = (completed: boolean) => {
  const asked: unknown[] = [];
  const port = unstubbed<SlotGroups>('SlotGroups', {
    completeLaunch: async (request) => {
      asked.push(request);
      return completed;
    },
  });
  return { port, asked };
};

describe('hold-slot', () => {
  const hold: SlotDecision = {
    action: 'hold',
    reason: 'the breaker is open',
    instanceId: 'i-0aaaaaaaaaaaaaaaa',
  };

  test('writes the verdict, counts it for the alarm, and lets the instance into service', async () => {
    const context = fakeTaskContext({ now: '2026-03-01T12:00:00.000Z' });
    const { port, asked } = groups(true);
    expect(await holdSlot.run({ ...input, decision: hold }, { registry, groups: port }, context)).toEqual({
      completed: true,
    });
    expect((await registry.getSlot('ha', 'b'))?.verdict).toEqual({
      action: 'hold',
      reason: 'the breaker is open',
      at: '2026-03-01T12:00:00.000Z',
    });
    expect(context.counted.get('SlotHeld')).toBe(1);
    expect(asked).toEqual([
      { group: 'trivet-ha-slot-b', hook: 'trivet-launch', instanceId: 'i-0aaaaaaaaaaaaaaaa' },
    ]);
  });

  test('without an instance there is no hook to complete', async () => {
    const { instanceId: _none, ...decision } = hold;
    const deps = { registry, groups: unstubbed<SlotGroups>('SlotGroups', {}) };
    expect(await holdSlot.run({ ...input, decision }, deps, fakeTaskContext())).toEqual({ completed: false });
  });
});

test('complete-launch counts a hook that is no longer active as done', async () => {
  const { port } = groups(false);
  const request = { ...input, instanceId: 'i-0aaaaaaaaaaaaaaaa' };
  expect(await completeLaunch.run(request, { registry, groups: port }, fakeTaskContext())).toEqual({
    completed: false,
  });
});

describe('record-slot', () => {
  const health = (memberId: string, raftIndex: string, healthy = true): EtcdHealth => ({
    observedAt: '2026-03-01T12:00:00Z',
    reachable: true,
    clusterId: '7',
    healthy: true,
    reason: '3 voters are healthy and in sync',
    members: [
      {
        slot: 'b',
        name: 'ha-b',
        memberId,
        address: '127.80.16.10',
        voter: true,
        leader: false,
        healthy,
        raftIndex,
      },
    ],
    alarms: [],
    hash: 'agrees',
  });
  const record = (of: EtcdHealth) =>
    recordSlot.run(
      { ...input, instanceId: 'i-0aaaaaaaaaaaaaaaa', health: of },
      { registry },
      fakeTaskContext(),
    );

  test('advances the mark and names the instance', async () => {
    expect(await record(health('22', '140'))).toEqual({ recorded: true });
    expect(await registry.getSlot('ha', 'b')).toMatchObject({
      raftIndex: '140',
      instanceId: 'i-0aaaaaaaaaaaaaaaa',
      servedAt: '2026-03-01T12:00:00Z',
      phase: 'serving',
    });
  });

  test('never lowers the mark, whose numbers are beyond what a float holds (S8)', async () => {
    await record(health('22', '9007199254740995'));
    await record(health('22', '9007199254740994'));
    expect((await registry.getSlot('ha', 'b'))?.raftIndex).toBe('9007199254740995');
  });

  test('refuses another member under the same slot (S7), and one that is not healthy', async () => {
    await expect(record(health('23', '140'))).rejects.toMatchObject({ name: 'EtcdUnhealthy' });
    await expect(record(health('22', '140', false))).rejects.toMatchObject({ name: 'EtcdUnhealthy' });
    expect((await registry.getSlot('ha', 'b'))?.instanceId).toBe('i-0old');
  });
});
