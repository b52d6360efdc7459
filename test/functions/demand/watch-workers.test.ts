import { beforeEach, expect, test } from 'vitest';
import { readObservation } from '../../../functions/demand/read-observation.ts';
import { handler as watch } from '../../../functions/demand/watch-workers.ts';
import { KubernetesError } from '../../../functions/kubernetes/client.ts';
import { type FakeObjects, fakeObjects } from '../../support/fake-objects.ts';
import { type FakeRegistry, fakeRegistry } from '../../support/fake-registry.ts';
import { fakeTaskContext } from '../../support/fake-task-context.ts';
import { buildSpec } from '../../support/specs.ts';
import { putFormedCluster } from '../sweep/registered.ts';
import { apiDown, type FakeApi, fakeApi, nodeOf, podOf } from './cluster-objects.ts';

const key = 'clusters/demo/observations/workers.json';
const demandKey = 'clusters/demo/observations/demand.json';
/** An even minute, in which scale-down may ask. */
const even = Date.parse('2026-03-01T12:00:00.000Z');
const odd = even + 60_000;

let registry: FakeRegistry;
let objects: FakeObjects;
let apis: Map<string, FakeApi>;
let now: number;
let puts: string[];

const pool = (changes: object = {}) => ({
  name: 'general',
  instanceTypes: ['m7g.large'],
  zones: ['b'],
  min: 0,
  max: 3,
  ...changes,
});

async function put(cluster: string, pools: object[]): Promise<FakeApi> {
  await putFormedCluster(registry, cluster, ['a']);
  await registry.updateCluster(cluster, { spec: buildSpec({ pools }) });
  const api = fakeApi();
  apis.set(cluster, api);
  return api;
}

beforeEach(() => {
  registry = fakeRegistry();
  const bucket = fakeObjects();
  puts = [];
  objects = {
    ...bucket,
    put: (name, ...rest) => {
      puts.push(name);
      return bucket.put(name, ...rest);
    },
  };
  apis = new Map();
  now = even;
});

function run(input: { scope?: { objectKey: string } } = {}, context = fakeTaskContext()) {
  const deps = {
    registry,
    objects,
    open: async (_deps: unknown, cluster: string) => {
      const api = apis.get(cluster);
      if (!api) throw new Error(`no certificate of ${cluster}`);
      return api.client;
    },
  };
  return watch.run(input, deps, { ...context, clock: { now: () => new Date(now) } });
}

const found = async (cluster = 'demo') =>
  (await readObservation(objects, cluster, new Date(now)))?.observation;
const demand = () => JSON.parse(objects.text(demandKey) ?? '{}') as { canGrow: boolean; waiting: string };
const lists = (api: FakeApi, entries: Record<string, object[]>) => {
  for (const [plural, items] of Object.entries(entries)) api.lists.set(plural, items as never);
};

test('what waits is written with the workers and all their pods', async () => {
  const api = await put('demo', [pool()]);
  lists(api, {
    nodes: [nodeOf('i-1')],
    pods: [podOf('web-1', 'i-1'), podOf('web-3'), podOf('web-2'), podOf('other', 'i-control-plane')],
    daemonsets: [
      {
        metadata: { name: 'proxy', namespace: 'kube-system' },
        spec: { template: { spec: { containers: [{ resources: { requests: { cpu: '50m' } } }] } } },
      },
    ],
    poddisruptionbudgets: [
      {
        metadata: { name: 'web', namespace: 'shop' },
        spec: { selector: {} },
        status: { disruptionsAllowed: 0 },
      },
    ],
  });
  expect(await run()).toEqual({
    observed: [{ cluster: 'demo', reachable: true, nodes: 1, pending: 2 }],
  });
  const shape = { namespace: 'shop', labels: { app: 'web' }, requests: { cpu: 500 } };
  expect(await found()).toEqual({
    cluster: 'demo',
    observedAt: '2026-03-01T12:00:00.000Z',
    reachable: true,
    nodes: [
      {
        name: 'i-1',
        pool: 'general',
        zone: 'us-east-1b',
        createdAt: '2026-03-01T11:00:00Z',
        unschedulable: false,
        labels: { 'trivet.dev/pool': 'general', 'topology.kubernetes.io/zone': 'us-east-1b' },
        taints: [],
        allocatable: { cpu: 2000, pods: 110 },
        conditions: [],
        pods: [
          {
            view: { name: 'shop/web-1', shape },
            resident: false,
            staysBecause: 'shop/web-1 is guarded by shop/web, which allows no disruption now',
          },
        ],
      },
    ],
    pending: [{ shape, pods: ['shop/web-2', 'shop/web-3'], oldest: '2026-03-01T11:59:00Z' }],
    leftOut: [],
    daemonSets: [{ namespace: 'kube-system', labels: {}, requests: { cpu: 50 } }],
    budgets: [{ name: 'shop/web', disruptionsAllowed: 0 }],
    allPods: true,
  });
  expect(api.closed).toBe(1);
});

test('where nothing waits and nobody asks, only nodes and pods without one are read', async () => {
  const api = await put('demo', [pool({ max: 1, min: 1 })]);
  lists(api, { nodes: [nodeOf('i-1')], pods: [podOf('web-1', 'i-1')] });
  await run();
  expect(api.asked).toEqual(['nodes?trivet.dev/pool', 'pods?spec.nodeName=']);
  expect(await found()).toMatchObject({ allPods: false, nodes: [{ name: 'i-1', pods: [] }], pending: [] });
});

