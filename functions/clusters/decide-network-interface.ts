import type { InterfaceFact } from '../aws/networks.ts';
import type { SlotLayout } from './contracts.ts';
import { tagReason } from './decide-security-groups.ts';
import { tagKeys } from './names.ts';
import { missingTags, type Owner, type Tags, tagsOf } from './ownership.ts';
import type { ClusterSpec } from './spec-schema.ts';

export interface WantedInterface {
  readonly subnetId: string;
  readonly address: string;
  readonly securityGroupIds: readonly string[];
  readonly description: string;
  readonly tags: Tags;
}

export type InterfaceStep =
  | { readonly step: 'create'; readonly reason: string }
  | { readonly step: 'groups'; readonly reason: string }
  | { readonly step: 'tag'; readonly tags: Tags; readonly reason: string };

/** The slot's interface: its fixed address is what etcd, certificates and the load balancer know the slot by (design §3). */
export function wantedInterface(
  owner: Owner,
  spec: ClusterSpec,
  slot: SlotLayout,
  securityGroupId: string,
): WantedInterface {
  return {
    subnetId: slot.subnetId,
    address: slot.address,
    securityGroupIds: [securityGroupId],
    description: `Slot ${slot.slot} of cluster ${spec.name}`,
    tags: tagsOf({ ...owner, slot: slot.slot }, slot.resourceName, spec.tags),
  };
}

/** The slot's interface among all of its subnet: the one at its address. Whose it is, the ports check before they touch it. */
export function findInterface(
  interfaces: readonly InterfaceFact[],
  slot: Pick<SlotLayout, 'subnetId' | 'address'>,
): InterfaceFact | undefined {
  return interfaces.find(
    ({ subnetId, addresses }) => subnetId === slot.subnetId && addresses.includes(slot.address),
  );
}

/** Whether an interface carries the tags of a slot, wherever it lies. */
export function isOfSlot(found: InterfaceFact, owner: Owner, slot: string): boolean {
  return (
    found.tags[tagKeys.deployment] === owner.deployment &&
    found.tags[tagKeys.cluster] === owner.cluster &&
    found.tags[tagKeys.slot] === slot
  );
}

export function decideInterface(wanted: WantedInterface, found: InterfaceFact | undefined): InterfaceStep[] {
  if (!found) return [{ step: 'create', reason: `nothing has ${wanted.address} yet` }];
  const steps: InterfaceStep[] = [];
  const tags = missingTags(found.tags, wanted.tags);
  const groups = [...wanted.securityGroupIds].sort().join(',');
  if ([...found.securityGroupIds].sort().join(',') !== groups)
    steps.push({
      step: 'groups',
      reason: `security groups are ${found.securityGroupIds.join(', ') || 'none'}`,
    });
  if (Object.keys(tags).length > 0) steps.push({ step: 'tag', tags, reason: tagReason(tags) });
  return steps;
}
