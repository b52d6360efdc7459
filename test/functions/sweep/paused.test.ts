import { expect, test } from 'vitest';
import type { SweepFinding } from '../../../functions/sweep/contracts.ts';
import { holdPaused } from '../../../functions/sweep/hold-paused.ts';
import { fakeRegistry } from '../../support/fake-registry.ts';
import { putFormedCluster } from './registered.ts';

const now = new Date('2026-03-01T12:00:00.000Z');
const until = (time: string) => ({
  until: time,
  reason: 'a migration',
  by: 'a1',
  at: '2026-03-01T11:00:00.000Z',
});

async function hold(findings: SweepFinding[], paused = until('2026-03-01T12:00:01.000Z')) {
  const registry = fakeRegistry();
  for (const cluster of ['demo', 'other']) await putFormedCluster(registry, cluster, ['a']);
  await registry.updateCluster('demo', { pause: paused });
  return holdPaused(findings, registry, { now, signal: new AbortController().signal });
}

const finding = (action: SweepFinding['action'], cluster = 'demo'): SweepFinding => ({
  cluster,
  slot: 'a',
  action,
  reason: 'its group launches nothing',
});

test.each<SweepFinding['action']>([
  'start-replace',
  'start-join',
  'start-drain',
  'start-scale',
  'start-repair',
  'start-replace-node',
  'mark-unhealthy',
  'resume-launch',
  'kick-launch',
  'next-instance-type',
])('of a paused cluster, %s is said and not done', async (action) => {
  expect(await hold([finding(action)])).toEqual([
    {
      cluster: 'demo',
      slot: 'a',
      action: 'wait',
      reason: `demo is paused until 2026-03-01T12:00:01.000Z: a migration; without that: ${action}, its group launches nothing`,
    },
  ]);
});

test.each<SweepFinding['action']>(['wait', 'report'])('%s is what it is', async (action) => {
  expect(await hold([finding(action)])).toEqual([finding(action)]);
});

test('a pause that has ended, and one of another cluster, hold nothing', async () => {
  const findings = [finding('start-replace'), finding('start-join', 'other')];
  expect(await hold(findings, until('2026-03-01T12:00:00.000Z'))).toEqual(findings);
  expect((await hold(findings))[1]).toEqual(finding('start-join', 'other'));
});
