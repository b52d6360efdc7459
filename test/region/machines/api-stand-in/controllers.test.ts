import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubernetesClient } from '../../../../functions/kubernetes/client.ts';
import { decideBindings } from '../../../../region/machines/api-stand-in/controllers/decide-bindings.ts';
import {
  decideDaemonSet,
  decideDeployment,
  decideReplicaSet,
} from '../../../../region/machines/api-stand-in/controllers/decide-replicas.ts';
import { decideBudget } from '../../../../region/machines/api-stand-in/controllers/disruption.ts';
import type { ApiObject } from '../../../../region/machines/api-stand-in/json.ts';
import { eventually } from '../../../support/eventually.ts';
import { createTestCluster, type TestCluster } from './cluster.ts';

const now = new Date('2026-01-01T00:00:00Z');
const zoneKey = 'topology.kubernetes.io/zone';
const hostKey = 'kubernetes.io/hostname';

const node = (name: string, zone: string, spec: object = {}, cpu = '2'): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels: { [zoneKey]: zone, [hostKey]: name } },
  spec,
  status: { allocatable: { cpu, memory: '4Gi', pods: '110' } },
});
const pod = (name: string, spec: object = {}, metadata: object = {}, status: object = {}): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', labels: { app: 'web' }, uid: name, ...metadata },
  spec: {
    schedulerName: 'default-scheduler',
    containers: [{ name: 'web', image: 'web', resources: { requests: { cpu: '500m', memory: '1Gi' } } }],
    ...spec,
  },
  status: { phase: 'Pending', ...status },
});
const web = { matchLabels: { app: 'web' } };
const apart = (topologyKey: string) => ({
  affinity: {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey, labelSelector: web }],
    },
  },
});
const spread = (whenUnsatisfiable = 'DoNotSchedule') => ({
  topologySpreadConstraints: [{ topologyKey: zoneKey, maxSkew: 1, labelSelector: web, whenUnsatisfiable }],
});
const tainted = (key: string) => ({ taints: [{ key, effect: 'NoSchedule' }] });
const port = { containers: [{ name: 'web', image: 'web', ports: [{ containerPort: 80, hostPort: 80 }] }] };
const twoNodes = [node('n1', 'a'), node('n2', 'b')];
const said = (pods: readonly ApiObject[], nodes: readonly ApiObject[]) =>
  decideBindings(pods, nodes).map((binding) =>
    'node' in binding
      ? `${binding.pod.metadata.name} → ${binding.node}`
      : `${binding.pod.metadata.name}: ${binding.refusal.split('. preemption')[0]}`,
  );
const pods = (count: number, spec: object = {}) =>
  Array.from({ length: count }, (_, index) => pod(`p${index}`, spec));

describe('pods without a node', () => {
  test.each<[what: string, pods: ApiObject[], nodes: ApiObject[], said: string[]]>([
    ['go to the emptiest node', pods(2), twoNodes, ['p0 → n1', 'p1 → n2']],
    [
      'that do not fit are refused in the scheduler’s words',
      pods(2, { nodeSelector: { [zoneKey]: 'a' } }),
      [
        node('n1', 'a', {}, '600m'),
        node('n2', 'b'),
        node('m1', 'c', tainted('node-role.kubernetes.io/control-plane')),
      ],
      [
        'p0 → n1',
        "p1: 0/3 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }",
      ],
    ],
    [
      'are not placed on a cordoned node',
      pods(1),
      [node('n1', 'a', { unschedulable: true })],
      ['p0: 0/1 nodes are available: 1 node(s) were unschedulable'],
    ],
    [
      'that tolerate a taint may go there',
      pods(1, { tolerations: [{ key: 'spot', operator: 'Exists' }] }),
      [node('n1', 'a', tainted('spot'))],
      ['p0 → n1'],
    ],
    [
      'keep away from one another',
      pods(3, apart(hostKey)),
      twoNodes,
      ['p0 → n1', 'p1 → n2', "p2: 0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules"],
    ],
    [
      'are kept away by those that are there',
      [pod('old', { ...apart(zoneKey), nodeName: 'n1' }), pod('p0')],
      [node('n1', 'a')],
      ["p0: 0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules"],
    ],
    [
      'are spread over zones, of which a tainted one counts',
      pods(2, spread()),
      [node('n1', 'a'), node('n2', 'b', tainted('full'))],
      [
        'p0 → n1',
        "p1: 0/2 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 node(s) had untolerated taint {full: }",
      ],
    ],
    [
      'that only prefer a spread go anyway',
      pods(2, spread('ScheduleAnyway')),
      [node('n1', 'a')],
      ['p0 → n1', 'p1 → n1'],
    ],
    [
      'take a port of the host once',
      pods(2, port),
      [node('n1', 'a')],
      [
        'p0 → n1',
        "p1: 0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports",
      ],
    ],
    [
      'of a higher priority come first',
      [pod('low'), pod('high', { priority: 10 })],
      [node('n1', 'a', {}, '600m')],
      ['high → n1', 'low: 0/1 nodes are available: 1 Insufficient cpu'],
    ],
    [
      'with another scheduler or a gate are left',
      [pod('p0', { schedulerName: 'own' }), pod('p1', { schedulingGates: [{ name: 'x' }] })],
      twoNodes,
      [],
    ],
  ])('%s', (_what, waiting, nodes, expected) => {
    expect(said(waiting, nodes)).toEqual(expected);
  });
});

