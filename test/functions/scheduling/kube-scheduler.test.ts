import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubernetesClient } from '../../../functions/kubernetes/client.ts';
import { decideWorkerPlan } from '../../../functions/scheduling/decide-worker-plan.ts';
import { findBinaries } from '../../../region/binaries.ts';
import { createTestCluster, type TestCluster } from '../../region/machines/api-stand-in/cluster.ts';
import { clusterOf, offerings } from './random-cluster.ts';
import { layOut, refusedByScheduler } from './real-cluster.ts';

const { kubernetes } = findBinaries();
if (!kubernetes)
  console.warn('plans are not held against kube-scheduler: the binaries are not built (npm run binaries)');

/** A run can be replayed: TRIVET_SEED=… npm test. */
const seed = Number(process.env.TRIVET_SEED ?? Date.now() % 1_000_000);
const clusters = 40;

describe.skipIf(!kubernetes)('kube-scheduler', () => {
  let cluster: TestCluster;
  let client: KubernetesClient;

  beforeAll(async () => {
    cluster = await createTestCluster(117, ['a']);
    cluster.startEtcd('a');
    if (kubernetes) {
      await cluster.startReal('a', kubernetes);
      cluster.startScheduler('a', kubernetes);
    }
    client = cluster.client('a');
  }, 120_000);
  afterAll(() => cluster?.stop());

  test('puts every planned pod where the plan has it', { timeout: 180_000 }, async () => {
    console.log(`plans are held against kube-scheduler with TRIVET_SEED=${seed}`);
    let planned = 0;
    for (let index = 0; index < clusters; index += 1) {
      const [input] = fc.sample(clusterOf(`case-${index}`), { seed: seed + index, numRuns: 1 });
      if (!input) continue;
      const plan = decideWorkerPlan(input);
      const layout = layOut(input, plan, `n${index}-`);
      planned += layout.planned.flat().length;
      const refused = await refusedByScheduler(client, layout, `case-${index}`);
      const told = `TRIVET_SEED=${seed}, cluster ${index}: ${JSON.stringify({ input, plan })}`;
      expect(refused, refused.length > 0 ? told : '').toEqual([]);
    }
    expect(planned).toBeGreaterThan(clusters);
  });

  test('refuses a pod that is put where no plan would have it', { timeout: 60_000 }, async () => {
    const [node] = offerings;
    const requests = { cpu: 2_001 };
    const layout = {
      nodes: node ? [{ ...node, name: 'control-1' }] : [],
      bound: [],
      planned: [
        [{ name: 'large', node: 'control-1', shape: { namespace: 'control', labels: {}, requests } }],
      ],
    };
    expect(await refusedByScheduler(client, layout, 'control')).toEqual([
      expect.stringContaining('large: 0/1 nodes are available: 1 Insufficient cpu'),
    ]);
  });
});
