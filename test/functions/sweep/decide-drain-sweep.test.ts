import { describe, expect, test } from 'vitest';
import type { ScheduledEvent } from '../../../functions/aws/instance-statuses.ts';
import type { SweepFinding, SweepScope } from '../../../functions/sweep/contracts.ts';
import { decideDrainSweep, drainSweepPolicy } from '../../../functions/sweep/decide-drain-sweep.ts';
import type { SweptWorker } from '../../../functions/sweep/observe-workers.ts';
import { createIds } from '../../../region/kernel/ids.ts';

const now = new Date('2026-03-01T12:00:00.000Z');
const instanceId = 'i-0123456789abcdef0';

const worker = (lifecycleState: string, onRebalanceRecommendation?: 'ignore' | 'replace'): SweptWorker => ({
  cluster: 'demo',
  pool: 'general',
  zone: 'a',
  instanceId,
  lifecycleState,
  drain: { deadlineSeconds: 3_600, ...(onRebalanceRecommendation && { onRebalanceRecommendation }) },
});
const retired = (notBefore: string): ScheduledEvent => ({
  instanceId,
  code: 'instance-retirement',
  notBefore,
});
const told = (cause: string): SweepScope => ({ instanceId, cause });

interface Row {
  readonly when: string;
  readonly state: string;
  readonly onRebalanceRecommendation?: 'ignore' | 'replace';
  readonly scope?: SweepScope;
  readonly scheduled?: ScheduledEvent[];
  readonly is: Partial<SweepFinding>;
}

const rows: Row[] = [
  { when: 'it serves', state: 'InService', is: { action: 'none' } },
  { when: 'it is about to join', state: 'Pending:Wait', is: { action: 'none' } },
  { when: 'it is on its way out', state: 'Terminating', is: { action: 'none' } },
  { when: 'it has left its hook', state: 'Terminating:Proceed', is: { action: 'none' } },
  {
    when: 'it waits in its terminate hook',
    state: 'Terminating:Wait',
    is: { action: 'start-drain', cause: 'termination', afterwards: 'complete-hook' },
  },
  {
    when: 'spot takes it back',
    state: 'InService',
    scope: told('spot-interruption'),
    is: {
      action: 'start-drain',
      cause: 'spot-interruption',
      afterwards: 'terminate',
      deadlineAt: '2026-03-01T12:01:50.000Z',
    },
  },
  {
    when: 'spot takes it back while it waits in its hook',
    state: 'Terminating:Wait',
    scope: told('spot-interruption'),
    is: { action: 'start-drain', cause: 'spot-interruption' },
  },
  {
    when: 'spot takes it back before it has joined',
    state: 'Pending:Wait',
    scope: told('spot-interruption'),
    is: { action: 'none' },
  },
  {
    when: 'spot takes another back',
    state: 'InService',
    scope: { instanceId: 'i-0fedcba9876543210', cause: 'spot-interruption' },
    is: { action: 'none' },
  },
  {
    when: 'spot recommends to replace it',
    state: 'InService',
    scope: told('rebalance'),
    is: { action: 'none', reason: 'i-0123456789abcdef0 is in service' },
  },
  {
    when: 'spot recommends to replace it and its pool ignores that',
    state: 'InService',
    onRebalanceRecommendation: 'ignore',
    scope: told('rebalance'),
    is: { action: 'none' },
  },
  {
    when: 'spot recommends to replace it and its pool has it replaced',
    state: 'InService',
    onRebalanceRecommendation: 'replace',
    scope: told('rebalance'),
    is: { action: 'start-drain', cause: 'rebalance', afterwards: 'terminate' },
  },
  {
    when: 'AWS retires it next week',
    state: 'InService',
    scheduled: [retired('2026-03-08T12:00:00.000Z')],
    is: {
      action: 'none',
      reason:
        'AWS has instance-retirement for i-0123456789abcdef0 at 2026-03-08T12:00:00.000Z: its drain begins at 2026-03-08T10:55:00.000Z',
    },
  },
  {
    when: 'AWS retires it when its drain has just time enough',
    state: 'InService',
    scheduled: [retired('2026-03-09T12:00:00.000Z'), retired('2026-03-01T13:05:00.000Z')],
    is: {
      action: 'start-drain',
      cause: 'health-event',
      afterwards: 'terminate',
      deadlineAt: '2026-03-01T13:00:00.000Z',
    },
  },
  {
    when: 'AWS retires it in a minute',
    state: 'InService',
    scheduled: [retired('2026-03-01T12:01:00.000Z')],
    is: { action: 'start-drain', cause: 'health-event', deadlineAt: '2026-03-01T12:01:00.000Z' },
  },
  {
    when: 'AWS retires another',
    state: 'InService',
    scheduled: [{ ...retired('2026-03-01T12:01:00.000Z'), instanceId: 'i-0fedcba9876543210' }],
    is: { action: 'none' },
  },
];

