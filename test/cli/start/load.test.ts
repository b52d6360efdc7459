import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { renderLoad, summarizeLoad } from '../../../cli/start/load.ts';
import { readManifests, wantedPods } from '../../../cli/start/manifests.ts';
import { decideProgress, type LoadPod } from '../../../cli/start/watch-load.ts';
import { watchPlans } from '../../../cli/start/watch-plan.ts';
import type { ScalingRecord } from '../../../functions/aws/registry.ts';

const folder = mkdtempSync(join(tmpdir(), 'trivet-load-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (text: string): string => {
  const path = join(folder, 'burst.yaml');
  writeFileSync(path, text);
  return path;
};
const deployment = (name: string, more = '') =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}}\nspec: {replicas: 2, selector: {matchLabels: {app: ${name}}}${more}}\n`;

describe('a file of manifests', () => {
  test('of the examples brings its pods, each found by its labels', () => {
    expect(wantedPods(readManifests('examples/burst.yaml'))).toEqual([
      {
        owner: 'Deployment burst/batch',
        namespace: 'burst',
        count: 5,
        query: { labelSelector: 'app=batch' },
      },
      {
        owner: 'Deployment burst/reports',
        namespace: 'burst',
        count: 3,
        query: { labelSelector: 'app=reports' },
      },
      { owner: 'Deployment burst/shop', namespace: 'burst', count: 3, query: { labelSelector: 'app=shop' } },
    ]);
  });

  test('may leave out namespaces, replicas and what only separates documents', () => {
    const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: one}\n';
    const objects = readManifests(file(`# nothing yet\n---\n${deployment('web')}---\n${pod}---\n`));
    expect(objects.map(({ metadata }) => metadata)).toEqual([
      { name: 'web', namespace: 'default' },
      { name: 'one', namespace: 'default' },
    ]);
    expect(wantedPods(objects).map(({ count }) => count)).toEqual([2, 1]);
  });

  test.each([
    ['kind: Pod', 'document 1 (Pod): apiVersion is missing'],
    [`${deployment('web')}---\napiVersion: v1\nmetadata: {name: x}`, 'document 2 (x): kind is missing'],
    ['apiVersion: v1\nkind: Pod', 'document 1 (Pod): metadata.name is missing'],
    [
      'apiVersion: batch/v1\nkind: Job\nmetadata: {name: x}',
      'document 1 (Job x): Job is no kind that --load can apply',
    ],
    [
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {}',
      'document 1 (Deployment x): spec.selector.matchLabels is missing: its pods could not be found',
    ],
    ['- one\n- two', 'document 1: it is no object'],
    [`${deployment('web')}---\na: [b\n`, 'document 2: '],
  ])('that is wrong is refused with the document: %j', (text, said) => {
    const path = file(text);
    expect(() => readManifests(path)).toThrow(`${path} cannot be applied:\n  ${said}`);
  });

  test('says all that is wrong at once', () => {
    expect(() => readManifests(file('a: 1\n---\nb: 2\n'))).toThrow(/document 1: [\s\S]*document 2: /);
  });

  test('that is not there or brings no pods is refused', () => {
    expect(() => readManifests('nowhere.yaml')).toThrow('there is no file nowhere.yaml.');
    expect(() => readManifests(file('apiVersion: v1\nkind: Namespace\nmetadata: {name: x}'))).toThrow(
      'brings no pods',
    );
  });
});

const nodes = [
  { name: 'm', zone: 'us-east-1a', ready: true },
  { name: 'i-old', pool: 'general', zone: 'us-east-1a', ready: true },
  { name: 'i-new', pool: 'spot', zone: 'us-east-1b', ready: true },
  { name: 'i-slow', pool: 'spot', zone: 'us-east-1b', ready: false },
];
const pod = (name: string, nodeName?: string, phase = 'Running', message?: string): LoadPod => ({
  metadata: { name, namespace: 'burst' },
  spec: nodeName === undefined ? {} : { nodeName },
  status: {
    phase,
    conditions: message === undefined ? [] : [{ type: 'PodScheduled', status: 'False', message }],
  },
});

const launch = {
  pool: 'spot',
  zone: 'us-east-1b',
  instanceType: 'm7g.large',
  workers: 2,
  pods: 3,
  reason: '3 pods that have no place; m7g.large costs least',
  observedAt: '2026-03-01T12:00:00Z',
  size: 2,
};
const plans = {
  launches: [launch],
  unplaced: [{ pods: 2, first: 'burst/d', reason: 'spot: it is at its greatest number of nodes' }],
};

