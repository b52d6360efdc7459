import type { Registry } from '../aws/registry.ts';
import type { SlotGroupFact, SlotGroups } from '../aws/slot-groups.ts';
import { openCluster } from '../clusters/acting.ts';
import { slotResourceName } from '../clusters/names.ts';
import { assertOwn } from '../clusters/ownership.ts';
import type { Lease } from '../leases/contracts.ts';
import type { TaskContext } from '../runtime/task.ts';

/** A slot whose group is to be changed. */
interface LeasedSlot {
  readonly lease: Lease;
  readonly cluster: string;
  readonly slot: string;
}

/** The group of a slot, for a task that changes it. */
interface OpenGroup {
  /** Undefined where there is none. */
  readonly group: SlotGroupFact | undefined;
  /** Re-checks the lease and then does the effect (S14). */
  readonly act: <T>(effect: () => Promise<T>) => Promise<T>;
}

/** Opens a slot's group. Throws ForeignResource where the group of this name is another's (S20), and what openCluster throws. */
export async function openSlotGroup(
  { lease, cluster, slot }: LeasedSlot,
  { registry, groups }: { readonly registry: Registry; readonly groups: Pick<SlotGroups, 'describe'> },
  { config, signal }: Pick<TaskContext, 'config' | 'signal'>,
): Promise<OpenGroup> {
  const { act, owner } = await openCluster(registry, { lease, cluster }, config.deployment, signal);
  const name = slotResourceName(config.deployment, cluster, slot);
  const [group] = await groups.describe([name], signal);
  if (group) assertOwn(`group ${name}`, group.tags, { ...owner, slot });
  return { group, act };
}
