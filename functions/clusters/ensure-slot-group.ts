/**
 * Makes a slot's Auto Scaling group of one instance, with its launch hook, and keeps it on the wanted template version.
 *
 * Safe to repeat: the group is found by name and only differences are acted on; a running instance is never replaced by it.
 */

import { makeRegistry, type Registry } from '../aws/registry.ts';
import { makeSlotGroupBuilder, type SlotGroupBuilder } from '../aws/slot-group-builder.ts';
import { task } from '../runtime/task.ts';
import { openCluster } from './acting.ts';
import { ensureSlotGroup } from './contracts.ts';
import { decideSlotGroup, launchHook, wantedSlotGroup } from './decide-slot-group.ts';
import { assertOwn } from './ownership.ts';

export interface SlotGroupDeps {
  readonly registry: Registry;
  readonly groups: SlotGroupBuilder;
}

export const handler = task(
  ensureSlotGroup,
  (config): SlotGroupDeps => ({ registry: makeRegistry(config), groups: makeSlotGroupBuilder(config) }),
  async (input, { registry, groups }, { config, signal, log }) => {
    const acting = await openCluster(registry, input, config.deployment, signal);
    const owner = { ...acting.owner, slot: input.slot.slot };
    const wanted = wantedSlotGroup(acting.owner, acting.record.spec, input.slot, input);
    const found = await groups.find(wanted.shape.name, signal);
    if (found) assertOwn(`group ${wanted.shape.name}`, found.tags, owner);
    const steps = decideSlotGroup(wanted, found);
    for (const step of steps)
      await acting.act(async () => {
        if (step.step === 'create') await groups.create(wanted.shape, launchHook, wanted.tags, signal);
        if (found && step.step === 'update') await groups.update(found, wanted.shape, owner, signal);
        if (found && step.step === 'hook') await groups.putHook(found, launchHook, owner, signal);
        if (found && step.step === 'tag') await groups.tag(found, step.tags, owner, signal);
      });
    if (steps.length > 0) log.info('changed', { changes: steps.map((step) => step.reason) });
    return { autoScalingGroupName: wanted.shape.name, changed: steps.length > 0 };
  },
);
