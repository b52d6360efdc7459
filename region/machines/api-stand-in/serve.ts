import type { User } from './authenticate.ts';
import { authorize } from './authorize.ts';
import { deleteObject } from './deletion.ts';
import { discover } from './discovery.ts';
import { evictPod } from './eviction.ts';
import type { ApiObject, Json } from './json.ts';
import { objectOf } from './json.ts';
import {
  type Answer,
  type Call,
  createObject,
  getObject,
  listObjects,
  parseBody,
  patchObject,
  updateObject,
} from './objects.ts';
import { type Asked, parseRequest } from './request.ts';
import { methodNotAllowed, StatusError, unauthorized, unknownPath } from './status-error.ts';
import type { Store } from './store.ts';
import { bindPod, serveScale } from './subresources.ts';
import { type WatchEvent, type Watcher, watchObjects } from './watch-objects.ts';

/** One request as it came. */
export interface Incoming {
  readonly method: string;
  readonly url: URL;
  readonly contentType: string;
  readonly body: string;
  /** Undefined where nobody is named. */
  readonly user: User | undefined;
  readonly signal: AbortSignal;
}

export interface Served {
  readonly store: Store;
  readonly watcher: Watcher;
  readonly now: () => Date;
  /** `1.35.4+trivet.standin`. */
  readonly version: string;
  /** `host:port` under which it is reached. */
  readonly address: string;
}

export type Reply = Answer | { readonly text: string; readonly status: number } | AsyncGenerator<WatchEvent>;

const healthPaths = ['/healthz', '/livez', '/readyz'];

/** Answers one request. Throws StatusError. Without a name only its health is told, as real API servers of Trivet's tell it (ADR 11). */
export async function serve(incoming: Incoming, served: Served): Promise<Reply> {
  const { method, signal, url, user } = incoming;
  if (method === 'GET' && healthPaths.includes(url.pathname)) return health(url.pathname, served, signal);
  if (!user) throw unauthorized();
  const found = method === 'GET' ? discover(url.pathname, served.version, served.address) : undefined;
  if (found) return { status: 200, body: found };
  const asked = parseRequest(method, url);
  await authorize(user, asked, served.store);
  if (asked.verb === 'watch') return watchObjects(asked, served.store, served.watcher, signal);
  const { body, contentType } = incoming;
  return answer({ asked, user, store: served.store, now: served.now(), body, contentType });
}

/** Ready means that etcd's quorum answers; alive, that this does. */
async function health(
  path: string,
  { store }: Served,
  signal: AbortSignal,
): Promise<{ text: string; status: number }> {
  if (path !== '/readyz') return { text: 'ok', status: 200 };
  try {
    await store.revision(AbortSignal.any([signal, AbortSignal.timeout(2_000)]));
    return { text: 'ok', status: 200 };
  } catch (error) {
    return { text: `[-]etcd failed: ${error instanceof Error ? error.message : error}`, status: 500 };
  }
}

async function answer(call: Call): Promise<Answer> {
  const { asked } = call;
  const bySubresource = asked.subresource && (await answerSubresource(call));
  if (bySubresource) return bySubresource;
  switch (asked.verb) {
    case 'get':
      return { status: 200, body: await getObject(call) };
    case 'list':
      return { status: 200, body: await listObjects(call) };
    case 'create':
      return createObject(call);
    case 'update':
      return updateObject(call);
    case 'patch':
      return patchObject(call);
    case 'delete':
      return { status: 200, body: await deleteObject({ ...call, options: optionsOf(call) }) };
    case 'deletecollection':
      return deleteAll(call);
    default:
      throw methodNotAllowed(asked.verb);
  }
}

async function answerSubresource(call: Call): Promise<Answer | undefined> {
  const { subresource, verb } = call.asked;
  if (subresource === 'scale') return serveScale(call);
  if (subresource === 'eviction') return evictPod(call);
  if (subresource === 'binding') return bindPod(call);
  // The rest are the object itself, of which a write changes its own part alone.
  if (verb === 'get' || verb === 'update' || verb === 'patch') return undefined;
  throw unknownPath(`${verb} of ${subresource}`);
}

function optionsOf(call: Call): Json {
  return call.body === '' ? {} : objectOf(parseBody(call));
}

async function deleteAll(call: Call): Promise<Answer> {
  const { asked } = call;
  const list = await listObjects(call);
  for (const { metadata } of list.items as readonly ApiObject[]) {
    const one: Asked = {
      ...asked,
      verb: 'delete',
      ...(metadata.name !== undefined && { name: metadata.name }),
      ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
    };
    await deleteObject({ ...call, asked: one, options: optionsOf(call) }).catch((error: unknown) => {
      if (!(error instanceof StatusError) || error.code !== 404) throw error;
    });
  }
  return { status: 200, body: list };
}
