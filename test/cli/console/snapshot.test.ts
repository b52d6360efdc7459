import { describe, expect, test } from 'vitest';
import type { ClusterView, SlotView } from '../../../cli/console/contracts.ts';
import type { ClusterReadings, ExecutionReading } from '../../../cli/console/readings.ts';
import { makeSnapshot } from '../../../cli/console/snapshot.ts';
import {
  cluster,
  etcd,
  instance,
  kubernetes,
  member,
  readings,
  record,
  slotRecord,
  slots,
  source,
  spec,
  without,
  worker,
} from './played-readings.ts';

function viewOf(over: Partial<ClusterReadings> = {}, executions: ExecutionReading[] = []): ClusterView {
  const { cluster: view } = makeSnapshot(readings({ cluster: cluster(over), executions }));
  if (!view) throw new Error('no cluster');
  return view;
}
const slotOf = (slot: string, ...rest: Parameters<typeof viewOf>): SlotView => {
  const found = viewOf(...rest)
    .zones.flatMap((zone) => zone.slots)
    .find((one) => one.slot === slot);
  if (!found) throw new Error('no slot');
  return found;
};
const told = ({ sentence, state, word }: SlotView) => [state, word, sentence];
const running = (workflow: string, name: string): ExecutionReading => ({
  executionArn: `arn:aws:states:us-east-1:123456789012:execution:trivet-${workflow}:${name}`,
  workflow,
  name,
  status: 'RUNNING',
  startedAt: '2026-03-01T11:59:00.000Z',
});
const silent = member('b', { healthy: false, leader: false, reason: 'no answer within 2000 ms' });
const members = (changed: ReturnType<typeof member>) =>
  etcd(slots.map((slot) => (slot === changed.slot ? changed : member(slot))));
const withInstance = (changed: ReturnType<typeof instance>) =>
  cluster().instances.map((one) => (one.slot === changed.slot ? changed : one));

describe('a cluster that is well', () => {
  test('says so, with its quorum, its leader and its margin', () => {
    const view = viewOf();
    expect(view).toMatchObject({
      state: 'well',
      sentence: '3 of 3 members vote, and one more may be lost.',
      quorum: { members: 3, voting: 3, needed: 2, margin: 1, leader: 'b' },
      kubernetes: { state: 'well', sentence: '3 API servers and 6 of 6 nodes are ready.' },
    });
    expect(view.zones.map(({ workers, zone }) => [zone, workers.ready, workers.all])).toEqual([
      ['us-east-1a', 1, 1],
      ['us-east-1b', 1, 1],
      ['us-east-1c', 1, 1],
    ]);
  });

  test('has each slot with its instance, volume and member, the number as etcdctl prints it', () => {
    expect(slotOf('b')).toMatchObject({
      state: 'well',
      word: 'serving',
      leader: true,
      instance: { instanceId: 'i-b', state: 'running', type: 't4g.medium' },
      volume: { volumeId: 'vol-b', state: 'in-use', sizeGibibytes: 20 },
      member: { memberId: 'ff', role: 'leader', healthy: true },
      apiServer: { ready: true },
      node: { ready: true },
    });
  });
});

