import { expect, test } from 'vitest';
import { decidePoolSizes } from '../../../functions/workers/decide-pool-sizes.ts';

test.for<[string[], number, number, string]>([
  [['a', 'b', 'c'], 3, 12, 'a:1-12 b:1-12 c:1-12'],
  [['c', 'a', 'b'], 4, 5, 'a:2-5 b:1-5 c:1-5'],
  [['a'], 0, 7, 'a:0-7'],
  [['a', 'b'], 1, 1, 'a:1-1 b:0-1'],
])('a pool over %j of %i to %i workers has groups of %s', ([zones, min, max, wanted]) => {
  const sizes = decidePoolSizes({ zones, min, max });
  expect(sizes.map((one) => `${one.zone}:${one.min}-${one.max}`).join(' ')).toBe(wanted);
});
