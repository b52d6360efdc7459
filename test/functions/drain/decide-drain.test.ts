import { describe, expect, test } from 'vitest';
import type { BlockedPod, DrainObservation } from '../../../functions/drain/contracts.ts';
import { decideDrain, drainPolicy, type NodeInDrain } from '../../../functions/drain/decide-drain.ts';
import type { DrainPod } from '../../../functions/drain/judge-pod.ts';
import { barePod, inService, later, nodeWith, observed, pod } from './drains.ts';

const held: BlockedPod[] = [
  { pod: 'shop/web-1', budget: 'shop/web', reason: 'The disruption budget web needs 2 healthy pods' },
];

interface Row {
  readonly when: string;
  readonly observation?: DrainObservation;
  readonly found: NodeInDrain;
  readonly blocked?: BlockedPod[];
  readonly seconds?: number;
  readonly is: { action: string; outcome?: string; effect?: string; reason?: string };
  readonly evicts?: string[];
  readonly deletes?: Record<string, number>;
}

const daemon = pod('proxy', { controller: 'DaemonSet' });
const mirror = pod('static', { mirror: true });
const ended = pod('job', { phase: 'Succeeded' });
const system = pod('dns', { priority: 2_000_000_000 });
const ending = pod('web-2', { deletionTimestamp: '2026-01-01T00:00:30Z' });
const forbidden = pod('web-1', { doNotDisrupt: 'karpenter.sh/do-not-disrupt=true' });
const silent = { node: { responds: false } };
const spot = observed({ cause: 'spot-interruption', deadlineAt: '2026-01-01T00:01:50.000Z' });
const keeping = inService({ policy: { deadlineSeconds: 3_600, atDeadline: 'keep' } });
const shrinking = inService({ afterwards: 'terminate-and-shrink', cause: 'scale-down' });

const pods: Row[] = [
  {
    when: 'the node runs what stays to its end alone',
    found: nodeWith([daemon, mirror, ended]),
    is: { action: 'finish', outcome: 'drained', effect: 'complete-hook' },
  },
  {
    when: 'it has pods, whoever made them',
    found: nodeWith([pod('web-1'), barePod('bare'), daemon]),
    is: { action: 'wait', outcome: 'going', reason: '2 pods are left: shop/web-1 is to be evicted' },
    evicts: ['web-1', 'bare'],
  },
  {
    when: 'pods of the system are among them',
    found: nodeWith([system, pod('web-1')]),
    is: { action: 'wait' },
    evicts: ['web-1'],
  },
  { when: 'only the system is left', found: nodeWith([system]), is: { action: 'wait' }, evicts: ['dns'] },
  {
    when: 'another pod still ends, the system waits for it',
    found: nodeWith([system, ending]),
    is: { action: 'wait', reason: '2 pods are left: shop/web-2 ends until 2026-01-01T00:00:30Z' },
  },
  {
    when: 'the node does not respond and a pod was to have ended',
    found: nodeWith([ending], silent),
    seconds: 32,
    is: { action: 'finish', outcome: 'drained' },
  },
  {
    when: 'the node does not respond and a pod may still end',
    found: nodeWith([ending], silent),
    seconds: 20,
    is: { action: 'wait' },
  },
  {
    when: 'the node responds, a pod that should have ended is awaited all the same',
    found: nodeWith([ending]),
    seconds: 90,
    is: { action: 'wait' },
  },
  {
    when: 'spot takes it in two minutes, all go at once, who matters most first',
    observation: spot,
    found: nodeWith([pod('low', { priority: -5 }), system, pod('high', { priority: 1_000 })]),
    is: { action: 'wait' },
    evicts: ['dns', 'high', 'low'],
  },
  {
    when: 'a spot worker’s time is just what a pod’s grace period needs',
    observation: spot,
    found: nodeWith([pod('web-1'), pod('quick', { graceSeconds: 5 })]),
    seconds: 70,
    is: { action: 'wait' },
    evicts: ['quick'],
    deletes: { 'web-1': 30 },
  },
  {
    when: 'a grace period does not fit any more',
    found: nodeWith([pod('web-1', { graceSeconds: 600 })]),
    seconds: 3_590,
    is: { action: 'wait' },
    deletes: { 'web-1': 10 },
  },
  {
    when: 'a grace period is without measure',
    found: nodeWith([pod('web-1', { graceSeconds: 80_000 })]),
    seconds: 2_700,
    is: { action: 'wait' },
    deletes: { 'web-1': 900 },
  },
  {
    when: 'it may be kept, no pod is deleted past its budget',
    observation: keeping,
    found: nodeWith([pod('web-1')]),
    seconds: 3_590,
    is: { action: 'wait' },
    evicts: ['web-1'],
  },
  {
    when: 'scale-down meets a pod that its owner forbids to move',
    observation: shrinking,
    found: nodeWith([forbidden]),
    is: { action: 'keep', reason: 'shop/web-1 is annotated karpenter.sh/do-not-disrupt=true' },
  },
  {
    when: 'scale-down meets a pod that nobody would bring back',
    observation: shrinking,
    found: nodeWith([barePod('bare')]),
    is: { action: 'keep', reason: 'shop/bare has no controller that would bring it back' },
  },
  {
    when: 'scale-down meets a pod that nobody would bring back, and whose owner says that it may go',
    observation: shrinking,
    found: nodeWith([{ ...barePod('bare'), safeToEvict: true }]),
    is: { action: 'wait' },
    evicts: ['bare'],
  },
  {
    when: 'the same pods are on a worker that goes in any case',
    found: nodeWith([forbidden, barePod('bare')]),
    is: { action: 'wait' },
    evicts: ['web-1', 'bare'],
  },
];

