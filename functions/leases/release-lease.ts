/**
 * Gives a lease back, so that the next execution need not wait for this one to have ended.
 *
 * Safe to repeat: only the very lease that is given is released; one that is another's by now, or released already, is left alone.
 */
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { RegistryConflict } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { releaseLease } from './contracts.ts';

export const handler = task(
  releaseLease,
  (config): { registry: Registry } => ({ registry: makeRegistry(config) }),
  async ({ lease, outcome }, { registry }, { signal, clock }) => {
    const { cluster, scope, holder, token } = lease;
    const record = await registry.getLease(cluster, scope, signal);
    const ours = record?.holder === holder && record.token === token && record.releasedAt === undefined;
    if (!ours) return { released: false };
    const released = {
      ...record,
      releasedAt: clock.now().toISOString(),
      ...(outcome !== undefined && { outcome }),
    };
    try {
      await registry.putLease(cluster, scope, released, { holder, token, releasedAt: null }, signal);
    } catch (error) {
      if (error instanceof RegistryConflict) return { released: false };
      throw error;
    }
    return { released: true };
  },
);
