import type { OperationSchema, ServiceCatalog } from './catalog.ts';
import type { Route } from './protocol.ts';
import { membersOf, requiredCount, traitsOf } from './shape.ts';
import { decodeText, queryValue, type WireRequest } from './wire.ts';

interface Pattern {
  readonly operation: OperationSchema;
  readonly method: string;
  /** Path segments; a label has a name, and a greedy one takes the rest of the path. */
  readonly segments: readonly {
    readonly literal?: string;
    readonly label?: string;
    readonly greedy?: boolean;
  }[];
  /** Query pairs that stand in the pattern itself (`?uploads`, `?list-type=2`), without `x-id`. */
  readonly literals: readonly (readonly [string, string | undefined])[];
  /** Required members that are bound to a header or a query parameter: what tells CopyObject from PutObject. */
  readonly requiredHeaders: readonly string[];
  readonly requiredQueries: readonly string[];
}

const compiled = new WeakMap<ServiceCatalog, readonly Pattern[]>();

function patternsOf(catalog: ServiceCatalog): readonly Pattern[] {
  let patterns = compiled.get(catalog);
  if (!patterns) {
    patterns = [...catalog.operations.values()].flatMap((operation) => compile(operation) ?? []);
    compiled.set(catalog, patterns);
  }
  return patterns;
}

function compile(operation: OperationSchema): Pattern | undefined {
  if (!operation.http) return undefined;
  const [method, uri] = operation.http;
  const [path = '', query = ''] = uri.split('?');
  const literals = query
    .split('&')
    .filter((pair) => pair !== '' && !pair.startsWith('x-id='))
    .map((pair): [string, string | undefined] => {
      const equals = pair.indexOf('=');
      return equals < 0 ? [pair, undefined] : [pair.slice(0, equals), pair.slice(equals + 1)];
    });
  const segments = splitPath(path).map((segment) => {
    const label = /^\{(.+?)(\+?)\}$/.exec(segment);
    return label?.[1] ? { label: label[1], greedy: label[2] === '+' } : { literal: segment };
  });
  const requiredHeaders: string[] = [];
  const requiredQueries: string[] = [];
  let left = requiredCount(operation.input);
  for (const [, member] of membersOf(operation.input)) {
    if (left <= 0) break;
    left -= 1;
    const { httpHeader, httpQuery } = traitsOf(member);
    if (httpHeader) requiredHeaders.push(httpHeader.toLowerCase());
    if (httpQuery) requiredQueries.push(httpQuery);
  }
  return { operation, method, segments, literals, requiredHeaders, requiredQueries };
}

const splitPath = (path: string): string[] => {
  const trimmed = path.replace(/^\//, '').replace(/\/$/, '');
  return trimmed === '' ? [] : trimmed.split('/');
};

/** Values of a pattern's labels in a path, undefined where the path does not fit. */
function matchPath(pattern: Pattern, segments: readonly string[]): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  for (const [index, expected] of pattern.segments.entries()) {
    const found = segments[index];
    if (found === undefined) return undefined;
    if (expected.literal !== undefined) {
      if (decodeText(found) !== expected.literal) return undefined;
    } else if (expected.greedy) {
      labels[expected.label ?? ''] = decodeText(segments.slice(index).join('/'));
      return labels;
    } else labels[expected.label ?? ''] = decodeText(found);
  }
  return segments.length === pattern.segments.length ? labels : undefined;
}

/** How closely a request fits a pattern; undefined where it does not. Each literal and each required binding counts. */
function score(pattern: Pattern, request: WireRequest): number | undefined {
  for (const [key, value] of pattern.literals) {
    const found = queryValue(request, key);
    if (found === undefined || (value !== undefined && found !== value)) return undefined;
  }
  const bound =
    pattern.requiredHeaders.every((name) => request.headers[name] !== undefined) &&
    pattern.requiredQueries.every((name) => queryValue(request, name) !== undefined);
  const named = queryValue(request, 'x-id') === pattern.operation.name;
  // The SDK names the operation in x-id; the CLI does not, and must send what is required.
  if (!bound && !named) return undefined;
  const size = pattern.literals.length + pattern.requiredHeaders.length + pattern.requiredQueries.length;
  return named ? 1000 + size : size + literalSegments(pattern) * 10;
}

const literalSegments = (pattern: Pattern): number =>
  pattern.segments.filter((segment) => segment.literal !== undefined).length;

function best(
  patterns: readonly Pattern[],
  request: WireRequest,
  match: (pattern: Pattern) => Record<string, string> | undefined,
): Route | undefined {
  let found: { route: Route; points: number } | undefined;
  for (const pattern of patterns) {
    if (pattern.method !== request.method) continue;
    const labels = match(pattern);
    if (!labels) continue;
    const points = score(pattern, request);
    if (points === undefined || (found && found.points >= points)) continue;
    found = { route: { operation: pattern.operation, labels }, points };
  }
  return found?.route;
}

/** The operation of a REST service that fits method, path, query and headers best. */
export function routeRest(catalog: ServiceCatalog, request: WireRequest): Route | undefined {
  const segments = splitPath(request.path);
  return best(patternsOf(catalog), request, (pattern) => matchPath(pattern, segments));
}

const bucketHost = /^(.+?)\.(?:s3[.-][^:]*|localhost)(?::\d+)?$/;

/** The bucket that a host name says, where the host is S3's own or `localhost`. */
export function bucketOfHost(host: string): string | undefined {
  return bucketHost.exec(host)?.[1];
}

/** Bucket and key of an S3 request: path style, or a bucket in the host name where the host is S3's own or `localhost`. */
function splitS3Path(request: WireRequest): { bucket: string; key: string } {
  const hosted = bucketOfHost(request.host);
  const path = request.path.replace(/^\//, '');
  if (hosted !== undefined) return { bucket: hosted, key: decodeText(path) };
  const slash = path.indexOf('/');
  return slash < 0
    ? { bucket: decodeText(path), key: '' }
    : { bucket: decodeText(path.slice(0, slash)), key: decodeText(path.slice(slash + 1)) };
}

/** As routeRest, for S3: its patterns leave the bucket out, and its keys may hold and end in slashes. */
export function routeS3(catalog: ServiceCatalog, request: WireRequest): Route | undefined {
  const { bucket, key } = splitS3Path(request);
  return best(patternsOf(catalog), request, (pattern) => {
    const takesKey = pattern.segments.some((segment) => segment.label === 'Key');
    const takesBucket =
      takesKey || [...membersOf(pattern.operation.input)].some(([name]) => name === 'Bucket');
    if (pattern.segments.some((segment) => segment.literal !== undefined)) return undefined;
    if (takesKey !== (key !== '') || takesBucket !== (bucket !== '')) return undefined;
    return { ...(takesBucket && { Bucket: bucket }), ...(takesKey && { Key: key }) };
  });
}