const ends: Row[] = [
  {
    when: 'the deadline has passed in the hook: it goes, and what held it up is named',
    found: nodeWith([pod('web-1')]),
    blocked: held,
    seconds: 3_600,
    is: {
      action: 'finish',
      outcome: 'expired',
      effect: 'complete-hook',
      reason:
        'the deadline 2026-01-01T01:00:00.000Z has passed: 1 pods are left: shop/web-1 is to be evicted; held up: shop/web-1 by the disruption budget shop/web',
    },
  },
  {
    when: 'the deadline has passed in service and the pool says terminate',
    observation: inService(),
    found: nodeWith([pod('web-1')]),
    seconds: 3_600,
    is: { action: 'finish', outcome: 'expired', effect: 'terminate' },
  },
  {
    when: 'the deadline has passed and the worker goes only to have fewer, whatever the pool says',
    observation: shrinking,
    found: nodeWith([pod('web-1')]),
    blocked: held,
    seconds: 3_600,
    is: { action: 'keep', outcome: 'kept', effect: 'none' },
  },
  {
    when: 'the deadline has passed in service and the pool says keep',
    observation: keeping,
    found: nodeWith([pod('web-1')]),
    blocked: held,
    seconds: 3_600,
    is: { action: 'keep', outcome: 'kept', effect: 'none' },
  },
  {
    when: 'it waits in its hook, keeping is no choice any more',
    observation: observed({ policy: { deadlineSeconds: 3_600, atDeadline: 'keep' } }),
    found: nodeWith([pod('web-1')]),
    seconds: 3_600,
    is: { action: 'finish', outcome: 'expired' },
  },
  {
    when: 'Kubernetes has volumes attached still',
    found: nodeWith([daemon], { attachments: ['pv-1'] }),
    is: { action: 'wait', reason: 'volumes are still attached: pv-1' },
  },
  {
    when: 'EC2 has volumes attached still',
    observation: observed({ volumes: ['vol-1'] }),
    found: nodeWith([]),
    is: { action: 'wait', reason: 'volumes are still attached: vol-1' },
  },
  {
    when: 'a node that does not respond has volumes, nobody would detach them',
    observation: observed({ volumes: ['vol-1'] }),
    found: nodeWith([], { ...silent, attachments: ['pv-1'] }),
    is: { action: 'finish', outcome: 'drained' },
  },
  {
    when: 'volumes are attached past the deadline',
    observation: observed({ volumes: ['vol-1'] }),
    found: nodeWith([]),
    seconds: 3_600,
    is: { action: 'finish', outcome: 'expired' },
  },
  {
    when: 'there is no such node',
    found: { reachable: true, pods: [], attachments: [] },
    is: { action: 'finish', outcome: 'drained' },
  },
  {
    when: 'no API server can be asked',
    found: { reachable: false, reason: 'ECONNREFUSED', pods: [], attachments: [] },
    is: { action: 'wait', reason: 'no API server can be asked: ECONNREFUSED' },
  },
  {
    when: 'no API server can be asked until the deadline, in the hook',
    found: { reachable: false, pods: [], attachments: [] },
    seconds: 3_600,
    is: { action: 'finish', outcome: 'expired' },
  },
  {
    when: 'a drain only empties the node',
    observation: inService({ afterwards: 'keep' }),
    found: nodeWith([]),
    is: { action: 'finish', outcome: 'drained', effect: 'none' },
  },
  {
    when: 'a worker is to go and its group to shrink',
    observation: shrinking,
    found: nodeWith([]),
    is: { action: 'finish', outcome: 'drained', effect: 'terminate-and-shrink' },
  },
];

