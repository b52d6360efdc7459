import { beforeEach, expect, test } from 'vitest';
import type { InstanceStatuses } from '../../../functions/aws/instance-statuses.ts';
import type { LaunchTemplates } from '../../../functions/aws/launch-templates.ts';
import type { PoolGroupFound, PoolGroups } from '../../../functions/aws/pool-groups.ts';
import type { SlotGroups } from '../../../functions/aws/slot-groups.ts';
import type { SlotHolders } from '../../../functions/aws/slot-holders.ts';
import type { WorkersObservation } from '../../../functions/demand/contracts.ts';
import { renderObservation } from '../../../functions/demand/stored-observation.ts';
import type { SweepScope } from '../../../functions/sweep/contracts.ts';
import { handler as sweep } from '../../../functions/sweep/sweep.ts';
import { type FakeExecutions, fakeExecutions } from '../../support/fake-executions.ts';
import { type FakeObjects, fakeObjects } from '../../support/fake-objects.ts';
import { type FakeRegistry, fakeRegistry } from '../../support/fake-registry.ts';
import { fakeTaskContext } from '../../support/fake-task-context.ts';
import { buildSpec } from '../../support/specs.ts';
import { unstubbed } from '../../support/unstubbed.ts';
import { groupOf, inputOf, nodeOf, poolOf, types, waiting } from '../scaling/scaled-cluster.ts';
import { putFormedCluster } from './registered.ts';

const context = () => fakeTaskContext({ now: '2026-11-27T12:00:00.000Z' });

let registry: FakeRegistry;
let executions: FakeExecutions;
let objects: FakeObjects;
let groups: PoolGroupFound[];

/** A formed cluster without slots, whose one pool has two zones and no worker. */
beforeEach(async () => {
  registry = fakeRegistry();
  executions = fakeExecutions();
  objects = fakeObjects();
  groups = [groupOf('a', 0), groupOf('b', 0)];
  await putFormedCluster(registry, 'demo', []);
  await registry.updateCluster('demo', { spec: buildSpec({ pools: [poolOf()] }) });
});

const observe = (seen: Partial<WorkersObservation>) => {
  const { observation } = inputOf(seen).found ?? {};
  if (!observation) throw new Error('no observation');
  return objects.put('clusters/demo/observations/workers.json', renderObservation(observation));
};

const deps = () => ({
  registry,
  executions,
  objects,
  poolGroups: unstubbed<PoolGroups>('PoolGroups', {
    describe: async (names) => groups.filter(({ name }) => names.includes(name)),
    launchFailures: async () => [],
  }),
  instanceTypes: { describe: async () => types },
  statuses: unstubbed<InstanceStatuses>('InstanceStatuses', {
    impaired: async () => [],
    scheduledEvents: async () => [],
  }),
  groups: unstubbed<SlotGroups>('SlotGroups', { describe: async () => [] }),
  templates: unstubbed<LaunchTemplates>('LaunchTemplates', {}),
  holders: unstubbed<SlotHolders>('SlotHolders', {
    instances: async () => [],
    interfaceHolders: async () => new Map(),
  }),
});
const started = async (scope?: SweepScope) =>
  (await sweep.run(scope ? { scope } : {}, deps(), context())).started;

const name = `demo-${Date.parse('2026-11-27T11:59:55Z')}-1`;

test('pods that wait start one execution of scale-workers, however often the same look is read', async () => {
  await observe({ pending: [waiting(1)] });
  expect(await started()).toEqual([name]);
  await started({ cluster: 'demo', reason: 'Object Created' });
  const change = {
    pool: 'general',
    zone: 'a',
    from: 0,
    to: 1,
    reason: '1 pod has no place: 1 more of m7g.large',
  };
  expect(executions.started).toEqual([{ name, input: { cluster: 'demo', changes: [change] } }]);
});

test('a later look at the same pods starts nothing once their worker is on its way', async () => {
  await observe({ pending: [waiting(1)] });
  await started();
  groups = [groupOf('a', 1, { instances: [] }), groupOf('b', 0)];
  await observe({ pending: [waiting(1)], observedAt: '2026-11-27T11:59:58Z' });
  expect(await started()).toEqual([]);
});

test.each<[string, SweepScope]>([
  ['a group', { autoScalingGroupName: 'trivet-demo-pool-general-a', reason: 'a launch' }],
  ['an instance', { instanceId: 'i-a0', reason: 'EC2 Instance State-change Notification' }],
  [
    'what AWS announces',
    { affectedEntities: [{ entityValue: 'i-a0' }], cause: 'health-event', reason: 'AWS Health Event' },
  ],
  ['another cluster', { cluster: 'other', reason: 'Object Created' }],
])('an event of %s plans no workers', async (_, scope) => {
  await observe({ pending: [waiting(1)] });
  expect(await started(scope)).toEqual([]);
});

test('a worker that nothing needs is drained, to be ended and its group made one smaller', async () => {
  groups = [groupOf('a', 1), groupOf('b', 0)];
  await observe({ nodes: [nodeOf('a', 0)] });
  const unneeded = [{ node: 'i-a0', since: '2026-11-27T11:50:00Z' }];
  await registry.putScaling('demo', { revision: 1, backOffs: [], unneeded }, 'absent');
  expect(await started()).toEqual(['demo-general-i-a0-1']);
  await started();
  expect(executions.started).toEqual([
    {
      name: 'demo-general-i-a0-1',
      input: {
        cluster: 'demo',
        pool: 'general',
        zone: 'a',
        instanceId: 'i-a0',
        cause: 'scale-down',
        afterwards: 'terminate-and-shrink',
      },
    },
  ]);
});
