/**
 * Has the group of a slot try its launch again at once: a process that is resumed begins anew (reference aws-etcd-kubeadm-facts §1.5).
 *
 * Safe to repeat: a group that has its instance is left alone, and one that launches already does not notice. A call that dies in between leaves
 * `Launch` suspended, which the next sweep resumes.
 */
import { currentInstance, makeSlotGroups, type SlotGroups } from '../aws/slot-groups.ts';
import { slotResourceName } from '../clusters/names.ts';
import { assertOwn } from '../clusters/ownership.ts';
import { RunbookRefused } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { kickLaunch } from '../sweep/kick-launch.ts';
import { kickSlot } from './contracts.ts';

export const handler = task(
  kickSlot,
  (config): { groups: Pick<SlotGroups, 'describe' | 'suspendLaunch' | 'resumeLaunch'> } => ({
    groups: makeSlotGroups(config),
  }),
  async ({ cluster, slot }, { groups }, { config, log, signal }) => {
    const name = slotResourceName(config.deployment, cluster, slot);
    const [group] = await groups.describe([name], signal);
    if (!group) throw new RunbookRefused(`Slot: slot ${slot} of ${cluster} has no group ${name}`);
    assertOwn(`group ${name}`, group.tags, { deployment: config.deployment, cluster, slot });
    const instance = currentInstance(group);
    if (instance)
      return {
        kicked: false,
        reason: `slot ${slot} has the instance ${instance.instanceId}: there is nothing to launch`,
      };
    await kickLaunch(name, groups, signal);
    log.info('kicked', { cluster, slot });
    return { kicked: true, reason: `${name} tries its launch again` };
  },
);