const names = (list: readonly DrainPod[]) => list.map(({ name }) => name);

describe('a drain, when', () => {
  test.each([...pods, ...ends])('$when', (row) => {
    const { observation = observed(), found, blocked = [], seconds = 1, is, evicts = [], deletes = {} } = row;
    const plan = decideDrain(observation, found, blocked, drainPolicy, later(seconds));
    expect(plan.decision).toMatchObject(is);
    expect(names(plan.evictions)).toEqual(evicts);
    const deletions = plan.deletions.map((one) => [one.pod.name, one.gracePeriodSeconds]);
    expect(Object.fromEntries(deletions)).toEqual(deletes);
  });
});

describe('the deadline', () => {
  const endless = { deadlineSeconds: 400_000, atDeadline: 'terminate' } as const;
  const action = (observation: DrainObservation, seconds: number, policy = drainPolicy, since?: string) => {
    const node = { responds: true, ...(since !== undefined && { drainingSince: since }) };
    const found = nodeWith([pod('web-1')], { node });
    return decideDrain(observation, found, [], policy, later(seconds)).decision.action;
  };

  test('counts from the first mark on the node, whatever execution goes on with it', () => {
    const earlier = later(-3_000).toISOString();
    expect(action(observed(), 599, drainPolicy, earlier)).toBe('wait');
    expect(action(observed(), 600, drainPolicy, earlier)).toBe('finish');
  });

  test('is never later than the end of the hook: 48 hours, less a reserve', () => {
    expect(action(observed({ policy: endless }), 172_499)).toBe('wait');
    expect(action(observed({ policy: endless }), 172_500)).toBe('finish');
    expect(action(inService({ policy: endless }), 172_500)).toBe('wait');
  });

  test('is a hundred time-outs of the hook where that is less', () => {
    const short = { ...drainPolicy, hookSeconds: 60 };
    expect(action(observed({ policy: endless }), 5_699, short)).toBe('wait');
    expect(action(observed({ policy: endless }), 5_700, short)).toBe('finish');
  });
});

describe('the waits between rounds', () => {
  const longest = observed({ policy: { deadlineSeconds: 172_000, atDeadline: 'terminate' } });
  const waitAfter = (seconds: number, policy = drainPolicy) =>
    decideDrain(longest, nodeWith([pod('web-1')]), [], policy, later(seconds)).decision;

  test('let the longest drain of a spec end within 900 rounds, and heartbeat in time', () => {
    let seconds = 0;
    let rounds = 0;
    for (let next = waitAfter(0); next.action === 'wait'; next = waitAfter(seconds)) {
      expect(next.waitSeconds).toBeLessThanOrEqual(drainPolicy.hookSeconds / 2);
      seconds += next.waitSeconds;
      rounds += 1;
    }
    expect(rounds).toBeLessThan(900);
    expect(seconds).toBeGreaterThanOrEqual(172_000);
    expect(seconds).toBeLessThan(172_010);
  });

  test.each([
    [0, 2],
    [80, 10],
    [2_000, 60],
    [20_000, 300],
    [171_500, 30],
    [171_990, 10],
  ])('after %i s the next look is in %i s', (seconds, wait) => {
    expect(waitAfter(seconds).waitSeconds).toBe(wait);
  });

  test('are at most a third of a short hook’s time-out', () => {
    expect(waitAfter(1_000, { ...drainPolicy, hookSeconds: 30 }).waitSeconds).toBe(10);
  });
});
