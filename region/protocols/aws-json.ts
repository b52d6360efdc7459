import { parseJsonBody, toJson } from './json.ts';
import type { Protocol, WireError } from './protocol.ts';
import { isRecord, membersOf, traitsOf } from './shape.ts';
import { toBytes, toText, type WireResponse } from './wire.ts';

/**
 * An error as JSON: the message under the name that the error's schema gives it (`message` or `Message`), and modelled members,
 * for example the Item of ConditionalCheckFailedException.
 */
export function errorJson(error: WireError, jsonNames: boolean): Record<string, unknown> {
  if (!error.shape) return { message: error.message };
  const json: Record<string, unknown> = {};
  let messageName = 'message';
  for (const [name, member] of membersOf(error.shape)) {
    const wireName = jsonNames ? (traitsOf(member).jsonName ?? name) : name;
    if (name.toLowerCase() === 'message') messageName = wireName;
    else if (error.members[name] !== undefined)
      json[wireName] = toJson(member, error.members[name], { jsonNames }, `${error.shapeName}.${name}`);
  }
  json[messageName] = error.message;
  return json;
}

/** awsJson 1.0 and 1.1: the operation stands in `x-amz-target`. */
export function awsJson(version: '1.0' | '1.1'): Protocol {
  const respond = (
    status: number,
    requestId: string,
    json: unknown,
    headers: Record<string, string> = {},
  ): WireResponse => ({
    status,
    headers: {
      'content-type': `application/x-amz-json-${version}`,
      'x-amzn-requestid': requestId,
      ...headers,
    },
    body: toBytes(JSON.stringify(json)),
  });
  return {
    route: (catalog, request) => {
      const target = request.headers['x-amz-target'] ?? '(no x-amz-target)';
      const asked = target.slice(target.lastIndexOf('.') + 1);
      const operation = catalog.operations.get(asked);
      return { route: operation && { operation, labels: {} }, asked };
    },
    read: (_catalog, { operation }, request) => {
      const input = parseJsonBody(operation.input, toText(request.body), { jsonNames: false });
      return isRecord(input) ? input : {};
    },
    write: (_catalog, operation, output, requestId) =>
      respond(
        200,
        requestId,
        toJson(operation.output, isRecord(output) ? output : {}, { jsonNames: false }, operation.method),
      ),
    writeError: (catalog, error, requestId, request) => {
      const headers: Record<string, string> = {};
      // Clients of services that once spoke awsQuery ask for its codes (SQS: AWS.SimpleQueueService.NonExistentQueue).
      if (catalog.definition.queryCompatible && request.headers['x-amzn-query-mode'] === 'true')
        headers['x-amzn-query-error'] = `${error.code};${error.fault === 'client' ? 'Sender' : 'Receiver'}`;
      return respond(
        error.status,
        requestId,
        { __type: error.shapeName, ...errorJson(error, false) },
        headers,
      );
    },
  };
}
