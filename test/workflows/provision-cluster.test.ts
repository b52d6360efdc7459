import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ClusterRecord } from '../../functions/aws/registry.ts';
import { wantedKubernetes } from '../../functions/kubernetes/wanted-kubernetes.ts';
import { StateFailure } from '../../region/states/errors.ts';
import type { JsonValue } from '../../region/states/json.ts';
import { etcdHealthy, serviceAccountKeys } from '../functions/clusters/provisioned.ts';
import { outputOf, type TestFunction, trial } from '../region/states/harness.ts';
import { fakeDeployment } from '../support/fake-deployment.ts';
import { buildSpec, leastSpec } from '../support/specs.ts';
import { kebab, readWorkflows } from './read-workflows.ts';

const file = new URL('../../workflows/provision-cluster.asl.json', import.meta.url);
const text = readFileSync(file, 'utf8');
const workflow = readWorkflows().find(({ name }) => name === 'provision-cluster');
const states = workflow?.states.filter(({ state }) => state.Type === 'Task') ?? [];
const taskNames = states.map(({ name }) => kebab(name));
const placeholder = (task: string) =>
  `\${${task
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')}}`;

type World = ReturnType<typeof fakeDeployment>;
type Stub = (payload: Record<string, unknown>) => JsonValue;

/** A cluster's API, played: API servers need a look to be ready, nodes the add-ons, the add-ons one poll. */
function playedKubernetes(world: World): Record<string, Stub> {
  let looks = 0;
  let rollouts = 0;
  let applied = false;
  const health = {
    cluster: 'demo',
    observedAt: 'now',
    ready: false,
    reason: 'played',
    apiServers: [],
    nodes: [],
    absent: false,
  };
  return {
    'verify-kubernetes': () => {
      looks += 1;
      const verdict = looks === 1 ? 'starting' : looks === 2 ? 'serving' : applied ? 'ready' : 'registered';
      return { verdict, reason: `look ${looks}`, health };
    },
    'bootstrap-kubernetes': () => ({ applied: 4, marked: ['i-a'], complete: looks > 2 }),
    'apply-add-ons': () => {
      applied = true;
      const record = world.registry.items.get('demo/cluster') as unknown as ClusterRecord;
      return { applied: 60, pruned: 0, hash: wantedKubernetes(record, world.context.config)?.hash ?? '' };
    },
    'verify-add-ons': () => {
      rollouts += 1;
      return { verified: rollouts > 1, reason: 'Deployment kube-system/coredns: 0 of 2 pods are available' };
    },
  };
}

/** etcd and its slots, played: an instance needs two looks to run, and etcd one poll more to form. */
function playedEtcd(world: World): Record<string, Stub> {
  const looks = new Map<unknown, number>();
  let polls = 0;
  return {
    'ensure-certificates': () => {
      world.objects.bodies.set('clusters/demo/pki/service-account.pub', Buffer.from(serviceAccountKeys));
      return { created: 1, unchanged: 0 };
    },
    'observe-slot': ({ slot }) => ({ slot: slot as string }),
    'judge-slot': ({ observation }) => {
      const { slot } = observation as { slot: string };
      const seen = (looks.get(slot) ?? 0) + 1;
      looks.set(slot, seen);
      const action = seen === 1 ? 'none' : seen === 2 ? 'wait' : seen === 3 ? 'form' : 'adopt';
      const instanceId = `i-${slot}`;
      return { decision: { action, reason: `look ${seen}`, ...(seen > 1 && { instanceId }) }, etcd: {} };
    },
    'direct-slot': () => ({ attached: true, directed: true }),
    'verify-etcd': () => {
      polls += 1;
      return { verified: polls > 1, reason: 'one member is not started', health: etcdHealthy };
    },
    'complete-launch': () => ({ completed: true }),
    ...playedKubernetes(world),
    'record-slot': ({ slot }) => {
      const key = `demo/slot#${slot}`;
      world.registry.items.set(key, { ...world.registry.items.get(key), startedOnce: true });
      return { recorded: true };
    },
  };
}

/** Every task of the workflow as a function of the interpreter, counted; errors are reported as Lambda does. */
function functionsOf(world: World, changes: Record<string, Stub> = {}) {
  const calls: string[] = [];
  const stubs = { ...playedEtcd(world), ...changes };
  const functions: Record<string, TestFunction> = {};
  for (const task of new Set(taskNames))
    functions[placeholder(task)] = async (payload) => {
      calls.push(task);
      try {
        const stub = stubs[task];
        if (stub) return stub(payload as Record<string, unknown>);
        return (await world.invoke(task as Parameters<World['invoke']>[0], payload)) as JsonValue;
      } catch (error) {
        if (error instanceof StateFailure || !(error instanceof Error)) throw error;
        throw new StateFailure(
          error.name,
          JSON.stringify({ errorType: error.name, errorMessage: error.message }),
        );
      }
    };
  return { functions, calls };
}

