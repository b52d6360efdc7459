import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { StateFailure } from '../../region/states/errors.ts';
import type { JsonValue } from '../../region/states/json.ts';
import { type RetiredWorld, retiredWorld } from '../functions/retirement/retired-world.ts';
import { outputOf, type TestFunction, trial } from '../region/states/harness.ts';
import { kebab, readWorkflows } from './read-workflows.ts';

const text = readFileSync(new URL('../../workflows/retire-cluster.asl.json', import.meta.url), 'utf8');
const workflow = readWorkflows().find(({ name }) => name === 'retire-cluster');
const taskNames = (workflow?.states ?? [])
  .filter(({ state }) => state.Type === 'Task')
  .map(({ name }) => kebab(name));

interface Input {
  readonly cluster?: string;
  readonly confirm?: string;
  readonly keepVolumes?: boolean;
}

/** Every task as a function of the interpreter; errors are reported as Lambda does. `told` has each call. */
function functionsOf({ tasks }: RetiredWorld, told: string[]): Record<string, TestFunction> {
  const placeholder = (task: string) =>
    `\${${task.replaceAll(/(^|-)([a-z])/g, (_all, _dash, letter: string) => letter.toUpperCase())}}`;
  return Object.fromEntries(
    taskNames.map((task): [string, TestFunction] => [
      placeholder(task),
      async (payload) => {
        told.push(task);
        try {
          return (await tasks.get(task)?.(payload)) as JsonValue;
        } catch (error) {
          if (error instanceof StateFailure || !(error instanceof Error)) throw error;
          const cause = JSON.stringify({ errorType: error.name, errorMessage: error.message });
          throw new StateFailure(error.name, cause);
        }
      },
    ]),
  );
}

async function retire(world: RetiredWorld, changes: Input = {}, replaced: Record<string, TestFunction> = {}) {
  const told: string[] = [];
  const input = { cluster: 'demo', confirm: 'demo', ...changes } as unknown as JsonValue;
  const functions = { ...functionsOf(world, told), ...replaced };
  const ended = await trial(text, { clock: world.clock, input, functions });
  return { ...ended, told };
}

const nothing = {
  groups: [],
  instances: [],
  balancers: [],
  templates: [],
  roles: [],
  network: [],
  volumes: [],
  objects: [],
  documents: [],
  records: [],
  addresses: [],
};
const emptyProof = { counts: {}, remnants: [], kept: [], leftAlone: [], madeByKubernetes: [] };

