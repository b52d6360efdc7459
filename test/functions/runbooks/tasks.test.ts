import { beforeEach, expect, test } from 'vitest';
import type { PoolGroups } from '../../../functions/aws/pool-groups.ts';
import type { SlotGroupFact, SlotGroups } from '../../../functions/aws/slot-groups.ts';
import { handler as checkRunbook } from '../../../functions/runbooks/check-runbook.ts';
import { handler as kickSlot } from '../../../functions/runbooks/kick-slot.ts';
import { handler as observeWorkflow } from '../../../functions/runbooks/observe-workflow.ts';
import { handler as pauseCluster } from '../../../functions/runbooks/pause-cluster.ts';
import { handler as resumeCluster } from '../../../functions/runbooks/resume-cluster.ts';
import { handler as startWorkflow } from '../../../functions/runbooks/start-workflow.ts';
import { type FakeExecutions, fakeExecutions } from '../../support/fake-executions.ts';
import { type FakeObjects, fakeObjects } from '../../support/fake-objects.ts';
import { type FakeRegistry, fakeRegistry } from '../../support/fake-registry.ts';
import { fakeTaskContext } from '../../support/fake-task-context.ts';
import { buildSpec } from '../../support/specs.ts';
import { unstubbed } from '../../support/unstubbed.ts';
import { memberOf, unusedOfGroup } from '../repair/seen-pool.ts';
import { putFormedCluster } from '../sweep/registered.ts';

const context = (now = '2026-03-01T12:00:00.000Z') => fakeTaskContext({ now });

let registry: FakeRegistry;
let executions: FakeExecutions;
let objects: FakeObjects;

beforeEach(async () => {
  registry = fakeRegistry();
  executions = fakeExecutions();
  objects = fakeObjects();
  await putFormedCluster(registry, 'demo', ['a']);
  const pools = [{ name: 'general', instanceTypes: ['m7g.large'], zones: ['a', 'b'], max: 8 }];
  await registry.updateCluster('demo', { spec: buildSpec({ pools }) });
});

const poolGroups = unstubbed<PoolGroups>('PoolGroups', {
  describe: async (names) =>
    names.map((name) => ({
      name,
      desired: 1,
      min: 0,
      max: 8,
      ...unusedOfGroup,
      tags: {},
      instances: name.endsWith('-b')
        ? [memberOf('i-0000000b', 'InService'), memberOf('i-0000000c', 'Terminating:Wait')]
        : [],
    })),
});
const check = (runbook: string, parameters: Record<string, unknown>) =>
  checkRunbook.run(
    { runbook, automation: 'a1', parameters },
    { registry, poolGroups, executions, objects },
    context(),
  );

test('a worker is found in the pool and zone whose group has it, unless it leaves', async () => {
  expect((await check('drain-worker', { Cluster: 'demo', InstanceId: 'i-0000000b' })).decision).toMatchObject(
    {
      input: { pool: 'general', zone: 'b' },
    },
  );
  await expect(check('drain-worker', { Cluster: 'demo', InstanceId: 'i-0000000c' })).rejects.toThrow(
    'InstanceId: no pool of demo has the instance i-0000000c',
  );
});

test.each([
  ['name: fresh\nversion: 1\n', { action: 'start', input: { spec: { name: 'fresh', version: 1 } } }],
  ['{"name": "fresh"}', { action: 'start', input: { spec: { name: 'fresh' } } }],
])('a spec is read as YAML or JSON: %j', async (text, decision) => {
  await objects.put('specs/fresh.yaml', text);
  const asked = { Cluster: 'fresh', SpecObject: 'specs/fresh.yaml' };
  expect((await check('provision-cluster', asked)).decision).toMatchObject(decision);
});

test.each([
  [undefined, "there is no object specs/fresh.yaml in the deployment's bucket"],
  ['- fresh', 'specs/fresh.yaml holds no spec: it is no map of fields'],
  ['name: [', 'specs/fresh.yaml is no YAML: '],
])('a spec that is %j is refused', async (text, message) => {
  if (text !== undefined) await objects.put('specs/fresh.yaml', text);
  const asked = { Cluster: 'fresh', SpecObject: 'specs/fresh.yaml' };
  await expect(check('provision-cluster', asked)).rejects.toThrow(`SpecObject: ${message}`);
});

