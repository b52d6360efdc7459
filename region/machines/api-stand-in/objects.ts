import { parse as parseYaml } from 'yaml';
import { applyPatch } from './apply.ts';
import type { User } from './authenticate.ts';
import { finishDeletion } from './deletion.ts';
import { type ApiObject, objectOf, secondsTime, withAt } from './json.ts';
import { restrictNode } from './node-restriction.ts';
import { jsonPatch, mergePatch, strategicPatch } from './patches.ts';
import { prepareCreate, prepareUpdate, readObject } from './prepare.ts';
import { protobufType, readProtobuf } from './protobuf.ts';
import type { Asked } from './request.ts';
import { resourceOf } from './resources.ts';
import { parseSelectors } from './selectors.ts';
import { badRequest, forbidden, invalid, notFound, StatusError } from './status-error.ts';
import type { Page, Store } from './store.ts';

/** One request for objects, with all that it may depend on. */
export interface Call {
  readonly asked: Asked;
  readonly user: User;
  readonly store: Store;
  readonly now: Date;
  /** As it came. */
  readonly body: Buffer;
  readonly contentType: string;
}

/** An answer: HTTP's status and a JSON object. */
export interface Answer {
  readonly status: number;
  readonly body: object;
}

const namespaces = resourceOf('namespaces');

export const isDryRun = ({ query }: Asked): boolean => query.getAll('dryRun').includes('All');

export async function getObject({ asked, store }: Call): Promise<ApiObject> {
  const { name = '', namespace, resource } = asked;
  const found = await store.get(resource, namespace, name);
  if (!found) throw notFound(resource, name);
  return found;
}

/** A list's end, for `continue`: the revision that all its pages stand at, and where the next one begins. */
interface Continuation {
  readonly revision: string;
  readonly from: string;
}

/** A list as the API gives it: its items say no kind, since the list does. */
export async function serveList(call: Pick<Call, 'asked' | 'store'>): Promise<ApiObject> {
  const list = await listObjects(call);
  const bare = (list.items as readonly ApiObject[]).map(({ apiVersion: _, kind: __, ...rest }) => rest);
  return { ...list, items: bare };
}

/** A list or a page of one. With selectors etcd is read to the end and the limit counts what is chosen. */
export async function listObjects({ asked, store }: Pick<Call, 'asked' | 'store'>): Promise<ApiObject> {
  const { namespace, query, resource } = asked;
  const chosen = parseSelectors(resource, query);
  const limit = Number(query.get('limit') ?? '0');
  const begun = continuationOf(query);
  const exact = query.get('resourceVersionMatch') === 'Exact' ? query.get('resourceVersion') : undefined;
  const revision = begun?.revision ?? exact ?? undefined;
  const selecting = query.has('labelSelector') || query.has('fieldSelector');
  const page = await store.list(resource, {
    ...(namespace !== undefined && { namespace }),
    ...(revision !== undefined && { revision }),
    ...(begun && { from: begun.from }),
    ...(limit > 0 && !selecting && { limit }),
  });
  const items = page.items.filter(chosen);
  const rest = page.next === undefined ? {} : continuing(page, page.next);
  return {
    apiVersion: resource.group === '' ? 'v1' : `${resource.group}/${resource.version}`,
    kind: `${resource.kind}List`,
    metadata: { resourceVersion: page.revision, ...rest },
    items,
  };
}

function continuing({ remaining, revision }: Page, from: string): object {
  const token = Buffer.from(JSON.stringify({ revision, from } satisfies Continuation)).toString('base64url');
  return { continue: token, remainingItemCount: remaining };
}

function continuationOf(query: URLSearchParams): Continuation | undefined {
  const token = query.get('continue');
  if (!token) return undefined;
  try {
    const { from, revision } = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as Continuation;
    return { from, revision };
  } catch {
    throw badRequest('continue key is not valid');
  }
}

export async function createObject(call: Call): Promise<Answer> {
  const { asked } = call;
  return { status: 201, body: await make(call, readObject(parseBody(call), asked)) };
}

async function make({ asked, now, store, user }: Call, given: ApiObject): Promise<ApiObject> {
  const { resource } = asked;
  const object = prepareCreate(resource, withRequester(given, user), now);
  const namespace = object.metadata.namespace;
  if (resource.namespaced && namespace === undefined)
    throw badRequest('an object of this kind needs a namespace');
  restrictNode(user, { asked, object });
  if (resource.namespaced) await demandNamespace(store, asked, namespace ?? '', object.metadata.name ?? '');
  return isDryRun(asked) ? object : store.create(resource, object);
}

/** Nobody says for himself who asked for a certificate. */
function withRequester(object: ApiObject, { groups, name }: User): ApiObject {
  if (object.kind !== 'CertificateSigningRequest') return object;
  return { ...object, spec: { ...objectOf(object.spec), username: name, groups } };
}

