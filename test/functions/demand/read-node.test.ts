import { describe, expect, test } from 'vitest';
import type { DisruptionBudget, Node, Pod } from '../../../functions/demand/kubernetes-objects.ts';
import { isResident, isUnschedulable, staysBecause } from '../../../functions/demand/read-disruption.ts';
import { daemonSetOverhead, readNode, runsOn } from '../../../functions/demand/read-node.ts';
import type { PodShape } from '../../../functions/scheduling/model.ts';

const node: Node = {
  metadata: {
    name: 'i-1',
    creationTimestamp: '2026-03-01T11:00:00Z',
    labels: { 'trivet.dev/pool': 'general', 'topology.kubernetes.io/zone': 'us-east-1b' },
  },
  spec: { unschedulable: true, taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] },
  status: {
    allocatable: { cpu: '1930m', memory: '7Gi', pods: '110' },
    conditions: [
      {
        type: 'Ready',
        status: 'Unknown',
        reason: 'NodeStatusUnknown',
        lastTransitionTime: '2026-03-01T11:30:00Z',
      },
      { type: 'DiskPressure', status: 'odd', lastTransitionTime: '2026-03-01T11:01:00Z' },
    ],
  },
};

test('a node is read as it stands there, and a status that nobody knows is unknown', () => {
  expect(readNode(node, [])).toEqual({
    name: 'i-1',
    pool: 'general',
    zone: 'us-east-1b',
    createdAt: '2026-03-01T11:00:00Z',
    unschedulable: true,
    labels: { 'trivet.dev/pool': 'general', 'topology.kubernetes.io/zone': 'us-east-1b' },
    taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }],
    allocatable: { cpu: 1930, memory: 7516192768, pods: 110 },
    conditions: [
      { type: 'Ready', status: 'Unknown', since: '2026-03-01T11:30:00Z', reason: 'NodeStatusUnknown' },
      { type: 'DiskPressure', status: 'Unknown', since: '2026-03-01T11:01:00Z' },
    ],
    pods: [],
  });
});

test('a node that has only just joined is one as well', () => {
  expect(readNode({ metadata: { name: 'i-2', labels: { 'trivet.dev/pool': 'general' } } }, [])).toEqual({
    name: 'i-2',
    pool: 'general',
    createdAt: '',
    unschedulable: false,
    labels: { 'trivet.dev/pool': 'general' },
    taints: [],
    allocatable: {},
    conditions: [],
    pods: [],
  });
});

test('a node of no pool is none of ours', () => {
  expect(readNode({ metadata: { name: 'i-a', labels: {} } }, [])).toBeUndefined();
});

test.each([
  [
    'cluster-autoscaler.kubernetes.io/scale-down-disabled',
    'true',
    'its annotation cluster-autoscaler.kubernetes.io/scale-down-disabled says so',
  ],
  ['karpenter.sh/do-not-disrupt', 'true', 'its annotation karpenter.sh/do-not-disrupt says so'],
  ['karpenter.sh/do-not-disrupt', 'false', undefined],
])('a node with %s=%s stays: %s', (key, value, expected) => {
  const annotated = { ...node, metadata: { ...node.metadata, annotations: { [key]: value } } };
  expect(readNode(annotated, [])?.staysBecause).toBe(expected);
});

const replicaSet = [{ kind: 'ReplicaSet', name: 'web', controller: true }];
const podOf = (changes: { metadata?: object; spec?: object; status?: object } = {}): Pod => ({
  metadata: {
    name: 'web-1',
    namespace: 'shop',
    labels: { app: 'web' },
    ownerReferences: replicaSet,
    ...changes.metadata,
  },
  spec: { ...changes.spec },
  status: { ...changes.status },
});
const annotated = (annotations: Record<string, string>, rest: object = {}) =>
  podOf({ metadata: { annotations, ...rest } });
const safe = { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'true' };
const budget = (
  name: string,
  disruptionsAllowed: number,
  namespace = 'shop',
  app = 'web',
): DisruptionBudget => ({
  metadata: { name, namespace },
  spec: { selector: { matchLabels: { app } } },
  status: { disruptionsAllowed },
});
const scratch = (emptyDir: object) => ({ spec: { volumes: [{ name: 'scratch', emptyDir }] } });
const mirror = { 'kubernetes.io/config.mirror': 'x' };
const daemonSet = { ownerReferences: [{ kind: 'DaemonSet', name: 'proxy', controller: true }] };

