import { describe, expect, test } from 'vitest';
import type { WorkerObservation } from '../../../functions/workers/contracts.ts';
import { decideWorker, type WorkerInKubernetes } from '../../../functions/workers/decide-worker.ts';

const now = new Date('2026-03-01T10:05:00Z');
const policy = { joinSecondsMax: 600 };
const observation = (more: Partial<WorkerObservation> = {}): WorkerObservation => ({
  ...base,
  ...more,
});
const base = {
  cluster: 'demo',
  pool: 'general',
  zone: 'us-east-1a',
  instanceId: 'i-1',
  autoScalingGroupName: 'g',
  lifecycleState: 'Pending:Wait',
  state: 'running',
  waitingInHook: true,
  launchedAt: '2026-03-01T10:00:00Z',
  observedAt: '2026-03-01T10:05:00Z',
  report: { state: 'waiting' },
} as unknown as WorkerObservation;
const found = (more: Partial<WorkerInKubernetes> = {}): WorkerInKubernetes => ({
  reachable: true,
  admitted: false,
  requests: [],
  ...more,
});
const late = { launchedAt: '2026-03-01T09:54:59Z' };
const request = (state: WorkerInKubernetes['requests'][number]['state']) => ({ name: 'csr-1', state });

describe('a worker in its launch hook', () => {
  test.for<[string, Partial<WorkerObservation>, Partial<WorkerInKubernetes>, string, string]>([
    ['that waits in no hook is left alone', { waitingInHook: false }, {}, 'none', 'waits for nothing'],
    [
      'whose instance is gone is its group’s',
      { state: 'terminated' },
      {},
      'none',
      'its group sees to another',
    ],
    [
      'that has not reported waits',
      { report: { state: 'none' } as never },
      {},
      'wait',
      'has not reported yet',
    ],
    ['that reported is admitted', {}, {}, 'admit', 'waits to be admitted'],
    [
      'that has a token is given time to ask',
      { report: { state: 'joining' } as never },
      { admitted: true },
      'wait',
      'has not asked yet',
    ],
    [
      'that has a token and still waits is admitted again: who made it may have ended before the worker was told',
      {},
      { admitted: true },
      'admit',
      'has a token and still waits',
    ],
    [
      'that asks is approved',
      {},
      { admitted: true, requests: [request('pending')] },
      'approve',
      'asks for its',
    ],
    ['that was approved is awaited', {}, { requests: [request('approved')] }, 'wait', 'is no node yet'],
    ['whose request was denied is admitted anew', {}, { requests: [request('denied')] }, 'admit', 'admitted'],
    ['that is no ready node is awaited', {}, { node: { ready: false, reason: 'no CNI' } }, 'wait', 'no CNI'],
    ['that is ready is completed', {}, { node: { ready: true } }, 'complete', 'is a ready node'],
    [
      'that is ready late is completed all the same',
      late,
      { node: { ready: true } },
      'complete',
      'ready node',
    ],
    [
      'that could not be admitted in time, since no API server answered, is admitted late',
      late,
      {},
      'admit',
      'waits to be admitted',
    ],
    [
      'that was admitted late has its time from then on',
      { ...late, report: { state: 'joining' } as never },
      { admitted: true, admittedAt: '2026-03-01T09:55:00Z' },
      'wait',
      'has not asked yet',
    ],
    [
      'that was admitted late and does not use its time is given up',
      { ...late, report: { state: 'joining' } as never },
      { admitted: true, admittedAt: '2026-03-01T09:54:59Z' },
      'abandon',
      'not ready 601 s after its launch',
    ],
    ['that is late is given up', late, { admitted: true }, 'abandon', 'not ready 601 s after its launch'],
    [
      'that refuses is not given up before its time',
      { report: { state: 'refused', reason: 'version' } as never },
      {},
      'wait',
      'refuses to join: version',
    ],
    [
      'is never given up because no API server answers',
      late,
      { reachable: false, reason: 'refused' },
      'wait',
      'no API server can be asked',
    ],
  ])('%s', ([, seen, kubernetes, action, reason]) => {
    const decision = decideWorker(observation(seen), found(kubernetes), policy, now);
    expect(decision).toMatchObject({ action, reason: expect.stringContaining(reason) });
  });

  test('is approved by the name of its own request', () => {
    const asked = found({ requests: [request('denied'), { name: 'csr-2', state: 'pending' }] });
    expect(decideWorker(base, asked, policy, now)).toMatchObject({ action: 'approve', requestName: 'csr-2' });
  });
});
