import { beforeEach, describe, expect, test } from 'vitest';
import type { SlotGroupFact, SlotGroups } from '../../../functions/aws/slot-groups.ts';
import type { SlotHolders } from '../../../functions/aws/slot-holders.ts';
import { objectKeys } from '../../../functions/clusters/names.ts';
import { createEtcdClient, type EtcdClient, EtcdError } from '../../../functions/etcd/client.ts';
import { judgeReplacement, observeReplacement } from '../../../functions/replacement/contracts.ts';
import { handler as judge } from '../../../functions/replacement/judge-replacement.ts';
import { handler as moveLeader } from '../../../functions/replacement/move-leader.ts';
import { handler as observe } from '../../../functions/replacement/observe-replacement.ts';
import { handler as resumeLaunch } from '../../../functions/replacement/resume-launch.ts';
import { handler as suspendLaunch } from '../../../functions/replacement/suspend-launch.ts';
import { handler as terminateNode } from '../../../functions/replacement/terminate-node.ts';
import { type FakeExecutions, fakeExecutions } from '../../support/fake-executions.ts';
import { fakeObjects } from '../../support/fake-objects.ts';
import { type FakeRegistry, fakeRegistry } from '../../support/fake-registry.ts';
import { fakeTaskContext } from '../../support/fake-task-context.ts';
import { unstubbed } from '../../support/unstubbed.ts';
import { etcdOf, healthOf } from '../sweep/hung-cluster.ts';
import { putFormedCluster } from '../sweep/registered.ts';
import { now, seen, target, wish } from './seen-control-plane.ts';

const context = () => fakeTaskContext({ now: now.toISOString() });
const slots = ['a', 'b', 'c'];
const lease = { cluster: 'ha', scope: 'cluster', holder: 'arn:execution:one', token: 1 };
const input = { lease, cluster: 'ha', slot: 'b' };
const decision = { action: 'terminate' as const, reason: 'i-b is to be replaced: it hangs' };

let registry: FakeRegistry;
let executions: FakeExecutions;
let facts: SlotGroupFact[];
let did: string[];

const factOf = (slot: string): SlotGroupFact => ({
  name: `trivet-ha-slot-${slot}`,
  instances: [{ instanceId: `i-${slot}`, lifecycleState: 'InService' }],
  suspended: [],
  template: { launchTemplateId: `lt-${slot}`, version: '1' },
  tags: { 'trivet:deployment': 'trivet', 'trivet:cluster': 'ha', 'trivet:slot': slot },
});
const setB = (over: Partial<SlotGroupFact>) => {
  facts = facts.map((fact) => (fact.name === 'trivet-ha-slot-b' ? { ...fact, ...over } : fact));
};
const heldBy = (scope: string, holder: string) =>
  registry.putLease('ha', scope, { holder, token: 1, acquiredAt: now.toISOString() }, 'absent');

beforeEach(async () => {
  registry = fakeRegistry();
  executions = fakeExecutions();
  facts = slots.map(factOf);
  did = [];
  await putFormedCluster(registry, 'ha', slots);
  await heldBy('cluster', lease.holder);
});

const groups = () =>
  unstubbed<SlotGroups>('SlotGroups', {
    describe: async (names) => facts.filter(({ name }) => names.includes(name)),
    suspendLaunch: async (name) => void did.push(`suspend ${name}`),
    resumeLaunch: async (name) => void did.push(`resume ${name}`),
    terminate: async (instanceId) => {
      did.push(`terminate ${instanceId}`);
      return true;
    },
  });
const deps = () => ({ registry, groups: groups() });

