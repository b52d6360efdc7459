import { beforeEach, describe, expect, test } from 'vitest';
import type { PoolGroupFound } from '../../../functions/aws/pool-groups.ts';
import type { WorkersObservation } from '../../../functions/demand/contracts.ts';
import { renderObservation } from '../../../functions/demand/stored-observation.ts';
import { handler as planPersonSizes } from '../../../functions/scaling/plan-person-sizes.ts';
import { type FakeObjects, fakeObjects } from '../../support/fake-objects.ts';
import { type FakeRegistry, fakeRegistry } from '../../support/fake-registry.ts';
import { fakeTaskContext } from '../../support/fake-task-context.ts';
import { buildSpec } from '../../support/specs.ts';
import { putFormedCluster } from '../sweep/registered.ts';
import { groupOf, nodeOf, poolOf, web } from './scaled-cluster.ts';

const now = '2026-11-27T12:00:00.000Z';
let registry: FakeRegistry;
let objects: FakeObjects;
let groups: PoolGroupFound[];

beforeEach(async () => {
  registry = fakeRegistry();
  objects = fakeObjects();
  groups = [groupOf('a', 2), groupOf('b', 1)];
  await putFormedCluster(registry, 'demo', []);
  await registry.updateCluster('demo', { spec: buildSpec({ pools: [poolOf()] }) }, {});
});

const see = async (seen: Partial<WorkersObservation> = {}) => {
  const nodes = [nodeOf('a', 0), nodeOf('a', 1), nodeOf('b', 0)];
  const nothing = { pending: [], leftOut: [], daemonSets: [], budgets: [] };
  const head = { cluster: 'demo', observedAt: now, reachable: true, allPods: true };
  await objects.put(
    'clusters/demo/observations/workers.json',
    renderObservation({ ...head, ...nothing, nodes, ...seen }),
  );
};
const plan = (size: number, more: object = {}) => {
  const deps = { registry, objects, groups: { describe: async () => groups } };
  const request = { cluster: 'demo', pool: 'general', size };
  return planPersonSizes.run({ request, ...more }, deps, fakeTaskContext({ now }));
};
const podOf = (name: string, resident = false, staysBecause?: string) => ({
  view: { name, shape: web },
  resident,
  ...(staysBecause !== undefined && { staysBecause }),
});

describe('more workers', () => {
  test('are planned without a look at those that are there', async () => {
    expect(await plan(4)).toMatchObject({ action: 'resize', changes: [{ zone: 'b', from: 1, to: 2 }] });
  });

  test('come last to a zone of which every type is backed off', async () => {
    const until = '2026-11-27T12:05:00Z';
    const backOffs = ['m7g.large', 'm6g.large'].map((instanceType) => ({
      ...{ pool: 'general', zone: 'b', instanceType },
      until,
      seconds: 300,
    }));
    await registry.putScaling(
      'demo',
      { revision: 1, backOffs: backOffs.slice(0, 1), unneeded: [] },
      'absent',
    );
    expect(await plan(4)).toMatchObject({ changes: [{ zone: 'b' }] });
    await registry.putScaling('demo', { revision: 2, backOffs, unneeded: [] }, { revision: 1 });
    expect(await plan(4)).toMatchObject({ changes: [{ zone: 'a' }] });
  });

  test('are refused where launches are suspended in every zone, with the reason', async () => {
    const suspended = [{ process: 'Launch', reason: 'Administratively suspended' }];
    groups = [groupOf('a', 2, { suspended }), groupOf('b', 1, { suspended })];
    await expect(plan(4)).rejects.toMatchObject({
      name: 'ScalingRefused',
      message:
        'general is to have 3 workers, and 4 are asked for; zone a: its launches are suspended: Administratively suspended; zone b: its launches are suspended: Administratively suspended',
    });
  });

  test('that were asked for in vain are unfinished, no refusal', async () => {
    const tried = ['a', 'b'].map((zone) => ({
      pool: 'general',
      zone,
      from: 1,
      to: 2,
      reason: 'no capacity',
    }));
    await expect(plan(4, { tried, direction: 'grow' })).rejects.toMatchObject({ name: 'ScalingUnfinished' });
  });

  test('of a pool that is not made yet are refused', async () => {
    groups = [];
    await expect(plan(4)).rejects.toThrow(
      'pool general of demo has no groups yet: provision the cluster first',
    );
  });
});

test('of a paused cluster nothing is planned: no worker would join', async () => {
  const pause = { until: '2026-11-27T13:00:00.000Z', reason: 'we look at it', at: now, by: 'alice' };
  await registry.updateCluster('demo', { pause }, {});
  await expect(plan(4)).rejects.toMatchObject({
    name: 'ScalingRefused',
    message:
      'demo is paused until 2026-11-27T13:00:00.000Z: we look at it; end the pause first, for workers join by the sweep',
  });
});

test('of a cluster that is being retired nothing is planned', async () => {
  const retirement = { startedAt: '2026-11-27T11:00:00.000Z', execution: 'retire', keepVolumes: false };
  await registry.updateCluster('demo', { retirement }, {});
  await expect(plan(4)).rejects.toMatchObject({
    name: 'ScalingRefused',
    message: 'demo is being retired since 2026-11-27T11:00:00.000Z',
  });
});

describe('fewer workers', () => {
  test('are those with fewest pods, without what goes with the node; their pods are counted', async () => {
    const pods = [podOf('shop/1'), podOf('shop/2')];
    await see({
      nodes: [
        { ...nodeOf('a', 0), pods },
        { ...nodeOf('a', 1), pods: [podOf('kube-system/1', true)] },
      ],
    });
    expect((await plan(2)).removals).toMatchObject([{ instanceId: 'i-a1', pods: 0 }]);
  });

  test('are not those with a pod that should stay, as long as there are others', async () => {
    const pods = [podOf('shop/1'), podOf('shop/2')];
    const held = [podOf('shop/3', false, 'it says so')];
    await see({
      nodes: [
        { ...nodeOf('a', 0), pods },
        { ...nodeOf('a', 1), pods: held },
      ],
    });
    expect((await plan(2)).removals).toMatchObject([{ instanceId: 'i-a0', pods: 2 }]);
  });

  test('are those that are drained already', async () => {
    const taints = [{ key: 'trivet.dev/draining', value: 'scale-down', effect: 'NoSchedule' as const }];
    await see({ nodes: [{ ...nodeOf('a', 0), pods: [podOf('shop/1')], taints }, nodeOf('a', 1)] });
    expect((await plan(2)).removals).toMatchObject([{ instanceId: 'i-a0' }]);
  });

  test('have no number of pods where the look did not count them', async () => {
    await see({ allPods: false });
    const [removal] = (await plan(2)).removals;
    expect(removal).toEqual({
      pool: 'general',
      zone: 'a',
      instanceId: 'i-a0',
      reason: 'a person asks for 2 in all',
    });
  });

  test.each<[string, () => Promise<void>, string]>([
    ['nobody has looked', async () => {}, 'nobody has looked yet'],
    ['the look is old', () => see({ observedAt: '2026-11-27T11:50:00Z' }), 'the latest look is 600 s old'],
    [
      'the API could not be asked',
      () => see({ reachable: false, reason: 'ECONNREFUSED', nodes: [] }),
      'the API could not be asked: ECONNREFUSED',
    ],
  ])('are not chosen while %s', async (_, look, why) => {
    await look();
    await expect(plan(2)).rejects.toMatchObject({
      name: 'KubernetesUnavailable',
      message: `the workers of demo are not seen, so that none may go: ${why}`,
    });
  });
});