test.each([
  ['in a minute in which scale-down may ask', even, true],
  ['and not in another', odd, false],
])('all pods are read %s', async (_name, at, allPods) => {
  now = at;
  const api = await put('demo', [pool({ max: 1 })]);
  lists(api, { nodes: [nodeOf('i-1')], pods: [podOf('web-1', 'i-1')] });
  await run();
  expect(await found()).toMatchObject({ allPods });
  expect(api.asked.some((asked) => asked.startsWith('pods?spec.nodeName!='))).toBe(allPods);
  expect(api.asked.includes('poddisruptionbudgets')).toBe(allPods);
});

test('what waits where no pool can grow is said, and no pod that has a place is read for it', async () => {
  now = odd;
  const api = await put('demo', [pool({ max: 1 })]);
  lists(api, { nodes: [nodeOf('i-1')], pods: [podOf('web-1', 'i-1'), podOf('web-2')] });
  await run();
  expect(await found()).toMatchObject({ allPods: false, pending: [{ pods: ['shop/web-2'] }] });
  expect(api.asked).not.toContain('poddisruptionbudgets');
});

test('a pod whose claim cannot be read is left out with the reason', async () => {
  const api = await put('demo', [pool()]);
  const pod = podOf('db-0');
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }];
  lists(api, { pods: [{ ...pod, spec: { ...pod.spec, volumes } }, podOf('web-1')] });
  await run();
  expect(await found()).toMatchObject({
    pending: [{ pods: ['shop/web-1'] }],
    leftOut: [{ pod: 'shop/db-0', reason: 'its claim data does not exist' }],
  });
});

test('a pod whose amounts make no sense keeps no other from being seen', async () => {
  const api = await put('demo', [pool()]);
  const odd = podOf('odd');
  const containers = [{ resources: { requests: { cpu: 'much' } } }];
  lists(api, { pods: [{ ...odd, spec: { containers } }, podOf('web-1')] });
  await run();
  expect(await found()).toMatchObject({
    pending: [{ pods: ['shop/web-1'] }],
    leftOut: [{ pod: 'shop/odd', reason: 'much is no quantity' }],
  });
});

test('an API that cannot be asked is written as such, and no node is invented', async () => {
  const api = await put('demo', [pool()]);
  lists(api, { nodes: [nodeOf('i-1')] });
  await run();
  api.failure = apiDown();
  now = odd;
  expect(await run()).toEqual({
    observed: [{ cluster: 'demo', reachable: false, nodes: 0, pending: 0 }],
  });
  expect(await found()).toEqual({
    cluster: 'demo',
    observedAt: '2026-03-01T12:01:00.000Z',
    reachable: false,
    reason: 'Kubernetes at https://127.80.0.10:6443: connect ECONNREFUSED',
    nodes: [],
    pending: [],
    leftOut: [],
    daemonSets: [],
    allPods: false,
  });
});

test('an API that refuses us is written as such and calls a person', async () => {
  const api = await put('demo', [pool()]);
  api.failure = new KubernetesError('forbidden', 'nodes is forbidden', {
    endpoint: 'https://a',
    status: 403,
  });
  await expect(run()).rejects.toMatchObject({ name: 'KubernetesRefused' });
  expect(await found()).toMatchObject({
    reachable: false,
    reason: 'Kubernetes at https://a: nodes is forbidden',
  });
  expect(api.closed).toBe(1);
});

test('a cluster that fails does not keep another from being watched', async () => {
  await put('broken', [pool()]);
  apis.delete('broken');
  const api = await put('demo', [pool()]);
  lists(api, { pods: [podOf('web-1')] });
  await expect(run()).rejects.toThrow('no certificate of broken');
  expect(await found()).toMatchObject({ pending: [{ pods: ['shop/web-1'] }] });
  expect(await found('broken')).toBeUndefined();
});

test('what waits, and whether a pool can grow for it, is remembered, and written only when it is something else', async () => {
  const api = await put('demo', [pool({ max: 2 })]);
  lists(api, { nodes: [nodeOf('i-1')] });
  await run();
  expect(demand()).toMatchObject({ canGrow: true });
  const idle = demand().waiting;
  await run();
  expect(puts).toEqual([key, demandKey, key]);
  lists(api, { pods: [podOf('web-1')] });
  await run();
  expect(demand().waiting).not.toBe(idle);
  lists(api, { nodes: [nodeOf('i-1'), nodeOf('i-2')] });
  await run();
  expect(demand()).toMatchObject({ canGrow: false });
});

test('another pod of the same name is something else', async () => {
  const api = await put('demo', [pool()]);
  const pod = podOf('web-1');
  lists(api, { pods: [pod] });
  await run();
  const before = demand().waiting;
  lists(api, { pods: [{ ...pod, metadata: { ...pod.metadata, uid: 'another' } }] });
  await run();
  expect(demand().waiting).not.toBe(before);
});

test('an API that cannot be asked leaves what is known to wait as it was', async () => {
  const api = await put('demo', [pool()]);
  lists(api, { pods: [podOf('web-1')] });
  await run();
  const before = demand();
  api.failure = apiDown();
  await run();
  expect(demand()).toEqual(before);
});

test('the cluster whose demand has changed is looked at alone', async () => {
  await put('another', [pool()]);
  await put('demo', [pool()]);
  await run({ scope: { objectKey: 'clusters/demo/observations/demand-change.json' } });
  expect(puts).toEqual([key, demandKey]);
});

test('clusters without pools, without Kubernetes or not yet formed are left alone', async () => {
  await put('poolless', []);
  await put('young', [pool()]);
  await registry.updateCluster('young', { kubernetes: null });
  await put('unformed', [pool()]);
  await registry.updateCluster('unformed', { formed: false });
  expect(await run()).toEqual({ observed: [] });
  expect(puts).toEqual([]);
});