describe.each([
  ['suspend-launch', () => suspendLaunch.run(input, deps(), context()), 'suspend trivet-ha-slot-b'],
  ['resume-launch', () => resumeLaunch.run(input, deps(), context()), 'resume trivet-ha-slot-b'],
  [
    'terminate-node',
    () => terminateNode.run({ ...input, target, decision }, deps(), context()),
    'terminate i-b',
  ],
] as const)('%s', (_name, run, effect) => {
  test("does it to the slot's own group, and as well a second time", async () => {
    await run();
    await run();
    expect(did).toEqual([effect, effect]);
  });

  test('does nothing at all once its lease is lost (S14)', async () => {
    await registry.putLease(
      'ha',
      'cluster',
      { holder: 'arn:execution:two', token: 2, acquiredAt: now.toISOString() },
      { token: 1 },
    );
    await expect(run()).rejects.toMatchObject({ name: 'LeaseLost' });
    expect(did).toEqual([]);
  });

  test('leaves a group alone that has the name and is a stranger’s (S20)', async () => {
    setB({ tags: { 'trivet:deployment': 'trivet', 'trivet:cluster': 'other', 'trivet:slot': 'b' } });
    await expect(run()).rejects.toMatchObject({ name: 'ForeignResource' });
    expect(did).toEqual([]);
  });

  test('does nothing where the group is gone', async () => {
    facts = facts.filter(({ name }) => name !== 'trivet-ha-slot-b');
    await run();
    expect(did).toEqual([]);
  });
});

test('terminate-node ends no other instance than the one that was settled', async () => {
  setB({ instances: [{ instanceId: 'i-new', lifecycleState: 'InService' }] });
  const ended = await terminateNode.run({ ...input, target, decision }, deps(), context());
  expect([ended, did]).toEqual([{ terminated: false }, []]);
});

describe('move-leader', () => {
  const objects = fakeObjects();
  for (const key of Object.values(objectKeys('ha').etcdClient))
    objects.bodies.set(key, new TextEncoder().encode('PEM'));
  const move = { from: 'b', to: 'c', toMemberId: '31' };
  const asked: string[] = [];
  const connecting = (fail?: EtcdError): typeof createEtcdClient => {
    return (options) =>
      unstubbed<EtcdClient>('EtcdClient', {
        transferLeadership: async (memberId) => {
          asked.push(`${'address' in options ? options.address : ''} → ${memberId}`);
          if (fail) throw fail;
        },
        close: () => {},
      });
  };
  const run = (connect: typeof createEtcdClient, moving: object = { move }) =>
    moveLeader.run(
      { lease, cluster: 'ha', decision: { action: 'move-leader', reason: 'it leads', ...moving } },
      { registry, objects, connect },
      context(),
    );
  beforeEach(() => asked.splice(0));

  test('asks the leader itself, once', async () => {
    expect(await run(connecting())).toEqual({ moved: true, reason: 'the member of slot c leads' });
    expect(asked).toEqual(['127.80.0.10 → 31']);
  });

  test.each([
    ['not-leader', true],
    ['timeout', false],
    ['unreachable', false],
    ['no-leader', false],
  ] as const)('takes %s for an answer', async (kind, moved) => {
    const answer = await run(connecting(new EtcdError(kind, 'so it is', { endpoint: 'b' })));
    expect(answer).toEqual({ moved, reason: 'etcd at b: so it is' });
  });

  test('asks nobody once its lease is lost', async () => {
    const released = { holder: lease.holder, token: 1, acquiredAt: '', releasedAt: now.toISOString() };
    await registry.putLease('ha', 'cluster', released, {});
    await expect(run(connecting())).rejects.toMatchObject({ name: 'LeaseLost' });
    expect(asked).toEqual([]);
  });

  test('refuses a decision that names nobody', async () => {
    await expect(run(createEtcdClient, {})).rejects.toMatchObject({ name: 'InputInvalid' });
  });
});

const look = () =>
  observe.run(
    { cluster: 'ha', slot: 'b', holder: lease.holder },
    {
      registry,
      executions,
      groups: groups(),
      holders: unstubbed<SlotHolders>('SlotHolders', {
        instances: async (ids) => ids.map((instanceId) => ({ instanceId, state: 'running' })),
        volumes: async (ids) =>
          ids.map((volumeId) => ({ volumeId, status: 'in-use' as const, attachedTo: 'i-b' })),
        interfaceHolders: async (ids) => new Map(ids.map((id) => [id, id.replace('eni', 'i')])),
      }),
    },
    context(),
  );

