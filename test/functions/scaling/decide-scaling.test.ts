import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { WorkerNode } from '../../../functions/demand/contracts.ts';
import { decideScaling } from '../../../functions/scaling/decide-scaling.ts';
import type { ScalingInput } from '../../../functions/scaling/places.ts';
import type { NodeTerm } from '../../../functions/scheduling/model.ts';
import { groupOf, inputOf, instanceOf, nodeOf, now, poolOf, waiting, web } from './scaled-cluster.ts';

const backOff = (zone: string, instanceType: string) => ({
  pool: 'general',
  zone,
  instanceType,
  until: '2026-11-27T12:03:00Z',
  seconds: 300,
});
const down = { reachable: false, reason: 'connection refused', pending: [waiting(3)] };
const full = (zone: string, index: number) =>
  nodeOf(zone, index, { pods: [{ view: { name: 'shop/old', shape: web }, resident: false }] });

type Case = [string, ScalingInput, string[], number];
const inZoneA: NodeTerm = [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: ['us-east-1a'] }];
/** A node that has joined a moment ago. */
const startingNode = (changes: Partial<WorkerNode>) =>
  nodeOf('a', 0, { createdAt: '2026-11-27T11:59:50Z', ...changes });
const withoutZone = ({ zone: _, ...node }: WorkerNode): WorkerNode => {
  const { 'topology.kubernetes.io/zone': _zone, ...labels } = node.labels;
  return { ...node, labels };
};

describe('pods that wait', () => {
  test.for<Case>([
    ['bring nothing while nobody has looked', inputOf({}, { found: undefined }), [], 0],
    ['bring nothing by an old look', inputOf({ pending: [waiting(3)] }, { fresh: false }), [], 0],
    ['bring nothing while the API cannot be asked', inputOf(down), [], 0],
    ['bring workers to both zones', inputOf({ pending: [waiting(2)] }), ['a:0-1', 'b:0-1'], 0],
    [
      'bring no more than the pool may have over all zones',
      inputOf({ pending: [waiting(9)] }),
      ['a:0-2', 'b:0-2'],
      5,
    ],
    [
      'bring the whole pool up in one zone while the other has no capacity',
      inputOf(
        { pending: [waiting(4)] },
        { backOffs: [backOff('a', 'm7g.large'), backOff('a', 'm6g.large')] },
      ),
      ['b:0-4'],
      0,
    ],
    [
      'bring a fresh worker to the other zone when one zone’s is full',
      inputOf(
        { nodes: [full('a', 0)], pending: [waiting(1)] },
        { groups: [groupOf('a', 1), groupOf('b', 0)] },
      ),
      ['b:0-1'],
      0,
    ],
    [
      'do not bring a second worker while the first is on its way',
      inputOf({ pending: [waiting(1)] }, { groups: [groupOf('a', 1, { instances: [] }), groupOf('b', 0)] }),
      [],
      0,
    ],
    [
      'do not bring a second worker while the first waits in its launch hook',
      inputOf(
        { pending: [waiting(1)] },
        { groups: [groupOf('a', 1, { instances: [instanceOf('a', 0, 'Pending:Wait')] }), groupOf('b', 0)] },
      ),
      [],
      0,
    ],
    ...['node.cloudprovider.kubernetes.io/uninitialized', 'node.kubernetes.io/not-ready'].map(
      (key): Case => [
        `do not bring a second worker while the first, just ready, has the taint ${key}`,
        inputOf(
          { nodes: [startingNode({ taints: [{ key, effect: 'NoSchedule' }] })], pending: [waiting(1)] },
          { groups: [groupOf('a', 1), groupOf('b', 0)] },
        ),
        [],
        0,
      ],
    ),
    [
      'do not bring a second worker while the first, just ready, is not labelled with its zone',
      inputOf(
        { nodes: [withoutZone(startingNode({}))], pending: [waiting(1, { ...web, nodeTerms: [inZoneA] })] },
        { groups: [groupOf('a', 1), groupOf('b', 0)] },
      ),
      [],
      0,
    ],
    [
      'do not wait longer than ten minutes for a node to lose its startup taints',
      inputOf(
        {
          nodes: [
            startingNode({
              createdAt: '2026-11-27T11:49:00Z',
              taints: [{ key: 'node.cloudprovider.kubernetes.io/uninitialized', effect: 'NoSchedule' }],
            }),
          ],
          pending: [waiting(1)],
        },
        { groups: [groupOf('a', 1), groupOf('b', 0)] },
      ),
      ['b:0-1'],
      0,
    ],
    [
      'do not wait for a node in service that is not ready',
      inputOf(
        { nodes: [nodeOf('a', 0, { conditions: [] })], pending: [waiting(1)] },
        { groups: [groupOf('a', 1), groupOf('b', 0)] },
      ),
      ['a:1-2'],
      0,
    ],
    [
      'do not count on a group whose launches are suspended',
      inputOf(
        { pending: [waiting(1)] },
        { groups: [groupOf('a', 0, { suspended: [{ process: 'Launch', reason: '' }] }), groupOf('b', 0)] },
      ),
      ['b:0-1'],
      0,
    ],
    [
      'are left out where every pool is at its maximum, though nobody has read what fills its nodes',
      inputOf(
        { nodes: [nodeOf('a', 0), nodeOf('b', 0)], pending: [waiting(2)], allPods: false },
        { groups: [groupOf('a', 1), groupOf('b', 1)], pools: [poolOf({ max: 2 })] },
      ),
      [],
      2,
    ],
    [
      'are left out where no worker is large enough',
      inputOf({ pending: [waiting(2, { ...web, requests: { cpu: 64_000 } })] }),
      [],
      2,
    ],
  ])('%s', ([, input, changes, leftOut]) => {
    const decision = decideScaling(input, now);
    expect(decision.changes.map(({ from, to, zone }) => `${zone}:${from}-${to}`)).toEqual(changes);
    expect(decision.leftOut.flatMap(({ pods }) => pods)).toHaveLength(leftOut);
    expect(decision.removals).toEqual([]);
    expect(decision.reason).not.toBe('');
  });

  test('are planned for with the next type while the first is backed off', () => {
    const backOffs = [backOff('a', 'm7g.large'), backOff('b', 'm7g.large')];
    const { changes } = decideScaling(inputOf({ pending: [waiting(1)] }, { backOffs }), now);
    expect(changes.map(({ reason }) => reason)).toEqual(['1 pod has no place: 1 more of m6g.large']);
  });
});

