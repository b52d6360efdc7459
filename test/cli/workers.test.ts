import { describe, expect, test } from 'vitest';
import { renderWorkers, summarizeWorkers } from '../../cli/workers.ts';
import type { RepairsRecord } from '../../functions/aws/registry.ts';

const well = { wanted: 3, healthy: 3, allowed: 2, unhealthy: [] };
const recordOf = (fields: Partial<RepairsRecord>): RepairsRecord => ({
  revision: 1,
  ailing: { observedAt: '', since: {} },
  pools: { general: well },
  repairs: [],
  ...fields,
});
const lines = (fields: Partial<RepairsRecord>) => renderWorkers(summarizeWorkers(recordOf(fields)));
const sick = { instanceId: 'i-0b', zone: 'b', why: 'has not been ready since 2026-03-01T11:54:00.000Z' };
const repair = {
  pool: 'general',
  zone: 'b',
  instanceId: 'i-0b',
  reason: 'i-0b has not been ready since 11:54',
  replacement: 'after' as const,
  startedAt: '2026-03-01T12:00:00.000Z',
};

describe('trivet status says of workers', () => {
  test('nothing before a sweep has looked', () => {
    expect(renderWorkers(summarizeWorkers(undefined))).toEqual([]);
  });

  test('how many are ready and that the guard is open', () => {
    expect(lines({})).toEqual(['pool general: workers ready: 3 of 3; 2 may be unhealthy, storm guard open']);
  });

  test('who is not ready, and why', () => {
    expect(lines({ pools: { general: { ...well, healthy: 2, unhealthy: [sick] } } })).toEqual([
      'pool general: workers ready: 2 of 3; 2 may be unhealthy, storm guard open',
      '  i-0b in zone b has not been ready since 2026-03-01T11:54:00.000Z',
    ]);
  });

  test('that the guard is closed, since when and why', () => {
    const guard = {
      closedAt: '12:00',
      lastOverAt: '12:05',
      reason: '3 of 3 workers are unhealthy, and 2 may be',
    };
    expect(lines({ pools: { general: { ...well, healthy: 0, guard } } })).toEqual([
      'pool general: workers ready: 0 of 3; 2 may be unhealthy, storm guard CLOSED',
      '  nothing is replaced since 12:00: 3 of 3 workers are unhealthy, and 2 may be',
    ]);
  });

  test('that nothing is known of them, instead of that none is ready', () => {
    const blind = 'no API server can be asked: ECONNREFUSED';
    expect(lines({ pools: { general: { ...well, healthy: 0, blind, unhealthy: [sick] } } })).toEqual([
      'pool general: workers ready: not known of 3; 2 may be unhealthy, storm guard open',
      '  no API server can be asked: ECONNREFUSED',
    ]);
  });

  test('the last five repairs, each with what came of it', () => {
    const ended = { ...repair, endedAt: '12:04', outcome: 'replaced' as const, remark: 'i-0b is gone' };
    const shown = lines({ repairs: [repair, ...Array.from({ length: 7 }, () => ended)] });
    expect(shown).toHaveLength(6);
    expect(shown.slice(1, 3)).toEqual([
      'repair: 2026-03-01T12:00:00.000Z pool general, zone b: i-0b has not been ready since 11:54; goes on',
      'repair: 2026-03-01T12:00:00.000Z pool general, zone b: i-0b has not been ready since 11:54; replaced 12:04: i-0b is gone',
    ]);
  });
});