const owner = (kind: string, spec: object): ApiObject => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name: 'web', namespace: 'shop', uid: 'owner', generation: 2 },
  spec: {
    replicas: 3,
    selector: web,
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web' }] } },
    ...spec,
  },
});
const owned = { ownerReferences: [{ kind: 'ReplicaSet', uid: 'owner', controller: true }] };
const ready = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };

describe('a ReplicaSet', () => {
  test('makes the pods that it lacks, ended and leaving ones not counted', () => {
    const decided = decideReplicaSet(owner('ReplicaSet', {}), [
      pod('one', { nodeName: 'n1' }, owned, ready),
      pod('ended', {}, owned, { phase: 'Failed' }),
      pod('leaving', {}, { ...owned, deletionTimestamp: 'now' }),
      pod('stranger'),
    ]);
    expect(decided.create).toHaveLength(2);
    expect(decided.create[0]).toMatchObject({
      metadata: { generateName: 'web-', labels: { app: 'web' }, ownerReferences: [{ uid: 'owner' }] },
      spec: { containers: [{ name: 'web' }] },
    });
    expect(decided.status).toMatchObject({ replicas: 1, readyReplicas: 1, observedGeneration: 2 });
  });

  test('takes away those that wait, then the unready ones, then the newest', () => {
    const all = [
      pod('old', { nodeName: 'n1' }, { ...owned, creationTimestamp: '2026-01-01T00:00:00Z' }, ready),
      pod('new', { nodeName: 'n1' }, { ...owned, creationTimestamp: '2026-01-01T00:00:01Z' }, ready),
      pod('unready', { nodeName: 'n1' }, owned),
      pod('waiting', {}, owned),
    ];
    const { create, remove } = decideReplicaSet(owner('ReplicaSet', { replicas: 1 }), all);
    expect(create).toEqual([]);
    expect(remove.map(({ metadata }) => metadata.name)).toEqual(['waiting', 'unready', 'new']);
  });
});

describe('a Deployment', () => {
  const deployment = owner('Deployment', {});
  const { create: fresh } = decideDeployment(deployment, [], now);
  const set = (status: object, more: object = {}) => ({ ...(fresh as ApiObject), status, ...more });

  test('makes a set of its template, which finds its pods by a hash', () => {
    const hash = fresh?.metadata.labels?.['pod-template-hash'];
    expect(fresh).toMatchObject({
      metadata: { name: `web-${hash}`, ownerReferences: [{ kind: 'Deployment', uid: 'owner' }] },
      spec: { replicas: 3, selector: { matchLabels: { app: 'web', 'pod-template-hash': hash } } },
    });
  });

  test('is available when its pods are, and not before', () => {
    const half = decideDeployment(deployment, [set({ replicas: 3, availableReplicas: 1 })], now);
    expect(half.status).toMatchObject({
      availableReplicas: 1,
      unavailableReplicas: 2,
      conditions: [{ type: 'Available', status: 'False' }, { reason: 'ReplicaSetUpdated' }],
    });
    const whole = decideDeployment(deployment, [set({ replicas: 3, availableReplicas: 3 })], now);
    expect(whole.status).toMatchObject({
      updatedReplicas: 3,
      conditions: [{ type: 'Available', status: 'True' }, { reason: 'NewReplicaSetAvailable' }],
    });
  });

  test('takes an earlier set down once the present one is available', () => {
    const earlier = set(
      { replicas: 3, availableReplicas: 3 },
      {
        metadata: { ...fresh?.metadata, name: 'web-earlier' },
      },
    );
    const steps = [2, 3].map((availableReplicas) =>
      decideDeployment(deployment, [earlier, set({ replicas: 3, availableReplicas })], now).scale.map(
        (one) => `${one.set.metadata.name} to ${one.replicas}`,
      ),
    );
    expect(steps).toEqual([[], ['web-earlier to 0']]);
  });
});

