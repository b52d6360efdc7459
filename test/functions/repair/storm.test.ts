import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideRepair } from '../../../functions/repair/decide-repair.ts';
import { decideRepairSweep } from '../../../functions/repair/decide-repair-sweep.ts';
import type { NodeSeen, NodesSeen, WorkerSeen } from '../../../functions/repair/judge-health.ts';
import { type PoolSeen, repairsGoingOn } from '../../../functions/repair/judge-pool.ts';
import {
  ago,
  dead,
  group,
  node,
  nodesOf,
  now,
  poolOf,
  ready,
  recordOf,
  repairOf,
  well,
  worker,
} from './seen-pool.ts';

const parameters = { seed: 20_260_301, numRuns: 2_000 };

interface Drawn {
  readonly lifecycle: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly seconds: number;
  readonly hasNode: boolean;
  readonly unschedulable: boolean;
  readonly impairedSeconds: number | undefined;
  readonly repairing: boolean;
}

const drawnWorker: fc.Arbitrary<Drawn> = fc.record({
  lifecycle: fc.oneof(
    { weight: 8, arbitrary: fc.constant('InService') },
    { weight: 1, arbitrary: fc.constantFrom('Pending:Wait', 'Terminating:Wait', 'Standby') },
  ),
  status: fc.oneof(
    { weight: 4, arbitrary: fc.constant('True' as const) },
    { weight: 2, arbitrary: fc.constantFrom('False' as const, 'Unknown' as const) },
  ),
  seconds: fc.integer({ min: -4_000, max: 4_000 }),
  hasNode: fc.oneof(
    { weight: 9, arbitrary: fc.constant(true) },
    { weight: 1, arbitrary: fc.constant(false) },
  ),
  unschedulable: fc.oneof(
    { weight: 9, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  impairedSeconds: fc.option(fc.integer({ min: -500, max: 500 }), { nil: undefined, freq: 8 }),
  repairing: fc.oneof(
    { weight: 9, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
});

const zones = ['a', 'b', 'c'];

/** Any pool: workers in any state in up to three zones, a guard of any width, groups that want more or fewer than they have. */
const anyPool = fc
  .record({
    byZone: fc.array(fc.array(drawnWorker, { maxLength: 8 }), { minLength: 1, maxLength: 3 }),
    extra: fc.integer({ min: -2, max: 4 }),
    percent: fc.integer({ min: 0, max: 100 }),
    floor: fc.integer({ min: 0, max: 4 }),
    closedSecondsAgo: fc.option(fc.integer({ min: -5_000, max: 1_500 }), { nil: undefined }),
    observedSecondsAgo: fc.integer({ min: -100, max: 300 }),
    usable: fc.oneof(
      { weight: 9, arbitrary: fc.constant(true) },
      { weight: 1, arbitrary: fc.constant(false) },
    ),
  })
  .map(({ byZone, closedSecondsAgo, extra, floor, observedSecondsAgo, percent, usable }) => {
    const nodes: NodeSeen[] = [];
    const repairs: ReturnType<typeof repairOf>[] = [];
    const since: Record<string, { absent: string }> = {};
    const groups = byZone.map((drawn, index) => {
      const zone = zones[index] ?? 'a';
      const workers = drawn.map((one, at): WorkerSeen => {
        const instanceId = `i-${zone}${at}`;
        if (one.hasNode)
          nodes.push(
            node(instanceId, [ready(one.status, ago(one.seconds))], { unschedulable: one.unschedulable }),
          );
        else since[instanceId] = { absent: ago(one.seconds) };
        if (one.repairing) repairs.push(repairOf(instanceId, { zone }));
        const impaired =
          one.impairedSeconds === undefined
            ? []
            : [{ instanceId, check: 'instance' as const, since: ago(one.impairedSeconds) }];
        return { instanceId, lifecycleState: one.lifecycle, impaired };
      });
      return group(zone, workers, { desired: Math.max(0, workers.length + extra), max: 20 });
    });
    const guard =
      closedSecondsAgo === undefined
        ? undefined
        : { closedAt: ago(closedSecondsAgo), lastOverAt: ago(closedSecondsAgo), reason: 'many' };
    const seenNodes: NodesSeen = usable
      ? nodesOf(nodes, ago(observedSecondsAgo))
      : { usable: false, reason: 'the API is down' };
    return poolOf(seenNodes, groups, {
      guard: { unhealthyPercentMax: percent, unhealthyFloor: floor, coolDownSeconds: 600 },
      record: recordOf({
        repairs,
        ailing: { observedAt: ago(observedSecondsAgo + 60), since },
        pools: guard ? { general: { wanted: 0, healthy: 0, allowed: 0, unhealthy: [], guard } } : {},
      }),
    });
  });

/** Told apart from how the code counts: every worker of the groups by itself. */
function unhealthyOf({ groups, nodes, record, pool }: PoolSeen): { unhealthy: number; wanted: number } {
  const marked = new Set(repairsGoingOn(record, pool).map(({ instanceId }) => instanceId));
  let unhealthy = 0;
  let wanted = 0;
  for (const { desired, workers } of groups) {
    const serving = workers.filter(({ lifecycleState }) => lifecycleState === 'InService');
    const good = serving.filter(({ instanceId, impaired }) => {
      const found = nodes.usable ? nodes.nodes.get(instanceId) : undefined;
      const isReady = found?.conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
      return isReady && !found?.unschedulable && impaired.length === 0 && !marked.has(instanceId);
    });
    const places = Math.max(desired, serving.length);
    wanted += places;
    unhealthy += places - good.length;
  }
  return { unhealthy, wanted };
}

const swept = (seen: PoolSeen) =>
  decideRepairSweep(
    { cluster: 'demo', pools: [seen], nodes: seen.nodes, ...(seen.record && { repairs: seen.record }) },
    now,
  );

const stepsOf = (seen: PoolSeen) =>
  seen.groups.flatMap(({ workers, zone }) =>
    workers.map(({ instanceId }) => ({ instanceId, zone, ...decideRepair(seen, { instanceId, zone }, now) })),
  );

describe(`whatever is observed (seed ${parameters.seed})`, () => {
  test('nothing is begun, enlarged or ended while more are unhealthy than the guard allows', () => {
    fc.assert(
      fc.property(anyPool, (seen) => {
        const { unhealthy, wanted } = unhealthyOf(seen);
        const { unhealthyFloor, unhealthyPercentMax } = seen.guard;
        const allowed = Math.max(unhealthyFloor, Math.floor((wanted * unhealthyPercentMax) / 100));
        if (unhealthy <= allowed) return;
        const acting = stepsOf(seen).filter(({ action }) => ['begin', 'raise', 'terminate'].includes(action));
        expect(acting).toEqual([]);
        const marked = new Set(repairsGoingOn(seen.record, seen.pool).map(({ instanceId }) => instanceId));
        const fresh = swept(seen).findings.filter(
          ({ action, instanceId = '' }) => action === 'start-repair' && !marked.has(instanceId),
        );
        expect(fresh).toEqual([]);
      }),
      parameters,
    );
  });

  test('at most one repair goes on in each zone, and only of a worker that is dead by a rule', () => {
    fc.assert(
      fc.property(anyPool, (seen) => {
        const marked = repairsGoingOn(seen.record, seen.pool);
        const begun = stepsOf(seen).filter(({ action }) => action === 'begin');
        for (const { instanceId, zone } of begun) {
          expect(marked.map((repair) => repair.zone)).not.toContain(zone);
          const found = seen.nodes.usable ? seen.nodes.nodes.get(instanceId) : undefined;
          const isReady = found?.conditions.some(({ status }) => status === 'True') ?? false;
          const impaired = seen.groups.some(({ workers }) =>
            workers.some((one) => one.instanceId === instanceId && one.impaired.length > 0),
          );
          expect(isReady && !impaired).toBe(false);
        }
        const started = swept(seen).findings.filter(
          ({ action, instanceId = '' }) =>
            action === 'start-repair' && !marked.some((repair) => repair.instanceId === instanceId),
        );
        const perZone = Map.groupBy(started, ({ zone }) => zone);
        for (const [zone, ones] of perZone) {
          expect(ones).toHaveLength(1);
          expect(marked.map((repair) => repair.zone)).not.toContain(zone);
        }
      }),
      parameters,
    );
  });

  test('where nodes cannot be seen, only EC2’s own checks make a worker dead', () => {
    fc.assert(
      fc.property(anyPool, (seen) => {
        const blind: PoolSeen = { ...seen, nodes: { usable: false, reason: 'the API is down' } };
        const healthy = blind.groups.map((one) => ({
          ...one,
          workers: one.workers.map((each) => ({ ...each, impaired: [] })),
        }));
        const acting = stepsOf({ ...blind, groups: healthy }).filter(({ action }) =>
          ['begin', 'raise', 'terminate'].includes(action),
        );
        expect(acting).toEqual([]);
      }),
      parameters,
    );
  });
});

describe('a storm', () => {
  const ids = Array.from({ length: 20 }, (_, index) => `i-${index.toString(16).padStart(8, '0')}`);
  const groups = [
    group(
      'a',
      ids.slice(0, 10).map((id) => worker(id)),
    ),
    group(
      'b',
      ids.slice(10).map((id) => worker(id)),
    ),
  ];
  const actionsOf = (seen: PoolSeen) => [
    ...new Set(stepsOf(seen).map(({ action }) => action)),
    ...new Set(swept(seen).findings.map(({ action }) => action)),
  ];

  test('of half the nodes at once is refused and reported', () => {
    const half = nodesOf(ids.map((id, index) => (index % 2 === 0 ? dead(id) : well(id))));
    expect(actionsOf(poolOf(half, groups))).toEqual(['refuse', 'none', 'report']);
  });
  test('of all nodes at once is refused and reported', () => {
    expect(actionsOf(poolOf(nodesOf(ids.map((id) => dead(id))), groups))).toEqual(['refuse', 'report']);
  });
  test('that comes in one after the other is refused from the first one too many on', () => {
    const nine = nodesOf(ids.map((id, index) => (index < 9 ? dead(id, index < 8 ? 900 : 5) : well(id))));
    expect(actionsOf(poolOf(nine, groups))).toEqual(['refuse', 'none', 'report']);
    const eight = nodesOf(ids.map((id, index) => (index < 8 ? dead(id, 900) : well(id))));
    expect(actionsOf(poolOf(eight, groups))).toContain('start-repair');
  });
  test('in which no node is known is no storm: nothing is said to be dead', () => {
    expect(actionsOf(poolOf({ usable: false, reason: 'the API is down' }, groups))).toEqual(['none']);
  });
  test('of nodes that all vanished from the API at once is refused', () => {
    const since = Object.fromEntries(ids.map((id) => [id, { absent: ago(700) }]));
    const record = recordOf({ ailing: { observedAt: ago(70), since } });
    expect(actionsOf(poolOf(nodesOf([]), groups, { record }))).toEqual(['refuse', 'report']);
  });
  test('of conditions from a time that has not come is no storm', () => {
    const ahead = nodesOf(ids.map((id) => node(id, [ready('Unknown', ago(-86_400))])));
    expect(actionsOf(poolOf(ahead, groups))).toEqual(['none']);
  });
});
