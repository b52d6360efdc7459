import { describe, expect, test } from 'vitest';
import { decideNode } from '../../../../region/machines/api-stand-in/controllers/decide-node.ts';
import { decideBudget } from '../../../../region/machines/api-stand-in/controllers/disruption.ts';
import { decideWorkload } from '../../../../region/machines/api-stand-in/controllers/workloads.ts';
import { decideDeletion } from '../../../../region/machines/api-stand-in/deletion.ts';
import { decideEviction } from '../../../../region/machines/api-stand-in/eviction.ts';
import type { ApiObject } from '../../../../region/machines/api-stand-in/json.ts';
import { readProtobuf } from '../../../../region/machines/api-stand-in/protobuf.ts';
import { parseRequest } from '../../../../region/machines/api-stand-in/request.ts';
import { matchesSelector, parseLabelSelector } from '../../../../region/machines/api-stand-in/selectors.ts';
import { renderingOf } from '../../../../region/machines/api-stand-in/table.ts';

const now = new Date('2026-01-01T00:00:00Z');
const later = '2026-01-01T00:01:00Z';

describe('a path', () => {
  const parse = (method: string, path: string) => parseRequest(method, new URL(path, 'https://api'));

  test.each([
    ['GET', '/api/v1/namespaces', 'list namespaces - - -'],
    ['GET', '/api/v1/namespaces/shop', 'get namespaces - shop -'],
    ['PUT', '/api/v1/namespaces/shop/finalize', 'update namespaces - shop finalize'],
    ['GET', '/api/v1/namespaces/shop/pods', 'list pods shop - -'],
    ['GET', '/api/v1/pods?watch=true', 'watch pods - - -'],
    ['DELETE', '/api/v1/namespaces/shop/pods', 'deletecollection pods shop - -'],
    ['POST', '/api/v1/namespaces/shop/pods/one/eviction', 'create pods shop one eviction'],
    ['PATCH', '/apis/apps/v1/namespaces/shop/deployments/web/scale', 'patch deployments shop web scale'],
    [
      'GET',
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
      'get clusterroles - system:node -',
    ],
  ])('%s %s', (method, path, said) => {
    const { name = '-', namespace = '-', resource, subresource = '-', verb } = parse(method, path);
    expect(`${verb} ${resource.plural} ${namespace} ${name} ${subresource}`).toBe(said);
  });

  test.each([
    ['GET', '/api/v1/namespaces/shop/nodes', 404],
    ['GET', '/api/v1/pods/one', 404],
    ['GET', '/api/v1/namespaces/shop/pods/one/log', 404],
    ['GET', '/apis/batch/v1/jobs', 404],
    ['GET', '/metrics', 404],
    ['POST', '/api/v1/nodes/one', 405],
    ['GET', '/api/v1/namespaces/shop/pods/one/eviction', 405],
  ])('%s %s is refused by name', (method, path, code) => {
    expect(() => parse(method, path)).toThrow(expect.objectContaining({ code }));
    expect(() => parse(method, path)).toThrow(path);
  });
});

describe('a label selector', () => {
  const labels = { app: 'web', tier: 'front', 'trivet.dev/pool': '' };
  test.each([
    ['', true],
    ['app=web', true],
    ['app==web,tier!=back', true],
    ['app!=web', false],
    ['none!=web', true],
    ['app in (db, web)', true],
    ['app notin (db,web)', false],
    ['none notin (x)', true],
    ['trivet.dev/pool', true],
    ['!trivet.dev/pool', false],
    ['!none,app', true],
  ])('%s', (selector, chosen) => {
    expect(parseLabelSelector(selector)(labels)).toBe(chosen);
  });

  test('that is none is refused', () => {
    expect(() => parseLabelSelector('app in web')).toThrow('is no label selector');
  });

  test.each([
    [undefined, false],
    [{}, true],
    [{ matchLabels: { app: 'web' } }, true],
    [{ matchLabels: { app: 'db' } }, false],
    [{ matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] }, true],
    [{ matchExpressions: [{ key: 'none', operator: 'NotIn', values: ['web'] }] }, true],
    [{ matchExpressions: [{ key: 'none', operator: 'Exists' }] }, false],
    [{ matchExpressions: [{ key: 'none', operator: 'DoesNotExist' }] }, true],
  ])('of an object: %j', (selector, chosen) => {
    expect(matchesSelector(selector, labels)).toBe(chosen);
  });
});

const pod = (status: object, more: object = {}): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'one', namespace: 'shop', labels: { app: 'web' } },
  status,
  ...more,
});
const readyPod = pod({ phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] });
const unreadyPod = pod({ phase: 'Running' });
const budget = (spec: object, status: object = {}): ApiObject => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'web', namespace: 'shop', generation: 1 },
  spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
  status,
});