describe('a burst', () => {
  const wanted = [{ owner: 'Deployment burst/web', namespace: 'burst', count: 5, query: {} }];
  const progress = decideProgress(
    wanted,
    [
      pod('a', 'i-old'),
      pod('b', 'i-slow'),
      pod('c', 'i-new', 'Pending'),
      pod('d', undefined, 'Pending', '0/4 nodes are available: 4 Insufficient cpu.'),
      pod('e', undefined, 'Pending'),
    ],
    nodes,
  );

  test('is absorbed where every pod runs on a ready node, and says of each other one why not', () => {
    expect(progress).toEqual({
      wanted: 5,
      running: 1,
      bound: 3,
      leftOut: [
        { pod: 'burst/b', reason: 'i-slow, to which it is bound, is not ready' },
        { pod: 'burst/c', reason: 'it does not run on i-new yet' },
        { pod: 'burst/d', reason: '0/4 nodes are available: 4 Insufficient cpu.' },
        { pod: 'burst/e', reason: 'the scheduler has not looked at it yet' },
      ],
    });
  });

  test('is summed up by the workers that it brought, zone by zone', () => {
    expect(summarizeLoad(progress, nodes.slice(0, 2), nodes, plans, 12.5)).toMatchObject({
      pods: 1,
      workersBefore: 1,
      workersAfter: 3,
      zones: { 'us-east-1b': 2 },
      seconds: 12.5,
      plans,
    });
  });

  test('is told with every worker that came and why, and why each pod that does not run does not', () => {
    const load = summarizeLoad(progress, nodes.slice(0, 2), nodes, plans, 12.5);
    expect(renderLoad(load, nodes.slice(0, 2), nodes)).toEqual([
      '4 pods do NOT run after 12.5 s; there were 1 workers, now there are 3.',
      '  i-new came up in us-east-1b, of pool spot: 3 pods that have no place; m7g.large costs least',
      '  i-slow came up in us-east-1b, of pool spot: 3 pods that have no place; m7g.large costs least',
      '  burst/b: i-slow, to which it is bound, is not ready',
      '  burst/c: it does not run on i-new yet',
      '  burst/d: 0/4 nodes are available: 4 Insufficient cpu.',
      '  burst/e: the scheduler has not looked at it yet',
      '  no worker could take burst/d and 1 more like it: spot: it is at its greatest number of nodes',
    ]);
    const whole = { ...load, leftOut: [] };
    expect(renderLoad(whole, nodes.slice(0, 3), nodes.slice(0, 3))).toEqual([
      'All 1 pods run, 12.5 s after the first was asked for; there were 1 workers, now there are 3.',
    ]);
  });
});

describe('plans', () => {
  const record = (
    launches: ScalingRecord['launches'],
    decided?: ScalingRecord['decided'],
  ): ScalingRecord => ({
    revision: 1,
    backOffs: [],
    unneeded: [],
    ...(launches && { launches }),
    ...(decided && { decided }),
  });
  const old = { ...launch, observedAt: '2026-03-01T11:00:00Z' };
  const decided = (at: string, unplaced: number) => ({
    at,
    reason: 'pods wait',
    leftOut: plans.unplaced.slice(0, unplaced),
  });

  test('are told once each, without those from before the load', () => {
    const watch = watchPlans(record([old], decided('11:00', 1)));
    expect(watch.look(record([old], decided('11:00', 1)))).toEqual([]);
    expect(watch.look(record([launch, old], decided('12:00', 0)))).toEqual([
      '  planned: 2 workers of pool spot in us-east-1b (m7g.large) for 3 pods',
    ]);
    expect(watch.look(record([launch, old], decided('12:01', 1)))).toEqual([
      '  planned: no worker could take burst/d and 1 more like it: spot: it is at its greatest number of nodes',
    ]);
    expect(watch.look(record([launch, old], decided('12:02', 1)))).toEqual([]);
    expect(watch.seen()).toEqual(plans);
  });

  test('that there are not say nothing', () => {
    const watch = watchPlans(undefined);
    expect(watch.look(undefined)).toEqual([]);
    expect(watch.seen()).toEqual({ launches: [], unplaced: [] });
  });
});
