/**
 * Carries out every decision that stops short of the slot's data: writes the verdict, says it loudly, and completes the launch hook with
 * CONTINUE, so that a refusal makes Auto Scaling neither launch and kill in a circle nor run into the hook's cap (design §6). etcd stays
 * off; the sweep looks again.
 *
 * Safe to repeat: the verdict is overwritten by the same one, and a completed hook counts as done.
 */
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { makeSlotGroups, type SlotGroups } from '../aws/slot-groups.ts';
import { launchHookName, slotResourceName } from '../clusters/names.ts';
import { assertLease } from '../leases/assert-lease.ts';
import { task } from '../runtime/task.ts';
import { holdSlot } from './contracts.ts';

export interface HoldSlotDeps {
  readonly registry: Registry;
  readonly groups: SlotGroups;
}

export const handler = task(
  holdSlot,
  (config): HoldSlotDeps => ({ registry: makeRegistry(config), groups: makeSlotGroups(config) }),
  async (
    { lease, cluster, slot, decision },
    { registry, groups },
    { signal, clock, config, log, metrics },
  ) => {
    const { action, reason, instanceId } = decision;
    await assertLease(registry, lease, signal);
    const verdict = { action, reason, at: clock.now().toISOString() };
    await registry.updateSlot(cluster, slot, { verdict }, {}, signal);
    metrics.count('SlotHeld');
    metrics.count('SlotHeld', 1, { cluster, slot });
    log.error('slot held', { slot, action, reason });
    if (!instanceId) return { completed: false };
    await assertLease(registry, lease, signal);
    const group = slotResourceName(config.deployment, cluster, slot);
    const completed = await groups.completeLaunch({ group, hook: launchHookName, instanceId }, signal);
    return { completed };
  },
);
