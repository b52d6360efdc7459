import type { User } from './authenticate.ts';
import { at, textOf } from './json.ts';
import type { Asked, Verb } from './request.ts';
import { resourceOf } from './resources.ts';
import { demandedField } from './selectors.ts';
import { StatusError } from './status-error.ts';
import type { Store } from './store.ts';

const administrators = ['system:masters', 'kubeadm:cluster-admins'];
const nodePrefix = 'system:node:';
const pods = resourceOf('pods');

/** The node as which a kubelet asks; undefined for all other users. */
export function nodeOf({ groups, name }: User): string | undefined {
  return groups.includes('system:nodes') && name.startsWith(nodePrefix)
    ? name.slice(nodePrefix.length)
    : undefined;
}

/**
 * Who may do what, kept small: administrators everything, a kubelet what the Node authorizer and `system:node` allow it, a bearer of a
 * bootstrap token what `system:node-bootstrapper` allows, and nobody else anything. Roles and bindings are stored and not looked at. Throws
 * StatusError 403.
 */
export async function authorize(user: User, asked: Asked, store: Store): Promise<void> {
  if (user.groups.some((group) => administrators.includes(group))) return;
  const node = nodeOf(user);
  if (node !== undefined && (await nodeMay(node, asked, store))) return;
  if (user.groups.includes('system:bootstrappers') && bootstrapperMay(asked)) return;
  throw denied(user, asked);
}

const reading: readonly Verb[] = ['get', 'list', 'watch'];

function bootstrapperMay({ resource, subresource, verb }: Asked): boolean {
  return (
    resource.plural === 'certificatesigningrequests' &&
    subresource === undefined &&
    [...reading, 'create'].includes(verb)
  );
}

type Rule = (node: string, asked: Asked, store: Store) => boolean | Promise<boolean>;

const may =
  (...verbs: readonly Verb[]): Rule =>
  (_node, { verb }) =>
    verbs.includes(verb);

/** What a kubelet may do with a resource, or with a subresource of it. What it may do to which node, lease or pod is node-restriction.ts's. */
const nodeRules: Readonly<Record<string, Rule>> = {
  nodes: (node, { name, query, verb }) =>
    verb === 'create' ||
    verb === 'update' ||
    verb === 'patch' ||
    (reading.includes(verb) && (name ?? demandedField(query, 'metadata.name')) === node),
  'nodes/status': may('update', 'patch'),
  pods: ownPods,
  'pods/status': may('update', 'patch'),
  'pods/eviction': may('create'),
  leases: (node, { name, namespace, verb }) =>
    namespace === 'kube-node-lease' &&
    (verb === 'create' || (['get', 'update', 'patch', 'delete'].includes(verb) && name === node)),
  csinodes: (node, { name, verb }) =>
    verb === 'create' || (['get', 'update', 'patch', 'delete'].includes(verb) && name === node),
  certificatesigningrequests: may('create', 'get', 'list', 'watch'),
  services: may('get', 'list', 'watch'),
  csidrivers: may('get', 'list', 'watch'),
  events: may('create', 'update', 'patch'),
};

async function nodeMay(node: string, asked: Asked, store: Store): Promise<boolean> {
  const { resource, subresource } = asked;
  const key = subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;
  const rule = Object.hasOwn(nodeRules, key) ? nodeRules[key] : undefined;
  return (await rule?.(node, asked, store)) ?? false;
}

/** A kubelet sees the pods that are bound to it, and says so when it asks for many. */
async function ownPods(
  node: string,
  { name, namespace, query, verb }: Asked,
  store: Store,
): Promise<boolean> {
  if (verb === 'create' || verb === 'delete') return true;
  if (verb === 'list' || verb === 'watch') return demandedField(query, 'spec.nodeName') === node;
  if (verb !== 'get' || name === undefined) return false;
  return textOf(at(await store.get(pods, namespace, name), 'spec', 'nodeName')) === node;
}

function denied(user: User, { name, namespace, resource, subresource, verb }: Asked): StatusError {
  const { group, plural } = resource;
  const what = subresource === undefined ? plural : `${plural}/${subresource}`;
  const qualified = group === '' ? plural : `${plural}.${group}`;
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const subject = name === undefined ? `${qualified} is` : `${qualified} "${name}" is`;
  const message = `${subject} forbidden: User "${user.name}" cannot ${verb} resource "${what}" in API group "${group}" ${where}`;
  return new StatusError(403, 'Forbidden', message, {
    ...(name !== undefined && { name }),
    ...(group !== '' && { group }),
    kind: plural,
  });
}
