import { beforeEach, describe, expect, test } from 'vitest';
import type { LaunchFailure } from '../../../functions/aws/launch-failure.ts';
import type { PoolGroupFound, PoolGroups } from '../../../functions/aws/pool-groups.ts';
import { renderObservation } from '../../../functions/demand/stored-observation.ts';
import { ClusterUnknown, ForeignResource, RegistryConflict } from '../../../functions/runtime/errors.ts';
import { resizePools as resizeContract, type SizeChange } from '../../../functions/scaling/contracts.ts';
import { handler as fallBackScaling } from '../../../functions/scaling/fall-back-scaling.ts';
import { handler as resizePools } from '../../../functions/scaling/resize-pools.ts';
import { handler as verifyScaling } from '../../../functions/scaling/verify-scaling.ts';
import { type FakeAws, fakeAws } from '../../support/fake-aws.ts';
import { type FakeObjects, fakeObjects } from '../../support/fake-objects.ts';
import { type FakeRegistry, fakeRegistry } from '../../support/fake-registry.ts';
import { fakeTaskContext } from '../../support/fake-task-context.ts';
import { buildSpec } from '../../support/specs.ts';
import { unstubbed } from '../../support/unstubbed.ts';
import { putFormedCluster } from '../sweep/registered.ts';
import { groupOf, inputOf, instanceOf, nodeOf, now, poolOf } from './scaled-cluster.ts';

const tags = { 'trivet:deployment': 'trivet', 'trivet:cluster': 'demo', 'trivet:pool': 'general' };
const context = () => fakeTaskContext({ now: now.toISOString() });

let aws: FakeAws;
let registry: FakeRegistry;

/** A cluster whose one pool has at most four workers over two zones. */
beforeEach(async () => {
  aws = fakeAws();
  registry = fakeRegistry();
  await putFormedCluster(registry, 'demo', []);
  await registry.updateCluster('demo', { spec: buildSpec({ pools: [poolOf()] }) });
  putGroup('a', 0);
  putGroup('b', 0);
});

function putGroup(zone: string, desired: number, changes: Partial<PoolGroupFound> = {}): void {
  const group = groupOf(zone, desired, { tags, ...changes });
  aws.poolGroupMap.set(group.name, { ...group, hooks: {} });
}

const sizes = () =>
  Object.fromEntries([...aws.poolGroupMap.values()].map(({ desired, name }) => [name.slice(-1), desired]));

const change = (zone: string, from: number, to: number): SizeChange => ({
  pool: 'general',
  zone,
  from,
  to,
  reason: '3 pods have no place',
});

