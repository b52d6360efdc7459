import { Readable } from 'node:stream';
import { HttpResponse } from '@smithy/core/protocols';
import type { Kernel } from '../kernel/kernel.ts';
import { createDispatch } from './dispatch.ts';
import type { WireRequest } from './wire.ts';

/** The part of the SDK's HttpRequest that a handler reads. */
interface SdkHttpRequest {
  readonly method: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly path: string;
  readonly query?: Record<string, string | string[] | null>;
  readonly headers: Record<string, string>;
  readonly body?: unknown;
}

interface SdkHandlerOptions {
  readonly abortSignal?: unknown;
}

/** What an SDK v3 client takes as `requestHandler`. */
export interface InProcessRequestHandler {
  readonly metadata: { readonly handlerProtocol: string };
  handle(request: SdkHttpRequest, options?: SdkHandlerOptions): Promise<{ response: HttpResponse }>;
  destroy(): void;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): Record<string, never>;
}

async function collect(body: unknown): Promise<Uint8Array> {
  if (body === undefined || body === null) return new Uint8Array(0);
  if (typeof body === 'string') return new TextEncoder().encode(body);
  if (body instanceof Uint8Array) return body;
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  if (body instanceof Blob) return new Uint8Array(await body.arrayBuffer());
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array | string>)
    chunks.push(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

async function toWire(request: SdkHttpRequest): Promise<WireRequest> {
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
  const query = Object.entries(request.query ?? {}).flatMap(([key, value]): [string, string][] =>
    Array.isArray(value) ? value.map((item) => [key, item]) : [[key, value ?? '']],
  );
  return {
    method: request.method,
    host: headers.host ?? request.hostname,
    path: request.path,
    query,
    headers,
    body: await collect(request.body),
  };
}

/**
 * An SDK v3 `requestHandler` that serves the wire protocols of `kernel` without sockets:
 * `new EC2Client({ requestHandler, region, credentials, endpoint })`. The request goes through the same serialization as over HTTP.
 */
export function createRequestHandler(kernel: Kernel): InProcessRequestHandler {
  const dispatch = createDispatch(kernel);
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: async (request, options) => {
      const signal = options?.abortSignal instanceof AbortSignal ? options.abortSignal : undefined;
      signal?.throwIfAborted();
      const answer = await raceAbort(dispatch(await toWire(request), signal), signal);
      return {
        response: new HttpResponse({
          statusCode: answer.status,
          headers: { 'content-length': String(answer.body.length), ...answer.headers },
          body: Readable.from(answer.body.length === 0 ? [] : [answer.body], { objectMode: false }),
        }),
      };
    },
    destroy: () => {},
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  };
}

/** The SDK expects an aborted request to reject at once, with an AbortError, whatever the service is doing. */
function raceAbort<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise<T>((resolve, reject) => {
    const abort = (): void =>
      reject(Object.assign(new Error('Request aborted', { cause: signal.reason }), { name: 'AbortError' }));
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
