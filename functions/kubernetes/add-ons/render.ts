import { createHash } from 'node:crypto';
import type { AddOn, AddOnInput } from './add-on.ts';
import { awsVpcCni } from './aws-vpc-cni.ts';
import { cloudControllerManager } from './cloud-controller-manager.ts';
import { coreDns } from './core-dns.ts';
import { ebsCsiDriver } from './ebs-csi-driver.ts';
import { flannel } from './flannel.ts';
import { kubeProxy } from './kube-proxy.ts';
import { metricsServer } from './metrics-server.ts';

export type { AddOn, AddOnInput, Awaited, Cni } from './add-on.ts';

/**
 * Every add-on of a cluster, in the order in which they are applied: by stage, objects in their own order. Pure: the same input gives the same
 * objects. Throws RangeError for a Kubernetes minor for which no versions are pinned.
 */
export function renderAddOns(input: AddOnInput): AddOn[] {
  const cni = { flannel, 'aws-vpc-cni': awsVpcCni, none: undefined }[input.cni];
  return [
    kubeProxy(input),
    ...(cni ? [cni(input)] : []),
    cloudControllerManager(input),
    coreDns(input),
    ebsCsiDriver(input),
    metricsServer(input),
  ];
}

/** sha256, in hex, over the objects whatever the order of their fields: what was applied, to be compared with what would be. */
export function hashOf(addOns: readonly AddOn[]): string {
  const objects = addOns.map(({ name, version, objects: rendered }) => [name, version, rendered]);
  return createHash('sha256').update(canonical(objects)).digest('hex');
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`);
  return `{${fields.join(',')}}`;
}
