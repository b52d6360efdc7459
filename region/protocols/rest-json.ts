import { errorJson } from './aws-json.ts';
import { parseJsonBody, toJson } from './json.ts';
import type { Protocol } from './protocol.ts';
import { type BodyCodec, isBodyMember, readBindings, writeBindings } from './rest-bindings.ts';
import { routeRest } from './rest-routes.ts';
import { isRecord, membersOf } from './shape.ts';
import { toBytes } from './wire.ts';

const names = { jsonNames: true };

const codec: BodyCodec = {
  contentType: 'application/json',
  blobType: 'application/octet-stream',
  readMembers: (shape, text) => {
    const read = parseJsonBody(shape, text, names);
    return isRecord(read) ? read : {};
  },
  readPayload: (shape, text) => parseJsonBody(shape, text, names),
  writeMembers: (shape, value, where) => {
    const inBody = new Set(
      [...membersOf(shape)].filter(([, member]) => isBodyMember(member)).map(([name]) => name),
    );
    const kept = Object.fromEntries(Object.entries(value).filter(([name]) => inBody.has(name)));
    return JSON.stringify(toJson(shape, kept, names, where));
  },
  writePayload: (shape, _name, value, where) => JSON.stringify(toJson(shape, value, names, where)),
};

/** restJson1: Lambda and Scheduler. */
export const restJson: Protocol = {
  route: (catalog, request) => ({
    route: routeRest(catalog, request),
    asked: `${request.method} ${request.path}`,
  }),
  read: (_catalog, route, request) => readBindings(route, request, codec),
  write: (_catalog, operation, output, requestId) => {
    const value = isRecord(output) ? output : {};
    const bound = writeBindings(operation.output, value, operation.http?.[2] ?? 200, codec, operation.method);
    return { ...bound, headers: { ...bound.headers, 'x-amzn-requestid': requestId } };
  },
  writeError: (_catalog, error, requestId) => ({
    status: error.status,
    headers: {
      'content-type': 'application/json',
      'x-amzn-requestid': requestId,
      'x-amzn-errortype': error.shapeName,
    },
    body: toBytes(JSON.stringify(errorJson(error, true))),
  }),
};
