import { type EtcdClient, EtcdError, type EtcdKeyValue } from '../../../functions/etcd/client.ts';
import type { ApiObject } from './json.ts';
import type { Resource } from './resources.ts';
import { alreadyExists, expired, modified, notFound, StatusError } from './status-error.ts';

/**
 * Where objects lie in the cluster's etcd. Not `/registry`, which is the real API server's: its objects are encoded otherwise and
 * encrypted, so neither could read what the other wrote.
 */
export const root = '/trivet.standin/';

export interface Range {
  /** All namespaces where it is left out. */
  readonly namespace?: string;
  /** As objects stood at this revision of etcd; the newest by default. */
  readonly revision?: string;
  /** The first key, as an earlier page told it. */
  readonly from?: string;
  readonly limit?: number;
}

export interface Page {
  readonly revision: string;
  readonly items: readonly ApiObject[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: string;
  /** How many come after this page. */
  readonly remaining: number;
}

/** Makes the next version of an object; the same object means that nothing is to be written. */
export type Change = (current: ApiObject) => ApiObject | Promise<ApiObject>;

/**
 * Objects in the cluster's own etcd, through the member on this machine: reads go through the quorum, and a write is answered when etcd
 * has it. Everything throws StatusError.
 */
export interface Store {
  get(resource: Resource, namespace: string | undefined, name: string): Promise<ApiObject | undefined>;
  list(resource: Resource, range?: Range): Promise<Page>;
  /** Throws 409 where there is one of this name. */
  create(resource: Resource, object: ApiObject): Promise<ApiObject>;
  /** Changes an object, and again from its newest version when somebody else was faster. Throws 404 where there is none. */
  change(resource: Resource, namespace: string | undefined, name: string, change: Change): Promise<ApiObject>;
  /** Undefined where this is not the newest version any more; else the revision of its end. */
  remove(resource: Resource, object: ApiObject): Promise<string | undefined>;
  /** etcd's newest revision, agreed by a quorum. */
  revision(signal?: AbortSignal): Promise<string>;
}

/** The key of an object, or of all of a kind (and namespace) where the name is left out: then it ends with `/`. */
export function keyOf({ group, plural }: Resource, namespace: string | undefined, name = ''): string {
  const within = namespace === undefined ? '' : `${namespace}/`;
  return `${root}${group === '' ? 'core' : group}/${plural}/${within}${name}`;
}

/** The first key after all that begin with a key that ends with `/`. */
export const endOf = (prefix: string): string => `${prefix.slice(0, -1)}0`;

/** An object as it was written, with the revision of that write. */
export function decode({ value, modRevision }: Pick<EtcdKeyValue, 'value' | 'modRevision'>): ApiObject {
  const object = JSON.parse(value) as ApiObject;
  return { ...object, metadata: { ...object.metadata, resourceVersion: modRevision } };
}

function encode({ metadata: { resourceVersion: _, ...metadata }, ...object }: ApiObject): string {
  return JSON.stringify({ ...object, metadata });
}

const keyOfObject = (resource: Resource, { metadata }: ApiObject): string =>
  keyOf(resource, resource.namespaced ? metadata.namespace : undefined, metadata.name);

const changesMax = 10;

export function createStore(etcd: EtcdClient): Store {
  const get: Store['get'] = async (resource, namespace, name) => {
    const found = await asking(() => etcd.get(keyOf(resource, namespace, name)));
    return found && decode(found);
  };
  const put = async (resource: Resource, object: ApiObject, modRevision: string) => {
    const key = keyOfObject(resource, object);
    const header = await asking(() => etcd.putIf(key, encode(object), modRevision));
    return header && withRevision(object, header.revision);
  };
  return {
    get,
    list: (resource, range = {}) => listPage(etcd, resource, range),
    async create(resource, object) {
      const made = await put(resource, object, '0');
      if (!made) throw alreadyExists(resource, object.metadata.name ?? '');
      return made;
    },
    async change(resource, namespace, name, change) {
      for (let tries = 0; tries < changesMax; tries += 1) {
        const current = await get(resource, namespace, name);
        if (!current) throw notFound(resource, name);
        const next = await change(current);
        if (next === current) return current;
        const made = await put(resource, next, current.metadata.resourceVersion ?? '');
        if (made) return made;
      }
      throw modified(resource, name);
    },
    async remove(resource, object) {
      const key = keyOfObject(resource, object);
      const header = await asking(() => etcd.deleteIf(key, object.metadata.resourceVersion ?? ''));
      return header?.revision;
    },
    async revision(signal) {
      const limited = { limit: 1, ...(signal && { signal }) };
      return (await asking(() => etcd.page(root, endOf(root), limited))).header.revision;
    },
  };
}

const withRevision = (object: ApiObject, resourceVersion: string): ApiObject => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion },
});

async function listPage(etcd: EtcdClient, resource: Resource, range: Range): Promise<Page> {
  const { namespace, revision = '0', limit = 0 } = range;
  const prefix = keyOf(resource, namespace);
  const from = range.from ?? prefix;
  const { count, header, items, more } = await asking(() =>
    etcd.page(from, endOf(prefix), { limit, revision }),
  );
  const last = items.at(-1);
  return {
    revision: revision === '0' ? header.revision : revision,
    items: items.map(decode),
    // The first key after the last one.
    ...(more && last && { next: `${last.key}\0` }),
    remaining: count - items.length,
  };
}

/** Runs a call to etcd and says its failure as an API server does. */
async function asking<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof EtcdError)) throw error;
    if (error.kind === 'compacted') throw expired();
    if (error.kind === 'timeout')
      throw new StatusError(
        504,
        'Timeout',
        'Timeout: request did not complete within requested timeout: etcd',
      );
    throw new StatusError(500, 'InternalError', `etcdserver: ${error.message}`);
  }
}
