/**
 * Lets a slot's group launch again: at once, where its instance is gone (reference aws-etcd-kubeadm-facts §1.5).
 *
 * Safe to repeat: a process that is not suspended stays so, and a group that has its instance launches none.
 */
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { makeSlotGroups, type SlotGroups } from '../aws/slot-groups.ts';
import { task } from '../runtime/task.ts';
import { resumeLaunch } from './contracts.ts';
import { openSlotGroup } from './open-slot-group.ts';

export interface ResumeLaunchDeps {
  readonly registry: Registry;
  readonly groups: Pick<SlotGroups, 'describe' | 'resumeLaunch'>;
}

export const handler = task(
  resumeLaunch,
  (config): ResumeLaunchDeps => ({ registry: makeRegistry(config), groups: makeSlotGroups(config) }),
  async (input, deps, context) => {
    const { act, group } = await openSlotGroup(input, deps, context);
    if (!group) return { resumed: false };
    await act(() => deps.groups.resumeLaunch(group.name, context.signal));
    context.log.info('launch resumed', { group: group.name });
    return { resumed: true };
  },
);
