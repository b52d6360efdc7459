import { Agent } from 'node:https';
import { type Answer, exchange, neverArrived } from '../runtime/https-exchange.ts';
import {
  classifyAnswer,
  classifyConnection,
  KubernetesError,
  type KubernetesStatus,
} from './client-errors.ts';

export { KubernetesError, type KubernetesErrorKind } from './client-errors.ts';

/** How to reach a Kubernetes API: `https://host:port` of one or more API servers, and who asks (PEM, or a bearer token). */
export interface KubernetesConnection {
  /** Asked in turn from the one that answered last; the next only where a request surely did nothing, or may be done twice. */
  readonly endpoints: readonly string[];
  readonly ca: string | Uint8Array;
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  readonly token?: string;
  /** For one request to one endpoint. */
  readonly timeoutMilliseconds?: number;
}

/** An object as the API has it; what a caller needs beyond is in its own type. */
export interface KubernetesObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export type Query = Readonly<Record<string, string>>;

/** Content types of patches. A strategic merge knows lists by their keys and exists for built-in kinds alone. */
const patchTypes = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
} as const;

/** A small client of the Kubernetes API. Paths are the API's own (`paths.ts` makes them). Every call throws KubernetesError. */
export interface KubernetesClient {
  /** Undefined where there is no such object. */
  get<T = KubernetesObject>(path: string, signal?: AbortSignal): Promise<T | undefined>;
  /** All items, page by page. `query`: labelSelector, fieldSelector and the like. */
  list<T = KubernetesObject>(path: string, query?: Query, signal?: AbortSignal): Promise<T[]>;
  /** The same for lists that may be long: a page is let go of before the next is asked for. */
  visit<T = KubernetesObject>(
    path: string,
    query: Query,
    visitor: (item: T) => void,
    signal?: AbortSignal,
  ): Promise<void>;
  create<T = KubernetesObject>(path: string, object: object, signal?: AbortSignal): Promise<T>;
  replace<T = KubernetesObject>(path: string, object: object, signal?: AbortSignal): Promise<T>;
  patch<T = KubernetesObject>(
    path: string,
    patch: object,
    type?: keyof typeof patchTypes,
    signal?: AbortSignal,
  ): Promise<T>;
  /** Server-side apply as field manager `trivet`; it takes fields over from other managers, since Trivet's manifests are pinned. */
  apply<T = KubernetesObject>(path: string, object: object, signal?: AbortSignal): Promise<T>;
  /** False where it was gone already. `options`: DeleteOptions, such as `gracePeriodSeconds`. */
  delete(path: string, options?: object, signal?: AbortSignal): Promise<boolean>;
  /** Whatever the path answers with, such as `/readyz?verbose`: an error status is an answer here. */
  read(path: string, signal?: AbortSignal): Promise<{ readonly status: number; readonly text: string }>;
  /** Ends idle connections. */
  close(): void;
}

/** Who sets fields, as `metadata.managedFields` says it. */
export const fieldManager = 'trivet';

/** As many as kubectl asks for at once. */
const pageSize = 500;
/** A dead instance's address answers nothing at all: the next API server is asked soon. */
const connectTimeoutMilliseconds = 2_000;

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly contentType?: string;
  /** May be sent again without knowing whether it was carried out. */
  readonly repeatable: boolean;
}

/** A client for the given API servers. Nothing is connected until the first call. */
export function createKubernetesClient(connection: KubernetesConnection): KubernetesClient {
  const agent = openAgent(connection);
  const ask = askAnywhere(connection, agent);
  const call = async (asked: Asked, signal?: AbortSignal): Promise<unknown> => {
    const { endpoint, answer } = await ask(asked, signal);
    if (answer.status >= 200 && answer.status < 300) return JSON.parse(answer.text);
    throw refusal(endpoint, answer);
  };
  const orMissing = async <T>(promise: Promise<T>): Promise<T | undefined> => {
    try {
      return await promise;
    } catch (error) {
      if (error instanceof KubernetesError && error.kind === 'not-found') return undefined;
      throw error;
    }
  };
  const write = (method: string, path: string, body: object, signal?: AbortSignal) =>
    call({ method, path, body, repeatable: false }, signal);
  return {
    get: <T>(path: string, signal?: AbortSignal) =>
      orMissing(call({ method: 'GET', path, repeatable: true }, signal)) as Promise<T | undefined>,
    list: async <T>(path: string, query: Query = {}, signal?: AbortSignal) => {
      const items: T[] = [];
      await visitPages<T>(
        (page) => call({ method: 'GET', path: page, repeatable: true }, signal),
        { path, query },
        (item) => items.push(item),
      );
      return items;
    },
    visit: <T>(path: string, query: Query, visitor: (item: T) => void, signal?: AbortSignal) =>
      visitPages<T>(
        (page) => call({ method: 'GET', path: page, repeatable: true }, signal),
        { path, query },
        visitor,
      ),
    create: <T>(path: string, object: object, signal?: AbortSignal) =>
      write('POST', path, object, signal) as Promise<T>,
    replace: <T>(path: string, object: object, signal?: AbortSignal) =>
      write('PUT', path, object, signal) as Promise<T>,
    patch: <T>(path: string, body: object, type: keyof typeof patchTypes = 'merge', signal?: AbortSignal) =>
      call(
        { method: 'PATCH', path, body, contentType: patchTypes[type], repeatable: type !== 'json' },
        signal,
      ) as Promise<T>,
    apply: <T>(path: string, body: object, signal?: AbortSignal) =>
      call(
        {
          method: 'PATCH',
          path: `${path}?${new URLSearchParams({ fieldManager, force: 'true', fieldValidation: 'Strict' })}`,
          body,
          // JSON is YAML.
          contentType: 'application/apply-patch+yaml',
          repeatable: true,
        },
        signal,
      ) as Promise<T>,
    delete: async (path, options = {}, signal) => {
      const gone = call({ method: 'DELETE', path, body: options, repeatable: true }, signal);
      return (await orMissing(gone)) !== undefined;
    },
    read: async (path, signal) => {
      const { answer } = await ask({ method: 'GET', path, repeatable: true }, signal);
      return { status: answer.status, text: answer.text };
    },
    close: () => agent.destroy(),
  };
}

