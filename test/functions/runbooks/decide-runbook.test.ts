import { describe, expect, test } from 'vitest';
import type { ClusterRecord } from '../../../functions/aws/registry.ts';
import {
  decideRunbook,
  type RunbookSubject,
  readArguments,
} from '../../../functions/runbooks/decide-runbook.ts';
import { runbooks } from '../../../functions/runbooks/definitions.ts';

const now = new Date('2026-03-01T12:00:00.000Z');
const pools = [{ name: 'general', min: 1, max: 4 }];
const record = { name: 'demo', spec: { name: 'demo', pools } } as unknown as ClusterRecord;
const paused = {
  ...record,
  pause: {
    until: '2026-03-01T13:00:00.000Z',
    reason: 'a migration',
    by: 'a1',
    at: '2026-03-01T11:00:00.000Z',
  },
};
const worker = { pool: 'general', zone: 'b' };
const demo: RunbookSubject = {
  clusters: ['demo', 'other'],
  record,
  slots: ['a', 'b', 'c'],
  worker,
  written: { spec: { name: 'fresh', version: 1 } },
};

const decide = (runbook: string, parameters: Record<string, unknown>, subject: RunbookSubject = demo) => {
  const request = { runbook, automation: 'a1', parameters };
  return decideRunbook(request, readArguments(request), subject, now);
};
const ofDemo = (more: Record<string, unknown> = {}) => ({ Cluster: 'demo', ...more });
const instance = ofDemo({ InstanceId: 'i-0123456789abcdef0' });

describe('what is asked', () => {
  test.each<[string, Record<string, unknown>, object]>([
    [
      'provision-cluster',
      { Cluster: 'fresh', SpecObject: 'specs/fresh.yaml' },
      {
        action: 'start',
        workflow: 'provision-cluster',
        cluster: 'fresh',
        input: { spec: { name: 'fresh', version: 1 } },
      },
    ],
    ['provision-cluster', ofDemo(), { action: 'start', input: { spec: { name: 'demo' } } }],
    [
      'replace-slot',
      ofDemo({ Slot: 'b' }),
      { action: 'start', workflow: 'replace-etcd-member', input: { cluster: 'demo', slot: 'b' } },
    ],
    [
      'drain-worker',
      instance,
      {
        action: 'start',
        workflow: 'drain-worker',
        input: {
          cluster: 'demo',
          pool: 'general',
          zone: 'b',
          instanceId: 'i-0123456789abcdef0',
          cause: 'person',
          afterwards: 'keep',
        },
      },
    ],
    [
      'drain-worker',
      { ...instance, Afterwards: 'terminate-and-shrink' },
      { action: 'start', workflow: 'drain-worker', input: { afterwards: 'terminate-and-shrink' } },
    ],
    [
      'repair-worker',
      { ...instance, Reason: 'its disk is slow' },
      { action: 'start', workflow: 'repair-worker', input: { zone: 'b', reason: 'its disk is slow' } },
    ],
    [
      'replace-control-plane-node',
      ofDemo({ Slot: 'b', Reason: 'it is slow' }),
      {
        action: 'start',
        workflow: 'replace-control-plane-node',
        input: { cluster: 'demo', slot: 'b', reason: 'it is slow', acceptDowntime: false },
      },
    ],
    [
      'replace-control-plane-node',
      ofDemo({ Slot: 'b', AcceptDowntime: 'true' }),
      { action: 'start', input: { reason: 'a person asked for it', acceptDowntime: true } },
    ],
    [
      'scale-pool',
      ofDemo({ Pool: 'general', Size: '4' }),
      { action: 'start', workflow: 'scale-workers', input: { cluster: 'demo', pool: 'general', size: 4 } },
    ],
    ['kick-slot', ofDemo({ Slot: 'c' }), { action: 'kick', cluster: 'demo', slot: 'c' }],
    [
      'pause-automation',
      ofDemo({ Reason: 'a migration' }),
      { action: 'pause', cluster: 'demo', minutes: 60, reason: 'a migration' },
    ],
    [
      'pause-automation',
      ofDemo({ Minutes: '10080', Reason: 'a migration' }),
      { action: 'pause', minutes: 10_080 },
    ],
    ['resume-automation', ofDemo(), { action: 'resume', cluster: 'demo' }],
    [
      'retire-cluster',
      ofDemo({ Confirm: 'demo' }),
      { action: 'start', workflow: 'retire-cluster', input: { cluster: 'demo', confirm: 'demo' } },
    ],
    [
      'retire-cluster',
      ofDemo({ Confirm: 'demo', Volumes: 'keep' }),
      { action: 'start', input: { cluster: 'demo', confirm: 'demo', keepVolumes: true } },
    ],
  ])('%s with %j', (runbook, parameters, decision) => {
    expect(decide(runbook, parameters)).toMatchObject(decision);
  });

  test('is one execution where two people ask for the same, and another where they do not', () => {
    const prefix = (parameters: object) => {
      const decision = decide('drain-worker', { ...instance, ...parameters });
      return decision.action === 'start' ? decision.prefix : '';
    };
    expect(prefix({})).toMatch(/^demo-runbook-[0-9a-f]{8}$/);
    expect(prefix({ Afterwards: 'keep' })).toBe(prefix({}));
    expect(prefix({ Afterwards: 'terminate' })).not.toBe(prefix({}));
  });
});