describe('a slot', () => {
  test.each<[string, Partial<ClusterReadings>, [string, string, string]]>([
    [
      'whose zone is cut off says that first',
      { zonesCut: ['us-east-1b'] },
      ['unwell', 'cut off', 'Zone us-east-1b is cut off: nobody reaches the slot.'],
    ],
    [
      'that the registry does not know yet is planned',
      { slots: [slotRecord('a'), slotRecord('c')] },
      ['busy', 'planned', 'Nothing of it is made yet.'],
    ],
    [
      'whose instance is going serves no more, whatever its member said last',
      { instances: withInstance(instance('i-b', { state: 'shutting-down' })) },
      ['busy', 'losing its instance', 'i-b is shutting-down; its group launches another.'],
    ],
    [
      'without an instance waits for its group',
      { instances: withInstance(instance('i-b', { state: 'terminated' })), etcd: members(silent) },
      ['busy', 'without an instance', 'Its group launches another instance.'],
    ],
    [
      'whose new instance waits in its hook is coming back',
      {
        etcd: members(silent),
        groups: [{ name: 'trivet-demo-slot-b', desired: 1, lifecycles: { 'i-b': 'Pending:Wait' } }],
      },
      ['busy', 'coming back', 'i-b waits in its launch hook.'],
    ],
    [
      'that catches up is a learner',
      { etcd: members(member('b', { voter: false, healthy: false, reason: 'it is a learner' })) },
      ['busy', 'catching up', 'it is a learner'],
    ],
    [
      'that is held says why',
      {
        etcd: members(silent),
        slots: [
          slotRecord('a'),
          slotRecord('b', { verdict: { action: 'hold', reason: 'slot a is unhealthy as well', at: '' } }),
          slotRecord('c'),
        ],
      },
      ['unwell', 'held', 'hold: slot a is unhealthy as well.'],
    ],
    [
      'whose volume failed has lost its disk',
      {
        etcd: members(silent),
        volumes: [{ volumeId: 'vol-b', state: 'error' }],
      },
      ['unwell', 'without its disk', 'vol-b is in state error.'],
    ],
    [
      'whose volume is gone has lost its disk',
      { etcd: members(silent), volumes: [] },
      ['unwell', 'without its disk', 'vol-b is gone.'],
    ],
    [
      'whose member does not answer is silent',
      { etcd: members(silent) },
      ['unwell', 'silent', 'i-b is running; its member: no answer within 2000 ms.'],
    ],
    [
      'of a cluster that is not formed is forming',
      { etcd: members(silent), record: { ...record, formed: false, phase: 'forming' } },
      ['busy', 'forming', 'i-b is running; etcd forms.'],
    ],
  ])('%s', (_, over, expected) => {
    expect(told(slotOf('b', over))).toEqual(expected);
  });

  test('on which an execution works says which', () => {
    const work = [running('replace-etcd-member', 'demo-b-i-b-1')];
    expect(told(slotOf('b', { etcd: members(silent) }, work))).toEqual([
      'busy',
      'coming back',
      'replace-etcd-member puts slot b back on i-b.',
    ]);
    expect(slotOf('a', { etcd: members(silent) }, work).word).toBe('serving');
  });

  test('is not known where nobody could be asked: silence is never health', () => {
    const asked = without(cluster(), 'etcd', 'kubernetes');
    const { cluster: view } = makeSnapshot(readings({ cluster: asked }));
    expect(view?.zones[0]?.slots[0]).toMatchObject({ state: 'unknown', word: 'not known' });
    expect(view).toMatchObject({
      state: 'unknown',
      sentence: 'Nobody could ask its etcd.',
      quorum: { members: 3, needed: 2 },
      kubernetes: { state: 'unknown' },
    });
    expect(view?.quorum).not.toHaveProperty('margin');
  });

  test('shows the newest instance, and one that is going only where there is no other', () => {
    const both = [
      instance('i-b', { state: 'shutting-down' }),
      instance('i-nb', { slot: 'b', state: 'pending', launchedAt: '2026-03-01T11:59:00.000Z' }),
    ];
    expect(slotOf('b', { instances: both, etcd: members(silent) }).instance?.instanceId).toBe('i-nb');
  });
});

describe('a cluster in one sentence', () => {
  test.each<[string, Partial<ClusterReadings>, string, string]>([
    [
      'one member lost',
      { etcd: members(silent) },
      'unwell',
      '2 of 3 members vote, no more may be lost; slot b is silent.',
    ],
    [
      'two members lost',
      { etcd: etcd([member('a'), silent, member('c', { healthy: false })]) },
      'unwell',
      '1 of 3 members vote, 2 must: nothing can be written until one returns.',
    ],
    [
      'all members lost',
      { etcd: { ...etcd([]), reachable: false, reason: 'no member answers' } },
      'unwell',
      'No member of its etcd answers: nothing can be read or written.',
    ],
    [
      'Kubernetes not ready while all members vote',
      { kubernetes: kubernetes({ ready: false, reason: 'API servers are not ready: a: 500' }) },
      'busy',
      '3 of 3 members vote. API servers are not ready: a: 500.',
    ],
    [
      'never formed, with nobody at work',
      { record: { ...record, formed: false, phase: 'forming' } },
      'unwell',
      'It was never formed, and nothing works on it.',
    ],
  ])('%s', (_, over, state, sentence) => {
    expect(viewOf(over)).toMatchObject({ state, sentence });
  });

  test('says that it is being provisioned, from before there is a record of it', () => {
    const planned = {
      ...without(cluster(), 'record', 'etcd', 'kubernetes'),
      slots: [],
      instances: [],
      groups: [],
    };
    const executions = [running('provision-cluster', 'demo-0123abcd-1')];
    const { cluster: view } = makeSnapshot(readings({ cluster: planned, executions }));
    expect(view).toMatchObject({
      state: 'busy',
      sentence: 'It is being provisioned.',
      phase: 'planned',
      kubernetesVersion: spec.kubernetesVersion,
    });
    expect(view?.zones.map(({ zone }) => zone)).toEqual(['us-east-1a', 'us-east-1b', 'us-east-1c']);
    expect(view?.pools[0]).toMatchObject({ state: 'busy', sentence: 'Its groups are not made yet.' });
    expect(view?.offers).toEqual([]);
  });

  test('says until when it is paused, and no longer once that is over', () => {
    const pause = { until: '2026-03-01T12:30:00.000Z', reason: 'we look ourselves', by: 'a', at: '' };
    expect(viewOf({ record: { ...record, pause } }).paused).toEqual({
      until: pause.until,
      reason: pause.reason,
    });
    const over = { ...pause, until: '2026-03-01T11:30:00.000Z' };
    expect(viewOf({ record: { ...record, pause: over } })).not.toHaveProperty('paused');
  });
});

