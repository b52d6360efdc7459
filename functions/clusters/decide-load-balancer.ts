import type { LoadBalancerFact, TargetGroupFact } from '../aws/load-balancers.ts';
import type { Layout } from './contracts.ts';
import { apiPort, tagReason } from './decide-security-groups.ts';
import { namesOf } from './names.ts';
import { missingTags, type Owner, type Tags, tagsOf } from './ownership.ts';
import type { ClusterSpec } from './spec-schema.ts';

export const apiHealthPath = '/readyz';

/**
 * Cross-zone, because clients in a zone whose slot is down would otherwise fail until DNS turns away from it; protected, because its
 * name is in certificates and kubeconfigs and never comes back once deleted (reference aws-etcd-kubeadm-facts §4.4).
 */
const loadBalancerAttributes: Tags = {
  'load_balancing.cross_zone.enabled': 'true',
  'deletion_protection.enabled': 'true',
};

/** No client addresses: a node that calls the load balancer may be routed back to itself, which only works without them. */
const targetGroupAttributes: Tags = {
  'preserve_client_ip.enabled': 'false',
  'deregistration_delay.timeout_seconds': '60',
};

export interface WantedLoadBalancer {
  readonly name: string;
  readonly scheme: 'internal' | 'internet-facing';
  readonly subnetIds: readonly string[];
  readonly attributes: Tags;
  readonly tags: Tags;
  readonly targetGroup: {
    readonly name: string;
    readonly attributes: Tags;
    readonly addresses: readonly string[];
    readonly tags: Tags;
  };
}

export type LoadBalancerStep =
  | { readonly step: 'create' | 'create-target-group' | 'listen'; readonly reason: string }
  | {
      readonly step: 'attributes' | 'target-group-attributes';
      readonly attributes: Tags;
      readonly reason: string;
    }
  | { readonly step: 'register'; readonly addresses: readonly string[]; readonly reason: string }
  | { readonly step: 'tag' | 'tag-target-group'; readonly tags: Tags; readonly reason: string };

export function wantedLoadBalancer(owner: Owner, spec: ClusterSpec, layout: Layout): WantedLoadBalancer {
  const names = namesOf(owner.deployment, spec.name);
  return {
    name: names.loadBalancer,
    scheme: spec.api.access === 'public' ? 'internet-facing' : 'internal',
    subnetIds: [...new Set(layout.slots.map((slot) => slot.subnetId))].sort(),
    attributes: loadBalancerAttributes,
    tags: tagsOf(owner, names.loadBalancer, spec.tags),
    targetGroup: {
      name: names.targetGroup,
      attributes: targetGroupAttributes,
      addresses: layout.slots.map((slot) => slot.address),
      tags: tagsOf(owner, names.targetGroup, spec.tags),
    },
  };
}

/** In the order in which they have to be done. Targets are registered once and stay: slots keep their addresses. */
export function decideLoadBalancer(
  wanted: WantedLoadBalancer,
  found: LoadBalancerFact | undefined,
  targetGroup: TargetGroupFact | undefined,
): LoadBalancerStep[] {
  const steps: LoadBalancerStep[] = [];
  if (!targetGroup)
    steps.push({ step: 'create-target-group', reason: `${wanted.targetGroup.name} does not exist` });
  if (!found) steps.push({ step: 'create', reason: `${wanted.name} does not exist` });
  const addresses = wanted.targetGroup.addresses.filter((one) => !targetGroup?.addresses.includes(one));
  if (addresses.length > 0)
    steps.push({ step: 'register', addresses, reason: `${addresses.join(', ')} are no targets yet` });
  const groupAttributes = missingTags(targetGroup?.attributes ?? {}, wanted.targetGroup.attributes);
  if (Object.keys(groupAttributes).length > 0)
    steps.push({
      step: 'target-group-attributes',
      attributes: groupAttributes,
      reason: setting(groupAttributes),
    });
  const attributes = missingTags(found?.attributes ?? {}, wanted.attributes);
  if (Object.keys(attributes).length > 0)
    steps.push({ step: 'attributes', attributes, reason: setting(attributes) });
  if (found?.listeners[apiPort] === undefined)
    steps.push({ step: 'listen', reason: `nothing listens on ${apiPort}` });
  const tags = found ? missingTags(found.tags, wanted.tags) : {};
  if (Object.keys(tags).length > 0) steps.push({ step: 'tag', tags, reason: tagReason(tags) });
  const groupTags = targetGroup ? missingTags(targetGroup.tags, wanted.targetGroup.tags) : {};
  if (Object.keys(groupTags).length > 0)
    steps.push({ step: 'tag-target-group', tags: groupTags, reason: tagReason(groupTags) });
  return steps;
}

function setting(attributes: Tags): string {
  return Object.entries(attributes)
    .map(([key, value]) => `${key} becomes ${value}`)
    .join(', ');
}