describe('resize-pools', () => {
  const resize = (...changes: SizeChange[]) =>
    resizePools.run({ cluster: 'demo', changes }, { registry, groups: aws.poolGroups }, told);
  let told = context();
  beforeEach(() => {
    told = context();
  });
  const skipped = (zone: string, reason: string) => ({ pool: 'general', zone, reason });

  test('gives each group its size, and has the workers looked after', async () => {
    const changes = [change('a', 0, 2), change('b', 0, 1)];
    expect(await resize(...changes)).toEqual({ action: 'verify', resized: changes, skipped: [] });
    expect(sizes()).toEqual({ a: 2, b: 1 });
    expect([...told.counted]).toEqual([['WorkersAsked', 3]]);
  });

  test('has nothing to write where it was carried out before, and names it as resized', async () => {
    await resize(change('a', 0, 2));
    expect(await resize(change('a', 0, 2))).toEqual({
      action: 'verify',
      resized: [change('a', 0, 2)],
      skipped: [],
    });
    expect(aws.effects).toEqual(['setPoolSize']);
    expect([...told.counted]).toEqual([['WorkersAsked', 2]]);
  });

  test('names what was carried out before as resized, though the pool has come to its most since', async () => {
    await resize(change('a', 0, 2));
    putGroup('b', 3);
    expect(await resize(change('a', 0, 2))).toMatchObject({ action: 'verify', skipped: [] });
    expect(aws.effects).toEqual(['setPoolSize']);
  });

  test.for<[string, () => void, SizeChange, string]>([
    [
      'that somebody has resized since',
      () => putGroup('a', 1),
      change('a', 0, 2),
      'trivet-demo-pool-general-a is to have 1 by now',
    ],
    [
      'that is gone',
      () => aws.poolGroupMap.delete('trivet-demo-pool-general-a'),
      change('a', 0, 2),
      'trivet-demo-pool-general-a does not exist',
    ],
    [
      'where all zones together would have more than the pool’s most',
      () => putGroup('b', 3),
      change('a', 0, 2),
      'general would come to 5 workers, and 4 are its most',
    ],
    [
      'where other zones still have what they are to have no more',
      () => putGroup('b', 1, { instances: [0, 1, 2].map((index) => instanceOf('b', index)) }),
      change('a', 0, 2),
      'general would come to 5 workers, and 4 are its most',
    ],
    [
      'that has got the instances by now which it was to give back',
      () => putGroup('a', 2),
      change('a', 2, 1),
      'trivet-demo-pool-general-a has 2 workers by now, and none is to go',
    ],
  ])('leaves a group %s, and says why', async ([, meanwhile, wanted, reason]) => {
    meanwhile();
    const before = sizes();
    expect(await resize(wanted)).toEqual({ action: 'none', resized: [], skipped: [skipped('a', reason)] });
    expect(sizes()).toEqual(before);
    expect(aws.effects).toEqual([]);
  });

  test('gives back what a group does not have, in a pool that is above its most as well', async () => {
    putGroup('a', 3, { instances: [instanceOf('a', 0), instanceOf('a', 1, 'Terminating:Wait')] });
    putGroup('b', 4);
    expect(await resize(change('a', 3, 1))).toMatchObject({ action: 'verify', skipped: [] });
    expect(sizes()).toEqual({ a: 1, b: 4 });
  });

  test('leaves a group that is resized between the look and the write', async () => {
    const overtaken: Pick<PoolGroups, 'describe' | 'setDesired'> = {
      ...aws.poolGroups,
      setDesired: async () => 'changed',
    };
    const input = { cluster: 'demo', changes: [change('a', 0, 1)] };
    expect(await resizePools.run(input, { registry, groups: overtaken }, context())).toEqual({
      action: 'none',
      resized: [],
      skipped: [skipped('a', 'trivet-demo-pool-general-a was resized in this moment')],
    });
  });

  test('counts what it has just set in one zone before it sets the next', async () => {
    expect(await resize(change('a', 0, 3), change('b', 0, 2))).toMatchObject({
      resized: [change('a', 0, 3)],
      skipped: [skipped('b', 'general would come to 5 workers, and 4 are its most')],
    });
    expect(sizes()).toEqual({ a: 3, b: 0 });
  });

  test('touches no stranger’s group that has the name', async () => {
    putGroup('a', 0, { tags: { ...tags, 'trivet:cluster': 'other' } });
    await expect(resize(change('a', 0, 1))).rejects.toBeInstanceOf(ForeignResource);
    expect(sizes()).toEqual({ a: 0, b: 0 });
  });

  test('knows no cluster and no pool that was not provisioned', async () => {
    const deps = { registry, groups: aws.poolGroups };
    const elsewhere = { cluster: 'other', changes: [change('a', 0, 1)] };
    await expect(resizePools.run(elsewhere, deps, context())).rejects.toBeInstanceOf(ClusterUnknown);
    await expect(resize({ ...change('a', 0, 1), pool: 'gone' })).rejects.toBeInstanceOf(ClusterUnknown);
  });

  test.each([
    ['no change at all', { cluster: 'demo', changes: [] }],
    ['a negative size', { cluster: 'demo', changes: [change('a', 0, -1)] }],
    ['a zone by its whole name', { cluster: 'demo', changes: [change('us-east-1a', 0, 1)] }],
    ['a field that nobody knows', { cluster: 'demo', changes: [{ ...change('a', 0, 1), size: 3 }] }],
  ])('takes no input with %s', (_, input) => {
    expect(resizeContract.input.safeParse(input).success).toBe(false);
  });
});

