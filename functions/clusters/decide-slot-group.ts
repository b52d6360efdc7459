import type { LifecycleHook } from '../aws/lifecycle-hooks.ts';
import type { SlotGroupFound, SlotGroupShape } from '../aws/slot-group-builder.ts';
import type { SlotLayout } from './contracts.ts';
import { tagReason } from './decide-security-groups.ts';
import { launchHookName } from './names.ts';
import { missingTags, type Owner, type Tags, tagsOf } from './ownership.ts';
import type { ClusterSpec } from './spec-schema.ts';

/**
 * A new instance waits under this hook for its directive. When nothing completes it in time, the instance goes on: the node starts
 * nothing by itself, and the sweep directs it later. ABANDON would make Auto Scaling launch and kill instances in a circle for as long
 * as Trivet cannot act (design §6, on `hold`).
 */
export const launchHook: LifecycleHook = {
  name: launchHookName,
  heartbeatTimeoutSeconds: 900,
  defaultResult: 'CONTINUE',
};

export interface WantedSlotGroup {
  readonly shape: SlotGroupShape;
  readonly tags: Tags;
}

export type SlotGroupStep =
  | { readonly step: 'create' | 'update' | 'hook'; readonly reason: string }
  | { readonly step: 'tag'; readonly tags: Tags; readonly reason: string };

export function wantedSlotGroup(
  owner: Owner,
  spec: ClusterSpec,
  slot: SlotLayout,
  template: { readonly launchTemplateId: string; readonly version: string },
): WantedSlotGroup {
  return {
    shape: {
      name: slot.resourceName,
      zone: slot.zone,
      launchTemplateId: template.launchTemplateId,
      launchTemplateVersion: template.version,
    },
    tags: tagsOf({ ...owner, slot: slot.slot }, slot.resourceName, spec.tags),
  };
}

export function decideSlotGroup(
  { shape, tags }: WantedSlotGroup,
  found: SlotGroupFound | undefined,
): SlotGroupStep[] {
  if (!found) return [{ step: 'create', reason: `${shape.name} does not exist` }];
  const steps: SlotGroupStep[] = [];
  const differences = [
    found.launchTemplateId !== shape.launchTemplateId && 'it uses another launch template',
    found.launchTemplateVersion !== shape.launchTemplateVersion &&
      `its template version is ${found.launchTemplateVersion}, and ${shape.launchTemplateVersion} is the latest`,
    (found.min !== 1 || found.max !== 1 || found.desired !== 1) &&
      `its size is ${found.min}/${found.desired}/${found.max}, and a slot is one instance`,
    found.deletionProtection !== 'prevent-all-deletion' && 'it is not protected from deletion',
  ].filter((difference) => difference !== false);
  if (differences.length > 0) steps.push({ step: 'update', reason: differences.join(', ') });
  const { hook } = found;
  const sameHook =
    hook?.name === launchHook.name &&
    hook.heartbeatTimeoutSeconds === launchHook.heartbeatTimeoutSeconds &&
    hook.defaultResult === launchHook.defaultResult;
  if (!sameHook)
    steps.push({ step: 'hook', reason: hook ? 'its launch hook differs' : 'it has no launch hook' });
  const missing = missingTags(found.tags, tags);
  if (Object.keys(missing).length > 0) steps.push({ step: 'tag', tags: missing, reason: tagReason(missing) });
  return steps;
}