const run = (world: World, changes: Record<string, Stub> = {}, spec: unknown = leastSpec) => {
  const { functions, calls } = functionsOf(world, changes);
  return trial(text, { functions, input: { spec } as JsonValue }).then((ended) => ({ ...ended, calls }));
};

/** With a pool, so that every task has something to do. */
const pooledSpec = {
  ...leastSpec,
  pools: [{ name: 'general', instanceTypes: ['m7g.large'], zones: ['a', 'b'], min: 3, max: 8 }],
};

const leaseOf = (world: World) => world.registry.getLease('demo', 'cluster');

describe('provision-cluster', () => {
  test('makes a cluster, and says so', async () => {
    const world = fakeDeployment();
    const ended = await run(world);
    expect(outputOf(ended)).toMatchObject({ cluster: 'demo', action: 'create' });
    expect(await world.registry.getCluster('demo')).toMatchObject({ formed: true, phase: 'serving' });
    expect(await leaseOf(world)).toMatchObject({ releasedAt: expect.any(String), outcome: 'create' });
    expect(ended.calls.filter((task) => task === 'observe-slot')).toHaveLength(9);
    expect(world.aws.groupMap.size).toBe(3);
  });

  test('of the same spec again calls one task and changes nothing', async () => {
    const world = fakeDeployment();
    await run(world);
    const effects = world.aws.effects.length;
    const again = await run(world);
    expect(outputOf(again)).toMatchObject({ cluster: 'demo', action: 'unchanged' });
    expect(again.calls).toEqual(['plan-cluster']);
    expect(world.aws.effects.length).toBe(effects);
  });

  test('makes a pool’s groups, one in each zone, with its least number of workers spread over them', async () => {
    const world = fakeDeployment();
    await run(world, {}, pooledSpec);
    const groups = [...world.aws.poolGroupMap.values()];
    expect(groups.map(({ name, min, max, desired }) => ({ name, min, max, desired }))).toEqual([
      { name: 'trivet-demo-pool-general-a', min: 2, max: 8, desired: 2 },
      { name: 'trivet-demo-pool-general-b', min: 1, max: 8, desired: 1 },
    ]);
  });

  test('makes a cluster of one slot', async () => {
    const world = fakeDeployment();
    const ended = await run(world, {}, { ...leastSpec, zones: ['b'] });
    expect(outputOf(ended)).toMatchObject({ action: 'create' });
    expect([...world.aws.groupMap.keys()]).toEqual(['trivet-demo-slot-b']);
  });

  test('converges a changed spec', async () => {
    const world = fakeDeployment();
    await run(world);
    const spec = { ...leastSpec, tags: { team: 'data' } };
    expect(outputOf(await run(world, {}, spec))).toMatchObject({ action: 'converge' });
    expect(world.aws.volumeList[0]?.tags.team).toBe('data');
    expect(world.aws.groupMap.get('trivet-demo-slot-a')?.tags.team).toBe('data');
  });

  test('refuses an unsafe change with every reason, and takes no lease', async () => {
    const world = fakeDeployment();
    await run(world);
    const { result, calls } = await run(
      world,
      {},
      { ...leastSpec, zones: ['a'], kubernetesVersion: '1.36.0' },
    );
    expect(result).toMatchObject({
      status: 'FAILED',
      error: 'SpecRefused',
      cause: [
        'kubernetesVersion: 1.35.2 → 1.36.0: nodes are upgraded one at a time, with checks between; keep the version; upgrade-cluster will do it, and cannot yet',
        'zones: ["a","b","c"] → ["a"]: slots would have to move or quorum would change; keep the zones; move-slot will move one slot at a time, and cannot yet',
      ].join('\n'),
    });
    expect(calls).toEqual(['plan-cluster', 'record-failure']);
  });

  test('refuses a malformed spec before anything is touched', async () => {
    const world = fakeDeployment();
    const { result } = await run(world, {}, { name: 5 });
    expect(result).toMatchObject({ status: 'FAILED', error: 'SpecInvalid' });
    expect(world.aws.effects).toEqual([]);
    expect(world.registry.items.size).toBe(0);
  });

  test('plans again when another run overtook it while it waited for the lease', async () => {
    const world = fakeDeployment();
    const { calls, result } = await run(world, {
      'acquire-lease': ({ holder }) => {
        const record = { holder: String(holder), token: 1, acquiredAt: '2026-01-01T00:00:00.000Z' };
        world.registry.items.set('demo/lease#cluster', record);
        if (!world.registry.items.has('demo/cluster'))
          world.registry.items.set('demo/cluster', {
            name: 'demo',
            spec: buildSpec(),
            specHash: 'of the other run',
            layout: { cluster: 'demo', clusterUid: 'ffffffffffff', generation: 1, slots: [] },
            updatedAt: '2026-01-01T00:00:01.000Z',
            formed: false,
          });
        return { lease: { cluster: 'demo', scope: 'cluster', holder: String(holder), token: 1 } };
      },
    });
    expect(result.status).toBe('SUCCEEDED');
    expect(calls.slice(0, 6)).toEqual([
      'plan-cluster',
      'acquire-lease',
      'record-cluster',
      'plan-cluster',
      'acquire-lease',
      'record-cluster',
    ]);
    expect((await world.registry.getCluster('demo'))?.layout.clusterUid).toBe('ffffffffffff');
  });

  test('gives up a slot that never comes up, within a bounded time', async () => {
    const world = fakeDeployment();
    const { result, seconds } = await run(world, {
      'judge-slot': () => ({ decision: { action: 'wait', reason: 'i-a is pending' }, etcd: {} }),
    });
    expect(result).toMatchObject({ status: 'FAILED', error: 'WaitExhausted' });
    expect(seconds).toBeGreaterThanOrEqual(290);
    expect(seconds).toBeLessThan(900);
    expect((await world.registry.getCluster('demo'))?.lastFailure?.message).toMatch(
      /WaitExhausted: slot [abc] did not come up: i-a is pending/,
    );
  });

  test('gives up an etcd that never forms, within a bounded time', async () => {
    const world = fakeDeployment();
    const { result } = await run(world, {
      'verify-etcd': () => ({ verified: false, reason: 'no leader', health: etcdHealthy }),
    });
    expect(result).toMatchObject({
      status: 'FAILED',
      error: 'WaitExhausted',
      cause: 'etcd of demo is not healthy: no leader',
    });
  });

  test('fails as SlotHeld where a slot needs more than provisioning may do', async () => {
    const world = fakeDeployment();
    const { result } = await run(world, {
      'judge-slot': () => ({ decision: { action: 'hold', reason: 'the node refused' }, etcd: {} }),
    });
    expect(result).toMatchObject({ status: 'FAILED', error: 'SlotHeld' });
    expect(await leaseOf(world)).toMatchObject({ outcome: 'SlotHeld' });
  });
});