describe('observe-replacement', () => {
  test('puts registry, groups and EC2 side by side, as its contract has it', async () => {
    await registry.updateSlot('ha', 'b', { volumeId: 'vol-b', memberId: '21' });
    setB({ suspended: [{ process: 'Launch', reason: 'User suspended' }] });
    const observation = await look();
    expect(observeReplacement.output.parse(observation)).toEqual({
      cluster: 'ha',
      slot: 'b',
      observedAt: '2026-03-01T12:00:00.000Z',
      formed: true,
      ownNetwork: false,
      inHand: false,
      slots: slots.map((slot) => ({
        slot,
        phase: 'serving',
        recordedInstanceId: `i-${slot}`,
        ...(slot === 'b' && { memberId: '21' }),
        instance: { instanceId: `i-${slot}`, lifecycleState: 'InService', state: 'running' },
        inHand: false,
      })),
      group: { launchSuspended: true },
      networkInterfaceHolder: 'i-b',
      volume: { status: 'in-use', holder: 'i-b' },
    });
  });

  test('sees whose hand a slot or the cluster is in, as long as that execution runs', async () => {
    await heldBy('slot:b', lease.holder);
    await heldBy('slot:c', 'arn:execution:two');
    const inHand = async () => (await look()).slots.flatMap((one) => (one.inHand ? one.slot : []));
    expect(await inHand()).toEqual([]);
    const two = { executionArn: 'arn:execution:two', startedAt: '2026-03-01T11:59:00Z' };
    executions.executions.set(two.executionArn, { ...two, status: 'RUNNING' });
    expect(await inHand()).toEqual(['c']);
    await registry.putLease(
      'ha',
      'cluster',
      { holder: 'arn:execution:two', token: 2, acquiredAt: '' },
      { token: 1 },
    );
    expect((await look()).inHand).toBe(true);
    executions.executions.set(two.executionArn, { ...two, status: 'ABORTED' });
    expect([await inHand(), (await look()).inHand]).toEqual([[], false]);
  });

  test('counts an instance that leaves as gone, and a volume that EC2 does not know as lost', async () => {
    setB({ instances: [{ instanceId: 'i-b', lifecycleState: 'Terminating' }] });
    const { slots: found, volume } = await look();
    expect(found.find((one) => one.slot === 'b')?.instance).toBeUndefined();
    expect(volume).toEqual({ status: 'lost' });
  });

  test('says that a cluster is paused', async () => {
    const pause = { until: '2026-03-01T13:00:00.000Z', reason: 'a migration', by: 'me', at: '' };
    await registry.updateCluster('ha', { pause });
    expect((await look()).leftAlone).toBe('ha is paused until 2026-03-01T13:00:00.000Z: a migration');
  });

  test('says that a cluster is being retired, paused or not', async () => {
    const retirement = { startedAt: '2026-03-01T11:00:00.000Z', keepVolumes: false, execution: 'arn' };
    const pause = { until: '2026-03-01T13:00:00.000Z', reason: 'a migration', by: 'me', at: '' };
    await registry.updateCluster('ha', { pause, retirement });
    expect((await look()).leftAlone).toBe('ha is being retired since 2026-03-01T11:00:00.000Z');
  });

  test('does not know a slot that is not in the registry', async () => {
    registry.items.delete('ha/slot#b');
    await expect(look()).rejects.toMatchObject({ name: 'ClusterUnknown' });
  });
});

describe('judge-replacement', () => {
  const run = (unready: readonly string[], healthy: readonly string[]) =>
    judge.run(
      { observation: seen().observation, ...wish() },
      {
        registry,
        objects: fakeObjects(),
        observeEtcd: async () => etcdOf(now.toISOString(), healthy),
        observeKubernetes: async () => healthOf('ha', now.toISOString(), unready),
      },
      context(),
    );

  test('asks etcd and the API servers at this very moment, and gives what its contract has', async () => {
    const judgement = await run(['b'], ['a', 'c']);
    expect(judgeReplacement.output.parse(judgement)).toEqual({
      decision: { action: 'guard', reason: 'i-b is to be replaced: it hangs' },
      target: { instanceId: 'i-b', memberId: '21', since: '2026-03-01T12:00:00.000Z' },
    });
  });

  test('refuses beside a node that is not ready now, and beside a member that does not answer', async () => {
    expect((await run(['c'], slots)).decision).toEqual({
      action: 'refuse',
      reason: 'other slots are not ready: c',
    });
    expect((await run([], ['a', 'b'])).decision).toEqual({
      action: 'refuse',
      reason: 'the member of slot c is not healthy: it does not answer',
    });
  });
});
