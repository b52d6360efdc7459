import { beforeEach, describe, expect, test } from 'vitest';
import type { WorkersObservation } from '../../../functions/demand/contracts.ts';
import { readObservation } from '../../../functions/demand/read-observation.ts';
import { renderObservation } from '../../../functions/demand/stored-observation.ts';
import type { PodShape } from '../../../functions/scheduling/model.ts';
import { type FakeObjects, fakeObjects } from '../../support/fake-objects.ts';

const key = 'clusters/demo/observations/workers.json';
const shapeOf = (cpu: number): PodShape => ({ namespace: 'shop', labels: { app: 'web' }, requests: { cpu } });
const observation: WorkersObservation = {
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
      labels: { 'trivet.dev/pool': 'general' },
      taints: [],
      allocatable: { cpu: 1930, pods: 110 },
      conditions: [{ type: 'Ready', status: 'True', since: '2026-03-01T11:01:00Z' }],
      pods: [
        { view: { name: 'shop/web-1', shape: shapeOf(100) }, resident: false },
        { view: { name: 'shop/web-2', shape: shapeOf(100) }, resident: false, staysBecause: 'it says so' },
        { view: { name: 'kube-system/proxy', shape: shapeOf(50) }, resident: true },
      ],
    },
  ],
  pending: [{ shape: shapeOf(100), pods: ['shop/web-3'], oldest: '2026-03-01T11:59:00Z' }],
  leftOut: [{ pod: 'shop/db-0', reason: 'its claim data does not exist' }],
  daemonSets: [shapeOf(50)],
  budgets: [{ name: 'shop/web', disruptionsAllowed: 0 }],
  allPods: true,
};

let objects: FakeObjects;
const read = (at: string) => readObservation(objects, 'demo', new Date(at));

beforeEach(() => {
  objects = fakeObjects();
});

test('what was written is read, with its age', async () => {
  await objects.put(key, renderObservation(observation));
  expect(await read('2026-03-01T12:00:42.000Z')).toEqual({ observation, ageSeconds: 42, fresh: true });
});

test('an observation is fresh for three minutes', async () => {
  await objects.put(key, renderObservation(observation));
  expect(await read('2026-03-01T12:03:00.000Z')).toMatchObject({ ageSeconds: 180, fresh: true });
  expect(await read('2026-03-01T12:03:01.000Z')).toMatchObject({ ageSeconds: 181, fresh: false });
});

test('an observation of a time that has not come is not fresh', async () => {
  await objects.put(key, renderObservation(observation));
  expect(await read('2026-03-01T11:59:29.000Z')).toMatchObject({ ageSeconds: 0, fresh: false });
});

test('a clock that is behind the writer’s makes nothing younger than now', async () => {
  await objects.put(key, renderObservation(observation));
  expect(await read('2026-03-01T11:59:30.000Z')).toMatchObject({ ageSeconds: 0, fresh: true });
});

test('shapes that are equal are stored once and are one object to the reader', async () => {
  const text = renderObservation(observation);
  expect(JSON.parse(text)).toMatchObject({ format: 1, shapes: [shapeOf(100), shapeOf(50)], daemonSets: [1] });
  await objects.put(key, text);
  const found = await read('2026-03-01T12:00:00.000Z');
  const [one, two] = found?.observation.nodes[0]?.pods ?? [];
  expect(one?.view.shape).toBe(two?.view.shape);
  expect(found?.observation.pending[0]?.shape).toBe(one?.view.shape);
});

test('nothing is said where nothing was written, or where another version wrote it', async () => {
  expect(await read('2026-03-01T12:00:00.000Z')).toBeUndefined();
  await objects.put(key, JSON.stringify({ format: 2, cluster: 'demo' }));
  expect(await read('2026-03-01T12:00:00.000Z')).toBeUndefined();
});

describe('what was not made by the watch is refused:', () => {
  const stored = () => JSON.parse(renderObservation(observation));
  test.each<[string, () => unknown, string]>([
    ['no object', () => null, 'it is no object'],
    ['no cluster', () => ({ ...stored(), cluster: 3 }), 'it names no cluster'],
    ['no time', () => ({ ...stored(), observedAt: 'soon' }), 'it does not say when it was made'],
    ['no word on what was read', () => ({ ...stored(), allPods: 1 }), 'it does not say what could be read'],
    ['no list', () => ({ ...stored(), pending: {} }), 'pending is no list'],
    [
      'a node without pods',
      () => ({ ...stored(), nodes: [{ name: 'i-1' }] }),
      'a node has no name or no pods',
    ],
    ['a shape that is not there', () => ({ ...stored(), daemonSets: [7] }), 'it has no shape 7'],
    ['another cluster', () => ({ ...stored(), cluster: 'other' }), 'is of other'],
  ])('%s', async (_name, make, message) => {
    await objects.put(key, JSON.stringify(make()));
    await expect(read('2026-03-01T12:00:00.000Z')).rejects.toMatchObject({
      name: 'ProtocolInvalid',
      message: expect.stringContaining(message),
    });
  });

  test('text that is no JSON', async () => {
    await objects.put(key, '{"format":1');
    await expect(read('2026-03-01T12:00:00.000Z')).rejects.toMatchObject({ name: 'ProtocolInvalid' });
  });
});