const beforeLease = ['plan-cluster', 'acquire-lease'];
const onTheWayOut = ['record-failure', 'release-lease'];

describe.each([...new Set(taskNames)])('when %s', (task) => {
  test.skipIf(onTheWayOut.includes(task))(
    'fails for good, the run ends with that error, its lease given back, and the next run finishes',
    async () => {
      const world = fakeDeployment();
      const { result } = await run(
        world,
        {
          [task]: () => {
            throw new StateFailure('AwsRefused', JSON.stringify({ errorMessage: 'UnauthorizedOperation' }));
          },
        },
        pooledSpec,
      );
      expect(result).toMatchObject({ status: 'FAILED', error: 'AwsRefused' });
      const lease = await leaseOf(world);
      if (beforeLease.includes(task)) expect(lease).toBeUndefined();
      else expect(lease).toMatchObject({ outcome: 'AwsRefused', releasedAt: expect.any(String) });
      const failure = (await world.registry.getCluster('demo'))?.lastFailure;
      const title = states.find(({ name }) => kebab(name) === task)?.name;
      if (![...beforeLease, 'record-cluster'].includes(task))
        expect(failure?.message).toContain(`failed at "${title}": AwsRefused: UnauthorizedOperation`);
      const next = await run(world, {}, pooledSpec);
      expect(next.result.status).toBe('SUCCEEDED');
      expect(outputOf(await run(world, {}, pooledSpec))).toMatchObject({ action: 'unchanged' });
    },
  );

  test('loses its reply, or is called twice, nothing is made twice', async () => {
    const once = fakeDeployment();
    await run(once, {}, pooledSpec);
    const world = fakeDeployment();
    const { functions } = functionsOf(world);
    const called = new Set<string>();
    const name = placeholder(task);
    const real = functions[name];
    functions[name] = async (payload, call) => {
      const answer = await real?.(payload, call);
      const key = JSON.stringify(payload);
      if (called.has(key)) return answer ?? null;
      called.add(key);
      throw new StateFailure('Lambda.Unknown', 'the reply was lost');
    };
    const { result } = await trial(text, { functions, input: { spec: pooledSpec } as unknown as JsonValue });
    expect(result.status).toBe('SUCCEEDED');
    expect([...world.aws.effects].sort()).toEqual([...once.aws.effects].sort());
  });
});
