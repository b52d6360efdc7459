import { beforeEach, describe, expect, test } from 'vitest';
import type { LaunchFailure } from '../../../functions/aws/launch-failure.ts';
import type { PoolGroupFound, PoolGroups } from '../../../functions/aws/pool-groups.ts';
import type { WorkersObservation } from '../../../functions/demand/contracts.ts';
import type { PoolsSeen } from '../../../functions/demand/observe-pools.ts';
import { ProtocolInvalid, RegistryConflict } from '../../../functions/runtime/errors.ts';
import { type ScalingSweepDeps, sweepScaling } from '../../../functions/scaling/sweep-scaling.ts';
import { type FakeRegistry, fakeRegistry } from '../../support/fake-registry.ts';
import { type FakeTaskContext, fakeTaskContext } from '../../support/fake-task-context.ts';
import { unstubbed } from '../../support/unstubbed.ts';
import { putFormedCluster } from '../sweep/registered.ts';
import { groupOf, inputOf, nodeOf, now, poolOf, types, waiting, web } from './scaled-cluster.ts';

const noCapacity = (at: string): LaunchFailure => ({ at, kind: 'capacity', message: 'no capacity' });

let registry: FakeRegistry;
let context: FakeTaskContext;
/** By the group's name. */
let failures: Map<string, LaunchFailure[]>;
/** What was asked of AWS. */
let asked: string[];

beforeEach(() => {
  registry = fakeRegistry();
  context = fakeTaskContext({ now: now.toISOString() });
  failures = new Map();
  asked = [];
});

const deps = (): ScalingSweepDeps => ({
  registry,
  poolGroups: unstubbed<PoolGroups>('PoolGroups', {
    launchFailures: async (name) => {
      asked.push(name);
      return failures.get(name) ?? [];
    },
  }),
  instanceTypes: {
    describe: async (names) => {
      asked.push(names.join(' '));
      return types.filter(({ instanceType }) => names.includes(instanceType));
    },
  },
});

/** A cluster with one pool over two zones, as the sweep has looked at it. */
async function seen(
  observed: Partial<WorkersObservation>,
  {
    groups = [groupOf('a', 0), groupOf('b', 0)],
    fresh = true,
    pools = [poolOf()],
  }: { groups?: readonly PoolGroupFound[]; fresh?: boolean; pools?: object[] } = {},
): Promise<PoolsSeen> {
  const { found, spec } = inputOf(observed, { fresh, pools });
  const all = fakeRegistry();
  await putFormedCluster(all, 'demo', []);
  await all.updateCluster('demo', { spec });
  const cluster = await all.getCluster('demo');
  if (!cluster || !found) throw new Error('there is no cluster');
  return { cluster, groups, found };
}

const sweep = async (...pools: PoolsSeen[]) => sweepScaling(pools, deps(), context);
const decided = async () => (await registry.getScaling('demo'))?.decided;

describe('pods that wait', () => {
  test('make one finding for all groups, named by the look that it comes of', async () => {
    expect(await sweep(await seen({ pending: [waiting(3)] }))).toEqual([
      {
        cluster: 'demo',
        action: 'start-scale',
        reason: '3 pods wait; 3 workers are to be launched',
        changes: [
          { pool: 'general', zone: 'a', from: 0, to: 2, reason: '2 pods have no place: 2 more of m7g.large' },
          { pool: 'general', zone: 'b', from: 0, to: 1, reason: '1 pod has no place: 1 more of m7g.large' },
        ],
        observedAt: '2026-11-27T11:59:55Z',
      },
    ]);
    expect(asked).toEqual(['m6g.large m7g.large']);
    const { launches = [], ...rest } = (await registry.getScaling('demo')) ?? {};
    expect(launches.map(({ size, workers, zone }) => `${zone} ${workers} ${size}`)).toEqual([
      'us-east-1a 2 2',
      'us-east-1b 1 1',
    ]);
    expect(rest).toEqual({
      revision: 1,
      backOffs: [],
      unneeded: [],
      decided: { at: now.toISOString(), reason: '3 pods wait; 3 workers are to be launched', leftOut: [] },
    });
  });

  test('that no worker can take are counted for the alarm and remembered with why, the first of each kind', async () => {
    const huge = { ...web, requests: { cpu: 64_000 } };
    expect(await sweep(await seen({ pending: [waiting(2, huge)] }))).toEqual([]);
    expect(Object.fromEntries(context.counted)).toEqual({ PodsUnplaceable: 1 });
    expect((await decided())?.leftOut).toEqual([
      { pods: 2, first: 'shop/web-00', reason: 'general: too small, the pod needs cpu 64000 of 1900' },
    ]);
  });

  test('for which workers are on their way make no finding', async () => {
    const groups = [groupOf('a', 1, { instances: [] }), groupOf('b', 0)];
    expect(await sweep(await seen({ pending: [waiting(1)] }, { groups }))).toEqual([]);
  });
});