describe('a node stays because of a pod:', () => {
  test.each<[string, Pod, DisruptionBudget[], string | undefined]>([
    ['no obstacle', podOf(), [], undefined],
    [
      'not safe to evict',
      annotated({ 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' }),
      [],
      'shop/web-1 says that it is not safe to evict',
    ],
    [
      'not to be disrupted',
      annotated({ 'karpenter.sh/do-not-disrupt': 'true' }),
      [],
      'shop/web-1 asks not to be disrupted',
    ],
    ['to be disrupted', annotated({ 'karpenter.sh/do-not-disrupt': 'false' }), [], undefined],
    [
      'a budget with nothing left',
      podOf(),
      [budget('few', 0)],
      'shop/web-1 is guarded by shop/few, which allows no disruption now',
    ],
    [
      'a budget that the controller has not counted',
      podOf(),
      [{ metadata: { name: 'new', namespace: 'shop' }, spec: { selector: {} } }],
      'shop/web-1 is guarded by shop/new, which allows no disruption now',
    ],
    ['a budget with something left', podOf(), [budget('some', 1)], undefined],
    ['another namespace’s budget', podOf(), [budget('few', 0, 'bank')], undefined],
    ['a budget of other pods', podOf(), [budget('few', 0, 'shop', 'db')], undefined],
    ['a budget without a selector', podOf(), [{ metadata: { name: 'none', namespace: 'shop' } }], undefined],
    [
      'two budgets',
      podOf(),
      [budget('one', 1), budget('two', 1)],
      'shop/web-1 is guarded by shop/one and shop/two at once',
    ],
    [
      'a budget with nothing left for what is safe to evict',
      annotated(safe),
      [budget('few', 0)],
      'shop/web-1 is guarded by shop/few, which allows no disruption now',
    ],
    [
      'no controller',
      podOf({ metadata: { ownerReferences: [] } }),
      [],
      'shop/web-1 has no controller that would make it anew',
    ],
    [
      'an owner that is no controller',
      podOf({ metadata: { ownerReferences: [{ kind: 'Job', name: 'j' }] } }),
      [],
      'shop/web-1 has no controller that would make it anew',
    ],
    ['no controller and safe to evict', annotated(safe, { ownerReferences: [] }), [], undefined],
    ['data on the node', podOf(scratch({})), [], 'shop/web-1 has data on its node, in scratch'],
    ['data in memory', podOf(scratch({ medium: 'Memory' })), [], undefined],
    [
      'the host’s path',
      podOf({ spec: { volumes: [{ name: 'logs', hostPath: { path: '/var/log' } }] } }),
      [],
      'shop/web-1 has data on its node, in logs',
    ],
    ['data on the node and safe to evict', { ...annotated(safe), ...scratch({}) }, [], undefined],
    [
      'on its way out',
      podOf({ metadata: { deletionTimestamp: '2026-03-01T11:00:00Z', ownerReferences: [] } }),
      [],
      undefined,
    ],
    ['a DaemonSet’s', podOf({ metadata: daemonSet, ...scratch({}) }), [budget('few', 0)], undefined],
    [
      'of the node’s own files',
      annotated(mirror, { ownerReferences: [{ kind: 'Node', name: 'i-1', controller: true }] }),
      [],
      undefined,
    ],
  ])('%s', (_name, pod, budgets, expected) => {
    expect(staysBecause(pod, budgets)).toBe(expected);
  });
});

test.each<[string, Pod, boolean]>([
  ['a Deployment’s', podOf(), false],
  ['a DaemonSet’s', podOf({ metadata: daemonSet }), true],
  ['a mirror', annotated(mirror), true],
  [
    'one that a DaemonSet only owns',
    podOf({ metadata: { ownerReferences: [{ kind: 'DaemonSet', name: 'proxy' }] } }),
    false,
  ],
])('goes with its node: %s, %s', (_name, pod, expected) => {
  expect(isResident(pod)).toBe(expected);
});

const refused = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable' };
test.each<[string, Pod, boolean]>([
  ['one without a place', podOf({ status: { conditions: [refused] } }), true],
  ['one that the scheduler has not looked at', podOf(), false],
  [
    'one behind a gate',
    podOf({ status: { conditions: [{ ...refused, reason: 'SchedulingGated' }] } }),
    false,
  ],
  [
    'one that others make room for',
    podOf({ status: { conditions: [refused], nominatedNodeName: 'i-1' } }),
    false,
  ],
  ['one with a node', podOf({ spec: { nodeName: 'i-1' }, status: { conditions: [refused] } }), false],
  [
    'one on its way out',
    podOf({ metadata: { deletionTimestamp: '2026-03-01T11:00:00Z' }, status: { conditions: [refused] } }),
    false,
  ],
])('waits for a worker: %s, %s', (_name, pod, expected) => {
  expect(isUnschedulable(pod)).toBe(expected);
});

describe('DaemonSets on a fresh node', () => {
  const shape = (changes: Partial<PodShape>): PodShape => ({
    namespace: 'kube-system',
    labels: {},
    requests: { cpu: 100, memory: 50 },
    ...changes,
  });
  const fresh = { labels: { disk: 'ssd' }, taints: [{ key: 'gpu', effect: 'NoSchedule' as const }] };
  const tolerates = { tolerations: [{ key: 'gpu', operator: 'Exists' as const }] };
  const on = (value: string) => ({
    nodeTerms: [[{ key: 'disk', operator: 'In' as const, values: [value] }]],
  });
  test.each<[string, Partial<PodShape>, boolean]>([
    ['one that tolerates all', { tolerations: [{ operator: 'Exists' }] }, true],
    ['one that does not tolerate the pool’s taint', {}, false],
    ['one whose selector holds', { ...tolerates, ...on('ssd') }, true],
    ['one whose selector does not', { ...tolerates, ...on('hdd') }, false],
  ])('%s: %s', (_name, changes, expected) => {
    expect(runsOn(shape(changes), fresh)).toBe(expected);
  });

  test('a taint that a node loses once it is up keeps none off', () => {
    const young = {
      labels: {},
      taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' as const }],
    };
    expect(runsOn(shape({}), young)).toBe(true);
  });

  test('take what those that run there ask for, and a pod’s place each', () => {
    const sets = [shape(tolerates), shape({}), shape({ ...tolerates, requests: { cpu: 20 } })];
    expect(daemonSetOverhead(sets, fresh)).toEqual({ cpu: 120, memory: 50, pods: 2 });
  });
});
