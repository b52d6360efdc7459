import { expect, test } from 'vitest';
import { decidePoolSizes } from '../../../functions/workers/decide-pool-sizes.ts';

test.for<[string[], number, number, string]>([
  [['a', 'b', 'c'], 3, 12, 'a:1-4 b:1-4 c:1-4'],
  [['c', 'a', 'b'], 4, 5, 'a:2-2 b:1-2 c:1-1'],
  [['a'], 0, 7, 'a:0-7'],
  [['a', 'b'], 1, 1, 'a:1-1 b:0-0'],
])('a pool over %j of %i to %i workers has groups of %s', ([zones, min, max, wanted]) => {
  const sizes = decidePoolSizes({ zones, min, max });
  expect(sizes.map((one) => `${one.zone}:${one.min}-${one.max}`).join(' ')).toBe(wanted);
});
