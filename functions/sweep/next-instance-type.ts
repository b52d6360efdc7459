import type { LaunchTemplates, TemplateVersionFact } from '../aws/launch-templates.ts';
import type { SlotGroups } from '../aws/slot-groups.ts';
import { slotResourceName } from '../clusters/names.ts';
import type { Owner } from '../clusters/ownership.ts';

export interface InstanceTypeMove {
  readonly owner: Owner & { readonly slot: string };
  readonly failedInstanceType: string;
  readonly instanceType: string;
}

/**
 * Lets a slot's group launch another instance type: a version of its template that differs from the one in use in nothing else (ADR 6).
 * @returns whether the group uses that type now; false when an instance came, or another look has moved the slot on meanwhile.
 *
 * Safe to repeat, and after dying at any point: what the group uses now is read first, and the latest version is taken when it is already
 * the wanted one.
 */
export async function useInstanceType(
  { owner, failedInstanceType, instanceType }: InstanceTypeMove,
  { groups, templates }: { readonly groups: SlotGroups; readonly templates: LaunchTemplates },
  signal: AbortSignal,
): Promise<boolean> {
  const name = slotResourceName(owner.deployment, owner.cluster, owner.slot);
  const [found, latest] = await Promise.all([groups.describe([name], signal), templates.find(name, signal)]);
  const [group] = found;
  if (!group || !latest || group.instances.length > 0) return false;
  const used = await templates.findVersion(latest.launchTemplateId, group.template.version, signal);
  if (used?.instanceType === instanceType) return true;
  if (used?.instanceType !== failedInstanceType) return false;
  const version = isVersionOf(latest, used, instanceType)
    ? latest.version
    : await templates.createVersionOfType(latest, { source: used, instanceType }, owner, signal);
  await groups.useTemplateVersion(group, version, owner, signal);
  return true;
}

/** An earlier look made it and died before it told the group. */
function isVersionOf(latest: TemplateVersionFact, used: TemplateVersionFact, instanceType: string): boolean {
  return latest.dataHash === used.dataHash && latest.instanceType === instanceType;
}
