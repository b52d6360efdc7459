import { describe, expect, test } from 'vitest';
import type { PoolGroupFound } from '../../../functions/aws/pool-groups.ts';
import type { PersonDirection } from '../../../functions/scaling/contracts.ts';
import {
  decidePersonSizes,
  type PersonPlace,
  refuseSize,
  type SeenWorker,
} from '../../../functions/scaling/decide-person-sizes.ts';
import { requirePool } from '../../../functions/workers/require-pool.ts';
import { buildSpec } from '../../support/specs.ts';
import { groupOf, instanceOf, poolOf } from './scaled-cluster.ts';

const pool = requirePool(buildSpec({ pools: [poolOf()] }), 'general');
const createdAt = '2026-11-27T10:00:00Z';

interface Case {
  /** In zones a, b and so on. */
  readonly desired: readonly number[];
  readonly size: number;
  readonly groups?: Readonly<Record<string, Partial<PoolGroupFound>>>;
  readonly closed?: Readonly<Record<string, string>>;
  readonly heldBack?: string;
  readonly seen?: Readonly<Record<string, Partial<SeenWorker> | undefined>>;
  readonly direction?: PersonDirection;
}

function decide({ closed = {}, desired, direction, groups = {}, heldBack, seen = {}, size }: Case) {
  const places = desired.map((count, index): PersonPlace => {
    const zone = 'abc'[index] ?? '';
    const why = closed[zone];
    const group = groupOf(zone, count, groups[zone] ?? {});
    return { pool, zone, group, heldBack: heldBack === zone, ...(why !== undefined && { closed: why }) };
  });
  return decidePersonSizes({
    places,
    size,
    direction,
    seen: (id) => (id in seen && !seen[id] ? undefined : { going: false, createdAt, pods: 1, ...seen[id] }),
  });
}

/** `a:0-2` for a group that is to have another number, `-i-a1` for a worker that goes. */
const short = (one: Case): string => {
  const { action, changes, removals } = decide(one);
  const sized = changes.map(({ from, to, zone }) => `${zone}:${from}-${to}`);
  return [action, ...sized, ...removals.map(({ instanceId }) => `-${instanceId}`)].join(' ');
};