describe('a pool', () => {
  const poolOf = (over: Partial<ClusterReadings>) => {
    const [pool] = viewOf(over).pools;
    if (!pool) throw new Error('no pool');
    return pool;
  };
  const withWorker = (changed: ReturnType<typeof worker>) =>
    cluster().instances.map((one) => (one.instanceId === changed.instanceId ? changed : one));
  const nodes = kubernetes().nodes.map((node) =>
    node.name === 'i-wb' ? { ...node, ready: false, reason: 'kubelet stopped posting' } : node,
  );
  const healthOf = (over: Partial<ClusterReadings>) => {
    const found = poolOf(over).workers.find(({ instanceId }) => instanceId === 'i-wb');
    return [found?.health, found?.word, found?.reason];
  };

  test('counts those that are ready against what its groups are to have', () => {
    expect(poolOf({})).toMatchObject({ state: 'well', sentence: '3 of 3 workers are ready.', desired: 3 });
    expect(poolOf({ kubernetes: kubernetes({ nodes }) })).toMatchObject({
      state: 'unwell',
      sentence: '2 of 3 workers are ready.',
    });
  });

  test.each<[string, Partial<ClusterReadings>, [string, string, string | undefined]]>([
    ['ready', {}, ['well', 'ready', undefined]],
    [
      'not ready, and why',
      { kubernetes: kubernetes({ nodes }) },
      ['unwell', 'not ready', 'kubelet stopped posting'],
    ],
    [
      'no node',
      { kubernetes: kubernetes({ nodes: nodes.filter(({ name }) => name !== 'i-wb') }) },
      ['unwell', 'not ready', 'It is no node.'],
    ],
    [
      'joining',
      {
        kubernetes: kubernetes({ nodes: [] }),
        groups: [{ name: 'trivet-demo-pool-general-b', desired: 1, lifecycles: { 'i-wb': 'Pending:Wait' } }],
      },
      ['busy', 'joining', undefined],
    ],
    [
      'leaving',
      {
        groups: [
          { name: 'trivet-demo-pool-general-b', desired: 1, lifecycles: { 'i-wb': 'Terminating:Wait' } },
        ],
      },
      ['busy', 'leaving', 'Its pods are moved away first.'],
    ],
    [
      'going',
      { instances: withWorker(worker('b', { state: 'shutting-down' })) },
      ['busy', 'shutting-down', undefined],
    ],
    ['cut off', { zonesCut: ['us-east-1b'] }, ['unwell', 'cut off', 'Zone us-east-1b is cut off.']],
    [
      'not known',
      { kubernetes: kubernetes({ ready: false, nodes: [] }) },
      ['unknown', 'not known', 'No API server gave the list of nodes.'],
    ],
  ])('has a worker that is %s', (_, over, expected) => {
    expect(healthOf(over)).toEqual(expected);
  });

  test('says when its storm guard is closed', () => {
    const repairs = {
      revision: 1,
      ailing: { observedAt: '', since: {} },
      repairs: [],
      pools: {
        general: {
          wanted: 3,
          healthy: 0,
          allowed: 2,
          unhealthy: [],
          guard: { closedAt: '2026-03-01T11:50:00.000Z', lastOverAt: '', reason: '3 of 3 are unhealthy' },
        },
      },
    };
    expect(poolOf({ repairs })).toMatchObject({
      state: 'unwell',
      sentence: '3 of 3 workers are ready. The storm guard is closed.',
      guardClosed: { since: '2026-03-01T11:50:00.000Z', reason: '3 of 3 are unhealthy' },
    });
  });
});

test('what could not be read is passed on, and a deployment without clusters has none', () => {
  const { cluster: _, ...none } = readings({
    clusters: [],
    unread: [{ what: 'decisions', why: 'AccessDenied' }],
  });
  expect(makeSnapshot(none)).toEqual({
    readAt: '2026-03-01T12:00:00.000Z',
    source,
    clusters: [],
    executions: [],
    decisions: [],
    alarms: [],
    approvals: [],
    unread: [{ what: 'decisions', why: 'AccessDenied' }],
  });
});
