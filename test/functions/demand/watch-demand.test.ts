import { beforeEach, expect, test } from 'vitest';
import { handler as watchDemand } from '../../../functions/demand/watch-demand.ts';
import { handler as watchWorkers } from '../../../functions/demand/watch-workers.ts';
import { type FakeObjects, fakeObjects } from '../../support/fake-objects.ts';
import { type FakeRegistry, fakeRegistry } from '../../support/fake-registry.ts';
import { fakeTaskContext } from '../../support/fake-task-context.ts';
import { buildSpec } from '../../support/specs.ts';
import { putFormedCluster } from '../sweep/registered.ts';
import { apiDown, type FakeApi, fakeApi, nodeOf, podOf } from './cluster-objects.ts';

const changeOf = (cluster: string) => `clusters/${cluster}/observations/demand-change.json`;

let registry: FakeRegistry;
let objects: FakeObjects;
let apis: Map<string, FakeApi>;
let now: number;
/** What happens in the pauses, one after the other. */
let meanwhile: (() => void | Promise<void>)[];
let told: string[];

beforeEach(() => {
  registry = fakeRegistry();
  const bucket = fakeObjects();
  told = [];
  objects = {
    ...bucket,
    put: (name, ...rest) => {
      if (name.endsWith('demand-change.json')) told.push(`${name.split('/')[1]} ${(now - started) / 1000} s`);
      return bucket.put(name, ...rest);
    },
  };
  apis = new Map();
  now = started;
  meanwhile = [];
});
const started = Date.parse('2026-03-01T12:00:00.000Z');

const context = () => ({ ...fakeTaskContext(), clock: { now: () => new Date(now) } });
const deps = () => ({
  registry,
  objects,
  open: async (_deps: unknown, cluster: string) => {
    const api = apis.get(cluster);
    if (!api) throw new Error(`no certificate of ${cluster}`);
    return api.client;
  },
  pause: async (milliseconds: number) => {
    now += milliseconds;
    await meanwhile.shift()?.();
  },
});
const lists = (api: FakeApi, entries: Record<string, object[]>) => {
  for (const [plural, items] of Object.entries(entries)) api.lists.set(plural, items as never);
};
const lookWhole = () => watchWorkers.run({}, deps(), context());
const run = (at = context()) => watchDemand.run({}, deps(), at);

/** A cluster with a node and room for more, of which a whole look was made a moment ago. */
async function put(cluster = 'demo', max = 3): Promise<FakeApi> {
  await putFormedCluster(registry, cluster, ['a']);
  const pools = [{ name: 'general', instanceTypes: ['m7g.large'], zones: ['b'], min: 0, max }];
  await registry.updateCluster(cluster, { spec: buildSpec({ pools }) });
  const api = fakeApi();
  apis.set(cluster, api);
  lists(api, { nodes: [nodeOf('i-1')] });
  await lookWhole();
  api.asked.length = 0;
  return api;
}

test('while nothing changes, only pods without a place are read, and nothing is written', async () => {
  const api = await put();
  expect(await run()).toEqual({ watched: [{ cluster: 'demo', looks: 17, changes: 0 }] });
  expect([...new Set(api.asked)]).toEqual(['pods?spec.nodeName=']);
  expect(told).toEqual([]);
  expect(now - started).toBe(51_000);
  expect(api.closed).toBe(2);
});

test('a pod that comes to wait is told within a pause, and once where a whole look comes of it', async () => {
  const api = await put();
  meanwhile = [() => {}, () => lists(api, { pods: [podOf('web-1')] }), async () => void (await lookWhole())];
  expect(await run()).toEqual({ watched: [{ cluster: 'demo', looks: 17, changes: 1 }] });
  expect(told).toEqual(['demo 6 s']);
  expect(JSON.parse(objects.text(changeOf('demo')) ?? '')).toMatchObject({
    observedAt: '2026-03-01T12:00:06.000Z',
  });
});

test('a change of which no whole look comes is told again', async () => {
  const api = await put();
  meanwhile = [() => lists(api, { pods: [podOf('web-1')] })];
  await run();
  expect(told).toEqual(['demo 3 s', 'demo 18 s', 'demo 33 s', 'demo 48 s']);
});

test('one change after another is told at once', async () => {
  const api = await put();
  meanwhile = [
    () => lists(api, { pods: [podOf('web-1')] }),
    async () => {
      await lookWhole();
      lists(api, { pods: [podOf('web-1'), podOf('web-2')] });
    },
    async () => void (await lookWhole()),
  ];
  await run();
  expect(told).toEqual(['demo 3 s', 'demo 6 s']);
});

test('what a whole look has seen by itself is told to nobody', async () => {
  const api = await put();
  meanwhile = [
    async () => {
      lists(api, { pods: [podOf('web-1')] });
      await lookWhole();
    },
  ];
  await run();
  expect(told).toEqual([]);
});

test('a cluster whose pools are full is not watched, and one that fills is watched no more', async () => {
  const full = await put('full', 1);
  const api = await put('demo', 2);
  meanwhile = [
    async () => {
      lists(api, { nodes: [nodeOf('i-1'), nodeOf('i-2')], pods: [podOf('web-1')] });
      await lookWhole();
    },
  ];
  full.asked.length = 0;
  expect(await run()).toEqual({ watched: [{ cluster: 'demo', looks: 1, changes: 0 }] });
  expect(full.asked.filter((asked) => asked === 'pods?spec.nodeName=')).toHaveLength(1);
});

test('a run ends where a later one has begun', async () => {
  await put();
  meanwhile = [() => {}, () => registry.putRun('watch-demand', 'a later one')];
  expect(await run()).toEqual({ watched: [{ cluster: 'demo', looks: 1, changes: 0 }] });
});

test('a cluster of which no whole look was made is left to it', async () => {
  await putFormedCluster(registry, 'demo', ['a']);
  expect(await run()).toEqual({ watched: [] });
});

test('an API that cannot be asked is left to the whole look, and keeps no other cluster from being watched', async () => {
  const gone = await put('another');
  const api = await put();
  gone.failure = apiDown();
  const seen = context();
  meanwhile = [() => {}, () => {}, () => lists(api, { pods: [podOf('web-1')] })];
  expect(await run(seen)).toMatchObject({ watched: [{ cluster: 'another', looks: 1 }, { cluster: 'demo' }] });
  expect(told[0]).toMatch(/^demo /);
  expect(seen.logged).toMatchObject([
    { level: 'warn', message: 'stopped looking', fields: { cluster: 'another' } },
  ]);
});

test('a cluster that fails does not keep another from being watched for the whole minute', async () => {
  await put('broken');
  const api = await put();
  apis.delete('broken');
  meanwhile = [() => lists(api, { pods: [podOf('web-1')] })];
  await expect(run()).rejects.toThrow('no certificate of broken');
  expect(told[0]).toBe('demo 3 s');
});
