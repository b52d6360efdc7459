import { expect, test } from 'vitest';
import { shapes } from '../../../bench/plan-shapes.ts';
import { decideWorkerPlan } from '../../../functions/scheduling/decide-worker-plan.ts';

/** What cluster-autoscaler comes to (reference worker-lifecycle §2). */
test.each([
  ['50,000 pods on nodes for 50', 1_000],
  ['51,000 pods of two sizes', 2_595],
])('%s need exactly %i nodes, and none is left out', (name, nodes) => {
  const shape = shapes[name];
  if (!shape) throw new RangeError(`there is no shape ${name}`);
  const { additions, leftOut } = decideWorkerPlan(shape());
  expect([additions.length, leftOut]).toEqual([nodes, []]);
});