describe('fall-back-scaling', () => {
  const fallBack = (...failed: SizeChange[]) =>
    fallBackScaling.run({ cluster: 'demo', failed }, { registry, groups: aws.poolGroups }, context());
  const heldBack = (zone: string, instanceType: string) => ({
    pool: 'general',
    zone,
    instanceType,
    until: '2026-11-27T12:05:00.000Z',
    seconds: 300,
  });

  test('gives back what a group does not get, and leaves its zone alone with all of its types', async () => {
    putGroup('a', 3, { instances: [instanceOf('a', 0), instanceOf('a', 1, 'Terminating:Wait')] });
    expect(await fallBack(change('a', 1, 3))).toEqual({ givenBack: 2 });
    expect(sizes()).toEqual({ a: 1, b: 0 });
    expect(await registry.getScaling('demo')).toEqual({
      revision: 1,
      unneeded: [],
      backOffs: [heldBack('a', 'm7g.large'), heldBack('a', 'm6g.large')],
    });
  });

  test('gives nothing back twice, and makes no back-off longer', async () => {
    putGroup('a', 2, { instances: [] });
    await fallBack(change('a', 0, 2));
    expect(await fallBack(change('a', 0, 2))).toEqual({ givenBack: 0 });
    expect(aws.effects).toEqual(['setPoolSize']);
    expect((await registry.getScaling('demo'))?.backOffs.map(({ seconds }) => seconds)).toEqual([300, 300]);
  });

  test('goes no lower than the group’s least', async () => {
    putGroup('a', 2, { min: 1, instances: [] });
    expect(await fallBack(change('a', 1, 2))).toEqual({ givenBack: 1 });
    expect(sizes()).toEqual({ a: 1, b: 0 });
  });

  test('ends no instance that has come after all, and skips a group that is gone', async () => {
    putGroup('a', 2);
    aws.poolGroupMap.delete('trivet-demo-pool-general-b');
    expect(await fallBack(change('b', 0, 1), change('a', 0, 2))).toEqual({ givenBack: 0 });
    expect(aws.effects).toEqual([]);
  });

  test('counts nothing as given back that somebody has resized in this moment', async () => {
    putGroup('a', 2, { instances: [] });
    const groups: Pick<PoolGroups, 'describe' | 'setDesired'> = {
      ...aws.poolGroups,
      setDesired: async () => 'changed',
    };
    const input = { cluster: 'demo', failed: [change('a', 0, 2)] };
    expect(await fallBackScaling.run(input, { registry, groups }, context())).toEqual({ givenBack: 0 });
  });

  test('remembers before it gives back: a killed run asks the same zone no more', async () => {
    putGroup('a', 2, { instances: [] });
    aws.onEffect = () => {
      throw new Error('killed');
    };
    await expect(fallBack(change('a', 0, 2))).rejects.toThrow('killed');
    expect((await registry.getScaling('demo'))?.backOffs).toHaveLength(2);
  });

  test('keeps what else is remembered, and what another has written meanwhile', async () => {
    const decided = { at: '2026-11-27T11:59:00.000Z', reason: '3 pods wait', leftOut: [] };
    const unneeded = [{ node: 'i-b0', since: '2026-11-27T11:50:00.000Z' }];
    await registry.putScaling('demo', { revision: 4, backOffs: [], unneeded, decided }, 'absent');
    await fallBack(change('a', 0, 1));
    expect(await registry.getScaling('demo')).toMatchObject({ revision: 5, unneeded, decided });
    const overtaken = {
      ...registry,
      getScaling: async () => ({ revision: 4, backOffs: [], unneeded: [] }),
    };
    const input = { cluster: 'demo', failed: [change('b', 0, 1)] };
    await expect(
      fallBackScaling.run(input, { registry: overtaken, groups: aws.poolGroups }, context()),
    ).rejects.toBeInstanceOf(RegistryConflict);
    expect((await registry.getScaling('demo'))?.backOffs.map(({ zone }) => zone)).toEqual(['a', 'a']);
  });

  test('touches no stranger’s group, and knows no cluster that was not provisioned', async () => {
    putGroup('a', 1, { instances: [], tags: {} });
    await expect(fallBack(change('a', 0, 1))).rejects.toBeInstanceOf(ForeignResource);
    const input = { cluster: 'other', failed: [change('a', 0, 1)] };
    const deps = { registry, groups: aws.poolGroups };
    await expect(fallBackScaling.run(input, deps, context())).rejects.toBeInstanceOf(ClusterUnknown);
  });
});

