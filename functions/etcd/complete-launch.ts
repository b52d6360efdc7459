/**
 * Ends the launch hook of a slot's new instance with CONTINUE: its member is back.
 *
 * Safe to repeat: an action that is no longer active is done. The lease is checked immediately before the effect (S14).
 */
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { makeSlotGroups, type SlotGroups } from '../aws/slot-groups.ts';
import { launchHookName, slotResourceName } from '../clusters/names.ts';
import { assertLease } from '../leases/assert-lease.ts';
import { task } from '../runtime/task.ts';
import { completeLaunch } from './contracts.ts';

export interface CompleteLaunchDeps {
  readonly registry: Registry;
  readonly groups: SlotGroups;
}

export const handler = task(
  completeLaunch,
  (config): CompleteLaunchDeps => ({ registry: makeRegistry(config), groups: makeSlotGroups(config) }),
  async ({ lease, cluster, slot, instanceId }, { registry, groups }, { signal, config }) => {
    await assertLease(registry, lease, signal);
    const group = slotResourceName(config.deployment, cluster, slot);
    const completed = await groups.completeLaunch({ group, hook: launchHookName, instanceId }, signal);
    return { completed };
  },
);
