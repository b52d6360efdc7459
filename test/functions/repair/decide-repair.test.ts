import { describe, expect, test } from 'vitest';
import type { RepairRecord } from '../../../functions/aws/records.ts';
import { decideRepair } from '../../../functions/repair/decide-repair.ts';
import type { GroupSeen, PoolSeen } from '../../../functions/repair/judge-pool.ts';
import {
  ago,
  dead,
  group,
  node,
  nodesOf,
  now,
  policy,
  poolOf,
  ready,
  recordOf,
  repairOf,
  well,
  worker,
} from './seen-pool.ts';

const ids = ['i-0a', 'i-0b', 'i-0c', 'i-0d', 'i-0e'];
const workers = ids.map((id) => worker(id));
/** Worker a is dead, the others are well, all in zone a. */
const nodes = nodesOf([dead('i-0a'), ...ids.slice(1).map(well)]);
const subject = { instanceId: 'i-0a', zone: 'a' };
const decide = (seen: PoolSeen) => decideRepair(seen, subject, now);
const five = (sizes: Partial<GroupSeen> = {}) => [group('a', workers, sizes)];
const going = (repair: Partial<RepairRecord> = {}) => ({
  record: recordOf({ repairs: [repairOf('i-0a', repair)] }),
});

describe('a worker whose repair has not begun', () => {
  test.each<[string, PoolSeen, string, RegExp]>([
    ['is repaired when it is dead', poolOf(nodes, five()), 'begin', /^i-0a has not been ready since/],
    ['is left when it is ready', poolOf(nodesOf(ids.map(well)), five()), 'none', /is ready/],
    [
      'is left when it has not been unready for long',
      poolOf(nodesOf([dead('i-0a', 60), ...ids.slice(1).map(well)]), five()),
      'none',
      /not been ready/,
    ],
    [
      'is left when nothing can be seen of nodes',
      poolOf({ usable: false, reason: 'the API is down' }, five()),
      'none',
      /the API is down/,
    ],
    [
      'is left when it is in no group of the pool',
      poolOf(nodes, [group('a', workers.slice(1))]),
      'none',
      /no worker of the pool/,
    ],
    [
      'is left when it is in another zone than was said',
      poolOf(nodes, [group('b', workers)]),
      'none',
      /no worker of the pool/,
    ],
    [
      'is left when it is being drained',
      poolOf(nodes, [group('a', [worker('i-0a', 'Terminating:Wait'), ...workers.slice(1)])]),
      'none',
      /Terminating:Wait/,
    ],
    [
      'is left when the pool is not to be repaired',
      poolOf(nodes, five(), { policy: { ...policy, enabled: false } }),
      'none',
      /not to be repaired/,
    ],
    [
      'waits for its turn in its zone',
      poolOf(nodes, five(), { record: recordOf({ repairs: [repairOf('i-0b')] }) }),
      'none',
      /i-0b of this zone/,
    ],
    [
      'is refused when more are unhealthy than may be',
      poolOf(nodesOf([dead('i-0a'), dead('i-0b', 60), dead('i-0c', 60), well('i-0d'), well('i-0e')]), five()),
      'refuse',
      /3 of 5 workers are unhealthy, and 2 may be/,
    ],
    [
      'is refused when workers that are launched make more',
      poolOf(nodes, five({ desired: 10 })),
      'refuse',
      /6 of 10 workers/,
    ],
    [
      'is refused in the cool-down',
      poolOf(nodes, five(), {
        record: recordOf({
          pools: {
            general: {
              wanted: 5,
              healthy: 4,
              allowed: 2,
              unhealthy: [],
              guard: { closedAt: ago(60), lastOverAt: ago(60), reason: 'many' },
            },
          },
        }),
      }),
      'refuse',
      /have not passed/,
    ],
  ])('%s', (_, seen, action, reason) => {
    expect(decide(seen)).toMatchObject({ action, reason: expect.stringMatching(reason) });
  });

  test('may be repaired again after a repair that ended', () => {
    expect(decide(poolOf(nodes, five(), going({ endedAt: ago(30), outcome: 'given-up' })))).toMatchObject({
      action: 'begin',
      revision: 7,
    });
  });
  test('is repaired as the pool wants', () => {
    expect(decide(poolOf(nodes, five(), { policy: { ...policy, replacement: 'before' } }))).toMatchObject({
      action: 'begin',
      replacement: 'before',
    });
  });
  test('of two in a small pool is repaired, though both are dead', () => {
    const two = poolOf(nodesOf([dead('i-0a'), dead('i-0b')]), [group('a', workers.slice(0, 2))]);
    expect(decide(two)).toMatchObject({ action: 'begin' });
  });
});

