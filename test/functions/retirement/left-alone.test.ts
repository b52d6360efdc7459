import { describe, expect, test } from 'vitest';
import type { ClusterRecord } from '../../../functions/aws/records.ts';
import { openCluster } from '../../../functions/clusters/acting.ts';
import type { Plan } from '../../../functions/clusters/contracts.ts';
import { handler as watchDemand } from '../../../functions/demand/watch-demand.ts';
import { handler as watchWorkers } from '../../../functions/demand/watch-workers.ts';
import { handler as judgeRepair } from '../../../functions/repair/judge-repair.ts';
import { handler as resizePools } from '../../../functions/scaling/resize-pools.ts';
import { holdPaused } from '../../../functions/sweep/hold-paused.ts';
import { handler as sweep } from '../../../functions/sweep/sweep.ts';
import { handler as watchEtcd } from '../../../functions/sweep/watch-etcd.ts';
import { handler as watchKubernetes } from '../../../functions/sweep/watch-kubernetes.ts';
import { handler as judgeWorker } from '../../../functions/workers/judge-worker.ts';
import { fakeTaskContext } from '../../support/fake-task-context.ts';
import { leastSpec } from '../../support/specs.ts';
import { unstubbed } from '../../support/unstubbed.ts';
import { retiredWorld } from './retired-world.ts';

const startedAt = '2026-01-01T00:00:00.000Z';
const reason = `demo is being retired since ${startedAt}`;

/** `demo` is being retired, as a running retirement leaves it; `demo-b` is gone from the registry, so that nothing else is looked at. */
async function retiring() {
  const world = await retiredWorld();
  for (const key of [...world.registry.items.keys()])
    if (key.startsWith('demo-b/')) world.registry.items.delete(key);
  const retirement = { startedAt, keepVolumes: false, execution: 'arn' };
  const kubernetes = { version: '1.35.2', appliedHash: '', at: startedAt };
  await world.registry.updateCluster('demo', { retirement, formed: true, kubernetes });
  const context = fakeTaskContext();
  const said = () =>
    context.logged.flatMap(({ fields, message }) =>
      message === 'left alone' ? [(fields as { reason: string }).reason] : [],
    );
  return { ...world, context, said };
}

const never = unstubbed('a port', {});

const worker = { cluster: 'demo', pool: 'general', zone: 'a', instanceId: 'i-00000001' };

describe('a cluster that is being retired is left alone, and said to be', () => {
  test('by the sweep: each slot waits, whatever is missing of it, and no worker is looked at', async () => {
    const { context, executions, objects, registry } = await retiring();
    const deps = {
      registry,
      executions,
      objects,
      groups: { describe: async () => [] },
      holders: { instances: async () => [], interfaceHolders: async () => new Map() },
      statuses: { scheduledEvents: async () => [] },
      ...{ poolGroups: never, templates: never, instanceTypes: never },
    };
    const run = sweep.run as (input: object, deps: unknown, context: unknown) => Promise<object>;
    const { clusters, findings, started } = (await run({}, deps, context)) as {
      clusters: string[];
      findings: object[];
      started: string[];
    };
    expect({ clusters, started }).toEqual({ clusters: ['demo'], started: [] });
    expect(findings).toEqual(
      ['a', 'b', 'c'].map((slot) => ({ cluster: 'demo', slot, action: 'wait', reason })),
    );
  });

  test('by a sweep that had read its record before the mark was written', async () => {
    const { context, registry } = await retiring();
    const found = { cluster: 'demo', slot: 'a', action: 'start-replace', reason: 'it waits' } as const;
    const look = { now: context.clock.now(), signal: context.signal };
    expect(await holdPaused([found], registry, look)).toEqual([
      { ...found, action: 'wait', reason: `${reason}; without that: start-replace, it waits` },
    ]);
  });

  test.each([
    ['watch-etcd', watchEtcd],
    ['watch-kubernetes', watchKubernetes],
    ['watch-workers', watchWorkers],
  ] as const)('by %s', async (_, handler) => {
    const { context, objects, registry, said } = await retiring();
    const run = handler.run as (input: unknown, deps: unknown, context: unknown) => Promise<unknown>;
    const deps = { registry, objects, observe: never, open: never };
    expect(await run({}, deps, context)).toEqual({ observed: [] });
    expect(said()).toEqual([reason]);
  });

  test('by watch-demand', async () => {
    const { context, objects, registry, said } = await retiring();
    await objects.put(
      'clusters/demo/observations/demand.json',
      JSON.stringify({ canGrow: true, waiting: '' }),
    );
    const run = watchDemand.run as (input: unknown, deps: unknown, context: unknown) => Promise<unknown>;
    const deps = { registry, objects, open: never, pause: never };
    expect(await run({}, deps, context)).toEqual({ watched: [] });
    expect(said()).toEqual([reason]);
  });

  test('by repairs, joins and scaling that run already', async () => {
    const { context, objects, registry } = await retiring();
    const ports = { registry, objects, ...{ poolGroups: never, statuses: never } };
    expect(await judgeRepair.run(worker, ports as never, context)).toEqual({
      decision: { action: 'none', reason, revision: 0 },
    });
    const joining = { registry, objects, open: never };
    expect(await judgeWorker.run({ observation: worker } as never, joining as never, context)).toEqual({
      decision: { action: 'none', reason },
    });
    const changes = [{ pool: 'general', zone: 'a', from: 1, to: 2, reason: 'pods wait' }];
    const scaling = { registry, groups: never };
    expect(await resizePools.run({ cluster: 'demo', changes }, scaling as never, context)).toEqual({
      action: 'none',
      resized: [],
      skipped: [{ pool: 'general', zone: 'a', reason }],
    });
  });

  test('by tasks that make something, whoever has the lease', async () => {
    const { registry } = await retiring();
    const lease = { cluster: 'demo', scope: 'cluster', holder: 'execution-0', token: 1 };
    const opened = openCluster(registry, { lease, cluster: 'demo' }, 'trivet', new AbortController().signal);
    await expect(opened).rejects.toMatchObject({
      name: 'ClusterRetiring',
      message: `${reason}: nothing of it is made any more`,
    });
  });

  test('by a plan, which is refused with the reason', async () => {
    const { invoke, registry } = await retiring();
    const { spec } = (await registry.getCluster('demo')) as ClusterRecord;
    const plan = (await invoke('plan-cluster', { spec: { ...leastSpec, pools: spec.pools } })) as Plan;
    expect(plan).toMatchObject({
      action: 'refuse',
      refusals: [
        {
          path: 'name',
          problem: reason,
          fix: 'wait until retire-cluster has ended (trivet status), or choose another name',
        },
      ],
    });
  });
});