describe('idle workers', () => {
  const nodes = [nodeOf('a', 0), nodeOf('b', 0)];
  const groups = [groupOf('a', 1), groupOf('b', 1)];

  test('are remembered by the first look, and drained once it has been quiet for so long', async () => {
    expect(await sweep(await seen({ nodes }, { groups }))).toEqual([]);
    const since = now.toISOString();
    expect((await registry.getScaling('demo'))?.unneeded).toEqual([
      { node: 'i-b0', since },
      { node: 'i-a0', since },
    ]);
    context = fakeTaskContext({ now: '2026-11-27T12:10:00Z' });
    const reason = `its 0 pods fit elsewhere, since ${since}`;
    const drain = {
      cluster: 'demo',
      pool: 'general',
      action: 'start-drain',
      cause: 'scale-down',
      afterwards: 'terminate-and-shrink',
      reason,
    };
    expect(await sweep(await seen({ nodes }, { groups }))).toEqual([
      { ...drain, zone: 'b', instanceId: 'i-b0' },
      { ...drain, zone: 'a', instanceId: 'i-a0' },
    ]);
    // The next sweep, by the same look, knows of them.
    expect((await registry.getScaling('demo'))?.removedAt).toBe('2026-11-27T12:10:00.000Z');
    expect(await sweep(await seen({ nodes }, { groups }))).toEqual([]);
    expect((await registry.getScaling('demo'))?.unneeded).toHaveLength(2);
  });

  test('are quiet from anew once a look has found them needed', async () => {
    await sweep(await seen({ nodes }, { groups }));
    context = fakeTaskContext({ now: '2026-11-27T12:05:00Z' });
    await sweep(await seen({ nodes, pending: [waiting(1)] }, { groups }));
    context = fakeTaskContext({ now: '2026-11-27T12:10:00Z' });
    expect(await sweep(await seen({ nodes }, { groups }))).toEqual([]);
  });
});

