import type { Registry } from '../aws/registry.ts';
import { RegistryConflict } from '../runtime/errors.ts';
import type { TaskContext } from '../runtime/task.ts';
import type { SweepFinding } from './contracts.ts';

/**
 * Writes into the cluster's record which hung node is to be replaced: the fence of ADR 17. Who decided on another latest replacement than the
 * one there now may not go on (`false`).
 *
 * Safe to repeat, and after dying at any point: the next look finds the same instance still hung, announces it again and starts what
 * runs already, or what has not begun yet.
 */
export async function announceHung(
  { cluster, slot = '', instanceId = '', lastReplacement }: SweepFinding,
  registry: Pick<Registry, 'updateCluster'>,
  { clock, metrics, signal }: Pick<TaskContext, 'clock' | 'metrics' | 'signal'>,
): Promise<boolean> {
  const hungReplacement = { slot, instanceId, at: clock.now().toISOString() };
  try {
    const expected = { hungReplacement: lastReplacement ?? null };
    await registry.updateCluster(cluster, { hungReplacement }, expected, signal);
  } catch (error) {
    // Another sweep was faster, and starts it.
    if (error instanceof RegistryConflict) return false;
    throw error;
  }
  metrics.count('HungNodeReplaced');
  return true;
}