describe('idle workers', () => {
  const since = '2026-11-27T11:40:00Z';
  const two = { nodes: [nodeOf('a', 0), nodeOf('b', 0)] };
  const groups = [groupOf('a', 1), groupOf('b', 1)];
  const unneeded = [
    { node: 'i-a0', since },
    { node: 'i-b0', since },
  ];
  const drained = (zone: string, index: number) =>
    nodeOf(zone, index, {
      unschedulable: true,
      taints: [{ key: 'trivet.dev/draining', value: 'scale-down', effect: 'NoSchedule' }],
    });
  const young = { createdAt: '2026-11-27T11:55:00Z' };

  test.for<[string, ScalingInput, string[]]>([
    ['go after a quiet time', inputOf(two, { groups, unneeded }), ['i-a0', 'i-b0']],
    ['stay until it has been quiet so long', inputOf(two, { groups }), []],
    ['stay while a pod waits', inputOf({ ...two, pending: [waiting(5)] }, { groups, unneeded }), []],
    ['stay where not all pods were read', inputOf({ ...two, allPods: false }, { groups, unneeded }), []],
    ['stay by an old look', inputOf(two, { groups, unneeded, fresh: false }), []],
    ['stay while the API cannot be asked', inputOf({ ...two, reachable: false }, { groups, unneeded }), []],
    [
      'stay while another worker is on its way',
      inputOf(two, {
        groups: [groupOf('a', 1), groupOf('b', 2, { instances: [instanceOf('b', 0)] })],
        unneeded,
      }),
      [],
    ],
    [
      'stay at the least number of the pool',
      inputOf(two, {
        groups: [groupOf('a', 1, { min: 1 }), groupOf('b', 1)],
        unneeded,
        pools: [poolOf({ min: 1 })],
      }),
      ['i-b0'],
    ],
    [
      'stay while they are young',
      inputOf({ nodes: [nodeOf('a', 0, young), nodeOf('b', 0)] }, { groups, unneeded }),
      ['i-b0'],
    ],
    [
      'go however young they are where the pool says so',
      inputOf(
        { nodes: [nodeOf('a', 0, young), nodeOf('b', 0)] },
        { groups, unneeded, pools: [poolOf({ scaleDown: { ageSecondsMin: 0 } })] },
      ),
      ['i-a0', 'i-b0'],
    ],
    [
      'stay where an annotation says so',
      inputOf(
        { nodes: [nodeOf('a', 0, { staysBecause: 'it says so' }), nodeOf('b', 0)] },
        { groups, unneeded },
      ),
      ['i-b0'],
    ],
    [
      'go no faster than their pool lets them',
      inputOf(two, { groups, unneeded, pools: [poolOf({ scaleDown: { removalsMax: 1 } })] }),
      ['i-b0'],
    ],
    [
      'stay where those that are being drained leave their pool at its least number',
      inputOf(
        { nodes: [nodeOf('a', 0), drained('b', 0), drained('b', 1)] },
        { groups: [groupOf('a', 1), groupOf('b', 2)], unneeded, pools: [poolOf({ min: 1 })] },
      ),
      [],
    ],
    [
      'stay while those that were to go a moment ago may not be seen to',
      inputOf(two, { groups, unneeded, removedAt: '2026-11-27T11:59:40Z' }),
      [],
    ],
    [
      'go by a look that must show who was to go before',
      inputOf(two, { groups, unneeded, removedAt: '2026-11-27T11:59:35Z' }),
      ['i-a0', 'i-b0'],
    ],
    [
      'stay where as many are being drained as may go at once',
      inputOf(
        { nodes: [nodeOf('a', 0), drained('b', 0)] },
        {
          groups: [groupOf('a', 1), groupOf('b', 1)],
          unneeded,
          pools: [poolOf({ scaleDown: { removalsMax: 1 } })],
        },
      ),
      [],
    ],
    [
      'go beside those that are being drained where both may',
      inputOf({ nodes: [nodeOf('a', 0), drained('b', 0)] }, { groups, unneeded }),
      ['i-a0'],
    ],
    [
      'stay in a pool that is not scaled down',
      inputOf(two, { groups, unneeded, pools: [poolOf({ scaleDown: { enabled: false } })] }),
      [],
    ],
  ])('%s', ([, input, wanted]) => {
    const { removals } = decideScaling(input, now);
    expect(removals.map(({ instanceId }) => instanceId).toSorted()).toEqual(wanted);
  });
});

