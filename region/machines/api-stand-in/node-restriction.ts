import { isDeepStrictEqual } from 'node:util';
import type { User } from './authenticate.ts';
import { nodeOf } from './authorize.ts';
import { type ApiObject, at, textOf } from './json.ts';
import type { Asked } from './request.ts';
import { forbidden } from './status-error.ts';

/** A write that is about to happen: what is there, and what will be. */
export interface Written {
  readonly asked: Pick<Asked, 'resource' | 'subresource' | 'verb' | 'name'>;
  readonly old?: ApiObject;
  readonly object?: ApiObject;
}

/** Labels of Kubernetes' own prefixes that a kubelet may give its node. */
const kubeletLabels = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/arch',
  'kubernetes.io/os',
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
]);

function isKubeletLabel(label: string): boolean {
  const prefix = label.includes('/') ? (label.split('/')[0] ?? '') : '';
  const within = (domain: string): boolean => prefix === domain || prefix.endsWith(`.${domain}`);
  if (within('node-restriction.kubernetes.io')) return false;
  if (!within('kubernetes.io') && !within('k8s.io')) return true;
  return kubeletLabels.has(label) || within('kubelet.kubernetes.io') || within('node.kubernetes.io');
}

/**
 * The admission plugin NodeRestriction: a kubelet changes its own node, its own lease and the pods that are bound to it, gives itself no
 * label that places are chosen by, and no other taints than at its registration. Throws StatusError 403. Pure.
 */
export function restrictNode(user: User, written: Written): void {
  const node = nodeOf(user);
  if (node === undefined) return;
  const { asked, object } = written;
  const { resource } = asked;
  const name = asked.name ?? object?.metadata.name ?? '';
  const refuse = (why: string): never => {
    throw forbidden(resource, name, why);
  };
  if (resource.plural === 'nodes') restrictOwnNode(node, name, { ...written, refuse });
  if (['leases', 'csinodes'].includes(resource.plural) && name !== node)
    refuse(`can only access ${resource.plural} with the same name as the requesting node`);
  if (resource.plural === 'pods') restrictPods(node, { ...written, refuse });
}

type Refusing = Written & { refuse(why: string): never };

function restrictOwnNode(node: string, name: string, { asked, object, old, refuse }: Refusing): void {
  if (name !== node) refuse(`node "${node}" is not allowed to modify node "${name}"`);
  const before = old?.metadata.labels ?? {};
  const after = object?.metadata.labels ?? {};
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (label) => before[label] !== after[label] && !isKubeletLabel(label),
  );
  if (changed.length > 0)
    refuse(`is not allowed to ${old ? 'modify' : 'set the following'} labels: ${changed.sort().join(', ')}`);
  if (
    old &&
    asked.subresource === undefined &&
    !isDeepStrictEqual(at(old, 'spec', 'taints'), at(object, 'spec', 'taints'))
  )
    refuse(`node "${node}" is not allowed to modify taints`);
}

function restrictPods(node: string, { asked, object, old, refuse }: Refusing): void {
  const { subresource, verb } = asked;
  if (verb === 'create' && subresource === undefined) {
    if (at(object, 'metadata', 'annotations', 'kubernetes.io/config.mirror') === undefined)
      refuse(
        `pod does not have "kubernetes.io/config.mirror" annotation, node "${node}" can only create mirror pods`,
      );
    if (textOf(at(object, 'spec', 'nodeName')) !== node)
      refuse(`node "${node}" can only create pods with spec.nodeName set to itself`);
    return;
  }
  if (textOf(at(old, 'spec', 'nodeName')) !== node)
    refuse(
      `node "${node}" can only ${verb === 'delete' ? 'delete' : 'update'} pods with spec.nodeName set to itself`,
    );
}
