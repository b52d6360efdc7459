import { beforeEach, expect, test } from 'vitest';
import type { InstanceStatuses } from '../../../functions/aws/instance-statuses.ts';
import type { LaunchTemplates } from '../../../functions/aws/launch-templates.ts';
import type { PoolGroups } from '../../../functions/aws/pool-groups.ts';
import type { SlotGroups } from '../../../functions/aws/slot-groups.ts';
import type { SlotHolders } from '../../../functions/aws/slot-holders.ts';
import { AwsRefused } from '../../../functions/runtime/errors.ts';
import { handler as sweep } from '../../../functions/sweep/sweep.ts';
import { fakeExecutions } from '../../support/fake-executions.ts';
import { fakeObjects } from '../../support/fake-objects.ts';
import { type FakeRegistry, fakeRegistry } from '../../support/fake-registry.ts';
import { fakeTaskContext } from '../../support/fake-task-context.ts';
import { buildSpec } from '../../support/specs.ts';
import { unstubbed } from '../../support/unstubbed.ts';
import { putFormedCluster } from '../sweep/registered.ts';
import { ago, dead, memberOf, now, repairOf, unusedOfGroup, well, writtenObservation } from './seen-pool.ts';

const context = () => fakeTaskContext({ now: now.toISOString() });
const ids = ['i-0000000a', 'i-0000000b', 'i-0000000c', 'i-0000000d'];

let registry: FakeRegistry;
let executions: ReturnType<typeof fakeExecutions>;
let objects: ReturnType<typeof fakeObjects>;
let broken: Error | undefined;
/** A new instance of slot a waits in its launch hook. */
let slotWaits: boolean;

const key = 'clusters/demo/observations/workers.json';
const observe = (sick: readonly string[], fields: Parameters<typeof writtenObservation>[1] = {}) => {
  const nodes = ids.map((id) => (sick.includes(id) ? dead(id, 400) : well(id)));
  return objects.put(key, writtenObservation(nodes, fields));
};
const deps = () => ({
  registry,
  executions,
  objects,
  groups: unstubbed<SlotGroups>('SlotGroups', {
    describe: async (names) =>
      names
        .filter((name) => name === 'trivet-demo-slot-a')
        .map((name) => ({
          name,
          instances: slotWaits
            ? [{ instanceId: 'i-new', lifecycleState: 'Pending:Wait' }]
            : [{ instanceId: 'i-a', lifecycleState: 'InService' }],
          suspended: [],
          template: { launchTemplateId: 'lt-a', version: '1' },
          tags: {},
        })),
  }),
  templates: unstubbed<LaunchTemplates>('LaunchTemplates', {}),
  holders: unstubbed<SlotHolders>('SlotHolders', {
    instances: async (wanted) => wanted.map((instanceId) => ({ instanceId, state: 'running' })),
    interfaceHolders: async () => new Map([['eni-a', 'i-a']]),
  }),
  poolGroups: unstubbed<PoolGroups>('PoolGroups', {
    describe: async (names) =>
      names.map((name) => ({
        name,
        desired: ids.length,
        min: 0,
        max: 8,
        ...unusedOfGroup,
        tags: {},
        instances: ids.map((instanceId) => memberOf(instanceId, 'InService')),
      })),
  }),
  instanceTypes: { describe: async () => [] },
  statuses: unstubbed<InstanceStatuses>('InstanceStatuses', {
    impaired: async () => {
      if (broken) throw broken;
      return [];
    },
    scheduledEvents: async () => [],
  }),
});

beforeEach(async () => {
  registry = fakeRegistry();
  executions = fakeExecutions();
  objects = fakeObjects();
  broken = undefined;
  slotWaits = false;
  await putFormedCluster(registry, 'demo', ['a']);
  const pools = [{ name: 'general', instanceTypes: ['m7g.large'], zones: ['a'], max: 8 }];
  await registry.updateCluster('demo', { spec: buildSpec({ pools }) });
});

