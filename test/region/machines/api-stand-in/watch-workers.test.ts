import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readObservation } from '../../../../functions/demand/read-observation.ts';
import { handler as watchDemand } from '../../../../functions/demand/watch-demand.ts';
import { handler as watchWorkers } from '../../../../functions/demand/watch-workers.ts';
import type { KubernetesClient } from '../../../../functions/kubernetes/client.ts';
import { putFormedCluster } from '../../../functions/sweep/registered.ts';
import { eventually } from '../../../support/eventually.ts';
import { fakeObjects } from '../../../support/fake-objects.ts';
import { fakeRegistry } from '../../../support/fake-registry.ts';
import { fakeTaskContext } from '../../../support/fake-task-context.ts';
import { buildSpec } from '../../../support/specs.ts';
import { createTestCluster, type TestCluster } from './cluster.ts';

const network = Number(process.env.TRIVET_TEST_NETWORK ?? 116);
const namespace = '/api/v1/namespaces/shop';
/** More than any node has: whoever schedules, it keeps waiting. */
const greedy = { resources: { requests: { cpu: '500' } } };
const container = (more: object = {}) => ({ name: 'c', image: 'registry.k8s.io/pause:3.10.1', ...more });

/** The tasks as they are, asking a stand-in over HTTPS: the lists, selectors and objects are the API's own. */
describe('watch-workers, watch-demand and an API stand-in', () => {
  let cluster: TestCluster;
  let client: KubernetesClient;
  const objects = fakeObjects();
  const registry = fakeRegistry();
  let meanwhile: (() => Promise<void>)[] = [];
  let now = Date.parse('2026-03-01T12:00:00.000Z');

  const open = async () => cluster.client('a');
  const context = () => ({ ...fakeTaskContext(), clock: { now: () => new Date(now) } });
  const run = () => watchWorkers.run({}, { registry, objects, open }, context());
  const runDemand = () => {
    const pause = async (milliseconds: number) => {
      now += milliseconds;
      await meanwhile.shift()?.();
    };
    return watchDemand.run({}, { registry, objects, open, pause }, context());
  };
  const found = async () => (await readObservation(objects, 'demo', new Date(now)))?.observation;
  const isReady = async (): Promise<boolean> => (await cluster.ask('a', { path: '/readyz' })).status === 200;

  const waits = async (name: string, spec: object = {}): Promise<void> => {
    await client.create(`${namespace}/pods`, {
      metadata: { name, labels: { app: 'web' } },
      spec: { containers: [container(greedy)], ...spec },
    });
    const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable' };
    const path = `${namespace}/pods/${name}/status`;
    await client.patch(path, { status: { phase: 'Pending', conditions: [condition] } });
  };

  beforeAll(async () => {
    await putFormedCluster(registry, 'demo', ['a']);
    const pool = { name: 'general', instanceTypes: ['m7g.large'], zones: ['b'], min: 0, max: 3 };
    await registry.updateCluster('demo', { spec: buildSpec({ pools: [pool] }) });
    cluster = await createTestCluster(network, ['a']);
    cluster.startEtcd('a');
    await cluster.startStandIn('a');
    await eventually(isReady, { timeoutMs: 20_000 });
    client = cluster.client('a');
    await client.create('/api/v1/namespaces', { metadata: { name: 'shop' } });
    const status = { allocatable: { cpu: '2', memory: '7Gi', pods: '110' } };
    for (const [name, labels] of [
      ['i-worker', { 'trivet.dev/pool': 'general', 'topology.kubernetes.io/zone': 'us-east-1b' }],
      ['i-control-plane', {}],
    ] as const) {
      await client.create('/api/v1/nodes', { metadata: { name, labels } });
      await client.patch(`/api/v1/nodes/${name}/status`, { status });
    }
    const ownerReferences = [
      { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'proxy', uid: 'u', controller: true },
    ];
    for (const [name, nodeName, owners] of [
      ['web-1', 'i-worker', undefined],
      ['proxy-1', 'i-worker', ownerReferences],
      ['apart', 'i-control-plane', undefined],
      ['done', 'i-worker', undefined],
    ] as const)
      await client.create(`${namespace}/pods`, {
        metadata: { name, labels: { app: 'web' }, ...(owners && { ownerReferences: owners }) },
        spec: { nodeName, containers: [container({ resources: { requests: { cpu: '250m' } } })] },
      });
    await client.patch(`${namespace}/pods/done/status`, { status: { phase: 'Succeeded' } });
    await client.create('/apis/storage.k8s.io/v1/storageclasses', {
      metadata: { name: 'zonal' },
      provisioner: 'ebs.csi.aws.com',
      volumeBindingMode: 'WaitForFirstConsumer',
      allowedTopologies: [
        { matchLabelExpressions: [{ key: 'topology.ebs.csi.aws.com/zone', values: ['us-east-1c'] }] },
      ],
    });
    await client.create(`${namespace}/persistentvolumeclaims`, {
      metadata: { name: 'data' },
      spec: {
        storageClassName: 'zonal',
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '1Gi' } },
      },
    });
  }, 60_000);
  afterAll(() => cluster?.stop());

  test('sees workers, their pods and those that wait, and again when another waits', {
    timeout: 60_000,
  }, async () => {
    await waits('web-2');
    expect((await run()).observed).toMatchObject([{ reachable: true, nodes: 1, pending: 1 }]);
    const claim = { name: 'data', persistentVolumeClaim: { claimName: 'data' } };
    const look = async (): Promise<void> => void (await run());
    meanwhile = [async () => {}, () => waits('db-0', { volumes: [claim] }), look];
    expect((await runDemand()).watched).toEqual([{ cluster: 'demo', looks: 17, changes: 1 }]);
    const seen = await found();
    expect(seen).toMatchObject({ observedAt: '2026-03-01T12:00:09.000Z', allPods: true, leftOut: [] });
    const pending = seen?.pending.map(({ pods, shape }) => [pods, shape.requests, shape.nodeTerms]);
    expect(pending).toHaveLength(2);
    expect(pending).toContainEqual([['shop/web-2'], { cpu: 500_000 }, undefined]);
    expect(pending).toContainEqual([
      ['shop/db-0'],
      { cpu: 500_000 },
      [[{ key: 'topology.kubernetes.io/zone', operator: 'In', values: ['us-east-1c'] }]],
    ]);
    expect(seen?.nodes.map(({ name, zone }) => [name, zone])).toEqual([['i-worker', 'us-east-1b']]);
    const pods = seen?.nodes[0]?.pods.map(({ resident, staysBecause, view }) => [
      view.name,
      resident,
      staysBecause,
    ]);
    expect(pods?.sort()).toEqual([
      ['shop/proxy-1', true, undefined],
      ['shop/web-1', false, 'shop/web-1 has no controller that would make it anew'],
    ]);
  });

  test('says that it could not ask once the API is down, and names no node', {
    timeout: 60_000,
  }, async () => {
    await cluster.stopStandIn('a');
    now += 60_000;
    expect((await run()).observed).toMatchObject([{ reachable: false, nodes: 0 }]);
    expect(await found()).toMatchObject({ reachable: false, nodes: [], allPods: false });
    expect((await found())?.reason).toMatch(/^Kubernetes at https:\/\/127\.\d+\.1\.10:6443: /);
  });
});