describe('an eviction', () => {
  const seen = { observedGeneration: 1, desiredHealthy: 2, currentHealthy: 2 };
  test.each([
    ['one more allowed', readyPod, budget({}, { ...seen, disruptionsAllowed: 1 }), 'spend', undefined],
    [
      'none allowed',
      readyPod,
      budget({}, { ...seen, disruptionsAllowed: 0 }),
      'refuse',
      'The disruption budget web needs 2 healthy pods and has 2 currently',
    ],
    [
      'not seen yet',
      readyPod,
      budget({}),
      'refuse',
      'The disruption budget web is still being processed by the server.',
    ],
    [
      'an unready pod of a healthy budget',
      unreadyPod,
      budget({}, { ...seen, disruptionsAllowed: 0 }),
      'allow',
      undefined,
    ],
    [
      'an unready pod of an unhealthy one',
      unreadyPod,
      budget({}, { ...seen, currentHealthy: 1, disruptionsAllowed: 0 }),
      'refuse',
      'The disruption budget web needs 2 healthy pods and has 1 currently',
    ],
    [
      'an unready pod that may always go',
      unreadyPod,
      budget({ unhealthyPodEvictionPolicy: 'AlwaysAllow' }),
      'allow',
      undefined,
    ],
  ])('%s', (_what, evicted, wanted, action, reason) => {
    expect(decideEviction(evicted, wanted)).toMatchObject({
      action,
      ...(reason !== undefined && { reason }),
    });
  });
});

describe('a budget', () => {
  const named = (name: string, from: ApiObject): ApiObject => ({
    ...from,
    metadata: { ...from.metadata, name },
  });
  const pods = [named('a', readyPod), named('b', readyPod), named('c', readyPod), named('d', unreadyPod)];
  test.each([
    [{ minAvailable: 1 }, { disruptionsAllowed: 2, desiredHealthy: 1, currentHealthy: 3, expectedPods: 4 }],
    [{ minAvailable: '60%' }, { disruptionsAllowed: 0, desiredHealthy: 3, currentHealthy: 3 }],
    [{ maxUnavailable: 2 }, { disruptionsAllowed: 1, desiredHealthy: 2, currentHealthy: 3 }],
    [{ maxUnavailable: '25%' }, { disruptionsAllowed: 0, desiredHealthy: 3, currentHealthy: 3 }],
    [{}, { disruptionsAllowed: 2, desiredHealthy: 1 }],
    [
      { minAvailable: 1, selector: { matchLabels: { app: 'none' } } },
      { disruptionsAllowed: 0, expectedPods: 0 },
    ],
  ])('%j', (spec, status) => {
    expect(decideBudget(budget(spec), pods, now).status).toMatchObject(status);
  });

  test('counts an evicted pod as gone before it is, for two minutes', () => {
    const evicted = (since: string) => budget({ minAvailable: 1 }, { disruptedPods: { a: since } });
    expect(decideBudget(evicted('2025-12-31T23:59:00Z'), pods, now).status).toMatchObject({
      currentHealthy: 2,
    });
    expect(decideBudget(evicted('2025-12-31T23:57:00Z'), pods, now).status).toMatchObject({
      currentHealthy: 3,
    });
  });

  test('is left alone where nothing changes', () => {
    const settled = decideBudget(budget({ minAvailable: 1 }), pods, now);
    expect(decideBudget(settled, pods, new Date(later))).toBe(settled);
  });
});

describe('a node', () => {
  const node = (ready: string | undefined, spec: object = {}): ApiObject => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec,
    status: { conditions: ready === undefined ? [] : [{ type: 'Ready', status: ready }] },
  });
  const taintsOf = (of: ApiObject): string[] =>
    ((of.spec as { taints?: { key: string; effect: string }[] }).taints ?? []).map(
      ({ effect, key }) => `${key}:${effect}`,
    );

  test('that is silent is unknown, and unreachable', () => {
    const judged = decideNode(node('True'), true, later);
    expect(judged.status).toMatchObject({
      conditions: [
        { type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown', lastTransitionTime: later },
        { type: 'MemoryPressure', status: 'Unknown' },
        { type: 'DiskPressure', status: 'Unknown' },
        { type: 'PIDPressure', status: 'Unknown' },
      ],
    });
    expect(taintsOf(judged)).toEqual([
      'node.kubernetes.io/unreachable:NoSchedule',
      'node.kubernetes.io/unreachable:NoExecute',
    ]);
    expect(decideNode(judged, true, '2026-01-01T00:02:00Z')).toBe(judged);
  });

  test('that never said anything is said to be so', () => {
    expect(decideNode(node(undefined), true, later).status).toMatchObject({
      conditions: [{ reason: 'NodeStatusNeverUpdated' }, {}, {}, {}],
    });
  });

  test('that is ready loses those taints and keeps others', () => {
    const own = { key: 'dedicated', effect: 'NoSchedule' };
    const gone = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
    expect(taintsOf(decideNode(node('True', { taints: [own, gone] }), false, later))).toEqual([
      'dedicated:NoSchedule',
    ]);
  });

  test('that is cordoned or not ready is tainted so', () => {
    expect(taintsOf(decideNode(node('False', { unschedulable: true }), false, later))).toEqual([
      'node.kubernetes.io/not-ready:NoSchedule',
      'node.kubernetes.io/not-ready:NoExecute',
      'node.kubernetes.io/unschedulable:NoSchedule',
    ]);
  });
});