test('a dead worker starts one execution of repair-worker, however often it is looked at', async () => {
  await observe(['i-0000000b']);
  expect((await sweep.run({}, deps(), context())).started).toEqual(['demo-general-i-0000000b-1']);
  await sweep.run({}, deps(), context());
  expect(executions.started).toEqual([
    {
      name: 'demo-general-i-0000000b-1',
      input: {
        cluster: 'demo',
        pool: 'general',
        zone: 'a',
        instanceId: 'i-0000000b',
        reason: `i-0000000b has not been ready since ${ago(400)}`,
      },
    },
  ]);
});

test('a storm is counted, not as a slot’s, and starts nothing', async () => {
  await observe(ids.slice(0, 3));
  const seen = context();
  expect((await sweep.run({}, deps(), seen)).started).toEqual([]);
  expect(Object.fromEntries(seen.counted)).toEqual({ WorkerStorm: 1 });
  expect((await registry.getRepairs('demo'))?.pools.general?.guard).toMatchObject({
    closedAt: now.toISOString(),
    reason: '3 of 4 workers are unhealthy, and 2 may be',
  });
});

test('a repair whose execution died gets another', async () => {
  const record = {
    revision: 1,
    ailing: { observedAt: '', since: {} },
    pools: {},
    repairs: [repairOf('i-0000000b')],
  };
  await observe(['i-0000000b']);
  await registry.putRepairs('demo', record, 'absent');
  await sweep.run({}, deps(), context());
  for (const [executionArn, execution] of executions.executions)
    executions.executions.set(executionArn, { ...execution, status: 'FAILED' });
  await sweep.run({}, deps(), context());
  expect(executions.started.map(({ name }) => name)).toEqual([
    'demo-general-i-0000000b-1',
    'demo-general-i-0000000b-2',
  ]);
});

test('a cluster that an event names is looked at alone', async () => {
  await observe(['i-0000000b']);
  const scope = { cluster: 'demo', reason: 'Object Created' };
  expect((await sweep.run({ scope }, deps(), context())).started).toEqual(['demo-general-i-0000000b-1']);
  expect((await sweep.run({ scope: { ...scope, cluster: 'another' } }, deps(), context())).started).toEqual(
    [],
  );
});

test.each<[string, Parameters<typeof writtenObservation>[1]]>([
  ['old', { observedAt: ago(181) }],
  ['of a time that has not come', { observedAt: ago(-3_600) }],
  ['of an API that cannot be asked', { reachable: false, reason: 'ECONNREFUSED' }],
])('an observation that is %s is never read as dead nodes', async (_, fields) => {
  await observe(ids, fields);
  const seen = context();
  expect((await sweep.run({}, deps(), seen)).findings).toEqual([]);
  expect(Object.fromEntries(seen.counted)).toEqual({});
  expect((await registry.getRepairs('demo'))?.pools.general?.blind).toBeDefined();
});

test('an observation that cannot be read is never read as dead nodes, and fails the sweep', async () => {
  await objects.put(key, JSON.stringify({ format: 1, nodes: 'none' }));
  await expect(sweep.run({}, deps(), context())).rejects.toThrow(
    'clusters/demo/observations/workers.json is no observation of workers: it names no cluster',
  );
  expect((await registry.getRepairs('demo'))?.pools.general?.blind).toBeDefined();
});

test('an observation that is not there is none', async () => {
  expect((await sweep.run({}, deps(), context())).findings).toEqual([]);
});

test('what keeps workers from being looked at keeps no slot from its workflow, and fails the sweep', async () => {
  broken = new AwsRefused('ec2:DescribeInstanceStatus: UnauthorizedOperation', {
    code: 'UnauthorizedOperation',
  });
  slotWaits = true;
  await expect(sweep.run({}, deps(), context())).rejects.toThrow('UnauthorizedOperation');
  expect(executions.started.map(({ name }) => name)).toEqual(['demo-a-i-new-1']);
});
