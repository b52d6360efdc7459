/** Plans the shape that BENCH_SHAPE names once, and says how long it took, how much memory, and what came of it. */
import { decideWorkerPlan } from '../functions/scheduling/decide-worker-plan.ts';
import { shapes } from './plan-shapes.ts';
import type { Planned } from './planning.ts';

const shape = shapes[process.env.BENCH_SHAPE ?? ''];
if (!shape) throw new RangeError(`BENCH_SHAPE: there are ${Object.keys(shapes).join('; ')}`);
const input = shape();
const began = performance.now();
const { additions, leftOut, lowerBoundPerHour, pricePerHour } = decideWorkerPlan(input);
process.send?.({
  seconds: (performance.now() - began) / 1000,
  residentMebibytes: process.resourceUsage().maxRSS / 1024,
  nodes: additions.length,
  leftOut: leftOut.reduce((sum, { pods }) => sum + pods.length, 0),
  pricePerHour,
  lowerBoundPerHour,
} satisfies Planned);