function openAgent({ ca, cert, key }: KubernetesConnection): Agent {
  return new Agent({
    keepAlive: true,
    maxSockets: 16,
    ca: Buffer.from(ca),
    ...(cert !== undefined && { cert: Buffer.from(cert) }),
    ...(key !== undefined && { key: Buffer.from(key) }),
    minVersion: 'TLSv1.2',
  });
}

function askAnywhere(connection: KubernetesConnection, agent: Agent) {
  const { endpoints, token, timeoutMilliseconds = 10_000 } = connection;
  let first = 0;
  const once = async (endpoint: string, asked: Asked, signal?: AbortSignal): Promise<Answer> => {
    const timeout = AbortSignal.timeout(timeoutMilliseconds);
    const either = signal ? AbortSignal.any([signal, timeout]) : timeout;
    const { method, path, body, contentType = 'application/json' } = asked;
    const headers = {
      accept: 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': contentType }),
    };
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const url = new URL(path, endpoint);
    try {
      return await exchange({
        url,
        method,
        agent,
        signal: either,
        headers,
        ...content,
        connectTimeoutMilliseconds,
      });
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      const message = error instanceof Error ? error.message : String(error);
      if (timeout.aborted)
        throw new KubernetesError('timeout', `no answer within ${timeoutMilliseconds} ms`, {
          endpoint,
          cause: error,
        });
      throw new KubernetesError(classifyConnection(error), message, { endpoint, cause: error });
    }
  };
  return async (asked: Asked, signal?: AbortSignal) => {
    let last: unknown = new KubernetesError('unreachable', 'no endpoint was given', { endpoint: '(none)' });
    for (let offset = 0; offset < endpoints.length; offset += 1) {
      const index = (first + offset) % endpoints.length;
      const endpoint = endpoints[index] ?? '';
      try {
        const answer = await once(endpoint, asked, signal);
        // Without etcd or about to end: another may serve.
        const serves = answer.status < 500 || answer.status === 504;
        if (serves) first = index;
        if (serves || !asked.repeatable || offset === endpoints.length - 1) return { endpoint, answer };
      } catch (error) {
        if (!(error instanceof KubernetesError)) throw error;
        const another = neverArrived(error.cause) || (asked.repeatable && error.kind !== 'not-trusted');
        if (!another) throw error;
        last = error;
      }
    }
    throw last;
  };
}

async function visitPages<T>(
  call: (path: string) => Promise<unknown>,
  { path, query }: { readonly path: string; readonly query: Query },
  visitor: (item: T) => void,
): Promise<void> {
  let next = '';
  do {
    const asked = new URLSearchParams({
      ...query,
      limit: String(pageSize),
      ...(next !== '' && { continue: next }),
    });
    const page = (await call(`${path}?${asked}`)) as {
      items?: T[];
      metadata?: { continue?: string };
    };
    for (const item of page.items ?? []) visitor(item);
    next = page.metadata?.continue ?? '';
  } while (next !== '');
}

function refusal(endpoint: string, { status, text }: Answer): KubernetesError {
  let told: KubernetesStatus = {};
  try {
    told = JSON.parse(text);
  } catch {
    // A proxy's text, or none.
  }
  const message = told.message ?? (text.slice(0, 200).trim() || `HTTP ${status}`);
  return new KubernetesError(classifyAnswer(status, told), message, { endpoint, status, told });
}