describe('verify-scaling', () => {
  const since = '2026-11-27T11:58:00.000Z';
  let objects: FakeObjects;
  /** Groups whose activities were asked for. */
  let asked: string[];
  let failures: LaunchFailure[];
  beforeEach(() => {
    objects = fakeObjects();
    asked = [];
    failures = [];
  });

  const see = (...names: readonly string[]) => {
    const { observation } = inputOf({ nodes: names.map((name) => nodeOf('a', 0, { name })) }).found ?? {};
    if (!observation) throw new Error('no observation');
    return objects.put('clusters/demo/observations/workers.json', renderObservation(observation));
  };
  const verify = (...changes: SizeChange[]) => {
    const groups = unstubbed<PoolGroups>('PoolGroups', {
      describe: aws.poolGroups.describe,
      launchFailures: async (name) => {
        asked.push(name);
        return failures;
      },
    });
    return verifyScaling.run({ cluster: 'demo', changes, since }, { objects, groups }, context());
  };

  test('is done once each worker is a ready node, and asks for no activities then', async () => {
    putGroup('a', 2);
    await see('i-a0', 'i-a1');
    expect(await verify(change('a', 0, 2))).toEqual({
      action: 'done',
      reason: 'general in a: 2 of 2 are ready',
      failed: [],
    });
    expect(asked).toEqual([]);
  });

  test('waits where nobody has looked at the workers yet', async () => {
    putGroup('a', 1);
    expect(await verify(change('a', 0, 1))).toMatchObject({ action: 'wait' });
  });

  test('asks the groups that are short alone why, and falls back for those that had a launch refused', async () => {
    putGroup('a', 1);
    putGroup('b', 1, { instances: [] });
    await see('i-a0');
    failures = [{ at: '2026-11-27T11:58:03.000Z', kind: 'capacity', message: 'no capacity' }];
    expect(await verify(change('a', 0, 1), change('b', 0, 1))).toEqual({
      action: 'fall-back',
      reason: 'general in a: 1 of 1 are ready; general in b: 0 of 1 are there: no capacity',
      failed: [{ ...change('b', 0, 1), reason: '0 of 1 are there: no capacity' }],
    });
    expect(asked).toEqual(['trivet-demo-pool-general-b']);
  });

  test('falls back where a launch was refused, though a worker that leaves is still there', async () => {
    putGroup('b', 2, { instances: [instanceOf('b', 0), instanceOf('b', 1, 'Terminating:Wait')] });
    failures = [{ at: '2026-11-27T11:58:03.000Z', kind: 'capacity', message: 'no capacity' }];
    expect(await verify(change('b', 1, 2))).toMatchObject({
      action: 'fall-back',
      failed: [{ ...change('b', 1, 2), reason: '1 of 2 are there: no capacity' }],
    });
  });

  test('waits on where a launch was refused before this was asked for', async () => {
    putGroup('b', 1, { instances: [] });
    failures = [{ at: '2026-11-27T11:57:59.000Z', kind: 'capacity', message: 'no capacity' }];
    expect(await verify(change('b', 0, 1))).toMatchObject({ action: 'wait', failed: [] });
  });

  test('has nothing to await of a group that is gone', async () => {
    aws.poolGroupMap.clear();
    expect(await verify(change('a', 0, 1))).toMatchObject({
      action: 'done',
      reason: 'general in a: its group is gone',
    });
  });
});
