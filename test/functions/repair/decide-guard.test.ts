import { describe, expect, test } from 'vitest';
import { allowedUnhealthy, decideGuard } from '../../../functions/repair/decide-guard.ts';
import { ago, now, stormGuard } from './seen-pool.ts';

test.each([
  [0, 2],
  [1, 2],
  [2, 2],
  [5, 2],
  [7, 2],
  [8, 3],
  [9, 3],
  [10, 4],
  [100, 40],
])(
  'of %i workers %i may be unhealthy: the share rounded down, never less than the floor',
  (wanted, allowed) => {
    expect(allowedUnhealthy(wanted, stormGuard)).toBe(allowed);
  },
);

describe('the storm guard', () => {
  const over = { closedAt: ago(300), lastOverAt: ago(300), reason: 'six of ten' };
  const open = (healthy: number, previous?: typeof over) =>
    decideGuard({ wanted: 10, healthy }, stormGuard, previous, now);

  test('is open while no more are unhealthy than may be', () => {
    expect(open(6)).toEqual({ open: true, allowed: 4 });
  });
  test('closes with one more, and says the count', () => {
    expect(open(5)).toEqual({
      open: false,
      allowed: 4,
      reason: '5 of 10 workers are unhealthy, and 4 may be',
      record: {
        closedAt: now.toISOString(),
        lastOverAt: now.toISOString(),
        reason: '5 of 10 workers are unhealthy, and 4 may be',
      },
    });
  });
  test('stays closed for its cool-down, though all are well', () => {
    expect(open(10, over)).toMatchObject({ open: false, record: over });
  });
  test('opens after it, and is forgotten', () => {
    expect(open(10, { ...over, lastOverAt: ago(600) })).toEqual({ open: true, allowed: 4 });
  });
  test('begins its cool-down anew when it is over the bound again', () => {
    expect(open(3, over)).toMatchObject({
      open: false,
      record: { closedAt: ago(300), lastOverAt: now.toISOString() },
    });
  });
  test('that a clock from the future closed is reckoned from now, and so opens one day', () => {
    expect(open(10, { ...over, lastOverAt: ago(-86_400) })).toMatchObject({
      open: false,
      record: { lastOverAt: now.toISOString() },
    });
  });
});
