import { beforeEach, describe, expect, test } from 'vitest';
import type { InstanceStatuses, ScheduledEvent } from '../../../functions/aws/instance-statuses.ts';
import type { LaunchTemplates } from '../../../functions/aws/launch-templates.ts';
import type { PoolGroups } from '../../../functions/aws/pool-groups.ts';
import type { SlotGroupFact, SlotGroups } from '../../../functions/aws/slot-groups.ts';
import type { SlotHolders } from '../../../functions/aws/slot-holders.ts';
import { handler as sweep } from '../../../functions/sweep/sweep.ts';
import { type FakeExecutions, fakeExecutions } from '../../support/fake-executions.ts';
import { fakeObjects } from '../../support/fake-objects.ts';
import { type FakeRegistry, fakeRegistry } from '../../support/fake-registry.ts';
import { fakeTaskContext } from '../../support/fake-task-context.ts';
import { unstubbed } from '../../support/unstubbed.ts';
import { etcdOf, kubernetesOf } from './hung-cluster.ts';
import { putFormedCluster } from './registered.ts';

const now = '2026-03-01T12:00:00.000Z';
const context = () => fakeTaskContext({ now });
const slots = ['a', 'b', 'c'];

let registry: FakeRegistry;
let executions: FakeExecutions;
/** Thrown once by the next start of an execution. */
let broken: Error | undefined;
let scheduled: ScheduledEvent[];

const factOf = (slot: string): SlotGroupFact => ({
  name: `trivet-demo-slot-${slot}`,
  instances: [{ instanceId: `i-${slot}`, lifecycleState: 'InService' }],
  suspended: [],
  template: { launchTemplateId: `lt-${slot}`, version: '1' },
  tags: {},
});
const deps = () => ({
  registry,
  executions: {
    ...executions,
    start: async (...request: Parameters<FakeExecutions['start']>) => {
      const error = broken;
      broken = undefined;
      if (error) throw error;
      return executions.start(...request);
    },
  },
  groups: unstubbed<SlotGroups>('SlotGroups', {
    describe: async (names) => slots.map(factOf).filter(({ name }) => names.includes(name)),
  }),
  templates: unstubbed<LaunchTemplates>('LaunchTemplates', {}),
  objects: fakeObjects(),
  poolGroups: unstubbed<PoolGroups>('PoolGroups', {}),
  instanceTypes: { describe: async () => [] },
  statuses: unstubbed<InstanceStatuses>('InstanceStatuses', { scheduledEvents: async () => scheduled }),
  holders: unstubbed<SlotHolders>('SlotHolders', {
    instances: async (ids) => ids.map((instanceId) => ({ instanceId, state: 'running' })),
    interfaceHolders: async () => new Map(slots.map((slot) => [`eni-${slot}`, `i-${slot}`])),
  }),
});

/** Node b has hung for eleven minutes, kubelet and API server, while etcd goes on. */
beforeEach(async () => {
  registry = fakeRegistry();
  executions = fakeExecutions();
  broken = undefined;
  scheduled = [];
  await putFormedCluster(registry, 'demo', slots);
  await registry.putObservation('demo', etcdOf(now, slots));
  await registry.putKubernetesObservation(
    'demo',
    kubernetesOf('demo', now, { b: { instanceId: 'i-b', since: '2026-03-01T11:49:00.000Z' } }),
  );
});

const reason = 'i-b runs and has not been ready for 660 s, and all others are well';
const replacementOfB = {
  name: 'demo-b-i-b-1',
  input: { cluster: 'demo', slot: 'b', instanceId: 'i-b', reason },
};

test('the replacement of a hung node is started, counted and recorded, and told to nobody else', async () => {
  const seen = context();
  const { findings } = await sweep.run({}, deps(), seen);
  expect(findings).toEqual([
    {
      cluster: 'demo',
      slot: 'b',
      instanceId: 'i-b',
      action: 'start-replace-node',
      hung: true,
      reason,
    },
  ]);
  expect(executions.started).toEqual([replacementOfB]);
  expect(Object.fromEntries(seen.counted)).toEqual({ HungNodeReplaced: 1 });
  const hungReplacement = { slot: 'b', instanceId: 'i-b', at: now };
  expect(await registry.getCluster('demo')).toMatchObject({ hungReplacement });
});