describe('a repair that goes on, with the replacement after', () => {
  const recovered = nodesOf(ids.map(well));
  const cordoned = nodesOf([
    node('i-0a', [ready('True', ago(90))], { unschedulable: true }),
    ...ids.slice(1).map(well),
  ]);
  const storm = nodesOf([...ids.slice(0, 3).map((id) => dead(id)), well('i-0d'), well('i-0e')]);
  test.each<[string, PoolSeen, object]>([
    [
      'ends the worker without its place',
      poolOf(nodes, five(), going()),
      { action: 'terminate', decrement: false },
    ],
    [
      'ends it again where the termination was recorded and not done',
      poolOf(nodes, five(), going({ terminatedAt: ago(20) })),
      { action: 'terminate', decrement: false },
    ],
    [
      'is over when the worker is well again',
      poolOf(recovered, five(), going()),
      { action: 'finish', outcome: 'recovered' },
    ],
    [
      'is over when the worker is ready and being drained for another reason',
      poolOf(cordoned, five(), going()),
      { action: 'finish', outcome: 'recovered' },
    ],
    ['waits while the guard is closed', poolOf(storm, five(), going()), { action: 'wait' }],
    [
      'waits while nothing can be seen',
      poolOf({ usable: false, reason: 'the API is down' }, five(), going()),
      { action: 'wait' },
    ],
    [
      'is given up when that lasts for an hour',
      poolOf(storm, five(), going({ startedAt: ago(3_601) })),
      { action: 'finish', outcome: 'given-up' },
    ],
    [
      'is given up when its zone is the pool’s no more',
      poolOf(nodes, [], going()),
      { action: 'finish', outcome: 'given-up' },
    ],
  ])('%s', (_, seen, decision) => {
    expect(decide(seen)).toMatchObject(decision);
  });
});

describe('a worker that was ended', () => {
  const ended = going({ startedAt: ago(200), terminatedAt: ago(180) });
  const rest = workers.slice(1);
  const leaving = [worker('i-0a', 'Terminating:Wait'), ...rest];
  const fresh = node('i-0f', [ready('True', ago(20))], { createdAt: ago(30) });
  const late = going({ startedAt: ago(3_700), terminatedAt: ago(3_601) });
  test.each<[string, PoolSeen, object]>([
    [
      'is awaited while it is drained, though a replacement is ready',
      poolOf(
        nodesOf([...nodesIn(nodes), fresh]),
        [group('a', [...leaving, worker('i-0f')], { desired: 5 })],
        ended,
      ),
      { action: 'wait', reason: 'i-0a is Terminating:Wait' },
    ],
    [
      'is awaited with its replacement',
      poolOf(nodes, [group('a', [...rest, worker('i-0f', 'Pending:Wait')], { desired: 5 })], ended),
      { action: 'wait', reason: 'no replacement is ready: its group has 4 healthy workers and wants 5' },
    ],
    [
      'is replaced once it is gone and another is ready',
      poolOf(nodesOf([...nodesIn(nodes), fresh]), [group('a', [...rest, worker('i-0f')])], ended),
      { action: 'finish', outcome: 'replaced', reason: 'i-0a is gone, and i-0f is ready in its place' },
    ],
    [
      'is replaced, though another of its group has died since',
      poolOf(
        nodesOf([dead('i-0b'), ...ids.slice(2).map(well), fresh]),
        [group('a', [...rest, worker('i-0f')])],
        ended,
      ),
      { action: 'finish', outcome: 'replaced' },
    ],
    [
      'needs no replacement where its group wants fewer by now',
      poolOf(nodes, [group('a', rest)], ended),
      { action: 'finish', outcome: 'replaced', reason: 'i-0a is gone, and its group has all that it wants' },
    ],
    [
      'by somebody else is awaited all the same',
      poolOf(nodes, [group('a', [...rest], { desired: 5 })], going()),
      { action: 'wait' },
    ],
    [
      'is awaited while nothing can be seen',
      poolOf({ usable: false, reason: 'the API is down' }, [group('a', rest)], ended),
      { action: 'wait' },
    ],
    [
      'is unfinished after an hour, and what is missing is said',
      poolOf(nodes, [group('a', rest, { desired: 5 })], late),
      {
        action: 'finish',
        outcome: 'unfinished',
        reason: 'no replacement is ready: its group has 4 healthy workers and wants 5',
      },
    ],
  ])('%s', (_, seen, decision) => {
    expect(decide(seen)).toMatchObject(decision);
  });
});

