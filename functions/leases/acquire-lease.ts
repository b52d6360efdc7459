/**
 * Takes the lease under which an execution acts.
 *
 * Safe to repeat: the same holder gets the same lease again, and two that ask at once meet in a conditional write that one of them loses.
 */
import { type Executions, makeExecutions } from '../aws/executions.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { LeaseHeld, RegistryConflict } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { acquireLease } from './contracts.ts';
import { decideAcquire } from './decide-acquire.ts';

export interface AcquireLeaseDeps {
  readonly registry: Registry;
  readonly executions: Executions;
}

export const handler = task(
  acquireLease,
  (config): AcquireLeaseDeps => ({ registry: makeRegistry(config), executions: makeExecutions(config) }),
  async ({ cluster, scope, holder }, { registry, executions }, { signal, clock, config, log }) => {
    const record = await registry.getLease(cluster, scope, signal);
    const contested = record && record.releasedAt === undefined && record.holder !== holder;
    const holderExecution = contested ? await executions.describe(record.holder, signal) : undefined;
    const decision = decideAcquire({ record, holder, holderExecution }, config, clock.now());
    log.info('decided', { scope, action: decision.action, reason: decision.reason });
    if (decision.action === 'wait') throw new LeaseHeld(`lease ${scope} of ${cluster}: ${decision.reason}`);
    const { token } = decision;
    if (decision.action === 'take') {
      const taken = { holder, token, acquiredAt: clock.now().toISOString() };
      const expected = record ? { token: record.token, holder: record.holder } : 'absent';
      try {
        await registry.putLease(cluster, scope, taken, expected, signal);
      } catch (error) {
        if (!(error instanceof RegistryConflict)) throw error;
        throw new LeaseHeld(`lease ${scope} of ${cluster}: another took it first`, { cause: error });
      }
    }
    return { lease: { cluster, scope, holder, token } };
  },
);
