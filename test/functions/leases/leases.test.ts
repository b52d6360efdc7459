import { describe, expect, test } from 'vitest';
import { handler as acquireLease } from '../../../functions/leases/acquire-lease.ts';
import { assertLease } from '../../../functions/leases/assert-lease.ts';
import { handler as releaseLease } from '../../../functions/leases/release-lease.ts';
import { fakeExecutions } from '../../support/fake-executions.ts';
import { fakeRegistry } from '../../support/fake-registry.ts';
import { fakeTaskContext } from '../../support/fake-task-context.ts';

const wanted = { cluster: 'demo', scope: 'slot:a' };

function setUp() {
  const deps = { registry: fakeRegistry(), executions: fakeExecutions() };
  const context = fakeTaskContext({ now: '2026-01-01T12:00:00.000Z' });
  const acquire = (holder: string) => acquireLease.run({ ...wanted, holder }, deps, context);
  return { ...deps, context, acquire };
}

describe('a lease', () => {
  test('is given to the same execution again with the same token', async () => {
    const { acquire } = setUp();
    const first = await acquire('execution-1');
    expect(first).toEqual({ lease: { cluster: 'demo', scope: 'slot:a', holder: 'execution-1', token: 1 } });
    expect(await acquire('execution-1')).toEqual(first);
  });

  test('is refused to a second execution while the first runs, with a retryable error', async () => {
    const { acquire, executions } = setUp();
    await acquire('execution-1');
    executions.executions.set('execution-1', {
      executionArn: 'execution-1',
      status: 'RUNNING',
      startedAt: '2026-01-01T11:59:00.000Z',
    });
    await expect(acquire('execution-2')).rejects.toMatchObject({ name: 'LeaseHeld', kind: 'retryable' });
  });

  test('of an ended execution is taken over with a higher token, and the old one may not act any more', async () => {
    const { acquire, executions, registry } = setUp();
    const { lease: old } = await acquire('execution-1');
    executions.executions.set('execution-1', {
      executionArn: 'execution-1',
      status: 'ABORTED',
      startedAt: '2026-01-01T11:00:00.000Z',
      stoppedAt: '2026-01-01T11:50:00.000Z',
    });
    const { lease } = await acquire('execution-2');
    expect(lease.token).toBe(2);
    await expect(assertLease(registry, lease)).resolves.toBeUndefined();
    await expect(assertLease(registry, old)).rejects.toMatchObject({
      name: 'LeaseLost',
      message: 'lease slot:a of demo, token 1, is gone; it is held by token 2 of execution-2',
    });
  });

  test('that two ask for at once goes to one of them', async () => {
    const { acquire } = setUp();
    const outcomes = await Promise.allSettled([acquire('execution-1'), acquire('execution-2')]);
    expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('is released once, and then the next execution takes it at once', async () => {
    const { acquire, registry, context } = setUp();
    const { lease } = await acquire('execution-1');
    const release = () => releaseLease.run({ lease, outcome: 'done' }, { registry }, context);
    expect(await release()).toEqual({ released: true });
    expect(await release()).toEqual({ released: false });
    await expect(assertLease(registry, lease)).rejects.toMatchObject({ name: 'LeaseLost' });
    expect((await acquire('execution-2')).lease.token).toBe(2);
  });

  test('that is another’s by now is not released', async () => {
    const { acquire, registry, context } = setUp();
    const { lease } = await acquire('execution-1');
    const stale = { ...lease, token: 9 };
    expect(await releaseLease.run({ lease: stale }, { registry }, context)).toEqual({ released: false });
    await expect(assertLease(registry, lease)).resolves.toBeUndefined();
  });
});