const zones = ['a', 'b'];
const mostly = fc.integer({ min: 0, max: 7 }).map((drawn) => drawn > 0);
const arbitrary = fc.record({
  min: fc.integer({ min: 0, max: 2 }),
  more: fc.integer({ min: 0, max: 3 }),
  desired: fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 })),
  joined: fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 })),
  nodes: fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 })),
  pending: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 20 })),
  reachable: mostly,
  fresh: mostly,
  allPods: mostly,
  ready: mostly,
  /** Every worker that is wanted is there: else removals would hardly ever be decided on. */
  settled: fc.boolean(),
});

test('never more workers than a pool’s greatest number nor fewer than its least, whatever was seen', () => {
  const decided = { resize: 0, remove: 0, none: 0 };
  fc.assert(
    fc.property(arbitrary, (drawn) => {
      const { allPods, fresh, min, more, pending, reachable, ready } = drawn;
      const max = min + more;
      const countOf = (drew: readonly number[], index: number) =>
        (drawn.settled ? drawn.desired : drew)[index] ?? 0;
      const groups = zones.map((zone, index) =>
        groupOf(zone, drawn.desired[index] ?? 0, {
          min: Math.floor(min / 2) + (index < min % 2 ? 1 : 0),
          max,
          instances: Array.from({ length: countOf(drawn.joined, index) }, (_, one) => instanceOf(zone, one)),
        }),
      );
      const nodes = zones.flatMap((zone, index) =>
        Array.from({ length: countOf(drawn.nodes, index) }, (_, one) =>
          nodeOf(zone, one, ready ? {} : { conditions: [] }),
        ),
      );
      const unneeded = nodes.map(({ name }) => ({ node: name, since: '2026-11-27T09:00:00Z' }));
      const seen = { nodes, reachable, allPods, pending: pending > 0 ? [waiting(pending)] : [] };
      const input = inputOf(seen, { groups, fresh, unneeded, pools: [poolOf({ min, max })] });
      const { action, changes, removals } = decideScaling(input, now);
      decided[action] += 1;
      const desired = groups.reduce((sum, group) => sum + group.desired, 0);
      const added = changes.reduce((sum, { from, to }) => sum + to - from, 0);
      expect(changes.every(({ from, to }) => to > from)).toBe(true);
      if (added > 0) expect(desired + added).toBeLessThanOrEqual(max);
      if (removals.length > 0) expect(desired - removals.length).toBeGreaterThanOrEqual(min);
      for (const group of groups) {
        const own = removals.filter(({ zone }) => group.name.endsWith(`-${zone}`)).length;
        if (own > 0) expect(group.desired - own).toBeGreaterThanOrEqual(group.min);
      }
      expect(changes.length === 0 || removals.length === 0).toBe(true);
      if (!reachable || !fresh) expect([...changes, ...removals]).toEqual([]);
    }),
    { seed: 20_261_127, numRuns: 1_000 },
  );
  expect(Math.min(...Object.values(decided))).toBeGreaterThan(20);
});
