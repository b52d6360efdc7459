import { describe, expect, test } from 'vitest';
import { decideRepairSweep } from '../../../functions/repair/decide-repair-sweep.ts';
import type { PoolSeen } from '../../../functions/repair/judge-pool.ts';
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

const ids = ['i-0a', 'i-0b', 'i-0c', 'i-0d', 'i-0e', 'i-0f'];
/** Two workers in each of three zones. */
const groups = [
  group('a', [worker('i-0a'), worker('i-0b')]),
  group('b', [worker('i-0c'), worker('i-0d')]),
  group('c', [worker('i-0e'), worker('i-0f')]),
];
const nodesWith = (...sick: ReturnType<typeof node>[]) =>
  nodesOf(ids.map((id) => sick.find(({ name }) => name === id) ?? well(id)));
const sweep = (seen: PoolSeen) =>
  decideRepairSweep(
    { cluster: 'demo', pools: [seen], nodes: seen.nodes, ...(seen.record && { repairs: seen.record }) },
    now,
  );
const brief = (seen: PoolSeen) =>
  sweep(seen).findings.map(({ action, instanceId, zone }) =>
    [action, zone, instanceId].filter(Boolean).join(' '),
  );

describe('the sweep', () => {
  test.each<[string, PoolSeen, string[]]>([
    ['starts nothing for workers that are well', poolOf(nodesWith(), groups), []],
    ['starts a repair of a dead worker', poolOf(nodesWith(dead('i-0c')), groups), ['start-repair b i-0c']],
    [
      'starts one in each zone at once',
      poolOf(nodesWith(dead('i-0a'), dead('i-0c')), groups),
      ['start-repair a i-0a', 'start-repair b i-0c'],
    ],
    [
      'starts the one that has been dead longest, and has others of its zone wait',
      poolOf(nodesWith(dead('i-0a', 400), dead('i-0b', 500)), groups),
      ['start-repair a i-0b', 'wait a i-0a'],
    ],
    [
      'takes up a repair that goes on, and has others of its zone wait',
      poolOf(nodesWith(dead('i-0a'), dead('i-0b')), groups, {
        record: recordOf({ repairs: [repairOf('i-0a')] }),
      }),
      ['start-repair a i-0a', 'wait a i-0b'],
    ],
    [
      'takes up a repair whose worker is gone',
      poolOf(nodesWith(), groups, {
        record: recordOf({ repairs: [repairOf('i-0ff', { terminatedAt: ago(30) })] }),
      }),
      ['start-repair a i-0ff'],
    ],
    [
      'leaves a repair that has ended',
      poolOf(nodesWith(), groups, {
        record: recordOf({ repairs: [repairOf('i-0ff', { endedAt: ago(30) })] }),
      }),
      [],
    ],
    [
      'takes up what goes on in a pool that is to be repaired no more',
      poolOf(nodesWith(dead('i-0c')), groups, {
        policy: { ...policy, enabled: false },
        record: recordOf({ repairs: [repairOf('i-0a')] }),
      }),
      ['start-repair a i-0a'],
    ],
    [
      'reports a storm once for the pool and starts nothing',
      poolOf(nodesWith(dead('i-0a'), dead('i-0c'), dead('i-0e')), groups),
      ['report'],
    ],
    [
      'starts nothing where the API cannot be asked',
      poolOf({ usable: false, reason: 'ECONNREFUSED' }, groups),
      [],
    ],
  ])('%s', (_, seen, expected) => {
    expect(brief(seen)).toEqual(expected);
  });

  test('says of a storm who was refused, and how many may be unhealthy', () => {
    const [finding] = sweep(poolOf(nodesWith(dead('i-0a'), dead('i-0c'), dead('i-0e')), groups)).findings;
    expect(finding).toEqual({
      cluster: 'demo',
      pool: 'general',
      action: 'report',
      storm: true,
      reason:
        'the storm guard refuses to replace i-0a, i-0c, i-0e: 3 of 6 workers are unhealthy, and 2 may be',
    });
  });

  test('takes up the repairs of a pool that the spec has no more', () => {
    const seen = poolOf(nodesWith(), groups, {
      record: recordOf({ repairs: [repairOf('i-0ff', { pool: 'gone' })] }),
    });
    expect(brief(seen)).toEqual(['start-repair a i-0ff']);
  });
});

describe('what is remembered', () => {
  test('is the guard only once it has refused: a pool that grows is no storm', () => {
    const grows = groups.map((one) => ({ ...one, desired: 20 }));
    expect(sweep(poolOf(nodesWith(), grows)).remember?.pools.general?.guard).toBeUndefined();
    const storm = poolOf(nodesWith(dead('i-0a'), dead('i-0c'), dead('i-0e')), groups);
    expect(sweep(storm).remember?.pools.general?.guard?.closedAt).toBe(now.toISOString());
  });

  test('is written once and not again while nothing changes', () => {
    const first = sweep(poolOf(nodesWith(), groups)).remember;
    expect(first?.pools.general).toEqual({ wanted: 6, healthy: 6, allowed: 2, unhealthy: [] });
    const record = recordOf({ ...first, ailing: { observedAt: ago(70), since: {} } });
    expect(sweep(poolOf(nodesWith(), groups, { record })).remember).toBeUndefined();
  });

  test('tells who is not well and why', () => {
    const seen = poolOf(nodesWith(node('i-0c', [ready('False', ago(10))])), groups);
    expect(sweep(seen).remember).toEqual({
      ailing: { observedAt: ago(10), since: { 'i-0c': { unready: ago(10) } } },
      pools: {
        general: {
          wanted: 6,
          healthy: 5,
          allowed: 2,
          unhealthy: [{ instanceId: 'i-0c', zone: 'b', why: `has not been ready since ${ago(10)}` }],
        },
      },
    });
  });
});