describe('a person’s size', () => {
  test.for<[string, Case, string]>([
    ['from nothing is spread over the zones', { desired: [0, 0], size: 3 }, 'resize a:0-2 b:0-1'],
    ['goes to the smallest group', { desired: [3, 0], size: 4 }, 'resize b:0-1'],
    ['that is there is nothing to do', { desired: [2, 2], size: 4 }, 'none'],
    ['that is less comes from the largest group', { desired: [2, 1], size: 2 }, 'remove -i-a0'],
    ['of none takes all', { desired: [1, 2], size: 0 }, 'remove -i-a0 -i-b0 -i-b1'],
    [
      'goes to a zone that has just refused last',
      { desired: [0, 1], size: 2, heldBack: 'a' },
      'resize b:1-2',
    ],
    [
      'goes to a zone that has just refused where there is no other',
      { desired: [0, 1], size: 2, heldBack: 'a', closed: { b: 'suspended' } },
      'resize a:0-1',
    ],
    [
      'comes as far as zones that are open let it',
      { desired: [3, 1], size: 8, closed: { b: 'suspended' } },
      'resize a:3-4',
    ],
    ['is refused where no zone is open', { desired: [1], size: 2, closed: { a: 'no capacity' } }, 'refuse'],
    [
      'takes back what has not been launched before any worker goes',
      { desired: [2, 2], size: 3, groups: { b: { instances: [instanceOf('b', 0)] } } },
      'resize b:2-1',
    ],
    [
      'takes back what has not been launched first, and then workers',
      { desired: [2, 2], size: 1, groups: { b: { instances: [instanceOf('b', 0)] } } },
      'resize b:2-1 -i-a0 -i-a1',
    ],
    [
      'leaves each group its least number',
      { desired: [2, 1], size: 1, groups: { a: { min: 2 } } },
      'remove -i-b0',
    ],
    [
      'is refused where every group is at its least',
      { desired: [2], size: 1, groups: { a: { min: 2 } } },
      'refuse',
    ],
  ])('%s', ([, one, wanted]) => {
    expect(short(one)).toBe(wanted);
  });

  test.for<[string, NonNullable<Case['seen']>, string]>([
    ['fewest pods', { 'i-a1': { pods: 0 } }, '-i-a1'],
    ['no node', { 'i-a2': undefined, 'i-a1': { pods: 0 } }, '-i-a2'],
    ['the shortest life, of equals', { 'i-a1': { createdAt: '2026-11-27T11:00:00Z' } }, '-i-a1'],
    ['nothing that should stay', { 'i-a0': { pods: 0, staysBecause: 'it says so' } }, '-i-a1'],
  ])('takes the worker with %s', ([, seen, wanted]) => {
    expect(short({ desired: [3], size: 2, seen })).toBe(`remove ${wanted}`);
  });

  test('takes one that waits in its launch hook last: it cannot be drained', () => {
    const instances = [instanceOf('a', 0, 'Pending:Wait'), instanceOf('a', 1)];
    expect(short({ desired: [2], size: 1, groups: { a: { instances } }, seen: { 'i-a0': undefined } })).toBe(
      'remove -i-a1',
    );
  });

  const going = { 'i-a1': { going: true } };
  test('counts what is drained already as gone, and awaits it with the others', () => {
    expect(short({ desired: [3], size: 2, seen: going })).toBe('remove -i-a1');
    expect(short({ desired: [3], size: 1, seen: going })).toBe('remove -i-a1 -i-a0');
    expect(short({ desired: [2, 2], size: 4, seen: going })).toBe('resize a:2-3');
  });

  test.for<[string, Case, string]>([
    ['more', { desired: [3], size: 2, direction: 'grow' }, 'none'],
    ['fewer', { desired: [1], size: 2, direction: 'shrink' }, 'none'],
  ])('does not turn round where others have wanted %s since', ([, one, wanted]) => {
    expect(short(one)).toBe(wanted);
    expect(decide(one).reason).toMatch(/by now: others have changed it since$/);
  });

  test('says every zone’s number, what changes and why', () => {
    expect(decide({ desired: [0, 1], size: 2 })).toEqual({
      action: 'resize',
      direction: 'grow',
      reason: 'general grows: zone a 0 → 1',
      sizes: [
        { zone: 'a', from: 0, to: 1 },
        { zone: 'b', from: 1, to: 1 },
      ],
      changes: [{ pool: 'general', zone: 'a', from: 0, to: 1, reason: 'a person asks for 2 in all' }],
      removals: [],
    });
    expect(decide({ desired: [2, 0], size: 1 })).toEqual({
      action: 'remove',
      direction: 'shrink',
      reason: 'general shrinks: i-a0 in zone a goes',
      sizes: [
        { zone: 'a', from: 2, to: 1 },
        { zone: 'b', from: 0, to: 0 },
      ],
      changes: [],
      removals: [
        { pool: 'general', zone: 'a', instanceId: 'i-a0', reason: 'a person asks for 1 in all', pods: 1 },
      ],
    });
    expect(decide({ desired: [1, 1], size: 3, closed: { a: 'no capacity', b: 'suspended' } }).reason).toBe(
      'general is to have 2 workers, and 3 are asked for; zone a: no capacity; zone b: suspended',
    );
  });
});

test.for<[number, boolean]>([
  [0, true],
  [4, true],
  [5, false],
  [-1, false],
  [1.5, false],
])('a size of %d is within the pool’s bounds of 0 to 4: %s', ([size, fits]) => {
  expect(refuseSize(pool, size) === undefined).toBe(fits);
});
