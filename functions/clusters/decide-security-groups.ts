import type { IngressRule, SecurityGroupFact } from '../aws/networks.ts';
import { clusterTagKey } from '../identity/add-on-policies.ts';
import { cniPorts } from '../kubernetes/add-ons/cni-ports.ts';
import { namesOf } from './names.ts';
import { missingTags, type Owner, type Tags, tagsOf } from './ownership.ts';
import type { ClusterSpec } from './spec-schema.ts';

export const apiPort = 6443;
const etcdClientPort = 2379;
const etcdPeerPort = 2380;
/** Where an API server, for logs and commands, and metrics-server reach a kubelet. */
const kubeletPort = 10_250;

export interface WantedSecurityGroup {
  readonly name: string;
  readonly description: string;
  readonly tags: Tags;
  readonly rules: readonly IngressRule[];
}

/** Groups that rules name as sources, by id. */
export interface GroupSources {
  readonly controlPlane: string;
  readonly workers: string;
  readonly loadBalancer: string;
  /** Of the tasks in the VPC. */
  readonly etcdClients: string;
}

/** What has to be done to a resource. `reason` is for people, in plans and logs. */
export type GroupStep =
  | { readonly step: 'create'; readonly reason: string }
  | { readonly step: 'allow' | 'revoke'; readonly rules: readonly IngressRule[]; readonly reason: string }
  | { readonly step: 'tag'; readonly tags: Tags; readonly reason: string };

/** The load balancer's group: the API from the VPC and from where the spec allows. */
export function wantedLoadBalancerGroup(
  owner: Owner,
  spec: ClusterSpec,
  vpcCidrs: readonly string[],
): WantedSecurityGroup {
  const name = namesOf(owner.deployment, spec.name).loadBalancerSecurityGroup;
  const sources = [...new Set([...vpcCidrs, ...spec.api.allowedCidrs])];
  return {
    name,
    description: `Kubernetes API of cluster ${spec.name}`,
    tags: tagsOf(owner, name, spec.tags),
    rules: sources.map((source) => ({ fromPort: apiPort, toPort: apiPort, source })),
  };
}

/**
 * The nodes' group: etcd, kubelets and the pods' network among themselves, etcd for the tasks that talk to it, the API from the load
 * balancer.
 */
export function wantedControlPlaneGroup(
  owner: Owner,
  spec: ClusterSpec,
  sources: GroupSources,
): WantedSecurityGroup {
  const name = namesOf(owner.deployment, spec.name).controlPlaneSecurityGroup;
  return {
    name,
    description: `Control plane of cluster ${spec.name}`,
    tags: tagsOf(owner, name, spec.tags),
    rules: [
      { fromPort: etcdClientPort, toPort: etcdPeerPort, source: sources.controlPlane },
      ...betweenNodes(spec, sources),
      { fromPort: etcdClientPort, toPort: etcdClientPort, source: sources.etcdClients },
      { fromPort: apiPort, toPort: apiPort, source: sources.loadBalancer },
      // Trivet's own tasks ask each API server itself, as they ask each member of etcd (ADR 15).
      { fromPort: apiPort, toPort: apiPort, source: sources.etcdClients },
    ],
  };
}

/** The workers' group: kubelets and the pods' network among all nodes, and nothing else. Its tag lets the cloud controller open node ports. */
export function wantedWorkerGroup(
  owner: Owner,
  spec: ClusterSpec,
  sources: GroupSources,
): WantedSecurityGroup {
  const name = namesOf(owner.deployment, spec.name).workerSecurityGroup;
  return {
    name,
    description: `Workers of cluster ${spec.name}`,
    tags: { ...tagsOf(owner, name, spec.tags), [clusterTagKey(spec.name)]: 'owned' },
    rules: betweenNodes(spec, sources),
  };
}

/** Kubelets are asked by API servers and by metrics-server, which may run on any node. */
function betweenNodes(spec: ClusterSpec, { controlPlane, workers }: GroupSources): IngressRule[] {
  return [controlPlane, workers].flatMap((source) => [
    { fromPort: kubeletPort, toPort: kubeletPort, source },
    ...podNetworkRules(spec, source),
  ]);
}

/** What the cluster's pod network needs from nodes of a group. */
function podNetworkRules(spec: ClusterSpec, source: string): IngressRule[] {
  return cniPorts(spec.network.cni).map(({ protocol, fromPort, toPort }) => ({
    ...(protocol !== 'tcp' && { protocol }),
    fromPort,
    toPort,
    source,
  }));
}

/** Rules beyond the wanted ones are revoked: who may reach etcd and the API is the spec's to say. */
export function decideSecurityGroup(
  wanted: WantedSecurityGroup,
  found: SecurityGroupFact | undefined,
): GroupStep[] {
  if (!found) return [{ step: 'create', reason: `${wanted.name} does not exist` }];
  const steps: GroupStep[] = [];
  const lacking = wanted.rules.filter((rule) => !found.ingress.some((present) => same(rule, present)));
  const extra = found.ingress.filter((present) => !wanted.rules.some((rule) => same(rule, present)));
  const tags = missingTags(found.tags, wanted.tags);
  if (lacking.length > 0) steps.push({ step: 'allow', rules: lacking, reason: `lets in ${list(lacking)}` });
  if (extra.length > 0)
    steps.push({ step: 'revoke', rules: extra, reason: `no longer lets in ${list(extra)}` });
  if (Object.keys(tags).length > 0) steps.push({ step: 'tag', tags, reason: tagReason(tags) });
  return steps;
}

export function tagReason(tags: Tags): string {
  return `tags differ: ${Object.keys(tags).join(', ')}`;
}

function same(left: IngressRule, right: IngressRule): boolean {
  return (
    (left.protocol ?? 'tcp') === (right.protocol ?? 'tcp') &&
    left.fromPort === right.fromPort &&
    left.toPort === right.toPort &&
    left.source === right.source
  );
}

function list(rules: readonly IngressRule[]): string {
  return rules
    .map(({ protocol = 'tcp', fromPort, toPort, source }) => {
      if (protocol === '-1') return `${source} on everything`;
      const ports = fromPort === toPort ? `${fromPort}` : `${fromPort}-${toPort}`;
      return `${source} on ${protocol === 'tcp' ? '' : `${protocol} `}${ports}`;
    })
    .join(', ');
}
