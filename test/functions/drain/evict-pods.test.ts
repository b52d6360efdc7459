import { describe, expect, test } from 'vitest';
import { handler as evictPods } from '../../../functions/drain/evict-pods.ts';
import { handler as uncordonNode } from '../../../functions/drain/uncordon-node.ts';
import type { KubernetesClient } from '../../../functions/kubernetes/client.ts';
import { KubernetesError, type KubernetesErrorKind } from '../../../functions/kubernetes/client.ts';
import type { KubernetesStatus } from '../../../functions/kubernetes/client-errors.ts';
import { fakeObjects } from '../../support/fake-objects.ts';
import { fakeRegistry } from '../../support/fake-registry.ts';
import { fakeTaskContext } from '../../support/fake-task-context.ts';
import { unstubbed } from '../../support/unstubbed.ts';
import { instanceId, later, observed } from './drains.ts';

const nodePath = `/api/v1/nodes/${instanceId}`;

function refusal(kind: KubernetesErrorKind, status: number, told: KubernetesStatus = {}): KubernetesError {
  return new KubernetesError(kind, `HTTP ${status}`, { endpoint: 'https://api', status, told });
}

const budgetBlocks = refusal('too-many-requests', 429, {
  details: {
    causes: [
      {
        reason: 'DisruptionBudget',
        message: 'The disruption budget web needs 2 healthy pods and has 2 currently',
      },
    ],
  },
});

const podOf = (name: string, changes: object = {}) => ({
  metadata: {
    name,
    namespace: 'shop',
    uid: `uid-${name}`,
    ownerReferences: [{ kind: 'ReplicaSet', controller: true }],
  },
  spec: { priority: 0, terminationGracePeriodSeconds: 20 },
  status: { phase: 'Running' },
  ...changes,
});

interface Given {
  readonly pods?: readonly object[];
  readonly node?: object;
  readonly attachments?: readonly object[];
  /** What the eviction of a pod throws, by its name. */
  readonly refusals?: Readonly<Record<string, KubernetesError>>;
  readonly unreachable?: boolean;
}

/** The cluster's API as the two tasks see it; `did` lists what was asked, in order. */
function api({ pods = [], node = {}, attachments = [], refusals = {}, unreachable = false }: Given) {
  const did: string[] = [];
  const bodies: object[] = [];
  let current: Record<string, unknown> = {
    metadata: { name: instanceId, resourceVersion: '7' },
    spec: { taints: [{ key: 'dedicated', effect: 'NoSchedule' }] },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
    ...node,
  };
  const client = unstubbed<KubernetesClient>('KubernetesClient', {
    get: (async (path: string) => {
      if (unreachable) throw new KubernetesError('unreachable', 'ECONNREFUSED', { endpoint: 'https://api' });
      if (path === nodePath) return current;
      return path.includes('persistentvolumeclaims') ? { spec: { volumeName: 'pv-of-daemon' } } : undefined;
    }) as KubernetesClient['get'],
    list: (async (path: string) =>
      path.endsWith('/volumeattachments') ? attachments : pods) as KubernetesClient['list'],
    patch: (async (path: string, patch: object) => {
      did.push(`patch ${path}`);
      bodies.push(patch);
      const { metadata, spec } = patch as { metadata: object; spec: object };
      current = { ...current, metadata: { ...(current.metadata as object), ...metadata }, spec };
      return current;
    }) as KubernetesClient['patch'],
    create: (async (path: string, body: object) => {
      const name = /pods\/([^/]+)\/eviction$/.exec(path)?.[1] ?? '';
      did.push(`evict ${name}`);
      bodies.push(body);
      if (refusals[name]) throw refusals[name];
      return {};
    }) as KubernetesClient['create'],
    delete: async (path, options) => {
      did.push(`delete ${path.split('/').at(-1)}`);
      bodies.push(options ?? {});
      return true;
    },
    close: () => did.push('close'),
  });
  const deps = { registry: fakeRegistry(), objects: fakeObjects(), open: async () => client };
  return { deps, did, bodies };
}

const contextAt = (seconds: number) => fakeTaskContext({ now: later(seconds).toISOString() });
const marked = {
  metadata: {
    name: instanceId,
    annotations: { 'trivet.dev/draining-since': '2026-01-01T00:00:00.000Z' },
  },
  spec: { unschedulable: true, taints: [{ key: 'trivet.dev/draining', effect: 'NoSchedule' }] },
};

