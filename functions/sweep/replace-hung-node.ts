import type { Registry } from '../aws/registry.ts';
import type { SlotGroups } from '../aws/slot-groups.ts';
import { RegistryConflict } from '../runtime/errors.ts';
import type { TaskContext } from '../runtime/task.ts';
import type { SweepFinding } from './contracts.ts';

/**
 * Has the group of a slot replace its hung instance: the new one resumes the same member, as after any loss (replace-etcd-member). The
 * cluster's record is the fence: who decided on another latest replacement than the one there now does nothing.
 *
 * Safe to repeat, and after dying at any point: the next look finds the same instance still hung and marks it again, which a group that
 * replaces it already does not notice.
 */
export async function replaceHungNode(
  { cluster, slot = '', instanceId = '', lastReplacement }: SweepFinding,
  { registry, groups }: { readonly registry: Registry; readonly groups: SlotGroups },
  { clock, metrics, signal }: TaskContext,
): Promise<void> {
  const hungReplacement = { slot, instanceId, at: clock.now().toISOString() };
  try {
    const expected = { hungReplacement: lastReplacement ?? null };
    await registry.updateCluster(cluster, { hungReplacement }, expected, signal);
  } catch (error) {
    // Another sweep was faster, and replaces.
    if (error instanceof RegistryConflict) return;
    throw error;
  }
  metrics.count('HungNodeReplaced');
  await groups.markUnhealthy(instanceId, signal);
}