describe('the sweep drains a worker, or not, when', () => {
  test.each(rows)('$when', ({ state, onRebalanceRecommendation, scope, scheduled = [], is }) => {
    const swept = worker(state, onRebalanceRecommendation);
    expect(decideDrainSweep(swept, { scope, scheduled }, drainSweepPolicy, now)).toMatchObject(is);
  });
});

/** Executions that begin: of one name, one (StartExecution refuses the second). */
function startsOf(
  fleet: ReadonlyMap<string, SweptWorker>,
  scopes: readonly SweepScope[],
): Map<string, SweepFinding> {
  const started = new Map<string, SweepFinding>();
  for (const scope of scopes) {
    const concerned = fleet.get(scope.instanceId ?? '');
    if (!concerned) continue;
    const finding = decideDrainSweep(concerned, { scope, scheduled: [] }, drainSweepPolicy, now);
    const name = `${finding.cluster}-${finding.pool}-${finding.instanceId}-1`;
    if (finding.action === 'start-drain' && !started.has(name)) started.set(name, finding);
  }
  return started;
}

const idOf = (index: number) => `i-${index.toString(16).padStart(17, '0')}`;
const fleetOf = (size: number) =>
  new Map(
    Array.from({ length: size }, (_, index): [string, SweptWorker] => [
      idOf(index),
      { ...worker('InService', 'replace'), instanceId: idOf(index), zone: 'abc'.charAt(index % 3) },
    ]),
  );

test('a hundred spot warnings at once, each told three times, begin a hundred drains', () => {
  const warnings = Array.from({ length: 300 }, (_, index) => ({
    instanceId: idOf(index % 100),
    cause: 'spot-interruption',
  }));
  const started = startsOf(fleetOf(500), warnings);
  expect(started.size).toBe(100);
  expect(new Set([...started.values()].map(({ cause }) => cause))).toEqual(new Set(['spot-interruption']));
});

/** A run can be replayed: TRIVET_SEED=… npm test. */
const seed = Number(process.env.TRIVET_SEED ?? Date.now() % 1_000_000);

test(`of 15,000 mixed events, doubled and foreign ones among them, each worker begins one drain (seed ${seed})`, () => {
  const ids = createIds(seed);
  const any = (limit: number) => Math.floor(ids.random() * limit);
  const causes = ['spot-interruption', 'rebalance', undefined];
  const fleet = fleetOf(5_000);
  const events = Array.from({ length: 15_000 }, (): SweepScope => {
    const cause = causes[any(3)];
    // Every third is of somebody else's instance.
    const instance = idOf(any(3) === 0 ? 1_000_000 + any(5_000) : any(5_000));
    return { instanceId: instance, ...(cause && { cause }) };
  });
  const announced = events.filter((event) => event.cause !== undefined && fleet.has(event.instanceId ?? ''));
  const started = startsOf(fleet, events);
  expect([...started.values()].map((finding) => finding.instanceId).sort()).toEqual(
    [...new Set(announced.map((event) => event.instanceId))].sort(),
  );
});
