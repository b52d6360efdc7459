import { AutoScaling } from '@aws-sdk/client-auto-scaling';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSpecFile } from '../../cli/spec-file.ts';
import type { KubernetesClient, KubernetesObject } from '../../functions/kubernetes/client.ts';
import { eventually } from '../support/eventually.ts';
import { type ProvisionedCluster, provisionCluster } from '../support/provisioned-cluster.ts';

const example = readSpecFile('examples/ha.yaml');
/** No add-on tolerates it, so that the workers have the pods of this test alone. */
const taint = { key: 'dedicated', value: 'burst', effect: 'NoSchedule' } as const;
/** One leg, and one worker in zone a at least; quiet for as short a time as a spec may ask for. */
const spec = {
  ...example,
  zones: ['a'],
  pools: example.pools.map((pool) => ({
    ...pool,
    name: 'burst',
    zones: ['a', 'b'],
    min: 1,
    max: 4,
    taints: [taint],
    scaleDown: { ...pool.scaleDown, quietSeconds: 60, ageSecondsMin: 0 },
  })),
};
const pods = '/api/v1/namespaces/default/pods';
const configMaps = '/api/v1/namespaces/default/configmaps';

interface Pod extends KubernetesObject {
  readonly spec?: { readonly nodeName?: string };
}

interface Node extends KubernetesObject {
  readonly spec?: { readonly unschedulable?: boolean };
}

let cluster: ProvisionedCluster;
let kubernetes: KubernetesClient;
let scaling: AutoScaling;
beforeAll(async () => {
  cluster = await provisionCluster(spec);
  ({ kubernetes } = cluster);
  scaling = new AutoScaling({ region: 'us-east-1' });
}, 240_000);
afterAll(() => cluster?.stop());

const createPod = (name: string, cpu: string, more: object, metadata: object = {}) =>
  kubernetes.create<Pod>(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', ...metadata },
    spec: {
      tolerations: [{ key: taint.key, operator: 'Equal', value: taint.value, effect: taint.effect }],
      containers: [{ name: 'work', image: 'registry.example/work:1', resources: { requests: { cpu } } }],
      ...more,
    },
  });

const boundTo = (name: string) =>
  eventually(async () => (await kubernetes.get<Pod>(`${pods}/${name}`))?.spec?.nodeName, {
    timeoutMs: 120_000,
    intervalMs: 250,
    what: `a place for ${name}`,
  });

/** A pod that fills most of a worker, in one zone; the name of its worker. */
async function fill(name: string, zone: string): Promise<string> {
  await createPod(name, '1500m', { nodeSelector: { 'topology.kubernetes.io/zone': `us-east-1${zone}` } });
  return boundTo(name);
}

/** A small pod on that worker, whose controller is there and would bring it back. */
async function putOwned(name: string, nodeName: string, annotations: object): Promise<void> {
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } };
  const { uid } = (await kubernetes.create(configMaps, configMap)).metadata;
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name, uid, controller: true };
  await createPod(name, '50m', { nodeName }, { annotations, ownerReferences: [owner] });
}

const groupNames = ['trivet-demo-pool-burst-a', 'trivet-demo-pool-burst-b'];

/** Each group's size and how many instances it has, by the zone's letter. */
async function groups() {
  const { AutoScalingGroups = [] } = await scaling.describeAutoScalingGroups({
    AutoScalingGroupNames: groupNames,
  });
  return Object.fromEntries(
    AutoScalingGroups.map(({ AutoScalingGroupName = '', DesiredCapacity, Instances = [] }) => [
      AutoScalingGroupName.slice(-1),
      [DesiredCapacity, Instances.length],
    ]),
  );
}

/** What each drain was started for, and what came of it. */
async function drains() {
  const { states, stateMachineArn } = cluster.deployed.target;
  const { executions = [] } = await states.listExecutions({
    stateMachineArn: stateMachineArn('drain-worker'),
  });
  const described = await Promise.all(
    executions.map(({ executionArn }) => states.describeExecution({ executionArn })),
  );
  return described.map(({ input, output: said, status }) => {
    const { cause, instanceId } = JSON.parse(input ?? '{}');
    return { cause, instanceId, status, outcome: JSON.parse(said ?? '{}').outcome };
  });
}

test('a worker that nothing needs any more is drained and ended, and its group becomes one smaller', {
  timeout: 240_000,
}, async () => {
  const inA = await Promise.all([fill('full-1', 'a'), fill('full-2', 'a')]);
  const inB = await Promise.all([fill('full-3', 'b'), fill('full-4', 'b')]);
  expect(new Set([...inA, ...inB]).size).toBe(4);
  expect(await groups()).toEqual({ a: [2, 2], b: [2, 2] });

  const [firstInB = '', secondInB = ''] = inB;
  await putOwned('held', firstInB, { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' });
  await putOwned('undisturbed', secondInB, { 'karpenter.sh/do-not-disrupt': 'true' });
  for (const [index, nodeName] of inA.entries())
    await createPod(
      `movable-${index}`,
      '50m',
      { nodeName },
      { annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'true' } },
    );
  for (const name of ['full-1', 'full-2', 'full-3', 'full-4']) await kubernetes.delete(`${pods}/${name}`);

  const drained = await eventually(
    async () => {
      // Another may follow, of the hook that the first one's end brings the worker into.
      const ours = (await drains()).filter(({ cause }) => cause === 'scale-down');
      const ended = ours.find(({ status }) => status === 'SUCCEEDED');
      expect(await groups()).toEqual({ a: [1, 1], b: [2, 2] });
      return ended;
    },
    { timeoutMs: 200_000, intervalMs: 500, what: 'a worker that is gone' },
  );
  expect(drained.outcome).toBe('drained');
  expect(inA).toContain(drained.instanceId);
  const [gone, kept] = drained.instanceId === inA[0] ? [0, 1] : [1, 0];
  expect(await kubernetes.get(`${pods}/movable-${gone}`)).toBeUndefined();

  // Once a look must show who has gone: zone a is at its least by now, though its worker is idle, and in zone b the annotated pods keep theirs.
  const after = new Date().toISOString();
  const decided = await eventually(
    async () => {
      const latest = (await cluster.registry.getScaling(spec.name))?.decided;
      const isSettled = latest?.reason.includes('may not be seen yet') === false;
      return latest && latest.at > after && isSettled ? latest : undefined;
    },
    { timeoutMs: 60_000, intervalMs: 250, what: 'another decision' },
  );
  expect(decided.reason).toBe('no pod waits; 0 workers are not needed; none has to go yet');
  expect([...new Set((await drains()).map(({ instanceId }) => instanceId))]).toEqual([drained.instanceId]);
  expect(await groups()).toEqual({ a: [1, 1], b: [2, 2] });
  for (const [name, nodeName] of [
    ['held', firstInB],
    ['undisturbed', secondInB],
    [`movable-${kept}`, inA[kept]],
  ]) {
    expect(await kubernetes.get(`${pods}/${name}`)).toMatchObject({ spec: { nodeName } });
    const node = await kubernetes.get<Node>(`/api/v1/nodes/${nodeName}`);
    expect(node?.spec?.unschedulable ?? false, `${name}’s node`).toBe(false);
  }
});
