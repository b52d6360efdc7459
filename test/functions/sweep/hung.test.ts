import { beforeEach, expect, test } from 'vitest';
import type { InstanceStatuses } from '../../../functions/aws/instance-statuses.ts';
import type { LaunchTemplates } from '../../../functions/aws/launch-templates.ts';
import type { PoolGroups } from '../../../functions/aws/pool-groups.ts';
import type { SlotGroupFact, SlotGroups } from '../../../functions/aws/slot-groups.ts';
import type { SlotHolders } from '../../../functions/aws/slot-holders.ts';
import { handler as sweep } from '../../../functions/sweep/sweep.ts';
import { fakeExecutions } from '../../support/fake-executions.ts';
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
let marked: string[];
/** Thrown once by the next instance that is marked. */
let broken: Error | undefined;

const factOf = (slot: string): SlotGroupFact => ({
  name: `trivet-demo-slot-${slot}`,
  instances: [{ instanceId: `i-${slot}`, lifecycleState: 'InService' }],
  suspended: [],
  template: { launchTemplateId: `lt-${slot}`, version: '1' },
  tags: {},
});
const deps = () => ({
  registry,
  executions: fakeExecutions(),
  groups: unstubbed<SlotGroups>('SlotGroups', {
    describe: async (names) => slots.map(factOf).filter(({ name }) => names.includes(name)),
    markUnhealthy: async (instanceId) => {
      const error = broken;
      broken = undefined;
      if (error) throw error;
      marked.push(instanceId);
    },
  }),
  templates: unstubbed<LaunchTemplates>('LaunchTemplates', {}),
  objects: fakeObjects(),
  poolGroups: unstubbed<PoolGroups>('PoolGroups', {}),
  instanceTypes: { describe: async () => [] },
  statuses: unstubbed<InstanceStatuses>('InstanceStatuses', { scheduledEvents: async () => [] }),
  holders: unstubbed<SlotHolders>('SlotHolders', {
    instances: async (ids) => ids.map((instanceId) => ({ instanceId, state: 'running' })),
    interfaceHolders: async () => new Map(slots.map((slot) => [`eni-${slot}`, `i-${slot}`])),
  }),
});

/** Node b has hung for eleven minutes, kubelet and API server, while etcd goes on. */
beforeEach(async () => {
  registry = fakeRegistry();
  marked = [];
  broken = undefined;
  await putFormedCluster(registry, 'demo', slots);
  await registry.putObservation('demo', etcdOf(now, slots));
  await registry.putKubernetesObservation(
    'demo',
    kubernetesOf('demo', now, { b: { instanceId: 'i-b', since: '2026-03-01T11:49:00.000Z' } }),
  );
});

test('a hung node is told to its group, counted and recorded', async () => {
  const seen = context();
  const { findings } = await sweep.run({}, deps(), seen);
  expect(findings).toEqual([
    {
      cluster: 'demo',
      slot: 'b',
      instanceId: 'i-b',
      action: 'replace-hung-node',
      reason: 'i-b runs and has not been ready for 660 s, and all others are well',
    },
  ]);
  expect(marked).toEqual(['i-b']);
  expect(Object.fromEntries(seen.counted)).toEqual({ HungNodeReplaced: 1 });
  const hungReplacement = { slot: 'b', instanceId: 'i-b', at: now };
  expect(await registry.getCluster('demo')).toMatchObject({ hungReplacement });
});

test('two sweeps at once have it replaced once', async () => {
  const seen = [context(), context()];
  await Promise.all(seen.map((each) => sweep.run({}, deps(), each)));
  expect(marked).toEqual(['i-b']);
  expect(seen.map(({ counted }) => counted.get('HungNodeReplaced') ?? 0).sort()).toEqual([0, 1]);
});

test('two sweeps at once have it replaced once, too, where a node was replaced before', async () => {
  const hungReplacement = { slot: 'a', instanceId: 'i-old', at: '2026-03-01T10:00:00.000Z' };
  await registry.updateCluster('demo', { hungReplacement });
  await Promise.all([sweep.run({}, deps(), context()), sweep.run({}, deps(), context())]);
  expect(marked).toEqual(['i-b']);
});

test('a sweep that dies before it tells the group is made good by the next', async () => {
  broken = new Error('throttled');
  await expect(sweep.run({}, deps(), context())).rejects.toThrow('throttled');
  await sweep.run({}, deps(), context());
  expect(marked).toEqual(['i-b']);
});

test('another node within the hour is for a person', async () => {
  const hungReplacement = { slot: 'b', instanceId: 'i-old', at: '2026-03-01T11:30:00.000Z' };
  await registry.updateCluster('demo', { hungReplacement });
  const seen = context();
  await sweep.run({}, deps(), seen);
  expect(marked).toEqual([]);
  expect(Object.fromEntries(seen.counted)).toEqual({ SlotUnattended: 1 });
});

test('a look at what an event names leaves hung nodes to the next look at everything', async () => {
  await sweep.run({ scope: { instanceId: 'i-b' } }, deps(), context());
  expect(marked).toEqual([]);
});

test('an observation that cannot be read is no reason', async () => {
  await registry.putKubernetesObservation('demo', { observedAt: now, unreadySince: { b: 'long ago' } });
  expect((await sweep.run({}, deps(), context())).findings).toEqual([]);
});
