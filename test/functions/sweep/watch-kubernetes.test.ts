import { beforeEach, expect, test } from 'vitest';
import type { KubernetesClient } from '../../../functions/kubernetes/client.ts';
import type { KubernetesHealth } from '../../../functions/kubernetes/contracts.ts';
import { handler as watch } from '../../../functions/sweep/watch-kubernetes.ts';
import { fakeObjects } from '../../support/fake-objects.ts';
import { type FakeRegistry, fakeRegistry } from '../../support/fake-registry.ts';
import { fakeTaskContext } from '../../support/fake-task-context.ts';
import { healthOf } from './hung-cluster.ts';
import { putFormedCluster } from './registered.ts';

const first = '2026-03-01T12:00:00.000Z';
const second = '2026-03-01T12:01:00.000Z';
const third = '2026-03-01T12:02:00.000Z';

let registry: FakeRegistry;
/** What is seen of each cluster; an error is thrown. */
let seen: Map<string, KubernetesHealth | Error>;
/** Nodes that the API has, by name: whether they have the marks of a control plane. */
let nodes: Map<string, boolean>;
let closed: number;

const label = 'node-role.kubernetes.io/control-plane';
const client: Pick<KubernetesClient, 'get' | 'patch' | 'close'> = {
  async get<T>(path: string) {
    const name = path.split('/').at(-1) ?? '';
    if (!nodes.get(name)) return { metadata: { name } } as T;
    const spec = { taints: [{ key: label, effect: 'NoSchedule' }] };
    return { metadata: { name, labels: { [label]: '' } }, spec } as T;
  },
  async patch<T>(path: string) {
    nodes.set(path.split('/').at(-1) ?? '', true);
    return {} as T;
  },
  close: () => {
    closed += 1;
  },
};
const deps = () => ({
  registry,
  objects: fakeObjects(),
  observe: async (cluster: string) => {
    const health = seen.get(cluster) ?? new Error(`${cluster} is not to be observed`);
    if (health instanceof Error) throw health;
    return health;
  },
  open: async () => client as KubernetesClient,
});

beforeEach(async () => {
  registry = fakeRegistry();
  await putFormedCluster(registry, 'demo', ['a', 'b', 'c']);
  seen = new Map();
  nodes = new Map(['i-a', 'i-b', 'i-c'].map((name) => [name, true]));
  closed = 0;
});

async function look(at: string, unready: readonly string[]) {
  seen.set('demo', healthOf('demo', at, unready));
  await watch.run({}, deps(), fakeTaskContext({ now: at }));
  return (await registry.getKubernetesObservation('demo'))?.unreadySince;
}

test('a cluster that is well is recorded as it was seen, and counted nowhere', async () => {
  const health = healthOf('demo', first, []);
  seen.set('demo', health);
  const context = fakeTaskContext({ now: first });
  expect(await watch.run({}, deps(), context)).toEqual({
    observed: [{ cluster: 'demo', healthy: true, reason: 'all ready' }],
  });
  expect(await registry.getKubernetesObservation('demo')).toEqual({ ...health, unreadySince: {} });
  expect(context.counted.size).toBe(0);
});

test('since when a slot is not ready is kept from look to look, and forgotten once it is ready', async () => {
  const since = { b: { instanceId: 'i-b', since: first } };
  expect(await look(first, ['b'])).toEqual(since);
  expect(await look(second, ['b', 'c'])).toEqual({ ...since, c: { instanceId: 'i-c', since: second } });
  expect(await look(third, ['c'])).toEqual({ c: { instanceId: 'i-c', since: second } });
});

test('an instance that took the place of another is not blamed for it', async () => {
  await look(first, ['b']);
  await registry.updateSlot('demo', 'b', { instanceId: 'i-new' });
  expect(await look(second, ['b'])).toEqual({ b: { instanceId: 'i-new', since: second } });
});

test('what lies before a gap in the watch is no proof of what lies after it', async () => {
  await look(first, ['b']);
  const later = '2026-03-01T12:03:01.000Z';
  expect(await look(later, ['b'])).toEqual({ b: { instanceId: 'i-b', since: later } });
});

test('an observation that cannot be read is replaced', async () => {
  await registry.putKubernetesObservation('demo', { observedAt: first, unreadySince: 'long' });
  expect(await look(second, ['b'])).toEqual({ b: { instanceId: 'i-b', since: second } });
});

test('a node whose API server is ready and which is none itself is not ready', async () => {
  const health = healthOf('demo', first, []);
  seen.set('demo', { ...health, ready: false, nodes: health.nodes.filter(({ slot }) => slot !== 'c') });
  await watch.run({}, deps(), fakeTaskContext({ now: first }));
  const observation = await registry.getKubernetesObservation('demo');
  expect(observation?.unreadySince).toEqual({ c: { instanceId: 'i-c', since: first } });
});

test('where the network is the user’s to install, nodes need not be ready', async () => {
  const record = await registry.getCluster('demo');
  if (!record) throw new Error('demo is there');
  const spec = { ...record.spec, network: { ...record.spec.network, cni: 'none' as const } };
  await registry.updateCluster('demo', { spec });
  const health = healthOf('demo', first, []);
  seen.set('demo', {
    ...health,
    ready: false,
    nodes: health.nodes.map((node) => ({ ...node, ready: false })),
  });
  const context = fakeTaskContext({ now: first });
  const { observed } = await watch.run({}, deps(), context);
  expect(observed).toMatchObject([{ cluster: 'demo', healthy: true }]);
  expect((await registry.getKubernetesObservation('demo'))?.unreadySince).toEqual({});
});

test('a cluster that is not well is counted, for all and by its name', async () => {
  seen.set('demo', healthOf('demo', first, ['b']));
  const context = fakeTaskContext({ now: first });
  await watch.run({}, deps(), context);
  expect(Object.fromEntries(context.counted)).toEqual({
    KubernetesUnhealthy: 1,
    'KubernetesUnhealthy{cluster=demo}': 1,
  });
});

test('a node of a new instance gets the marks of the control plane', async () => {
  nodes.set('i-b', false);
  const context = fakeTaskContext({ now: first });
  seen.set('demo', healthOf('demo', first, []));
  await watch.run({}, deps(), context);
  expect(nodes.get('i-b')).toBe(true);
  expect(context.logged).toMatchObject([{ message: 'marked', fields: { cluster: 'demo', marked: ['i-b'] } }]);
  expect(closed).toBe(1);
});

test('clusters that are not formed or have no Kubernetes yet are left alone', async () => {
  await registry.updateCluster('demo', { formed: false });
  await putFormedCluster(registry, 'young', ['a']);
  await registry.updateCluster('young', { kubernetes: null });
  expect(await watch.run({}, deps(), fakeTaskContext({ now: first }))).toEqual({ observed: [] });
});

test('a cluster that cannot be asked does not keep another from being watched', async () => {
  await putFormedCluster(registry, 'broken', ['a']);
  seen.set('broken', new Error('no certificate'));
  seen.set('demo', healthOf('demo', first, []));
  await expect(watch.run({}, deps(), fakeTaskContext({ now: first }))).rejects.toThrow('no certificate');
  expect(await registry.getKubernetesObservation('demo')).toMatchObject({ observedAt: first });
  expect(await registry.getKubernetesObservation('broken')).toBeUndefined();
});
