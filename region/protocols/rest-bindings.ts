import type { Route } from './protocol.ts';
import { blobBytes, formatScalar, malformed, parseScalar, unfitting } from './scalars.ts';
import { isRecord, kindOf, membersOf, type Shape, type ShapeTraits, traitsOf } from './shape.ts';
import { toBytes, toText, type WireRequest } from './wire.ts';

/** How a REST protocol writes documents: JSON or XML. */
export interface BodyCodec {
  readonly contentType: string;
  /** Content type of bytes whose own type the service does not know. */
  readonly blobType: string;
  /** Body of the members that are bound nowhere else. */
  readMembers(shape: Shape, text: string): Record<string, unknown>;
  /** Body that is one structure (`httpPayload`). */
  readPayload(shape: Shape, text: string): unknown;
  writeMembers(shape: Shape, value: Record<string, unknown>, where: string): string;
  writePayload(shape: Shape, name: string, value: unknown, where: string): string;
}

/** Whether a member stands in the body, not in path, query, header or status. */
export const isBodyMember = (shape: Shape): boolean => {
  const traits = traitsOf(shape);
  return !(
    traits.httpLabel ||
    traits.httpQuery ||
    traits.httpQueryParams ||
    traits.httpHeader ||
    traits.httpPrefixHeaders !== undefined ||
    traits.httpPayload ||
    traits.httpResponseCode
  );
};

/** Splits a header list; entries may be quoted. */
const splitHeaderList = (text: string): string[] =>
  [...text.matchAll(/"((?:[^"\\]|\\.)*)"|([^,]+)/g)]
    .map((match) => (match[1] ?? match[2] ?? '').trim())
    .filter((entry) => entry !== '');

function readHeader(shape: Shape, text: string, where: string): unknown {
  if (kindOf(shape) !== 'list') return parseScalar(shape, text, where);
  const member = shape.getValueSchema();
  // A date has a comma of its own.
  const entries = kindOf(member) === 'timestamp' ? (text.match(/[^,]+,[^,]+/g) ?? []) : splitHeaderList(text);
  return entries.map((entry) => parseScalar(member, entry.trim(), where));
}

function readQueryMember(shape: Shape, values: readonly string[], where: string): unknown {
  if (kindOf(shape) !== 'list') return parseScalar(shape, values[0] ?? '', where);
  const member = shape.getValueSchema();
  return values.map((value) => parseScalar(member, value, where));
}

function readBound(
  name: string,
  member: Shape,
  traits: ShapeTraits,
  route: Route,
  request: WireRequest,
): unknown {
  if (traits.httpLabel) {
    const label = route.labels[name];
    return label === undefined ? undefined : parseScalar(member, label, name);
  }
  if (traits.httpHeader) {
    const header = request.headers[traits.httpHeader.toLowerCase()];
    return header === undefined || header === '' ? undefined : readHeader(member, header, name);
  }
  if (traits.httpQuery) {
    const values = request.query.filter(([key]) => key === traits.httpQuery).map(([, value]) => value);
    return values.length === 0 ? undefined : readQueryMember(member, values, name);
  }
  if (traits.httpPrefixHeaders !== undefined) {
    const prefix = traits.httpPrefixHeaders.toLowerCase();
    const found = Object.entries(request.headers).filter(([key]) => key.startsWith(prefix));
    return found.length === 0
      ? undefined
      : Object.fromEntries(found.map(([key, value]) => [key.slice(prefix.length), value]));
  }
  if (traits.httpQueryParams) return Object.fromEntries(request.query);
  return undefined;
}

/** The input of a REST operation, out of path, query, headers and body. */
export function readBindings(route: Route, request: WireRequest, codec: BodyCodec): Record<string, unknown> {
  const { input } = route.operation;
  const read: Record<string, unknown> = {};
  let payload: [string, Shape] | undefined;
  let hasBodyMembers = false;
  for (const [name, member] of membersOf(input)) {
    const traits = traitsOf(member);
    if (traits.httpPayload) payload = [name, member];
    else if (isBodyMember(member)) hasBodyMembers = true;
    else {
      const value = readBound(name, member, traits, route, request);
      if (value !== undefined) read[name] = value;
    }
  }
  if (payload) {
    const value = readPayload(payload[1], request.body, codec);
    if (value !== undefined) read[payload[0]] = value;
  } else if (hasBodyMembers && request.body.length > 0) {
    const members = codec.readMembers(input, toText(request.body));
    // What is bound elsewhere cannot come from the body as well.
    for (const [name, member] of membersOf(input))
      if (isBodyMember(member) && members[name] !== undefined) read[name] = members[name];
  }
  return read;
}

function readPayload(shape: Shape, body: Uint8Array, codec: BodyCodec): unknown {
  switch (kindOf(shape)) {
    case 'blob':
      return body.length === 0 ? undefined : body;
    case 'string':
      return body.length === 0 ? undefined : toText(body);
    case 'structure':
      return body.length === 0 ? undefined : codec.readPayload(shape, toText(body));
    default:
      throw malformed('', 'the payload is of a kind that no operation has');
  }
}

export interface BoundOutput {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
}

function writeHeader(shape: Shape, value: unknown, where: string): string {
  if (kindOf(shape) !== 'list') return formatScalar(shape, value, 'http-date', where);
  if (!Array.isArray(value)) throw unfitting(where, 'a list', value);
  const member = shape.getValueSchema();
  return value.map((item) => formatScalar(member, item, 'http-date', where)).join(', ');
}

/** Status, headers and body of a REST operation's output. */
export function writeBindings(
  shape: Shape,
  value: Record<string, unknown>,
  defaultStatus: number,
  codec: BodyCodec,
  where: string,
): BoundOutput {
  const headers: Record<string, string> = {};
  let status = defaultStatus;
  let body: Uint8Array | undefined;
  let hasBodyMembers = false;
  for (const [name, member] of membersOf(shape)) {
    const traits = traitsOf(member);
    if (isBodyMember(member)) hasBodyMembers = true;
    const item = value[name];
    if (item === undefined || item === null) continue;
    const place = `${where}.${name}`;
    if (traits.httpHeader) headers[traits.httpHeader.toLowerCase()] = writeHeader(member, item, place);
    else if (traits.httpPrefixHeaders !== undefined && isRecord(item))
      for (const [key, entry] of Object.entries(item))
        headers[`${traits.httpPrefixHeaders}${key}`.toLowerCase()] = String(entry);
    else if (traits.httpResponseCode) status = Number(item);
    else if (traits.httpPayload) {
      const payload = writePayload(name, member, item, codec, place);
      body = payload.body;
      headers['content-type'] ??= payload.contentType;
    }
  }
  if (hasBodyMembers) {
    body = toBytes(codec.writeMembers(shape, value, where));
    headers['content-type'] ??= codec.contentType;
  }
  return { status, headers, body: body ?? new Uint8Array(0) };
}

function writePayload(
  name: string,
  shape: Shape,
  value: unknown,
  codec: BodyCodec,
  where: string,
): { body: Uint8Array; contentType: string } {
  switch (kindOf(shape)) {
    case 'blob':
      return { body: blobBytes(value, where), contentType: codec.blobType };
    case 'string':
      return { body: toBytes(formatScalar(shape, value, 'date-time', where)), contentType: 'text/plain' };
    default: {
      const wireName = traitsOf(shape).xmlName ?? shape.getName() ?? name;
      return {
        body: toBytes(codec.writePayload(shape, wireName, value, where)),
        contentType: codec.contentType,
      };
    }
  }
}
