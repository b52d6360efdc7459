import { expect, test } from 'vitest';
import { decideWatch } from '../../../functions/demand/decide-watch.ts';

const pool = (name: string, min: number, max: number, scaleDown: object = {}) => ({
  name,
  min,
  max,
  scaleDown: {
    enabled: true,
    quietSeconds: 600,
    ageSecondsMin: 600,
    utilizationPercentMax: 50,
    removalsMax: 10,
    ...scaleDown,
  },
});
const even = new Date('2026-03-01T12:02:10Z');
const odd = new Date('2026-03-01T12:03:10Z');

test.each([
  ['no pool', [], [], even, [false, false, 'no pool can grow; no pool can shrink']],
  ['an empty pool', [pool('g', 0, 3)], [], even, [true, false, 'g can grow; no pool can shrink']],
  ['a pool at its least', [pool('g', 1, 3)], ['g'], even, [true, false, 'g can grow; no pool can shrink']],
  [
    'a pool between',
    [pool('g', 0, 3)],
    ['g'],
    even,
    [true, true, 'g can grow; g can shrink, looked at every 2 min'],
  ],
  [
    'a pool between, in a minute that is not looked at',
    [pool('g', 0, 3)],
    ['g'],
    odd,
    [true, false, 'g can grow; g can shrink, looked at every 2 min'],
  ],
  [
    'a full pool',
    [pool('g', 0, 1)],
    ['g'],
    even,
    [false, true, 'no pool can grow; g can shrink, looked at every 2 min'],
  ],
  [
    'a pool that never shrinks',
    [pool('g', 0, 3, { enabled: false })],
    ['g', 'g'],
    even,
    [true, false, 'g can grow; no pool can shrink'],
  ],
  [
    'a pool of one size with a node too few',
    [pool('g', 3, 3)],
    ['g'],
    even,
    [false, false, 'no pool can grow; no pool can shrink'],
  ],
  [
    'nodes of a pool that the spec has no more',
    [],
    ['old'],
    even,
    [false, false, 'no pool can grow; no pool can shrink'],
  ],
  [
    'the more impatient of two pools',
    [pool('g', 0, 1), pool('h', 0, 1, { quietSeconds: 60 })],
    ['g', 'h'],
    odd,
    [false, true, 'no pool can grow; g, h can shrink, looked at every 1 min'],
  ],
] as const)('%s', (_name, pools, nodes, now, [canGrow, mayShrink, reason]) => {
  expect(decideWatch(pools, nodes, now)).toEqual({ canGrow, mayShrink, reason });
});