describe('retire-cluster', () => {
  test('leaves nothing of the cluster, proves it, and touches nothing of the one beside it', async () => {
    const world = await retiredWorld();
    const beside = world.snapshot('demo-b');
    expect(world.snapshot('demo')).not.toMatchObject({ objects: [] });
    const ended = await retire(world);
    expect(outputOf(ended)).toEqual({
      cluster: 'demo',
      outcome: 'retired',
      reason: 'nothing of demo is left',
      proof: emptyProof,
    });
    expect(world.snapshot('demo')).toEqual(nothing);
    expect(world.snapshot('demo-b')).toEqual(beside);
    expect(ended.told.filter((task) => task.startsWith('delete') || task === 'forget-cluster')).toEqual([
      'delete-groups',
      'delete-load-balancers',
      'delete-target-groups',
      'delete-launch-templates',
      'delete-roles',
      'delete-identity-providers',
      'delete-network-interfaces',
      'delete-volumes',
      'delete-security-groups',
      'delete-objects',
      'forget-cluster',
    ]);
  });

  test('hands volumes over that are to be kept: they are nobody’s, and say whose they were', async () => {
    const world = await retiredWorld();
    const volumes = world.snapshot('demo').volumes.map(({ volumeId }) => volumeId);
    const ended = await retire(world, { keepVolumes: true });
    expect(outputOf(ended)).toMatchObject({ outcome: 'retired', proof: { ...emptyProof, kept: volumes } });
    expect(world.snapshot('demo')).toEqual(nothing);
    const kept = world.aws.volumeList.filter(({ volumeId }) => volumes.includes(volumeId));
    expect(kept.map(({ tags }) => [tags['trivet:retired-cluster'], tags['trivet:slot']])).toEqual([
      ['demo', 'a'],
      ['demo', 'b'],
      ['demo', 'c'],
    ]);
    // They are no later retirement's to delete.
    expect(outputOf(await retire(world))).toMatchObject({
      outcome: 'nothing-left',
      proof: { ...emptyProof, kept: volumes },
    });
    expect(world.aws.volumeList.filter(({ volumeId }) => volumes.includes(volumeId))).toHaveLength(3);
  });

  test('is refused before anything is touched where the name typed again is another', async () => {
    const world = await retiredWorld();
    const before = world.snapshot('demo');
    for (const confirm of ['demo-b', '', undefined]) {
      const { result, told } = await retire(world, { confirm: confirm as string });
      expect(result).toMatchObject({ status: 'FAILED', error: 'RetirementRefused' });
      expect(told).toEqual(['observe-retirement', 'record-failure']);
    }
    expect((await world.registry.getCluster('demo'))?.lastFailure?.message).toContain(
      'Way on: type the cluster’s name again as the confirmation',
    );
    await world.registry.updateCluster('demo', { lastFailure: null });
    expect(world.snapshot('demo')).toEqual(before);
  });

  test('says clearly that there is no such cluster, and makes nothing of it', async () => {
    const world = await retiredWorld();
    const ended = await retire(world, { cluster: 'dmeo', confirm: 'dmeo' });
    expect(outputOf(ended)).toEqual({
      cluster: 'dmeo',
      outcome: 'nothing-left',
      reason: 'there is no cluster dmeo, and nothing is left of one',
      proof: emptyProof,
    });
    expect(ended.told).toEqual(['observe-retirement']);
    expect(world.snapshot('dmeo')).toEqual(nothing);
  });

  test('of a finished one again finds nothing left of it', async () => {
    const world = await retiredWorld();
    await retire(world);
    expect(outputOf(await retire(world))).toMatchObject({ outcome: 'nothing-left', proof: emptyProof });
  });

  test('waits for another execution on the cluster, and gives up in a bounded time', async () => {
    const world = await retiredWorld();
    const holder = 'arn:aws:states:us-east-1:123456789012:execution:trivet-provision-cluster:run';
    const startedAt = world.clock.now().toISOString();
    world.executions.executions.set(holder, { executionArn: holder, status: 'RUNNING', startedAt });
    const lease = { holder, token: 9, acquiredAt: startedAt };
    world.registry.items.set('demo/lease#cluster', lease);
    const before = world.snapshot('demo').groups;
    const { result } = await retire(world);
    expect(result).toMatchObject({ status: 'FAILED', error: 'LeaseHeld' });
    expect(world.snapshot('demo').groups).toEqual(before);
  });

  test('gives what already runs time to end, and forgets nothing while it runs', async () => {
    const world = await retiredWorld();
    world.running.push({ workflow: 'drain-worker', name: 'by hand', input: { cluster: 'demo' } });
    world.running.push({ workflow: 'drain-worker', name: 'demo-2', input: { cluster: 'demo-b' } });
    world.clock.after(600_000, () => {
      expect(world.snapshot('demo').groups).toEqual([]);
      expect(world.snapshot('demo').objects).not.toEqual([]);
      world.running.shift();
    });
    const ended = await retire(world);
    expect(outputOf(ended)).toMatchObject({ outcome: 'retired' });
    expect(ended.seconds).toBeGreaterThanOrEqual(600);
  });

  test('says what AWS does not let go of, within a bounded time', async () => {
    const world = await retiredWorld();
    const stuck = [...world.instances.values()][0];
    const timer = () => {
      if (stuck?.endingAt !== undefined) stuck.endingAt = Number.POSITIVE_INFINITY;
      world.clock.after(5_000, timer);
    };
    timer();
    const { result, seconds } = await retire(world);
    expect(result).toMatchObject({
      status: 'FAILED',
      error: 'WaitExhausted',
      cause: expect.stringContaining('instance i-00000001 (shutting-down, held by trivet-demo-slot-a)'),
    });
    expect(seconds).toBeLessThan(10_800);
    expect(await world.registry.getLease('demo', 'cluster')).toMatchObject({ outcome: 'failed' });
  });

  test('fails, and names it, where something comes again', async () => {
    const world = await retiredWorld();
    const forget = world.tasks.get('forget-cluster');
    const { result } = await retire(
      world,
      {},
      {
        '${ForgetCluster}': async (payload) => {
          const answer = (await forget?.(payload)) as JsonValue;
          await world.objects.put('clusters/demo/observations/workers.json', 'late');
          return answer;
        },
      },
    );
    expect(result).toMatchObject({
      status: 'FAILED',
      error: 'RetirementIncomplete',
      cause: '1 things of demo are left: objects s3://trivet-123456789012-us-east-1/clusters/demo/',
    });
    expect(outputOf(await retire(world))).toMatchObject({ outcome: 'retired' });
    expect(world.snapshot('demo')).toEqual(nothing);
  });

  test('leaves what has the cluster’s name and is another’s', async () => {
    const world = await retiredWorld();
    world.aws.roleMap.set('trivet-demo-mine', { name: 'trivet-demo-mine', roleId: 'AROA-mine', tags: {} });
    expect(outputOf(await retire(world))).toMatchObject({
      outcome: 'retired',
      proof: { ...emptyProof, leftAlone: ['trivet-demo-mine'] },
    });
    expect(world.aws.roleMap.has('trivet-demo-mine')).toBe(true);
  });

  test('says what AWS said where it refuses a deletion for good', async () => {
    const world = await retiredWorld();
    const beside = world.aws.balancers.get('trivet-demo-b');
    if (beside) beside.listeners = { ...beside.listeners, 80: 'arn:tg/trivet-demo-api' };
    expect((await retire(world)).result).toMatchObject({
      status: 'FAILED',
      error: 'WaitExhausted',
      cause:
        'target group arn:tg/trivet-demo-api: no load balancer sends to it any more; the last deletion: 0 deleted; not yet: arn:tg/trivet-demo-api: arn:tg/trivet-demo-api is in use by a listener',
    });
  });
});