describe('a group whose zone gives no instance', () => {
  const short = [groupOf('a', 1, { instances: [] }), groupOf('b', 0)];
  const pending = [waiting(1)];
  const group = 'trivet-demo-pool-general-a';

  test('is asked for no more, is left alone for a while, and the other zone is asked at once', async () => {
    failures.set(group, [noCapacity('2026-11-27T11:55:01Z')]);
    expect(await sweep(await seen({ pending }, { groups: short }))).toMatchObject([
      {
        action: 'start-scale',
        reason:
          'general in a: its zone gives no instance: 0 of 1 are there; 1 pod waits; 1 worker is to be launched; nothing can be launched now for general in a',
        changes: [
          {
            pool: 'general',
            zone: 'a',
            from: 1,
            to: 0,
            reason: 'its zone gives no instance: 0 of 1 are there',
          },
          { pool: 'general', zone: 'b', from: 0, to: 1 },
        ],
      },
    ]);
    expect((await registry.getScaling('demo'))?.backOffs).toEqual(
      ['m7g.large', 'm6g.large'].map((instanceType) => ({
        pool: 'general',
        zone: 'a',
        instanceType,
        until: '2026-11-27T12:05:00.000Z',
        seconds: 300,
      })),
    );
  });

  test('keeps what it has, and its least', async () => {
    failures.set(group, [noCapacity('2026-11-27T11:59:50Z'), noCapacity('2026-11-27T11:59:00Z')]);
    const atLeast = [groupOf('a', 1, { instances: [], min: 1 }), groupOf('b', 0)];
    expect(await sweep(await seen({ pending }, { groups: atLeast }))).toMatchObject([
      { changes: [{ zone: 'b', from: 0, to: 1 }] },
    ]);
    const [has] = groupOf('a', 1).instances;
    const partly = [groupOf('a', 3, { instances: has ? [has] : [] }), groupOf('b', 0)];
    expect(await sweep(await seen({}, { groups: partly }))).toMatchObject([
      { changes: [{ zone: 'a', from: 3, to: 1 }] },
    ]);
  });

  test.for<[string, string, PoolGroupFound[], boolean]>([
    ['its launch failed longer ago', '2026-11-27T11:54:59Z', short, true],
    ['its launch has failed just now: scale-workers may run', '2026-11-27T11:59:01Z', short, true],
    ['it has what it is to have', '2026-11-27T11:58:50Z', [groupOf('a', 1), groupOf('b', 0)], true],
    ['the look is old', '2026-11-27T11:58:50Z', short, false],
  ])('is not given up where %s', async ([, at, groups, fresh]) => {
    failures.set(group, [noCapacity(at)]);
    const findings = await sweep(await seen({ pending }, { groups, fresh }));
    expect(findings.flatMap(({ changes = [] }) => changes.filter(({ from, to }) => to < from))).toEqual([]);
    expect((await registry.getScaling('demo'))?.backOffs).toEqual([]);
  });
});

describe('a look', () => {
  test('at a cluster in which nothing waits and nothing can go asks nobody and writes nothing', async () => {
    expect(await sweep(await seen({ allPods: false }))).toEqual([]);
    const { cluster } = await seen({});
    expect(await sweep({ cluster, groups: [] })).toEqual([]);
    expect(asked).toEqual([]);
    expect(registry.items.size).toBe(0);
  });

  test.each<[string, Partial<WorkersObservation>, boolean]>([
    ['that is old', {}, false],
    ['at an API that cannot be asked', { reachable: false, reason: 'ECONNREFUSED' }, true],
  ])('%s decides nothing, and forgets no node that was idle', async (_, changes, fresh) => {
    const unneeded = [{ node: 'i-a0', since: '2026-11-27T11:00:00Z' }];
    await registry.putScaling('demo', { revision: 3, backOffs: [], unneeded }, 'absent');
    const nodes = [nodeOf('a', 0)];
    const groups = [groupOf('a', 1), groupOf('b', 0)];
    expect(await sweep(await seen({ nodes, ...changes }, { groups, fresh }))).toEqual([]);
    expect((await registry.getScaling('demo'))?.unneeded).toEqual(unneeded);
  });

  test('that loses to another writes nothing over it, and says what it found', async () => {
    const overtaken: FakeRegistry = {
      ...registry,
      putScaling: async () => {
        throw new RegistryConflict('demo/scaling is not as expected');
      },
    };
    const pools = [await seen({ pending: [waiting(1)] })];
    const findings = await sweepScaling(pools, { ...deps(), registry: overtaken }, context);
    expect(findings.map(({ action }) => action)).toEqual(['start-scale']);
  });

  test('at what cannot be read fails: a person has to know', async () => {
    const { cluster, groups } = await seen({});
    const unread = new ProtocolInvalid('workers.json is no observation of workers');
    await expect(sweep({ cluster, groups, unread })).rejects.toBe(unread);
  });
});
