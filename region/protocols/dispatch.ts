import { gunzipSync } from 'node:zlib';
import { observeCall } from '../kernel/calls.ts';
import { anonymous } from '../kernel/credentials.ts';
import { AwsError, NotPlayedError } from '../kernel/errors.ts';
import type { Kernel, Principal } from '../kernel/kernel.ts';
import { awsJson } from './aws-json.ts';
import { loadCatalog, type ServiceCatalog } from './catalog.ts';
import { definitionOf, type ProtocolName } from './definitions.ts';
import type { Protocol, Route } from './protocol.ts';
import { awsQuery, ec2Query } from './query-protocols.ts';
import { assertRequired } from './required.ts';
import { restJson } from './rest-json.ts';
import { restXml } from './rest-xml.ts';
import { credentialScope, unsignedService } from './scope.ts';
import { toBytes, type WireRequest, type WireResponse } from './wire.ts';
import { wireErrorOf } from './wire-error.ts';
import { escapeXml } from './xml.ts';

const protocols: Readonly<Record<ProtocolName, Protocol>> = {
  ec2Query,
  awsQuery,
  'awsJson1.0': awsJson('1.0'),
  'awsJson1.1': awsJson('1.1'),
  restJson,
  restXml,
};

/** Answers one request that came over the wire. Never rejects: every failure becomes the protocol's error form. */
export type Dispatch = (request: WireRequest, signal?: AbortSignal) => Promise<WireResponse>;

/** The dispatcher of a region: credential scope → service, protocol → operation and input, kernel → output or error. */
export function createDispatch(kernel: Kernel): Dispatch {
  return async (request, signal) => {
    const requestId = kernel.ids.uuid();
    const scope = credentialScope(request);
    const service = scope?.service ?? unsignedService(request);
    if (service === undefined)
      return plainError(request, requestId, 403, 'MissingAuthenticationToken', 'The request is not signed.');
    const definition = definitionOf(service);
    if (!definition) {
      const error = new NotPlayedError(`the service ${service}`);
      kernel.log(error.message);
      return plainError(request, requestId, error.status, error.code, error.message);
    }
    const principal = scope ? kernel.credentials.lookup(scope.accessKeyId) : anonymous;
    try {
      const catalog = await loadCatalog(definition);
      return await serve(kernel, catalog, inflate(request), {
        requestId,
        principal,
        ...(signal && { signal }),
      });
    } catch (error) {
      // What fails before a protocol is at work: a client package that does not load, a body that is not gzip.
      const message = error instanceof Error ? error.message : String(error);
      kernel.log(`${definition.id}: ${request.method} ${request.path} failed: ${message}`);
      return plainError(request, requestId, 500, 'InternalFailure', message);
    }
  };
}

interface Call {
  readonly requestId: string;
  readonly principal: Principal;
  readonly signal?: AbortSignal;
}

async function serve(
  kernel: Kernel,
  catalog: ServiceCatalog,
  request: WireRequest,
  call: Call,
): Promise<WireResponse> {
  const { definition } = catalog;
  const protocol = protocols[protocolOf(definition.protocol, request)];
  try {
    const { route, asked } = protocol.route(catalog, request);
    if (!route) throw new NotPlayedError(`${definition.id}: ${asked} (no such operation is known)`);
    return await runRoute(kernel, catalog, protocol, route, request, call);
  } catch (error) {
    // Nobody is left to hear of a failure that comes from the client's own going.
    if (!(error instanceof AwsError) && !call.signal?.aborted) {
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
      kernel.log(`${definition.id}: ${request.method} ${request.path} failed: ${detail}`);
    } else if (error instanceof NotPlayedError) kernel.log(error.message);
    return protocol.writeError(catalog, wireErrorOf(catalog, error), call.requestId, request);
  }
}

async function runRoute(
  kernel: Kernel,
  catalog: ServiceCatalog,
  protocol: Protocol,
  route: Route,
  request: WireRequest,
  call: Call,
): Promise<WireResponse> {
  const { operation } = route;
  const { definition } = catalog;
  const known = { service: definition.id, operation: operation.method, via: 'request' as const, ...call };
  return observeCall(kernel, known, async (report) => {
    if (kernel.delays.apiLatency > 0) await kernel.clock.sleep(kernel.delays.apiLatency, call.signal);
    const input = protocol.read(catalog, route, request);
    report({ input });
    // Whether it is played comes first: a missing parameter would hide that the operation is not there.
    kernel.assertPlayed(definition.id, operation.method);
    assertRequired(definition, operation.input, input);
    const output = await kernel.perform(definition.id, operation.method, input, call);
    return protocol.write(catalog, operation, output, call.requestId);
  });
}

/** Services that have changed protocols still answer the older ones: the request says which it speaks. */
function protocolOf(usual: ProtocolName, request: WireRequest): ProtocolName {
  if (usual === 'restJson' || usual === 'restXml') return usual;
  const contentType = request.headers['content-type'] ?? '';
  if (contentType.startsWith('application/x-amz-json-1.0')) return 'awsJson1.0';
  if (contentType.startsWith('application/x-amz-json-1.1')) return 'awsJson1.1';
  if (contentType.startsWith('application/x-www-form-urlencoded') && usual !== 'ec2Query') return 'awsQuery';
  return usual;
}

/** SDKs compress long request bodies (CloudWatch PutMetricData). In S3 the encoding belongs to the object and stays. */
function inflate(request: WireRequest): WireRequest {
  if (request.headers['content-encoding'] !== 'gzip' || credentialScope(request)?.service === 's3')
    return request;
  return { ...request, body: new Uint8Array(gunzipSync(request.body)) };
}

/** An error where no service, and so no protocol, is known: JSON to those who sent JSON, otherwise XML. */
function plainError(
  request: WireRequest,
  requestId: string,
  status: number,
  code: string,
  message: string,
): WireResponse {
  const isJson = (request.headers['content-type'] ?? '').includes('json');
  const headers = { 'x-amzn-requestid': requestId, 'x-amzn-errortype': code };
  if (isJson)
    return {
      status,
      headers: { ...headers, 'content-type': 'application/json' },
      body: toBytes(JSON.stringify({ __type: code, message })),
    };
  const markup = `<ErrorResponse><Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
  return { status, headers: { ...headers, 'content-type': 'text/xml' }, body: toBytes(markup) };
}
