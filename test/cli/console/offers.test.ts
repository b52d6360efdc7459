import { describe, expect, test } from 'vitest';
import type { Offer } from '../../../cli/console/contracts.ts';
import { isDestructive } from '../../../cli/console/offers.ts';
import type { ClusterReadings } from '../../../cli/console/readings.ts';
import { makeSnapshot } from '../../../cli/console/snapshot.ts';
import { runbooks } from '../../../functions/runbooks/definitions.ts';
import { cluster, etcd, instance, kubernetes, member, readings, record, source } from './played-readings.ts';

const viewOf = (over: Partial<ClusterReadings> = {}, embedded = true) => {
  const { cluster: view } = makeSnapshot(
    readings({ cluster: cluster(over), source: { ...source, embedded } }),
  );
  if (!view) throw new Error('no cluster');
  return view;
};
const names = (offers: readonly Offer[] = []) => offers.map(({ kind, name }) => `${kind} ${name}`);
const silentB = etcd([member('a'), member('b', { healthy: false, leader: false }), member('c')]);

describe('what is offered', () => {
  test('of a slot that serves is to replace its node, and what breaks it nowhere but in a region', () => {
    expect(names(viewOf().zones[1]?.slots[0]?.offers)).toEqual([
      'runbook replace-control-plane-node',
      'break kill-instance',
      'break lose-volume',
    ]);
    expect(names(viewOf({}, false).zones[1]?.slots[0]?.offers)).toEqual([
      'runbook replace-control-plane-node',
    ]);
    expect(names(viewOf().zones[1]?.offers)).toEqual(['break cut-zone']);
    expect(names(viewOf({}, false).zones[1]?.offers)).toEqual([]);
  });

  test('of a slot that does not serve is to put it back, and a kick where it has no instance', () => {
    expect(names(viewOf({ etcd: silentB }, false).zones[1]?.slots[0]?.offers)).toEqual([
      'runbook replace-slot',
      'runbook replace-control-plane-node',
    ]);
    const instances = cluster().instances.map((one) =>
      one.slot === 'b' ? instance('i-b', { state: 'terminated' }) : one,
    );
    expect(names(viewOf({ etcd: silentB, instances }, false).zones[1]?.slots[0]?.offers)).toEqual([
      'runbook replace-slot',
      'runbook kick-slot',
    ]);
  });

  test('of a zone that is cut off is to join it again', () => {
    expect(viewOf({ zonesCut: ['us-east-1b'] }).zones[1]?.offers).toMatchObject([
      { name: 'join-zone', parameters: { zone: 'us-east-1b' }, destructive: false },
    ]);
  });

  test('of a worker is to drain it, and to repair one that is not well', () => {
    const workerOf = (over: Partial<ClusterReadings>) =>
      viewOf(over, false).pools[0]?.workers.find(({ instanceId }) => instanceId === 'i-wb')?.offers;
    expect(names(workerOf({}))).toEqual(['runbook drain-worker']);
    const nodes = kubernetes().nodes.filter(({ name }) => name !== 'i-wb');
    expect(names(workerOf({ kubernetes: kubernetes({ nodes }) }))).toEqual([
      'runbook drain-worker',
      'runbook repair-worker',
    ]);
  });

  test('of a cluster is to provision it again, and to pause or to resume it', () => {
    const pause = { until: '2026-03-01T12:30:00.000Z', reason: 'we look', by: 'a', at: '' };
    expect(names(viewOf().offers)).toEqual([
      'runbook provision-cluster',
      'runbook pause-automation',
      'runbook retire-cluster',
    ]);
    expect(names(viewOf({ record: { ...record, pause } }).offers)).toEqual([
      'runbook provision-cluster',
      'runbook resume-automation',
      'runbook retire-cluster',
    ]);
  });
});

describe('an offer of a runbook', () => {
  const drain = viewOf().pools[0]?.workers[1]?.offers[0];

  test('says what the runbook says of itself, and asks what it does not know', () => {
    expect(drain).toMatchObject({
      cluster: 'demo',
      parameters: { InstanceId: 'i-wb' },
      label: 'Drain',
      title: 'Drain a worker: i-wb',
      asks: [
        {
          name: 'Afterwards',
          values: ['keep', 'terminate', 'terminate-and-shrink'],
          default: 'keep',
        },
      ],
      destructive: true,
    });
    expect(drain?.says[0]).toMatch(/^Moves the pods of one worker away/);
    expect(drain?.says[1]).toMatch(/^Stopped half-way: the node stays cordoned/);
  });

  test('gives, with what it asks, every parameter that the runbook takes', () => {
    const nodes = kubernetes().nodes.filter(({ role }) => role === 'control-plane');
    const instances = cluster().instances.map((one) =>
      one.slot === 'b' ? instance('i-b', { state: 'terminated' }) : one,
    );
    const pause = { until: '2026-03-01T12:30:00.000Z', reason: 'we look', by: 'a', at: '' };
    const views = [
      viewOf({ etcd: silentB, instances, kubernetes: kubernetes({ nodes }) }),
      viewOf({ record: { ...record, pause } }),
    ];
    const offers = views.flatMap((view) => [
      ...view.offers,
      ...view.zones.flatMap((zone) => zone.slots.flatMap((slot) => slot.offers)),
      ...view.pools.flatMap((pool) => [...pool.offers, ...pool.workers.flatMap((worker) => worker.offers)]),
    ]);
    const offered = new Map(
      offers
        .filter(({ kind }) => kind === 'runbook')
        .map(({ asks, name, parameters }) => [
          name,
          ['Cluster', ...Object.keys(parameters), ...asks.map((ask) => ask.name)].sort(),
        ]),
    );
    for (const { name, parameters } of runbooks)
      expect([name, offered.get(name)]).toEqual([
        name,
        // What is typed again is asked for wherever something is lost.
        parameters
          .map((one) => one.name)
          .filter((one) => one !== 'Confirm')
          .sort(),
      ]);
  });

  test('that needs an approval is destructive by that alone', () => {
    expect(runbooks.filter(({ approval }) => approval).every(({ name }) => isDestructive(name))).toBe(true);
    expect(isDestructive('cut-zone')).toBe(false);
    expect(isDestructive('lose-volume')).toBe(true);
  });
});