test('two sweeps at once have it replaced once', async () => {
  const seen = [context(), context()];
  await Promise.all(seen.map((each) => sweep.run({}, deps(), each)));
  expect(executions.started).toEqual([replacementOfB]);
  expect(seen.map(({ counted }) => counted.get('HungNodeReplaced') ?? 0).sort()).toEqual([0, 1]);
});

test('two sweeps at once have it replaced once, too, where a node was replaced before', async () => {
  const hungReplacement = { slot: 'a', instanceId: 'i-old', at: '2026-03-01T10:00:00.000Z' };
  await registry.updateCluster('demo', { hungReplacement });
  await Promise.all([sweep.run({}, deps(), context()), sweep.run({}, deps(), context())]);
  expect(executions.started).toEqual([replacementOfB]);
});

test('a sweep that dies before it starts the execution is made good by the next', async () => {
  broken = new Error('throttled');
  await expect(sweep.run({}, deps(), context())).rejects.toThrow('throttled');
  await sweep.run({}, deps(), context());
  expect(executions.started).toEqual([replacementOfB]);
});

test('the replacement that runs is not started again by the next looks', async () => {
  await sweep.run({}, deps(), context());
  await sweep.run({}, deps(), context());
  expect(executions.started).toEqual([replacementOfB]);
});

test('another node within the hour is for a person', async () => {
  const hungReplacement = { slot: 'b', instanceId: 'i-old', at: '2026-03-01T11:30:00.000Z' };
  await registry.updateCluster('demo', { hungReplacement });
  const seen = context();
  await sweep.run({}, deps(), seen);
  expect(executions.started).toEqual([]);
  expect(Object.fromEntries(seen.counted)).toEqual({ SlotUnattended: 1 });
});

test('a cluster that is being retired is left alone', async () => {
  const retirement = { startedAt: now, keepVolumes: false, execution: 'arn' };
  await registry.updateCluster('demo', { retirement });
  await sweep.run({}, deps(), context());
  expect(executions.started).toEqual([]);
});

test('a look at what an event names leaves hung nodes to the next look at everything', async () => {
  await sweep.run({ scope: { instanceId: 'i-b' } }, deps(), context());
  expect(executions.started).toEqual([]);
});

test('an observation that cannot be read is no reason', async () => {
  await registry.putKubernetesObservation('demo', { observedAt: now, unreadySince: { b: 'long ago' } });
  expect((await sweep.run({}, deps(), context())).findings).toEqual([]);
});

describe('an instance that AWS is going to retire', () => {
  const retires = (instanceId: string, notBefore: string) => ({
    instanceId,
    code: 'instance-retirement',
    notBefore,
  });
  beforeEach(async () => {
    scheduled = [retires('i-c', '2026-03-09T12:00:00.000Z'), retires('i-a', '2026-03-08T12:00:00.000Z')];
    await registry.putKubernetesObservation('demo', kubernetesOf('demo', now, {}));
  });

  test('is replaced before that, the one that is due first, and nothing is remembered of it', async () => {
    expect((await sweep.run({}, deps(), context())).started).toEqual(['demo-a-i-a-1']);
    expect(executions.started[0]?.input).toEqual({
      cluster: 'demo',
      slot: 'a',
      instanceId: 'i-a',
      reason: 'AWS has instance-retirement for i-a at 2026-03-08T12:00:00.000Z, and all others are well',
    });
    expect((await registry.getCluster('demo'))?.hungReplacement).toBeUndefined();
  });

  test('is left alone while a node hangs: that one comes first', async () => {
    await registry.putKubernetesObservation(
      'demo',
      kubernetesOf('demo', now, { b: { instanceId: 'i-b', since: '2026-03-01T11:49:00.000Z' } }),
    );
    expect((await sweep.run({}, deps(), context())).started).toEqual(['demo-b-i-b-1']);
  });

  test('is not looked at by an event, which the next minute follows', async () => {
    const scope = { cause: 'health-event', affectedEntities: [{ entityValue: 'i-a' }] };
    expect((await sweep.run({ scope }, deps(), context())).started).toEqual([]);
  });
});
