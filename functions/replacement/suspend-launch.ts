/**
 * Keeps a slot's group from launching: what it launched while the old instance still holds the network interface would fail.
 *
 * Safe to repeat: a process that is suspended stays so. Whoever suspends resumes; where that execution ends too early, the sweep does.
 */
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { makeSlotGroups, type SlotGroups } from '../aws/slot-groups.ts';
import { task } from '../runtime/task.ts';
import { suspendLaunch } from './contracts.ts';
import { openSlotGroup } from './open-slot-group.ts';

export interface SuspendLaunchDeps {
  readonly registry: Registry;
  readonly groups: Pick<SlotGroups, 'describe' | 'suspendLaunch'>;
}

export const handler = task(
  suspendLaunch,
  (config): SuspendLaunchDeps => ({ registry: makeRegistry(config), groups: makeSlotGroups(config) }),
  async (input, deps, context) => {
    const { act, group } = await openSlotGroup(input, deps, context);
    if (!group) return { suspended: false };
    await act(() => deps.groups.suspendLaunch(group.name, context.signal));
    context.log.info('launch suspended', { group: group.name });
    return { suspended: true };
  },
);