/** The admission plugin NamespaceLifecycle. */
async function demandNamespace(
  store: Store,
  { resource }: Asked,
  namespace: string,
  name: string,
): Promise<void> {
  const found = await store.get(namespaces, undefined, namespace);
  if (!found) throw notFound(namespaces, namespace);
  if (found.metadata.deletionTimestamp !== undefined)
    throw forbidden(
      resource,
      name,
      `unable to create new content in namespace ${namespace} because it is being terminated`,
    );
}

export async function updateObject(call: Call): Promise<Answer> {
  const { asked, store } = call;
  const { name = '', namespace, resource, subresource } = asked;
  const given = readObject(parseBody(call), asked);
  const version = given.metadata.resourceVersion ?? '';
  if (version === '' && resource.conditional && subresource === undefined)
    throw invalid(resource, name, [
      {
        reason: 'FieldValueInvalid',
        message: 'Invalid value: 0: must be specified for an update',
        field: 'metadata.resourceVersion',
      },
    ]);
  const creates = resource.createOnUpdate && subresource === undefined && version === '';
  if (creates && !(await store.get(resource, namespace, name)))
    return { status: 201, body: await make(call, given) };
  return { status: 200, body: await rewrite(call, () => given) };
}

/** Writes what is made of the newest version; an object that was only waiting for this is deleted with it. */
export async function rewrite(
  { asked, store, user }: Pick<Call, 'asked' | 'store' | 'user'>,
  make: (current: ApiObject) => ApiObject,
): Promise<ApiObject> {
  const { name = '', namespace, resource } = asked;
  const change = (current: ApiObject): ApiObject => {
    const object = prepareUpdate(asked, current, make(current));
    restrictNode(user, { asked, old: current, object });
    return object;
  };
  if (isDryRun(asked)) {
    const current = await store.get(resource, namespace, name);
    if (!current) throw notFound(resource, name);
    return change(current);
  }
  const written = await store.change(resource, namespace, name, change);
  await finishDeletion(store, resource, written);
  return written;
}

/** How a patch makes an object out of another, by the patch's content type. Throws StatusError 415. */
export function patcherOf(contentType: string, patch: unknown): (current: unknown) => unknown {
  switch (contentType) {
    case 'application/json-patch+json':
      return (current) => jsonPatch(current, patch);
    case 'application/merge-patch+json':
      return (current) => mergePatch(current, patch);
    case 'application/strategic-merge-patch+json':
      return (current) => strategicPatch(current, patch);
    default:
      throw new StatusError(
        415,
        'UnsupportedMediaType',
        `the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml; it was ${contentType}`,
      );
  }
}

export async function patchObject(call: Call): Promise<Answer> {
  const { asked, contentType } = call;
  if (contentType === 'application/apply-patch+yaml') return applyObject(call);
  const patcher = patcherOf(contentType, parseBody(call));
  // An empty list is as good as none for whoever patched it away, and `null` in it is dropped.
  const patched = (current: ApiObject): ApiObject => readObject(patcher(current), asked);
  return { status: 200, body: await rewrite(call, patched) };
}

async function applyObject(call: Call): Promise<Answer> {
  const { asked, now, store } = call;
  const { name = '', namespace, query, resource } = asked;
  const manager = query.get('fieldManager');
  if (!manager)
    throw new StatusError(
      422,
      'Invalid',
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    );
  const applied = readObject(parseBody(call), asked);
  const applying = { manager, force: query.get('force') === 'true', now: secondsTime(now) };
  const there = await store.get(resource, namespace, name);
  if (!there) {
    if (asked.subresource !== undefined) throw notFound(resource, name);
    return { status: 201, body: await make(call, applyPatch(undefined, applied, applying)) };
  }
  const body = await rewrite(call, (current) =>
    withoutVersion(applyPatch(current, applied, applying), applied),
  );
  return { status: 200, body };
}

/** What is applied goes onto the newest version, unless it names one itself. */
function withoutVersion(merged: ApiObject, applied: ApiObject): ApiObject {
  return withAt(merged, ['metadata', 'resourceVersion'], applied.metadata.resourceVersion);
}

const readable = ['application/json', 'application/yaml', 'application/apply-patch+yaml', ''];

/** The body as JSON has it. Throws StatusError 400 or 415. */
export function parseBody({ body, contentType }: Pick<Call, 'body' | 'contentType'>): unknown {
  if (contentType === protobufType) return readProtobuf(body);
  if (!readable.includes(contentType) && !contentType.endsWith('+json'))
    throw new StatusError(
      415,
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml; it was ${contentType}`,
    );
  try {
    const text = body.toString('utf8');
    return contentType.includes('yaml') ? parseYaml(text) : JSON.parse(text);
  } catch (error) {
    throw badRequest(`the body of the request cannot be read: ${String(error)}`);
  }
}
