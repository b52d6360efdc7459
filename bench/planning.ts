import { decideWorkerRemovals } from '../functions/scheduling/decide-worker-removals.ts';
import type { PodShape } from '../functions/scheduling/model.ts';
import type { Figure } from './figures.ts';
import { shapes } from './plan-shapes.ts';
import { runsOf } from './processes.ts';

/** What one process says of planning one shape once (plan-once.ts). */
export interface Planned {
  readonly seconds: number;
  readonly residentMebibytes: number;
  readonly nodes: number;
  readonly leftOut: number;
  readonly pricePerHour: number;
  readonly lowerBoundPerHour: number;
}

const planOnce = new URL('./plan-once.ts', import.meta.url);

/** The peers' own numbers (reference worker-lifecycle §2), and the budget of issue 4. */
const wanted: Readonly<
  Record<string, { readonly nodes?: number; readonly seconds?: number; readonly mebibytes?: number }>
> = {
  '50,000 pods on nodes for 50': { nodes: 1_000 },
  '51,000 pods of two sizes': { nodes: 2_595 },
  '10,000 diverse pods, 400 types': { seconds: 2, mebibytes: 512 },
};

/** Figures of planning: each plan is made in a process of its own, of which the whole memory is counted. */
export async function benchPlanning(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const shape of Object.keys(shapes))
    figures.push(...planFigures(shape, await runsOf<Planned>(planOnce, { BENCH_SHAPE: shape })));
  return [...figures, ...measureRemovals()];
}

function planFigures(shape: string, plans: readonly Planned[]): Figure[] {
  const of = (pick: (plan: Planned) => number) => plans.map(pick);
  const { mebibytes, nodes, seconds } = wanted[shape] ?? {};
  const prefix = `planning ${shape}`;
  return [
    { name: prefix, unit: 's', runs: of((one) => one.seconds), ...(seconds && { budget: seconds }) },
    {
      name: `${prefix}: resident memory`,
      unit: 'MiB',
      runs: of((one) => one.residentMebibytes),
      ...(mebibytes && { budget: mebibytes }),
    },
    {
      name: `${prefix}: nodes`,
      unit: 'count',
      runs: of((one) => one.nodes),
      ...(nodes && { exactly: nodes }),
    },
    { name: `${prefix}: pods left out`, unit: 'count', runs: of((one) => one.leftOut), exactly: 0 },
    { name: `${prefix}: price per hour`, unit: '$', runs: of((one) => one.pricePerHour) },
    {
      name: `${prefix}: lower bound of the price per hour`,
      unit: '$',
      runs: of((one) => one.lowerBoundPerHour),
    },
    {
      name: `${prefix}: price over its lower bound`,
      unit: 'ratio',
      runs: of((one) => one.pricePerHour / one.lowerBoundPerHour),
    },
  ];
}

/** cluster-autoscaler's: 2,000 nodes that are 40 % full, of which 1,200 can go. */
function measureRemovals(): Figure[] {
  const shape: PodShape = { namespace: 'default', labels: {}, requests: { cpu: 100, memory: 100 } };
  const nodes = Array.from({ length: 2_000 }, (_, node) => ({
    name: `node-${node}`,
    pool: 'general',
    labels: {},
    taints: [],
    allocatable: { cpu: 10_000, memory: 10_000, pods: 110 },
    pods: Array.from({ length: 40 }, (_pod, pod) => ({ name: `pod-${node}-${pod}`, shape })),
  }));
  const policy = { quietSeconds: 0, removalsMax: nodes.length, utilizationMax: 0.5 };
  const seconds: number[] = [];
  let removed = 0;
  for (let run = 0; run < 3; run += 1) {
    const began = performance.now();
    removed = decideWorkerRemovals(nodes, { general: nodes.length }, policy, new Date(0)).removals.length;
    seconds.push((performance.now() - began) / 1000);
  }
  return [
    { name: 'planning removal of 2,000 nodes that are 40 % full', unit: 's', runs: seconds },
    {
      name: 'planning removal: nodes removed of the 1,200 that can go',
      unit: 'count',
      runs: [removed],
      exactly: 1_200,
    },
  ];
}