describe('deleting', () => {
  const decide = (object: ApiObject, options: object = {}) =>
    decideDeletion({ kind: object.kind }, object, { ...options }, now);
  const bound = pod({ phase: 'Running' }, { spec: { nodeName: 'n', terminationGracePeriodSeconds: 12 } });
  const leaving = {
    ...bound,
    metadata: { ...bound.metadata, deletionTimestamp: later, deletionGracePeriodSeconds: 12 },
  };
  test.each([
    ['a pod that a kubelet runs waits for it', bound, {}, 'mark'],
    ['a pod that nobody runs goes', pod({ phase: 'Pending' }, { spec: {} }), {}, 'remove'],
    ['a pod that has ended goes', { ...bound, status: { phase: 'Succeeded' } }, {}, 'remove'],
    ['the kubelet says that it is over', leaving, { gracePeriodSeconds: 0 }, 'remove'],
    ['asking again changes nothing', leaving, {}, 'keep'],
    ['a shorter grace counts', leaving, { gracePeriodSeconds: 5 }, 'mark'],
    [
      'a finalizer holds',
      { ...bound, kind: 'Secret', metadata: { name: 's', finalizers: ['x'] } },
      {},
      'mark',
    ],
    [
      'a namespace waits to be empty',
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' }, spec: { finalizers: ['kubernetes'] } },
      {},
      'mark',
    ],
  ])('%s', (_what, object, options, action) => {
    expect(decide(object as ApiObject, options).action).toBe(action);
  });
});

test('a workload’s status is what it would be if its pods ran; nodes count for a DaemonSet', () => {
  const of = (kind: string, spec: object): ApiObject => ({
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'w', generation: 3 },
    spec,
  });
  expect(decideWorkload(of('Deployment', { replicas: 2 }), [], now).status).toMatchObject({
    observedGeneration: 3,
    availableReplicas: 2,
    updatedReplicas: 2,
    conditions: [
      { type: 'Available', status: 'True' },
      { type: 'Progressing', status: 'True' },
    ],
  });
  const nodes = [{}, { os: 'linux' }].map((labels, index) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: `n${index}`, labels },
  }));
  const template = { spec: { nodeSelector: { os: 'linux' } } };
  expect(decideWorkload(of('DaemonSet', { template }), nodes as ApiObject[], now).status).toMatchObject({
    desiredNumberScheduled: 1,
    numberReady: 1,
  });
});

test.each([
  [undefined, 'object'],
  ['application/json', 'object'],
  ['application/vnd.kubernetes.protobuf,application/json', 'object'],
  ['application/json;as=Table;v=v1;g=meta.k8s.io,application/json', 'table'],
  ['application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1', 'metadata'],
  ['application/vnd.kubernetes.protobuf', undefined],
])('Accept: %s is answered with %s', (accept, rendering) => {
  expect(renderingOf(accept)).toBe(rendering);
});

describe('protobuf', () => {
  const field = (number: number, content: Buffer | string): Buffer =>
    Buffer.concat([Buffer.from([(number << 3) | 2, Buffer.byteLength(content)]), Buffer.from(content)]);
  const message = (kind: string, raw: Buffer): Buffer => {
    const typeMeta = Buffer.concat([field(1, 'v1'), field(2, kind)]);
    return Buffer.concat([Buffer.from('k8s\0'), field(1, typeMeta), field(2, raw)]);
  };
  const label = field(11, Buffer.concat([field(1, 'app'), field(2, '')]));
  const metadata = field(1, Buffer.concat([field(1, 'shop'), field(2, ''), label]));

  test('is read as JSON would be: what is empty is left out, but in maps', () => {
    expect(readProtobuf(message('Namespace', Buffer.concat([metadata, field(2, '')])))).toEqual({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'shop', labels: { app: '' } },
    });
  });

  test('of another kind, or with a field that is not known, is refused by name', () => {
    expect(() => readProtobuf(message('Job', metadata))).toThrow('does not read the kind Job');
    expect(() => readProtobuf(message('Namespace', field(9, 'x')))).toThrow(
      'does not read field 9 of Namespace',
    );
    expect(() => readProtobuf(Buffer.from('{}'))).toThrow('is no protobuf of Kubernetes');
    expect(() => readProtobuf(message('Namespace', Buffer.from([0x0a, 0x7f])))).toThrow('malformed');
  });
});