/** Retires with this call of a port going wrong for good, and then again, by somebody who says nothing of volumes. */
async function killAndFinish(call: number, when: 'before' | 'after', keepVolumes: boolean): Promise<void> {
  const world = await retiredWorld();
  const beside = world.snapshot('demo-b');
  world.break({ call, when });
  await retire(world, { keepVolumes });
  world.break(undefined);
  const { outcome } = outputOf(await retire(world)) as { outcome: string };
  expect(['retired', 'nothing-left'], `call ${call}`).toContain(outcome);
  expect(world.snapshot('demo'), `call ${call}`).toEqual(nothing);
  expect(world.snapshot('demo-b'), `call ${call}`).toEqual(beside);
  expect(world.aws.volumeList, `call ${call}`).toHaveLength(keepVolumes ? 6 : 3);
}

/** Calls by their number that are worth to be broken: what only reads is so once for each kind of read. */
async function callsOf(keepVolumes: boolean): Promise<{ call: number; name: string }[]> {
  const world = await retiredWorld();
  world.break(undefined);
  await retire(world, { keepVolumes });
  const reading = /ofCluster|tagged|among|issuerFolders|versions|\.of$|getLease|getCluster/;
  return world.calls
    .map((name, index) => ({ call: index + 1, name }))
    .filter(({ call, name }) => !reading.test(name) || world.calls.indexOf(name) === call - 1);
}

describe.each(['before', 'after'] as const)(
  'when any call of a port goes wrong for good, %s it has its effect',
  (when) => {
    test('the next run finishes', { timeout: 120_000 }, async () => {
      const calls = await callsOf(false);
      expect(calls.length).toBeGreaterThan(80);
      for (const { call } of calls) await killAndFinish(call, when, false);
    });

    test('the next run finishes, and keeps the volumes that were to be kept', {
      timeout: 60_000,
    }, async () => {
      const calls = (await callsOf(true)).filter(({ name }) => /updateCluster|ownedVolumes/.test(name));
      expect(calls.length).toBeGreaterThan(3);
      // Before the mark is written nobody knows what was asked for.
      const marked = calls.filter(({ name }) => when === 'after' || name !== 'registry.updateCluster');
      for (const { call, name } of marked)
        if (name !== 'ownedVolumes.ofCluster' && name !== 'ownedVolumes.tagged')
          await killAndFinish(call, when, true);
    });
  },
);

describe.each([...new Set(taskNames)].filter((task) => !['record-failure', 'release-lease'].includes(task)))(
  'when the reply of %s is lost',
  (task) => {
    test('the cluster is retired all the same', async () => {
      const world = await retiredWorld();
      const beside = world.snapshot('demo-b');
      const real = world.tasks.get(task);
      let lost = false;
      const name = `\${${task.replaceAll(/(^|-)([a-z])/g, (_all, _dash, letter: string) => letter.toUpperCase())}}`;
      const losing: TestFunction = async (payload) => {
        const answer = (await real?.(payload)) as JsonValue;
        if (lost) return answer;
        lost = true;
        throw new StateFailure('Lambda.Unknown', 'the reply was lost');
      };
      const keepVolumes = task === 'keep-volumes';
      // What no group has is there only where somebody detached it.
      if (task === 'terminate-instances')
        world.instances.set('i-99999999', {
          group: 'none',
          tags: { ...world.snapshot('demo').groups[0]?.tags },
        });
      expect(outputOf(await retire(world, { keepVolumes }, { [name]: losing }))).toMatchObject({
        outcome: 'retired',
      });
      expect(lost).toBe(true);
      expect(world.snapshot('demo')).toEqual(nothing);
      expect(world.snapshot('demo-b')).toEqual(beside);
    });
  },
);