describe('what is refused', () => {
  test.each<[string, string, Record<string, unknown>, RunbookSubject, string]>([
    [
      'a runbook that is none',
      'heal',
      {},
      demo,
      'there is no runbook heal; there are: provision-cluster, replace-slot,',
    ],
    [
      'a parameter too many',
      'kick-slot',
      ofDemo({ Slot: 'a', Colour: 'red' }),
      demo,
      'Colour: kick-slot has no such parameter; it has: Cluster, Slot',
    ],
    ['a parameter too few', 'kick-slot', ofDemo(), demo, 'Slot: must be given'],
    [
      'a value that is not among those allowed',
      'kick-slot',
      ofDemo({ Slot: 'z' }),
      demo,
      'Slot: "z" is none of a, b, c, d, e, f',
    ],
    [
      'a value against its pattern',
      'resume-automation',
      { Cluster: 'Demo' },
      demo,
      'Cluster: "Demo" does not match',
    ],
    ['a value that is no text', 'resume-automation', { Cluster: 7 }, demo, 'Cluster: must be text'],
    [
      'text that would end a JSON string',
      'pause-automation',
      ofDemo({ Reason: 'so","by":"me' }),
      demo,
      'Reason: ',
    ],
    [
      'a pause longer than a week',
      'pause-automation',
      ofDemo({ Reason: 'x', Minutes: '10081' }),
      demo,
      'Minutes: "10081" does not match',
    ],
    [
      'a spec that is not there',
      'provision-cluster',
      { Cluster: 'fresh', SpecObject: 'specs/x.yaml' },
      { clusters: [], slots: [], written: { problem: 'there is no object specs/x.yaml' } },
      'SpecObject: there is no object specs/x.yaml',
    ],
    [
      'a spec of another cluster',
      'provision-cluster',
      { Cluster: 'demo', SpecObject: 'specs/fresh.yaml' },
      demo,
      'Cluster: specs/fresh.yaml is the spec of "fresh", not of demo',
    ],
    [
      'a recorded spec of a cluster that is not there',
      'provision-cluster',
      { Cluster: 'fresh' },
      { clusters: [], slots: [] },
      "SpecObject: nothing is recorded of fresh: put its spec into the deployment's bucket as specs/fresh.yaml",
    ],
    [
      'all that is wrong at once',
      'drain-worker',
      { Cluster: 'Demo', InstanceId: 'x' },
      demo,
      'Cluster: "Demo" does not match ^[a-z][a-z0-9-]{0,18}[a-z0-9]$; InstanceId: "x" does not match ^i-[0-9a-f]{8,17}$',
    ],
    [
      'an unknown cluster',
      'kick-slot',
      { Cluster: 'nowhere', Slot: 'a' },
      { clusters: ['demo', 'other'], slots: [] },
      'Cluster: there is no cluster nowhere; there are: demo, other',
    ],
    [
      'a slot that the cluster has not',
      'kick-slot',
      ofDemo({ Slot: 'd' }),
      demo,
      'Slot: demo has no slot d; it has: a, b, c',
    ],
    [
      'a slot that an execution has in hand',
      'replace-slot',
      ofDemo({ Slot: 'a' }),
      { ...demo, slotHolder: 'arn:execution' },
      'Slot: an execution has slot a of demo in hand: arn:execution',
    ],
    [
      'a pool that the cluster has not',
      'scale-pool',
      ofDemo({ Pool: 'spot', Size: '1' }),
      demo,
      'Pool: demo has no pool spot; it has: general',
    ],
    [
      'a size beyond the pool’s bounds',
      'scale-pool',
      ofDemo({ Pool: 'general', Size: '5' }),
      demo,
      'Size: pool general has 1 to 4 workers by its spec and 5 are asked for',
    ],
    [
      'a worker that no pool has',
      'drain-worker',
      instance,
      { clusters: ['demo'], record, slots: [] },
      'InstanceId: no pool of demo has the instance i-0123456789abcdef0',
    ],
    [
      'a retirement without the name again',
      'retire-cluster',
      ofDemo({ Confirm: 'other' }),
      demo,
      'Confirm: "other" is not the name of the cluster again, "demo"',
    ],
  ])('%s', (_, runbook, parameters, subject, message) => {
    expect(() => decide(runbook, parameters, subject)).toThrow(message);
  });

  test.each<[string, Record<string, unknown>]>([
    ['provision-cluster', ofDemo()],
    ['replace-slot', ofDemo({ Slot: 'a' })],
    ['replace-control-plane-node', ofDemo({ Slot: 'a' })],
    ['scale-pool', ofDemo({ Pool: 'general', Size: '2' })],
    ['kick-slot', ofDemo({ Slot: 'a' })],
    ['drain-worker', instance],
    ['repair-worker', instance],
    ['retire-cluster', ofDemo({ Confirm: 'demo' })],
  ])('%s on a paused cluster', (runbook, parameters) => {
    expect(() => decide(runbook, parameters, { ...demo, record: paused })).toThrow(
      'demo is paused until 2026-03-01T13:00:00.000Z: a migration. Run resume-automation first',
    );
  });

  const retiring: RunbookSubject = {
    ...demo,
    record: {
      ...record,
      retirement: { startedAt: '2026-03-01T11:00:00.000Z', keepVolumes: false, execution: 'arn' },
    },
  };

  test.each<[string, Record<string, unknown>]>([
    ['provision-cluster', ofDemo()],
    ['replace-slot', ofDemo({ Slot: 'a' })],
    ['drain-worker', instance],
    ['pause-automation', ofDemo({ Reason: 'wait' })],
    ['resume-automation', ofDemo()],
  ])('%s on a cluster that is being retired', (runbook, parameters) => {
    expect(() => decide(runbook, parameters, retiring)).toThrow(
      'Cluster: demo is being retired since 2026-03-01T11:00:00.000Z: nothing else is done to it',
    );
  });

  test('not to go on with a retirement that was begun', () => {
    expect(decide('retire-cluster', ofDemo({ Confirm: 'demo' }), retiring).action).toBe('start');
  });

  test('not to go on with a retirement that died while it forgot the cluster', () => {
    const forgotten = { clusters: ['demo'], slots: [] };
    expect(decide('retire-cluster', ofDemo({ Confirm: 'demo' }), forgotten).action).toBe('start');
  });

  test('nothing, on a paused cluster, of what is about the pause itself', () => {
    const subject = { ...demo, record: paused };
    expect(decide('resume-automation', ofDemo(), subject).action).toBe('resume');
    expect(decide('pause-automation', ofDemo({ Reason: 'longer' }), subject).action).toBe('pause');
  });
});

test('every pattern of a parameter is for the whole value, and no text may end a JSON string', () => {
  for (const { parameters } of runbooks)
    for (const { allowedPattern, allowedValues, name } of parameters) {
      if (allowedValues) continue;
      expect(allowedPattern, name).toMatch(/^\^.*\$$/);
      for (const text of ['"', '\\', '\n', '{{ x }}'])
        expect(text).not.toMatch(new RegExp(allowedPattern ?? ''));
    }
});
