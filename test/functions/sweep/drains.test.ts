import { beforeEach, expect, test } from 'vitest';
import type { InstanceStatuses, ScheduledEvent } from '../../../functions/aws/instance-statuses.ts';
import type { LaunchTemplates } from '../../../functions/aws/launch-templates.ts';
import type { PoolGroups } from '../../../functions/aws/pool-groups.ts';
import type { SlotGroups } from '../../../functions/aws/slot-groups.ts';
import type { SlotHolders } from '../../../functions/aws/slot-holders.ts';
import { handler as sweep } from '../../../functions/sweep/sweep.ts';
import { type FakeExecutions, fakeExecutions } from '../../support/fake-executions.ts';
import { fakeObjects } from '../../support/fake-objects.ts';
import { type FakeRegistry, fakeRegistry } from '../../support/fake-registry.ts';
import { fakeTaskContext } from '../../support/fake-task-context.ts';
import { buildSpec } from '../../support/specs.ts';
import { unstubbed } from '../../support/unstubbed.ts';
import { putFormedCluster } from './registered.ts';

const context = () => fakeTaskContext({ now: '2026-03-01T12:00:00.000Z' });
const leaving = 'i-0123456789abcdef0';
const serving = 'i-0123456789abcdef1';

let registry: FakeRegistry;
let executions: FakeExecutions;
let scheduled: ScheduledEvent[];
let asked: number;

/** A formed cluster without slots and with a pool in zone a, of whose workers one serves and one waits in its terminate hook. */
beforeEach(async () => {
  registry = fakeRegistry();
  executions = fakeExecutions();
  scheduled = [];
  asked = 0;
  await putFormedCluster(registry, 'demo', []);
  const spec = buildSpec({
    pools: [{ name: 'general', instanceTypes: ['t4g.medium'], zones: ['a'], min: 1, max: 9 }],
  });
  await registry.updateCluster('demo', { spec }, {});
});

const deps = () => ({
  registry,
  executions,
  objects: fakeObjects(),
  poolGroups: unstubbed<PoolGroups>('PoolGroups', { describe: async () => [] }),
  instanceTypes: { describe: async () => [] },
  statuses: unstubbed<InstanceStatuses>('InstanceStatuses', {
    impaired: async () => [],
    scheduledEvents: async () => {
      asked += 1;
      return scheduled;
    },
  }),
  groups: unstubbed<SlotGroups>('SlotGroups', {
    describe: async (names) =>
      names.includes('trivet-demo-pool-general-a')
        ? [
            {
              name: 'trivet-demo-pool-general-a',
              instances: [
                { instanceId: leaving, lifecycleState: 'Terminating:Wait' },
                { instanceId: serving, lifecycleState: 'InService' },
              ],
              suspended: [],
              template: { launchTemplateId: 'lt-1', version: '1' },
              tags: {},
            },
          ]
        : [],
  }),
  templates: unstubbed<LaunchTemplates>('LaunchTemplates', {}),
  holders: unstubbed<SlotHolders>('SlotHolders', {
    instances: async () => [],
    interfaceHolders: async () => new Map(),
  }),
});

const ofWorker = { cluster: 'demo', pool: 'general', zone: 'a' };

test('the minute finds a worker in its terminate hook and begins its drain once', async () => {
  expect((await sweep.run({}, deps(), context())).started).toEqual([`demo-general-${leaving}-1`]);
  await sweep.run({ scope: { autoScalingGroupName: 'trivet-demo-pool-general-a' } }, deps(), context());
  expect(executions.started).toEqual([
    {
      name: `demo-general-${leaving}-1`,
      input: { ...ofWorker, instanceId: leaving, cause: 'termination', afterwards: 'complete-hook' },
    },
  ]);
});

test('a spot warning begins the drain of that one worker, and looks at nothing scheduled', async () => {
  const scope = { instanceId: serving, cause: 'spot-interruption', reason: 'a warning' };
  expect((await sweep.run({ scope }, deps(), context())).started).toEqual([`demo-general-${serving}-1`]);
  expect(executions.started[0]?.input).toEqual({
    ...ofWorker,
    instanceId: serving,
    cause: 'spot-interruption',
    afterwards: 'terminate',
    deadlineAt: '2026-03-01T12:01:50.000Z',
  });
  expect(asked).toBe(0);
});

test('what AWS has scheduled is found without an event', async () => {
  scheduled = [{ instanceId: serving, code: 'instance-stop', notBefore: '2026-03-01T12:30:00.000Z' }];
  expect((await sweep.run({}, deps(), context())).started.sort()).toEqual([
    `demo-general-${leaving}-1`,
    `demo-general-${serving}-1`,
  ]);
});

test.each([
  { instanceId: 'i-0fedcba9876543210', cause: 'spot-interruption' },
  { instanceId: leaving, reason: 'EC2 Instance State-change Notification' },
])('an event of another, or that announces nothing, begins nothing: %o', async (scope) => {
  expect((await sweep.run({ scope }, deps(), context())).started).toEqual([]);
});