describe('a repair that goes on, with the replacement before', () => {
  const ahead = (repair: Partial<RepairRecord> = {}) =>
    going({ replacement: 'before', startedAt: ago(100), ...repair });
  const done = { from: 5, to: 6, state: 'done' } as const;
  const fresh = nodesOf([...nodesIn(nodes), node('i-0f', [ready('True', ago(20))], { createdAt: ago(30) })]);
  const six = (sizes: Partial<GroupSeen> = {}) => [group('a', [...workers, worker('i-0f')], sizes)];
  test.each<[string, PoolSeen, object]>([
    ['wants one more', poolOf(nodes, five(), ahead()), { action: 'raise', raise: { from: 5, to: 6 } }],
    [
      'wants the same one more when it is not known whether it was set',
      poolOf(nodes, five({ desired: 6 }), ahead({ raise: { ...done, state: 'intended' } })),
      { action: 'raise', raise: { from: 5, to: 6 } },
    ],
    [
      'ends the worker first where its pool is at its greatest',
      poolOf(nodes, five({ max: 5 }), ahead()),
      { action: 'terminate', decrement: false },
    ],
    [
      'ends the worker first where its pool is at its greatest over all zones',
      poolOf(nodes, [...five({ max: 6 }), group('b', [], { desired: 1, max: 6 })], ahead()),
      { action: 'terminate', decrement: false },
    ],
    [
      'ends the worker first where somebody else sized its group',
      poolOf(nodes, five({ desired: 6 }), ahead({ raise: { ...done, state: 'changed' } })),
      { action: 'terminate', decrement: false },
    ],
    [
      'awaits the replacement',
      poolOf(nodes, [group('a', [...workers, worker('i-0f', 'Pending:Wait')])], ahead({ raise: done })),
      { action: 'wait' },
    ],
    [
      'takes no older worker for it',
      poolOf(nodesOf([...nodesIn(nodes), well('i-0f')]), six(), ahead({ raise: done })),
      { action: 'wait' },
    ],
    [
      'ends the worker with its place once the replacement is ready',
      poolOf(fresh, six(), ahead({ raise: done })),
      { action: 'terminate', decrement: true },
    ],
    [
      'leaves the place where the group was made smaller since',
      poolOf(fresh, six({ desired: 5 }), ahead({ raise: done })),
      { action: 'terminate', decrement: false },
    ],
    [
      'leaves the place where the group would fall below its least',
      poolOf(fresh, six({ min: 6 }), ahead({ raise: done })),
      { action: 'terminate', decrement: false },
    ],
  ])('%s', (_, seen, decision) => {
    expect(decide(seen)).toMatchObject(decision);
  });
});

function nodesIn(seen: typeof nodes) {
  return seen.usable ? [...seen.nodes.values()] : [];
}
