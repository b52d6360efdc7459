import { describe, expect, test } from 'vitest';
import type { PoolGroupFound, PoolGroups } from '../../../functions/aws/pool-groups.ts';
import type { BlockedPod, DrainDecision } from '../../../functions/drain/contracts.ts';
import { handler as finishDrain } from '../../../functions/drain/finish-drain.ts';
import { handler as heartbeatDrain } from '../../../functions/drain/heartbeat-drain.ts';
import { handler as observeDrain } from '../../../functions/drain/observe-drain.ts';
import { drainPod } from '../../../functions/drain/observe-node.ts';
import { fakeRegistry } from '../../support/fake-registry.ts';
import { fakeTaskContext } from '../../support/fake-task-context.ts';
import { buildSpec } from '../../support/specs.ts';
import { unstubbed } from '../../support/unstubbed.ts';
import { putFormedCluster } from '../sweep/registered.ts';
import { observed } from './drains.ts';

const observation = observed();
const { instanceId, autoScalingGroupName: group } = observation;

describe('observe-drain', () => {
  const input = {
    cluster: 'demo',
    pool: 'general',
    zone: 'a',
    instanceId,
    cause: 'termination',
    afterwards: 'complete-hook',
    startedAt: '2026-01-01T00:00:00.000Z',
  } as const;

  async function run(member: string | undefined, changes: { readonly pool?: string } = {}) {
    const registry = fakeRegistry();
    await putFormedCluster(registry, 'demo', []);
    const drain = { deadlineSeconds: 600, atDeadline: 'keep' };
    const pool = { name: 'general', instanceTypes: ['t4g.medium'], zones: ['a'], min: 0, max: 3, drain };
    await registry.updateCluster('demo', { spec: buildSpec({ pools: [pool] }) }, {});
    const instances = member ? [{ instanceId, lifecycleState: member }] : [];
    const deps = {
      registry,
      groups: {
        describe: async (names: readonly string[]) =>
          names.includes(group) ? [{ name: group, instances } as unknown as PoolGroupFound] : [],
      },
      instances: { find: async () => ({ state: 'running', volumes: ['vol-1'] }) },
    };
    // What a pool's spec has more is nothing that the contract knows.
    return observeDrain.contract.output.parse(
      await observeDrain.run({ ...input, ...changes }, deps, fakeTaskContext()),
    );
  }

  test('says what AWS says and the pool wants, and that the pods are next', async () => {
    expect(await run('Terminating:Wait')).toMatchObject({
      observation: {
        autoScalingGroupName: group,
        known: true,
        waitingInHook: true,
        state: 'running',
        volumes: ['vol-1'],
        policy: { deadlineSeconds: 600, atDeadline: 'keep' },
      },
      decision: { action: 'evict' },
    });
  });

  test.each([
    ['an instance that its group has no more', undefined, {}, 'gone'],
    ['a pool that is in no spec', 'InService', { pool: 'other' }, 'foreign'],
    ['a worker that serves', 'InService', {}, 'not-leaving'],
  ])('ends with an outcome for %s', async (_, member, changes, outcome) => {
    expect((await run(member, changes)).decision).toMatchObject({ action: 'none', outcome });
  });
});

test.each([
  ['cluster-autoscaler.kubernetes.io/safe-to-evict', 'true', { safeToEvict: true }],
  [
    'cluster-autoscaler.kubernetes.io/safe-to-evict',
    'false',
    { doNotDisrupt: 'cluster-autoscaler.kubernetes.io/safe-to-evict=false' },
  ],
  ['karpenter.sh/do-not-disrupt', 'true', { doNotDisrupt: 'karpenter.sh/do-not-disrupt=true' }],
  ['karpenter.sh/do-not-disrupt', 'false', {}],
])('a pod’s annotation %s: %s is read as the peers read it', (key, value, says) => {
  const metadata = { name: 'web-1', namespace: 'shop', uid: 'u-1', annotations: { [key]: value } };
  expect(drainPod({ metadata, status: { phase: 'Running' } })).toEqual({
    namespace: 'shop',
    name: 'web-1',
    uid: 'u-1',
    mirror: false,
    phase: 'Running',
    priority: 0,
    graceSeconds: 30,
    ...says,
  });
});

test('a heartbeat of an action that is gone is an answer', async () => {
  const asked: unknown[] = [];
  const groups = unstubbed<PoolGroups>('PoolGroups', {
    heartbeat: async (instance) => {
      asked.push(instance);
      return false;
    },
  });
  expect(await heartbeatDrain.run({ observation }, { groups }, fakeTaskContext())).toEqual({ active: false });
  expect(asked).toEqual([{ group, instanceId }]);
});

describe('finish-drain', () => {
  const blocked: BlockedPod[] = [{ pod: 'shop/web-1', budget: 'shop/web', reason: 'needs 2' }];

  async function run(changes: Partial<DrainDecision>) {
    const did: string[] = [];
    const groups = unstubbed<PoolGroups>('PoolGroups', {
      completeTermination: async () => did.push('complete') > 0,
      terminate: async (_, { decrement }) => did.push(decrement ? 'terminate and shrink' : 'terminate') > 0,
    });
    const context = fakeTaskContext();
    const decision: DrainDecision = {
      action: 'finish',
      reason: 'its pods are gone',
      outcome: 'drained',
      effect: 'complete-hook',
      waitSeconds: 2,
      ...changes,
    };
    await finishDrain.run({ observation, decision, blocked }, { groups }, context);
    return { did, context };
  }

  test.each([
    ['complete-hook', ['complete']],
    ['terminate', ['terminate']],
    ['terminate-and-shrink', ['terminate and shrink']],
    ['none', []],
  ] as const)('does what was decided: %s', async (effect, does) => {
    const { did, context } = await run({ effect });
    expect(did).toEqual(does);
    expect([...context.counted]).toEqual([['WorkerDrained', 1]]);
  });

  test('counts a drain that passed its deadline, and names the budget', async () => {
    const { context } = await run({ outcome: 'expired', reason: 'the deadline has passed' });
    expect(context.counted.get('DrainExpired')).toBe(1);
    expect(context.logged[0]?.fields).toMatchObject({
      reason: 'the deadline has passed; held up: shop/web-1 by the disruption budget shop/web',
    });
  });
});
