import { beforeEach, describe, expect, test } from 'vitest';
import type { InstanceStatuses } from '../../../functions/aws/instance-statuses.ts';
import type { LaunchFailure } from '../../../functions/aws/launch-failure.ts';
import type { LaunchTemplates, TemplateVersionFact } from '../../../functions/aws/launch-templates.ts';
import type { PoolGroups } from '../../../functions/aws/pool-groups.ts';
import type { SlotGroupFact, SlotGroups } from '../../../functions/aws/slot-groups.ts';
import type { InstanceFact, SlotHolders } from '../../../functions/aws/slot-holders.ts';
import { handler as sweep } from '../../../functions/sweep/sweep.ts';
import { type FakeExecutions, fakeExecutions } from '../../support/fake-executions.ts';
import { fakeObjects } from '../../support/fake-objects.ts';
import { type FakeRegistry, fakeRegistry } from '../../support/fake-registry.ts';
import { fakeTaskContext } from '../../support/fake-task-context.ts';
import { unstubbed } from '../../support/unstubbed.ts';
import { etcdOf } from './hung-cluster.ts';
import { putFormedCluster } from './registered.ts';

const replaceEtcdMemberArn = 'arn:aws:states:us-east-1:123456789012:stateMachine:trivet-replace-etcd-member';
const context = () => fakeTaskContext({ now: '2026-03-01T12:00:00.000Z' });

let registry: FakeRegistry;
let executions: FakeExecutions;
let groupFacts: SlotGroupFact[];
let instances: InstanceFact[];
let held: Map<string, string>;
let did: string[];
/** Groups whose activities were asked for. */
let asked: string[];
let failures: LaunchFailure[];
/** Of slot b's template, oldest first. */
let versions: TemplateVersionFact[];

const effect = (name: string) => async (subject: string) => void did.push(`${name} ${subject}`);
const deps = () => ({
  registry,
  executions,
  groups: unstubbed<SlotGroups>('SlotGroups', {
    describe: async (names) => groupFacts.filter(({ name }) => names.includes(name)),
    suspendLaunch: effect('suspend'),
    resumeLaunch: effect('resume'),
    markUnhealthy: effect('mark unhealthy'),
    launchFailures: async (name) => {
      asked.push(name);
      return failures;
    },
    useTemplateVersion: async ({ name, template }, version) => {
      did.push(`${name} uses ${version}`);
      setGroup('b', { template: { ...template, version } });
    },
  }),
  templates: unstubbed<LaunchTemplates>('LaunchTemplates', {
    find: async (name) => {
      const latest = versions.at(-1);
      return latest && { launchTemplateId: 'lt-b', name, tags: {}, ...latest };
    },
    findVersion: async (_id, version) => versions.find((one) => one.version === version),
    createVersionOfType: async (_template, { source, instanceType }) => {
      const version = String(versions.length + 1);
      did.push(`version ${version}: ${source.version} with ${instanceType}`);
      versions.push({ version, dataHash: source.dataHash, instanceType });
      return version;
    },
  }),
  objects: fakeObjects(),
  poolGroups: unstubbed<PoolGroups>('PoolGroups', {}),
  instanceTypes: { describe: async () => [] },
  statuses: unstubbed<InstanceStatuses>('InstanceStatuses', { scheduledEvents: async () => [] }),
  holders: unstubbed<SlotHolders>('SlotHolders', {
    instances: async (ids) => instances.filter(({ instanceId }) => ids.includes(instanceId)),
    interfaceHolders: async () => held,
  }),
});

/** A formed cluster with slots a and b, whose members serve on i-a and i-b. */
beforeEach(async () => {
  registry = fakeRegistry();
  executions = fakeExecutions();
  did = [];
  asked = [];
  await putFormedCluster(registry, 'demo', ['a', 'b']);
  groupFacts = ['a', 'b'].map((slot) => ({
    name: `trivet-demo-slot-${slot}`,
    instances: [{ instanceId: `i-${slot}`, lifecycleState: 'InService' }],
    suspended: [],
    template: { launchTemplateId: `lt-${slot}`, version: '1' },
    tags: { 'trivet:deployment': 'trivet', 'trivet:cluster': 'demo', 'trivet:slot': slot },
  }));
  failures = [];
  versions = [{ version: '1', dataHash: 'h', instanceType: 't4g.medium' }];
  instances = ['i-a', 'i-b', 'i-new'].map((instanceId) => ({ instanceId, state: 'running' }));
  held = new Map([
    ['eni-a', 'i-a'],
    ['eni-b', 'i-b'],
  ]);
});