test('a DaemonSet has a pod on each node that takes it, cordoned ones too', () => {
  const nodes = [
    node('n1', 'a', { unschedulable: true }),
    node('n2', 'b'),
    node('n3', 'c', tainted('dedicated')),
    node('n4', 'c', tainted('node.kubernetes.io/not-ready')),
  ];
  const present = [
    pod('one', { nodeName: 'n2' }, owned, ready),
    pod('two', { nodeName: 'n3' }, owned, ready),
  ];
  const decided = decideDaemonSet(owner('DaemonSet', {}), nodes, present);
  const bound = decided.create.map((one) =>
    said(
      [
        {
          ...pod(''),
          ...one,
          metadata: { ...one.metadata, name: 'd' },
          spec: { ...(one.spec as object), schedulerName: 'default-scheduler' },
        },
      ],
      nodes,
    ),
  );
  expect(bound.flat()[0]).toBe('d → n1');
  expect(decided.create).toHaveLength(2);
  expect(decided.remove.map(({ metadata }) => metadata.name)).toEqual(['two']);
  expect(decided.status).toMatchObject({ desiredNumberScheduled: 3, numberReady: 1, numberMisscheduled: 1 });
});

test('a budget still counts the pod that its ReplicaSet is about to make anew', () => {
  const budget: ApiObject = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web', namespace: 'shop', generation: 1 },
    spec: { selector: web, maxUnavailable: 1 },
  };
  const left = ['one', 'two'].map((name) => pod(name, { nodeName: 'n1' }, owned, ready));
  const sets = [owner('ReplicaSet', { replicas: 3 })];
  expect(decideBudget(budget, left, now, sets).status).toMatchObject({
    expectedPods: 3,
    desiredHealthy: 2,
    currentHealthy: 2,
    disruptionsAllowed: 0,
  });
  expect(decideBudget(budget, left, now).status).toMatchObject({ expectedPods: 2, disruptionsAllowed: 1 });
});

describe('a Deployment in a cluster with the API stand-in', () => {
  let cluster: TestCluster;
  let client: KubernetesClient;
  const shop = '/api/v1/namespaces/shop/pods';
  const web = '/apis/apps/v1/namespaces/shop/deployments/web';
  interface Found {
    readonly metadata: { readonly name: string; readonly uid: string };
    readonly spec: { readonly nodeName?: string };
    readonly status: { readonly conditions?: { type: string; reason?: string; status: string }[] };
  }
  const holds = (check: () => Promise<void>) => eventually(() => check().then(() => true));
  const found = () => client.list<Found>(shop);
  const places = async () => (await found()).map(({ spec }) => spec.nodeName ?? '-').sort();

  beforeAll(async () => {
    cluster = await createTestCluster(118, ['a']);
    cluster.startEtcd('a');
    await cluster.startStandIn('a');
    await eventually(async () => (await cluster.ask('a', { path: '/readyz' })).status === 200, {
      timeoutMs: 20_000,
    });
    client = cluster.client('a');
    await client.create('/api/v1/namespaces', { metadata: { name: 'shop' } });
    for (const name of ['n1', 'n2']) {
      await client.create('/api/v1/nodes', node(name, 'a', {}, '1'));
      const conditions = [{ type: 'Ready', status: 'True' }];
      await client.patch(`/api/v1/nodes/${name}/status`, { status: { conditions } }, 'strategic');
    }
  });
  afterAll(() => cluster?.stop());

  test('gets its pods, which are bound while there is room', async () => {
    const requests = { cpu: '400m' };
    const template = {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'web', resources: { requests } }] },
    };
    await client.apply(web, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { replicas: 5, selector: { matchLabels: { app: 'web' } }, template },
    });
    await holds(async () => expect(await places()).toEqual(['-', 'n1', 'n1', 'n2', 'n2']));
    await holds(async () => {
      const waiting = (await found()).find(({ spec }) => spec.nodeName === undefined);
      expect(waiting?.status.conditions).toMatchObject([
        { type: 'PodScheduled', status: 'False', reason: 'Unschedulable' },
      ]);
    });
  });

  test('has a pod that is gone made anew, and one that waits bound to a node that comes', async () => {
    const [one] = await found();
    await client.delete(`${shop}/${one?.metadata.name}`, { gracePeriodSeconds: 0 });
    await holds(async () => {
      const all = await found();
      expect(all).toHaveLength(5);
      expect(all.map(({ metadata }) => metadata.uid)).not.toContain(one?.metadata.uid);
    });
    await client.create('/api/v1/nodes', node('n3', 'a', {}, '1'));
    await client.patch(
      '/api/v1/nodes/n3/status',
      { status: { conditions: [{ type: 'Ready', status: 'True' }] } },
      'strategic',
    );
    await holds(async () => expect(await places()).not.toContain('-'));
  });

  test('is scaled down, and takes its pods with it when it goes', async () => {
    await client.patch(web, { spec: { replicas: 1 } });
    // No kubelet runs here that would end them: they are marked.
    const left = async () =>
      (await client.list<{ metadata: { deletionTimestamp?: string } }>(shop)).filter(
        ({ metadata }) => metadata.deletionTimestamp === undefined,
      );
    await holds(async () => expect(await left()).toHaveLength(1));
    await client.delete(web);
    await holds(async () => expect(await left()).toEqual([]));
    await holds(async () =>
      expect(await client.list('/apis/apps/v1/namespaces/shop/replicasets')).toEqual([]),
    );
  });
});
