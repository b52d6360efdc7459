import { findResource, groupVersionOf, type Resource, type Subresource } from './resources.ts';
import { methodNotAllowed, unknownPath } from './status-error.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** What a request wants of which objects. */
export interface Asked {
  readonly verb: Verb;
  readonly resource: Resource;
  readonly subresource?: Subresource;
  /** Absent for cluster-wide kinds, and where a list is of all namespaces. */
  readonly namespace?: string;
  readonly name?: string;
  readonly query: URLSearchParams;
}

/** A request for objects, by its path alone. Throws StatusError: 404 or 405 that name what is not served. Pure. */
export function parseRequest(method: string, url: URL): Asked {
  const { group, version, rest } = splitPath(url.pathname);
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2 && !isOfNamespaces(rest[2]);
  const [plural = '', name, subresource, ...more] = inNamespace ? rest.slice(2) : rest;
  const groupVersion = groupVersionOf({ group, version });
  const resource = findResource(group, version, plural);
  if (
    !resource ||
    more.length > 0 ||
    inNamespace !== (resource.namespaced && (name !== undefined || inNamespace))
  )
    throw unknownPath(`${method} ${url.pathname} (${plural} in ${groupVersion})`);
  const known = resource.subresources.find((one) => one === subresource);
  if (subresource !== undefined && !known)
    throw unknownPath(`${method} ${url.pathname} (${plural}/${subresource} in ${groupVersion})`);
  const namespace = inNamespace ? rest[1] : undefined;
  return {
    verb: verbOf(method, url, { named: name !== undefined, ...(known && { subresource: known }) }),
    resource,
    ...(known && { subresource: known }),
    ...(namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
    query: url.searchParams,
  };
}

/** `/namespaces/shop/status` is of the namespace; `/namespaces/shop/pods` is in it. */
const isOfNamespaces = (segment: string | undefined): boolean =>
  segment === 'status' || segment === 'finalize';

function splitPath(path: string): { group: string; version: string; rest: readonly string[] } {
  const segments = path.split('/').filter(Boolean).map(decode);
  const [root, first = '', second = ''] = segments;
  if (root === 'api') return { group: '', version: first, rest: segments.slice(2) };
  if (root === 'apis') return { group: first, version: second, rest: segments.slice(3) };
  throw unknownPath(path);
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw unknownPath(segment);
  }
}

interface Place {
  readonly named: boolean;
  readonly subresource?: Subresource;
}

function verbOf(method: string, url: URL, { named, subresource }: Place): Verb {
  const watching = ['true', '1'].includes(url.searchParams.get('watch') ?? '');
  const ofOne: Readonly<Record<string, Verb>> = {
    GET: 'get',
    PUT: 'update',
    PATCH: 'patch',
    DELETE: 'delete',
  };
  const ofAll: Readonly<Record<string, Verb>> = {
    GET: watching ? 'watch' : 'list',
    POST: 'create',
    DELETE: 'deletecollection',
  };
  const posted = subresource === 'binding' || subresource === 'eviction';
  const ofSubresource: Readonly<Record<string, Verb>> = posted
    ? { POST: 'create' }
    : { GET: 'get', PUT: 'update', PATCH: 'patch' };
  const verbs = subresource ? ofSubresource : named ? ofOne : ofAll;
  const verb = Object.hasOwn(verbs, method) ? verbs[method] : undefined;
  if (!verb) throw methodNotAllowed(`${method} ${url.pathname}`);
  return verb;
}