const setGroup = (slot: string, fact: Partial<SlotGroupFact>) => {
  groupFacts = groupFacts.map((group) => (group.name.endsWith(`-${slot}`) ? { ...group, ...fact } : group));
};
const waiting = { instances: [{ instanceId: 'i-new', lifecycleState: 'Pending:Wait' }] };

test('a healthy cluster makes the sweep do nothing', async () => {
  expect(await sweep.run({}, deps(), context())).toEqual({ clusters: ['demo'], findings: [], started: [] });
  expect(asked).toEqual([]);
});

test('an instance in a launch hook starts one execution under its deterministic name, however often it is looked at', async () => {
  setGroup('b', waiting);
  expect((await sweep.run({}, deps(), context())).started).toEqual(['demo-b-i-new-1']);
  await sweep.run({ scope: { autoScalingGroupName: 'trivet-demo-slot-b' } }, deps(), context());
  expect(executions.started).toEqual([{ name: 'demo-b-i-new-1', input: { cluster: 'demo', slot: 'b' } }]);
});

test('an execution that ended without success makes room for the next attempt', async () => {
  setGroup('b', waiting);
  await sweep.run({}, deps(), context());
  for (const [arn, execution] of executions.executions)
    executions.executions.set(arn, { ...execution, status: 'FAILED', input: 'other' });
  expect((await sweep.run({}, deps(), context())).started).toEqual(['demo-b-i-new-2']);
});

test('an event looks at what it names and at nothing else', async () => {
  setGroup('a', waiting);
  setGroup('b', waiting);
  const { findings } = await sweep.run({ scope: { instanceId: 'i-b' } }, deps(), context());
  expect(findings.map(({ slot }) => slot)).toEqual(['b']);
  expect(await sweep.run({ scope: { instanceId: 'i-foreign' } }, deps(), context())).toEqual({
    clusters: [],
    findings: [],
    started: [],
  });
});

test('a group without an instance is kicked once the network interface is free', async () => {
  setGroup('b', { instances: [] });
  await sweep.run({}, deps(), context());
  expect(did).toEqual([]);
  held.delete('eni-b');
  await sweep.run({}, deps(), context());
  expect(did).toEqual(['suspend trivet-demo-slot-b', 'resume trivet-demo-slot-b']);
});

test('an instance that was terminated from outside is told to its group', async () => {
  instances = instances.map((instance) =>
    instance.instanceId === 'i-b' ? { ...instance, state: 'shutting-down' } : instance,
  );
  await sweep.run({}, deps(), context());
  expect(did).toEqual(['mark unhealthy i-b']);
});

test.each([
  ['is reported', undefined, ['report']],
  ['is reported where it came after the member was back', '2026-03-01T11:58:00.000Z', ['report']],
  ['from before it was back calls nobody', '2026-03-01T11:59:25.000Z', []],
])('what the watch of etcd said against a member in service %s', async (_, servedAt, actions) => {
  await registry.putObservation('demo', etcdOf('2026-03-01T11:59:30.000Z', ['a']));
  if (servedAt !== undefined) await registry.updateSlot('demo', 'b', { servedAt }, {});
  const { findings } = await sweep.run({}, deps(), context());
  expect(findings.map(({ action }) => action)).toEqual(actions);
});

test('a lease whose holder is dead stops nothing; one whose holder runs does (L2)', async () => {
  setGroup('b', waiting);
  const holder = `${replaceEtcdMemberArn.replace(':stateMachine:', ':execution:')}:other`;
  await registry.putLease(
    'demo',
    'slot:b',
    { holder, token: 1, acquiredAt: '2026-03-01T11:59:00Z' },
    'absent',
  );
  executions.executions.set(holder, {
    executionArn: holder,
    status: 'RUNNING',
    startedAt: '2026-03-01T11:59:00Z',
  });
  expect((await sweep.run({}, deps(), context())).started).toEqual([]);
  executions.executions.set(holder, {
    executionArn: holder,
    status: 'ABORTED',
    startedAt: '2026-03-01T11:59:00Z',
  });
  expect((await sweep.run({}, deps(), context())).started).toEqual(['demo-b-i-new-1']);
});