describe('evict-pods', () => {
  const evict = async (given: Given, seconds = 1, observation = observed()) => {
    const { deps, did, bodies } = api(given);
    const answer = await evictPods.run({ observation, blocked: [] }, deps, contextAt(seconds));
    return { answer, did, bodies };
  };

  test('marks the node before it looks at its pods, and keeps its other taints', async () => {
    const { did, bodies } = await evict({ pods: [podOf('web-1')] });
    expect(did).toEqual([`patch ${nodePath}`, 'evict web-1', 'close']);
    expect(bodies[0]).toEqual({
      metadata: {
        resourceVersion: '7',
        labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': 'true' },
        annotations: { 'trivet.dev/draining-since': '2026-01-01T00:00:01.000Z' },
      },
      spec: {
        unschedulable: true,
        taints: [
          { key: 'dedicated', effect: 'NoSchedule' },
          { key: 'trivet.dev/draining', value: 'termination', effect: 'NoSchedule' },
        ],
      },
    });
  });

  test('names each pod by its UID', async () => {
    const { bodies } = await evict({ node: marked, pods: [podOf('web-1')] });
    expect(bodies).toEqual([
      {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { namespace: 'shop', name: 'web-1' },
        deleteOptions: { preconditions: { uid: 'uid-web-1' } },
      },
    ]);
  });

  test('names the budget that blocks, and evicts the others', async () => {
    const pods = [podOf('web-1'), podOf('api-1')];
    const { answer } = await evict({ node: marked, pods, refusals: { 'web-1': budgetBlocks } });
    expect(answer).toMatchObject({
      evicted: 1,
      blocked: [{ pod: 'shop/web-1', budget: 'shop/web' }],
      decision: {
        action: 'wait',
        reason: expect.stringContaining('held up: shop/web-1 by the disruption budget shop/web'),
      },
    });
  });

  test.each([
    ['is gone', refusal('not-found', 404), []],
    ['is another of its name', refusal('conflict', 409), []],
    ['has two budgets', refusal('unavailable', 500), [{ pod: 'shop/web-1', reason: expect.any(String) }]],
    [
      'is guarded by a webhook',
      refusal('forbidden', 403),
      [{ pod: 'shop/web-1', reason: expect.any(String) }],
    ],
  ])('goes on where a pod %s', async (_, error, blocked) => {
    const { answer } = await evict({ node: marked, pods: [podOf('web-1')], refusals: { 'web-1': error } });
    expect(answer).toMatchObject({ evicted: 0, blocked, decision: { action: 'wait' } });
  });

  test('asks for no more pods in this round once the API throttles', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `web-${index}`);
    const refusals = { 'web-3': refusal('too-many-requests', 429) };
    const { answer, did } = await evict({ node: marked, pods: names.map((name) => podOf(name)), refusals });
    expect(did.filter((one) => one.startsWith('evict'))).toHaveLength(8);
    expect(answer).toMatchObject({ evicted: 7, blocked: [] });
  });

  test('deletes near the deadline, with the grace period that still fits', async () => {
    const { answer, did, bodies } = await evict({ node: marked, pods: [podOf('web-1')] }, 3_590);
    expect(did).toEqual(['delete web-1', 'close']);
    expect(bodies).toEqual([{ gracePeriodSeconds: 10, preconditions: { uid: 'uid-web-1' } }]);
    expect(answer.deleted).toBe(1);
  });

  test('awaits the node’s volumes, but not those of a DaemonSet', async () => {
    const daemon = podOf('daemon', {
      metadata: {
        name: 'daemon',
        namespace: 'shop',
        ownerReferences: [{ kind: 'DaemonSet', controller: true }],
      },
      spec: { volumes: [{ persistentVolumeClaim: { claimName: 'data' } }] },
    });
    const attached = (volume: string, node = instanceId) => ({
      spec: { nodeName: node, source: { persistentVolumeName: volume } },
    });
    const given = { node: marked, pods: [daemon] };
    const own = attached('pv-of-daemon');
    const busy = await evict({ ...given, attachments: [own, attached('pv-1'), attached('pv-2', 'i-other')] });
    expect(busy.answer.decision).toMatchObject({
      action: 'wait',
      reason: 'volumes are still attached: pv-1',
    });
    const free = await evict({ ...given, attachments: [own] });
    expect(free.answer.decision).toMatchObject({ action: 'finish', outcome: 'drained' });
  });

  test('waits where no API server can be asked', async () => {
    const { answer } = await evict({ unreachable: true });
    expect(answer.decision).toMatchObject({
      action: 'wait',
      reason: expect.stringContaining('no API server can be asked'),
    });
  });
});

describe('uncordon-node', () => {
  test('takes Trivet’s marks away and leaves other taints', async () => {
    const taints = [...marked.spec.taints, { key: 'dedicated', effect: 'NoSchedule' }];
    const { deps, bodies } = api({ node: { ...marked, spec: { unschedulable: true, taints } } });
    const answer = await uncordonNode.run({ observation: observed() }, deps, contextAt(1));
    expect(answer).toEqual({ uncordoned: true });
    expect(bodies[0]).toMatchObject({
      metadata: { annotations: { 'trivet.dev/draining-since': null } },
      spec: { unschedulable: null, taints: [{ key: 'dedicated', effect: 'NoSchedule' }] },
    });
  });

  test('leaves a node alone that a person has cordoned', async () => {
    const { deps, did } = api({ node: { metadata: { name: instanceId }, spec: { unschedulable: true } } });
    expect(await uncordonNode.run({ observation: observed() }, deps, contextAt(1))).toEqual({
      uncordoned: false,
    });
    expect(did).toEqual(['close']);
  });
});
