import { describe, expect, test } from 'vitest';
import {
  decideWorkerRemovals,
  type RemovableNode,
  removalPolicy,
} from '../../../functions/scheduling/decide-worker-removals.ts';
import { hostnameKey, type PodShape, zoneKey } from '../../../functions/scheduling/model.ts';

const now = new Date('2026-01-02T12:00:00Z');
const longAgo = '2026-01-02T11:00:00Z';
const shape: PodShape = { namespace: 'shop', labels: { app: 'web' }, requests: { cpu: 100, memory: 100 } };
const node = (name: string, count: number, more: Partial<RemovableNode> = {}): RemovableNode => ({
  name,
  pool: 'general',
  labels: { [zoneKey]: 'a' },
  taints: [],
  allocatable: { cpu: 1_000, memory: 10_000, pods: 110 },
  pods: Array.from({ length: count }, (_, index) => ({ name: `${name}-${index}`, shape })),
  unneededSince: longAgo,
  ...more,
});
const decide = (nodes: readonly RemovableNode[], removable = { general: 10 }, policy = removalPolicy) =>
  decideWorkerRemovals(nodes, removable, policy, now);
const names = (nodes: readonly { readonly node: string }[]) => nodes.map((one) => one.node);

describe('a worker goes', () => {
  test('when its pods have fitted elsewhere for the quiet time', () => {
    expect(decide([node('one', 2), node('two', 4)]).removals).toEqual([
      { node: 'one', pool: 'general', reason: `its 2 pods fit elsewhere, since ${longAgo}` },
    ]);
  });

  test('not before: it is remembered that it is not needed', () => {
    const decided = decide([node('one', 2, { unneededSince: '2026-01-02T11:55:00Z' }), node('two', 4)]);
    expect(decided.removals).toEqual([]);
    expect(decided.unneeded).toEqual([{ node: 'one', since: '2026-01-02T11:55:00Z' }]);
    const { unneededSince: _, ...fresh } = node('one', 2);
    expect(decide([fresh, node('two', 4)]).unneeded).toEqual([{ node: 'one', since: now.toISOString() }]);
  });

  test('with most others, since pods move to the fullest that have room', () => {
    const decided = decide([node('one', 1), node('two', 2), node('three', 3), node('four', 4)]);
    expect(names(decided.removals)).toEqual(['one', 'two', 'three']);
  });

  test('one by one, no more by one decision than the policy says', () => {
    const many = Array.from({ length: 30 }, (_, index) => node(`n${index}`, 0));
    expect(decide(many, { general: 30 }).removals).toHaveLength(10);
    expect(decide(many, { general: 30 }).unneeded).toHaveLength(30);
  });
});

describe('a worker stays', () => {
  const apart = {
    ...shape,
    apart: [{ topologyKey: hostnameKey, selector: { matchLabels: { app: 'web' } }, namespaces: ['shop'] }],
  };
  test.each<[string, RemovableNode, RemovableNode, string]>([
    ['that is in use', node('one', 6), node('two', 7), '60 % of it is in use'],
    ['whose pods have no place', node('one', 4), node('two', 8), 'one-2 fits nowhere else'],
    [
      'that must',
      node('one', 1, { staysBecause: 'shop/db-0 must not be disrupted' }),
      node('two', 6),
      'shop/db-0 must not be disrupted',
    ],
    [
      'that Trivet has not made',
      (({ pool: _, ...rest }) => rest)(node('one', 1)),
      node('two', 6),
      'it is of no pool',
    ],
    [
      'whose pods keep apart',
      node('one', 0, { pods: [{ name: 'one-0', shape: apart }] }),
      node('two', 0, { pods: [{ name: 'two-0', shape: apart }], staysBecause: 'it must' }),
      'one-0 fits nowhere else',
    ],
  ])('%s', (_, one, two, reason) => {
    const decided = decide([one, two]);
    expect(decided.kept).toContainEqual({ node: 'one', reason });
    expect(names(decided.unneeded)).not.toContain('one');
  });

  test('when its pool is at its least number of nodes', () => {
    const decided = decide([node('one', 1), node('two', 1), node('three', 6)], { general: 1 });
    expect(names(decided.removals)).toHaveLength(1);
    expect(decided.kept.map(({ reason }) => reason)).toContain('its pool is at its least number of nodes');
  });

  test('after all when only some of its pods had a place, and nothing of it was moved', () => {
    const decided = decide([node('one', 4), node('two', 4), node('three', 9)], { general: 10 });
    // One of its four would go to the fullest; that place is free again for the other node's pods.
    expect(names(decided.removals)).toEqual(['two']);
  });

  test('for what DaemonSets have on it counts as in use there, and is not moved', () => {
    const resident = Array.from({ length: 5 }, (_, index) => ({ name: `agent-${index}`, shape }));
    const decided = decide([node('one', 1, { resident }), node('two', 4, { staysBecause: 'it must' })]);
    expect(decided.kept).toContainEqual({ node: 'one', reason: '60 % of it is in use' });
  });
});

test('of 2,000 workers that are 40 % full 1,200 can go', () => {
  const many = Array.from({ length: 2_000 }, (_, index) =>
    node(`n${index}`, 40, { allocatable: { cpu: 10_000, memory: 10_000, pods: 110 } }),
  );
  const decided = decide(many, { general: 2_000 }, { ...removalPolicy, removalsMax: 2_000 });
  expect(decided.removals).toHaveLength(1_200);
});