test('a slot that only a person can mend is counted for the alarm', async () => {
  groupFacts = groupFacts.filter(({ name }) => !name.endsWith('-b'));
  const seen = context();
  const { findings } = await sweep.run({}, deps(), seen);
  expect(findings).toEqual([
    {
      cluster: 'demo',
      slot: 'b',
      action: 'report',
      reason: 'its Auto Scaling group is gone: provision the cluster again',
    },
  ]);
  expect(seen.counted.get('SlotUnattended')).toBe(1);
});

describe('a slot whose instance type has no capacity', () => {
  const kick = ['suspend trivet-demo-slot-b', 'resume trivet-demo-slot-b'];
  const lacks = (instanceType: string, at = '2026-03-01T11:59:59Z'): LaunchFailure => ({
    at,
    kind: 'capacity',
    instanceType,
    message: '',
  });
  beforeEach(() => {
    setGroup('b', { instances: [] });
    held.delete('eni-b');
    failures = [lacks('t4g.medium')];
  });

  test('moves on to the next type of the spec, in a template version that differs in nothing else', async () => {
    const { findings } = await sweep.run({}, deps(), context());
    expect(findings).toEqual([
      {
        cluster: 'demo',
        slot: 'b',
        action: 'next-instance-type',
        failedInstanceType: 't4g.medium',
        instanceType: 'm7g.medium',
        reason: 't4g.medium has no capacity: m7g.medium is next',
      },
    ]);
    expect(did).toEqual(['version 2: 1 with m7g.medium', 'trivet-demo-slot-b uses 2', ...kick]);
    expect(asked).toEqual(['trivet-demo-slot-b']);
  });

  test('is only kicked by a look that comes before the launch of the new type', async () => {
    await sweep.run({}, deps(), context());
    did = [];
    await sweep.run({}, deps(), context());
    expect(did).toEqual(kick);
  });

  test('takes the version that a look made which died before it told the group', async () => {
    versions.push({ version: '2', dataHash: 'h', instanceType: 'm7g.medium' });
    await sweep.run({}, deps(), context());
    expect(did).toEqual(['trivet-demo-slot-b uses 2', ...kick]);
  });

  test('keeps the content that its group uses when provisioning has made another that is not rolled out', async () => {
    versions.push({ version: '2', dataHash: 'other', instanceType: 'm7g.medium' });
    await sweep.run({}, deps(), context());
    expect(did).toEqual(['version 3: 1 with m7g.medium', 'trivet-demo-slot-b uses 3', ...kick]);
  });

  test.each<[string, Partial<SlotGroupFact>]>([
    ['an instance came', waiting],
    ['the slot has moved on', { template: { launchTemplateId: 'lt-b', version: '2' } }],
  ])('is left alone when meanwhile %s', async (_name, meanwhile) => {
    versions.push({ version: '2', dataHash: 'h', instanceType: 'm6g.medium' });
    const overtaken = deps();
    const { launchFailures } = overtaken.groups;
    overtaken.groups.launchFailures = (name) => {
      setGroup('b', meanwhile);
      return launchFailures(name);
    };
    await sweep.run({}, overtaken, context());
    expect(did).toEqual([]);
  });

  test('alarms once every type has failed, and goes on trying', async () => {
    failures = [lacks('m7g.medium'), lacks('t4g.medium')];
    versions.push({ version: '2', dataHash: 'h', instanceType: 'm7g.medium' });
    setGroup('b', { template: { launchTemplateId: 'lt-b', version: '2' } });
    const fresh = context();
    await sweep.run({}, deps(), fresh);
    expect(did).toEqual([]);
    failures = [lacks('m7g.medium', '2026-03-01T11:58:00Z'), lacks('t4g.medium', '2026-03-01T11:57:59Z')];
    const later = context();
    await sweep.run({}, deps(), later);
    expect(did).toEqual(['version 3: 2 with t4g.medium', 'trivet-demo-slot-b uses 3', ...kick]);
    expect([fresh, later].map(({ counted }) => counted.get('SlotUnattended'))).toEqual([1, 1]);
  });
});
