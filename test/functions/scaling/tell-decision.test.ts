import { expect, test } from 'vitest';
import type { ScalingRecord } from '../../../functions/aws/registry.ts';
import type { ScalingDecision } from '../../../functions/scaling/decide-scaling.ts';
import { recordDecision as recordWith, tellDecision } from '../../../functions/scaling/tell-decision.ts';
import type { PlannedNode } from '../../../functions/scheduling/decide-worker-plan.ts';

const now = new Date('2026-03-01T12:00:05Z');
const nodeOf = (zone: string, pods: readonly string[]): PlannedNode => ({
  pool: 'general',
  zone,
  instanceType: 'm7g.large',
  pricePerHour: 0.08,
  pods,
  reason: `${pods.length} pods in ${zone}`,
});
/** That group is to have so many. */
const to = (zone: string, size: number) => ({
  pool: 'general',
  zone,
  from: 0,
  to: size,
  reason: 'pods wait',
});
const changesOfAll = [to('a', 2), to('b', 1), to('c', 1)];
const decisionOf = (
  additions: readonly PlannedNode[],
  leftOut: ScalingDecision['leftOut'] = [],
  changes = changesOfAll,
): ScalingDecision => ({
  action: 'resize',
  reason: 'pods wait',
  changes,
  removals: [],
  unneeded: [],
  leftOut,
  plan: { additions, leftOut, onPresent: [], pricePerHour: 0.24, lowerBoundPerHour: 0.2 },
});
const additions = [
  nodeOf('us-east-1a', ['shop/1', 'shop/2']),
  nodeOf('us-east-1b', ['shop/3']),
  nodeOf('us-east-1a', ['shop/4']),
];
const recordDecision = (
  before: ScalingRecord | undefined,
  decision: ScalingDecision,
  observedAt: string,
): ScalingRecord => recordWith(before, decision, { backOffs: before?.backOffs ?? [], observedAt, now });
const general = { pool: 'general', instanceType: 'm7g.large' };
const inA = { ...general, zone: 'us-east-1a', workers: 2, pods: 3, reason: '2 pods in us-east-1a' };
const inB = { ...general, zone: 'us-east-1b', workers: 1, pods: 1, reason: '1 pods in us-east-1b' };
const firstLook = '2026-03-01T12:00:00Z';
const secondLook = '2026-03-01T12:01:00Z';

test('a decision is told with workers of a kind together, and pods that are left out by their first', () => {
  const leftOut = [{ pods: ['shop/5', 'shop/6'], reason: 'general: too small' }];
  expect(tellDecision(decisionOf(additions, leftOut))).toMatchObject({
    additions: [inA, inB],
    pricePerHour: 0.24,
    leftOut: [{ pods: 2, first: 'shop/5', reason: 'general: too small' }],
  });
});

test('what plans have asked for is remembered, the latest first', () => {
  const first = recordDecision(undefined, decisionOf(additions), firstLook);
  expect(first).toEqual({
    revision: 1,
    backOffs: [],
    unneeded: [],
    launches: [
      { ...inA, size: 2, observedAt: firstLook },
      { ...inB, size: 1, observedAt: firstLook },
    ],
    decided: { at: '2026-03-01T12:00:05.000Z', reason: 'pods wait', leftOut: [] },
  });
  const nothing = recordDecision(first, decisionOf([]), secondLook);
  expect([nothing.revision, nothing.launches]).toEqual([2, first.launches]);
  const next = recordDecision(nothing, decisionOf([nodeOf('us-east-1c', ['shop/7'])]), secondLook);
  expect(next.launches?.map(({ zone }) => zone)).toEqual(['us-east-1c', 'us-east-1a', 'us-east-1b']);
});

test('what is planned again before its group was resized is told once, and what is planned beyond it anew', () => {
  const first = recordDecision(undefined, decisionOf(additions), firstLook);
  const again = recordDecision(first, decisionOf(additions), secondLook);
  expect(again.launches).toEqual(first.launches);
  const more = recordDecision(again, decisionOf(additions, [], [to('a', 4), to('b', 1)]), secondLook);
  expect(more.launches?.map(({ size, zone }) => `${zone} ${size}`)).toEqual([
    'us-east-1a 4',
    'us-east-1a 2',
    'us-east-1b 1',
  ]);
  const later = recordDecision(again, decisionOf(additions), '2026-03-01T12:05:00Z');
  expect(later.launches).toHaveLength(4);
});

test('what the pool’s bound does not let come is not told as asked for', () => {
  const { launches } = recordDecision(undefined, decisionOf(additions, [], [to('b', 1)]), firstLook);
  expect(launches?.map(({ zone }) => zone)).toEqual(['us-east-1b']);
});

test('no more is remembered than twenty launches and ten kinds of pods that are left out', () => {
  let record: ScalingRecord | undefined;
  const leftOut = Array.from({ length: 30 }, (_, index) => ({ pods: [`shop/${index}`], reason: 'no' }));
  for (let look = 0; look < 30; look += 1)
    record = recordDecision(record, decisionOf(additions, leftOut, [to('a', look)]), firstLook);
  expect([record?.launches?.length, record?.decided?.leftOut.length]).toEqual([20, 10]);
  expect(record?.launches?.[0]?.size).toBe(29);
});

test('back-offs are remembered as they are now', () => {
  const backOffs = [
    { pool: 'general', zone: 'a', instanceType: 'm7g.large', until: secondLook, seconds: 300 },
  ];
  const before = { revision: 4, backOffs: [], unneeded: [] };
  expect(recordWith(before, decisionOf([]), { backOffs, observedAt: firstLook, now })).toMatchObject({
    revision: 5,
    backOffs,
  });
});
