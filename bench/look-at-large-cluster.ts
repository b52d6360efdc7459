/** A process of its own, so that its memory is a look's alone: reads a large cluster as watch-workers does, then as the sweep does. */
import { decideWatch } from '../functions/demand/decide-watch.ts';
import { observeWorkers } from '../functions/demand/observe-workers.ts';
import { parseObservation, renderObservation } from '../functions/demand/stored-observation.ts';
import { createKubernetesClient } from '../functions/kubernetes/client.ts';
import { poolsOfLargeCluster } from './large-cluster.ts';

const { BENCH_CA = '', BENCH_ENDPOINT = '' } = process.env;
const client = createKubernetesClient({ endpoints: [BENCH_ENDPOINT], ca: BENCH_CA });
const allPods = process.env.BENCH_ALL_PODS === 'true';
// Full and not to shrink, where no pod but those without a place is to be read.
const pools = poolsOfLargeCluster(allPods ? 250 : 0).map((pool) => ({
  ...pool,
  scaleDown: { ...pool.scaleDown, enabled: allPods },
}));
const began = performance.now();
const { seen } = await observeWorkers(
  client,
  (nodes) =>
    decideWatch(
      pools,
      nodes.map((one) => one.pool),
      new Date(),
    ),
  new AbortController().signal,
);
const text = renderObservation({
  cluster: 'demo',
  observedAt: new Date().toISOString(),
  reachable: true,
  ...seen,
});
const watched = performance.now();
const read = parseObservation(text);
const ended = performance.now();
process.send?.({
  watchSeconds: (watched - began) / 1000,
  readSeconds: (ended - watched) / 1000,
  objectMebibytes: Buffer.byteLength(text) / 1024 ** 2,
  residentMebibytes: process.resourceUsage().maxRSS / 1024,
  nodes: read?.nodes.length,
  pods: read?.nodes.reduce((sum, node) => sum + node.pods.length, 0),
  pending: read?.pending.reduce((sum, group) => sum + group.pods.length, 0),
  text,
});
client.close();
