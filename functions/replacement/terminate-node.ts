/**
 * Ends a slot's instance through its group, which still wants one. EC2 shuts its operating system down, and systemd stops etcd before it
 * unmounts the volume (ADR 24).
 *
 * Safe to repeat: one that goes already is left to go, and no other instance than the one that was settled is ever ended. The lease is
 * checked immediately before the effect (S14). An instance that is not in the slot's group is a stranger.
 */
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { makeSlotGroups, type SlotGroups } from '../aws/slot-groups.ts';
import { task } from '../runtime/task.ts';
import { terminateNode } from './contracts.ts';
import { openSlotGroup } from './open-slot-group.ts';

export interface TerminateNodeDeps {
  readonly registry: Registry;
  readonly groups: Pick<SlotGroups, 'describe' | 'terminate'>;
}

export const handler = task(
  terminateNode,
  (config): TerminateNodeDeps => ({ registry: makeRegistry(config), groups: makeSlotGroups(config) }),
  async (input, deps, context) => {
    const { instanceId } = input.target;
    const { act, group } = await openSlotGroup(input, deps, context);
    if (!group?.instances.some((one) => one.instanceId === instanceId)) return { terminated: false };
    const terminated = await act(() => deps.groups.terminate(instanceId, context.signal));
    context.log.warn('terminated', { instanceId, reason: input.decision.reason, terminated });
    return { terminated };
  },
);