test('a slot whose lease a running execution holds is refused, and one whose holder has died is not', async () => {
  const stateMachineArn = 'arn:aws:states:us-east-1:123456789012:stateMachine:trivet-replace-etcd-member';
  const { executionArn } = await executions.start({ stateMachineArn, name: 'one', input: {} });
  const lease = { holder: executionArn, token: 1, acquiredAt: '2026-03-01T11:59:00.000Z' };
  await registry.putLease('demo', 'slot:a', lease, 'absent');
  const parameters = { Cluster: 'demo', Slot: 'a' };
  await expect(check('replace-slot', parameters)).rejects.toThrow(`in hand: ${executionArn}`);
  const [[arn, execution]] = [...executions.executions] as [[string, never]];
  executions.executions.set(arn, Object.assign({}, execution, { status: 'FAILED' }));
  expect((await check('replace-slot', parameters)).decision).toMatchObject({ action: 'start' });
});

test('the same that is asked twice is started once', async () => {
  const request = {
    workflow: 'drain-worker',
    prefix: 'demo-runbook-12345678',
    input: { cluster: 'demo' },
  } as const;
  const first = await startWorkflow.run(request, { executions }, context());
  expect(first).toEqual({
    executionArn:
      'arn:aws:states:us-east-1:123456789012:execution:trivet-drain-worker:demo-runbook-12345678-1',
    joined: false,
    link: 'https://us-east-1.console.aws.amazon.com/states/home?region=us-east-1#/v2/executions/details/arn:aws:states:us-east-1:123456789012:execution:trivet-drain-worker:demo-runbook-12345678-1',
    reason: 'started drain-worker demo-runbook-12345678-1',
  });
  expect(await startWorkflow.run(request, { executions }, context())).toMatchObject({
    joined: true,
    reason: 'joined drain-worker demo-runbook-12345678-1, which runs already',
  });
  expect(executions.started).toHaveLength(1);
  expect(
    await observeWorkflow.run({ executionArn: first.executionArn }, { executions }, context()),
  ).toMatchObject({
    decision: { action: 'wait' },
  });
});

test('an execution that nobody knows is said', async () => {
  await expect(observeWorkflow.run({ executionArn: 'arn:x' }, { executions }, context())).rejects.toThrow(
    'there is no execution arn:x',
  );
});

test('a pause ends by itself, is written over, and is ended before its time', async () => {
  const pause = { cluster: 'demo', minutes: 30, reason: 'a migration', by: 'a1' };
  expect(await pauseCluster.run(pause, { registry }, context())).toEqual({
    until: '2026-03-01T12:30:00.000Z',
    reason: 'demo is paused until 2026-03-01T12:30:00.000Z',
  });
  await pauseCluster.run({ ...pause, minutes: 5 }, { registry }, context());
  expect((await registry.getCluster('demo'))?.pause).toEqual({
    until: '2026-03-01T12:05:00.000Z',
    reason: 'a migration',
    by: 'a1',
    at: '2026-03-01T12:00:00.000Z',
  });
  const resume = (now: string) => resumeCluster.run({ cluster: 'demo' }, { registry }, context(now));
  expect(await resume('2026-03-01T12:04:59.000Z')).toEqual({
    resumed: true,
    reason: 'demo is paused no longer',
  });
  expect((await registry.getCluster('demo'))?.pause).toBeUndefined();
  expect(await resume('2026-03-01T12:05:00.000Z')).toEqual({ resumed: false, reason: 'demo was not paused' });
});

test('a slot is kicked only where it has no instance, and only by its own group', async () => {
  const did: string[] = [];
  let fact: Partial<SlotGroupFact> = {};
  const groups = unstubbed<SlotGroups>('SlotGroups', {
    describe: async ([name = '']) => [
      {
        name,
        instances: [],
        suspended: [],
        template: { launchTemplateId: 'lt-a', version: '1' },
        tags: { 'trivet:deployment': 'trivet', 'trivet:cluster': 'demo', 'trivet:slot': 'a' },
        ...fact,
      },
    ],
    suspendLaunch: async (name) => void did.push(`suspend ${name}`),
    resumeLaunch: async (name) => void did.push(`resume ${name}`),
  });
  const kick = () => kickSlot.run({ cluster: 'demo', slot: 'a' }, { groups }, context());
  expect(await kick()).toEqual({ kicked: true, reason: 'trivet-demo-slot-a tries its launch again' });
  expect(did).toEqual(['suspend trivet-demo-slot-a', 'resume trivet-demo-slot-a']);
  fact = { instances: [{ instanceId: 'i-a', lifecycleState: 'InService' }] };
  expect(await kick()).toEqual({
    kicked: false,
    reason: 'slot a has the instance i-a: there is nothing to launch',
  });
  fact = { tags: {} };
  await expect(kick()).rejects.toMatchObject({ name: 'ForeignResource' });
  expect(did).toHaveLength(2);
});
