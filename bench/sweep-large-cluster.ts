/**
 * A process of its own, so that its memory is a sweep's alone: looks at all workers of a large cluster and decides what is to be done, as
 * functions/sweep/sweep.ts does in each minute. Groups and the observation come over HTTP; what the registry holds is small and kept here.
 */
import { makeObjects } from '../functions/aws/objects.ts';
import { makePoolGroups } from '../functions/aws/pool-groups.ts';
import type { ClusterRecord, RepairsRecord, ScalingRecord } from '../functions/aws/registry.ts';
import { makeSlotGroups } from '../functions/aws/slot-groups.ts';
import { parseSpec, renderProblems } from '../functions/clusters/spec.ts';
import { observePools } from '../functions/demand/observe-pools.ts';
import { sweepRepairs } from '../functions/repair/sweep-repairs.ts';
import { readConfig } from '../functions/runtime/config.ts';
import type { TaskContext } from '../functions/runtime/task.ts';
import { sweepScaling } from '../functions/scaling/sweep-scaling.ts';
import { decideDrainSweep, drainSweepPolicy } from '../functions/sweep/decide-drain-sweep.ts';
import { decideWorkerSweep } from '../functions/sweep/decide-worker-sweep.ts';
import { observeWorkers } from '../functions/sweep/observe-workers.ts';
import { groupsOfLargeCluster, poolsOfLargeCluster } from './large-cluster.ts';

const at = '2026-03-01T11:00:00Z';
const room = Number(process.env.BENCH_ROOM);
const { problems = [], spec } = parseSpec({
  apiVersion: 'trivet/v1',
  name: 'demo',
  kubernetesVersion: '1.35.4',
  zones: ['a', 'b', 'c'],
  controlPlane: { instanceTypes: ['m7g.large'] },
  network: { podCidr: '10.128.0.0/11' },
  pools: poolsOfLargeCluster(room),
});
if (!spec) throw new Error(renderProblems(problems));
const record: ClusterRecord = {
  name: spec.name,
  spec,
  specHash: '',
  layout: {
    cluster: spec.name,
    clusterUid: 'uid',
    generation: 1,
    initialClusterToken: '',
    initialCluster: '',
    slots: [],
  },
  phase: 'serving',
  formed: true,
  createdAt: at,
  updatedAt: at,
};
const workers = groupsOfLargeCluster().flatMap(({ instances }) => instances);
// Every node has been unneeded for long, as far as anybody remembers: so those that are may go at once.
let scaling: ScalingRecord = {
  revision: 1,
  backOffs: [],
  unneeded: workers.map(({ instanceId }) => ({ node: instanceId, since: at })),
};
let repairs: RepairsRecord | undefined;
const config = readConfig({
  TRIVET_DEPLOYMENT: 'trivet',
  TRIVET_REGISTRY_TABLE: 'none',
  TRIVET_BUCKET: 'bench',
  TRIVET_KEY_ARN: 'none',
  TRIVET_VPC_ID: 'none',
  TRIVET_SUBNET_IDS: 'none',
  TRIVET_ETCD_CLIENT_SECURITY_GROUP_ID: 'none',
  TRIVET_PERMISSIONS_BOUNDARY_ARN: 'none',
  TRIVET_ADD_ON_BOUNDARY_ARN: 'none',
  TRIVET_STATE_MACHINE_ARN_PREFIX: 'none',
  AWS_REGION: 'us-east-1',
});
const silent = () => {};
const context: TaskContext = {
  config,
  signal: new AbortController().signal,
  clock: { now: () => new Date() },
  log: { debug: silent, info: silent, warn: silent, error: silent },
  metrics: { count: silent },
};
const deps = {
  objects: makeObjects(config),
  groups: makeSlotGroups(config),
  poolGroups: makePoolGroups(config),
  instanceTypes: {
    describe: async () => [
      { instanceType: 'm7g.xlarge', vcpus: 4, memoryMebibytes: 16_384, architecture: 'arm64' as const },
    ],
  },
  statuses: {
    impaired: async () =>
      workers
        .filter((_, index) => index % 500 === 0)
        .map(({ instanceId }) => ({ instanceId, check: 'instance' as const, since: at })),
    scheduledEvents: async () => [],
  },
  registry: {
    listClusters: async () => [record.name],
    getCluster: async () => record,
    getScaling: async () => scaling,
    putScaling: async (_: string, next: ScalingRecord) => {
      scaling = next;
    },
    getRepairs: async () => repairs,
    putRepairs: async (_: string, next: RepairsRecord) => {
      repairs = next;
    },
  },
};

const began = performance.now();
const swept = await observeWorkers(undefined, deps, {
  deployment: config.deployment,
  signal: context.signal,
});
const pools = await observePools([record.name], deps, {
  deployment: config.deployment,
  now: context.clock.now(),
  signal: context.signal,
});
const [ofRepairs, ofScaling] = await Promise.all([
  sweepRepairs(pools, deps, context),
  sweepScaling(pools, deps, context),
]);
const occasion = { scope: undefined, scheduled: [] };
const findings = [
  ...swept.map(decideWorkerSweep),
  ...swept.map((worker) => decideDrainSweep(worker, occasion, drainSweepPolicy, context.clock.now())),
  ...ofRepairs,
  ...ofScaling,
];
const seconds = (performance.now() - began) / 1000;
const started = (action: string) => findings.filter((finding) => finding.action === action);
process.send?.({
  seconds,
  residentMebibytes: process.resourceUsage().maxRSS / 1024,
  workers: swept.length,
  repairs: started('start-repair').length,
  launches: started('start-scale')
    .flatMap(({ changes = [] }) => changes)
    .reduce((sum, { from, to }) => sum + to - from, 0),
  drains: started('start-drain').length,
});
