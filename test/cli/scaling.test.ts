import { describe, expect, test } from 'vitest';
import { renderScaling, summarizeScaling } from '../../cli/scaling.ts';
import type { ScalingRecord } from '../../functions/aws/registry.ts';

const launch = {
  pool: 'general',
  zone: 'us-east-1b',
  instanceType: 'm7g.large',
  workers: 1,
  pods: 1,
  reason: '1 pod that has no place',
  observedAt: '2026-03-01T12:00:00Z',
  size: 2,
};
const lines = (record?: ScalingRecord) => renderScaling(summarizeScaling(record));

describe('trivet status says of scaling', () => {
  test('nothing before anything was planned', () => {
    expect(lines()).toEqual([]);
    expect(lines({ revision: 1, backOffs: [], unneeded: [] })).toEqual([]);
  });

  test('the latest plan, which pods no worker could take and why, and the last five launches', () => {
    const leftOut = [
      { pods: 1, first: 'shop/a', reason: 'general: too small' },
      { pods: 3, first: 'shop/b', reason: 'general: it is at its greatest number of nodes' },
    ];
    const decided = { at: '2026-03-01T12:00:05Z', reason: '4 pods wait', leftOut };
    const launches = Array.from({ length: 7 }, () => launch);
    const shown = lines({ revision: 1, backOffs: [], unneeded: [], decided, launches });
    expect(shown.slice(0, 4)).toEqual([
      'scaling: 2026-03-01T12:00:05Z 4 pods wait',
      '  no worker could take shop/a: general: too small',
      '  no worker could take shop/b and 2 more like it: general: it is at its greatest number of nodes',
      '  asked for 2026-03-01T12:00:00Z: 1 worker of pool general in us-east-1b (m7g.large) for 1 pod: 1 pod that has no place',
    ]);
    expect(shown).toHaveLength(8);
  });
});
