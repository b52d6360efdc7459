import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Control, createControl } from './control.ts';
import type { Kernel } from './kernel/kernel.ts';
import { createDispatch, type Dispatch } from './protocols/dispatch.ts';
import { bucketOfHost } from './protocols/rest-routes.ts';
import { credentialScope } from './protocols/scope.ts';
import { parseQuery, toBytes, type WireRequest, type WireResponse } from './protocols/wire.ts';

export interface RegionServer {
  /**
   * Listens on 127.0.0.1 alone, on `port` (0: any free port), sets `kernel.endpoint` and resolves with that URL.
   * Rejects with PortTakenError when another process has the port.
   */
  listen(port: number): Promise<string>;
  /** Stops listening, ends idle connections at once, and those with a request (a long poll, say) after 500 ms. */
  close(): Promise<void>;
}

/** Another process listens on the port that the region should take (issue 2: "Port taken: said, with the way out"). */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';
  readonly port: number;

  constructor(port: number) {
    super(
      `Port ${port} on 127.0.0.1 is taken by another process (a second embedded region?). ` +
        `Stop that process, or choose another port: TRIVET_REGION_PORT=${port === 4566 ? 4567 : 4566}; TRIVET_REGION_PORT=0 takes any free one.`,
    );
    this.port = port;
  }
}

/** Milliseconds that requests get to end before their connections are cut on close. */
const closeGrace = 500;

/** The region's HTTP/1.1 endpoint: AWS's wire protocols, `GET /` for people, `GET /_trivet/health` for probes, and a door to break it (control.ts). */
export function createServer(kernel: Kernel): RegionServer {
  const dispatch = createDispatch(kernel);
  const control = createControl(kernel);
  const server = createHttpServer((message, response) => {
    answer({ kernel, dispatch, control }, message, response).catch((error: unknown) => {
      kernel.log(
        `${message.method} ${message.url}: ${error instanceof Error ? error.message : String(error)}`,
      );
      response.destroy();
    });
  });
  // Longer than SDK clients keep idle sockets, so that no request meets a socket that is being closed.
  server.keepAliveTimeout = 65_000;
  server.headersTimeout = 66_000;
  server.requestTimeout = 0;
  return {
    listen: async (port) => {
      await listen(server, port);
      const address = server.address() as AddressInfo;
      kernel.endpoint = `http://127.0.0.1:${address.port}`;
      return kernel.endpoint;
    },
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), closeGrace);
      await closed;
      clearTimeout(cut);
    },
  };
}

function listen(server: ReturnType<typeof createHttpServer>, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void =>
      reject(error.code === 'EADDRINUSE' ? new PortTakenError(port) : error);
    server.once('error', failed);
    server.listen({ port, host: '127.0.0.1' }, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

interface Doors {
  readonly kernel: Kernel;
  readonly dispatch: Dispatch;
  readonly control: Control;
}

async function answer(
  { kernel, dispatch, control }: Doors,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) gone.abort(new Error('the client has gone'));
  });
  const request = await readRequest(message);
  const wire = ownPage(kernel, request) ?? control.answer(request) ?? (await dispatch(request, gone.signal));
  if (gone.signal.aborted) return;
  const isHead = request.method === 'HEAD';
  // A HEAD's content-length is the object's, and comes from the operation.
  const length =
    isHead || wire.status === 204 || wire.status === 304 ? {} : { 'content-length': wire.body.length };
  response.writeHead(wire.status, { ...wire.headers, ...length });
  response.end(isHead ? undefined : wire.body);
}

async function readRequest(message: IncomingMessage): Promise<WireRequest> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message) chunks.push(chunk as Uint8Array);
  const url = message.url ?? '/';
  const mark = url.indexOf('?');
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers))
    headers[name] = Array.isArray(value) ? value.join(', ') : (value ?? '');
  return {
    method: message.method ?? 'GET',
    host: headers.host ?? '',
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? [] : parseQuery(url.slice(mark + 1)),
    headers,
    body: new Uint8Array(Buffer.concat(chunks)),
  };
}

/** The two pages that are not AWS's. Signed requests are never among them (`GET /` of S3 lists buckets), nor those to a bucket's own host. */
function ownPage(kernel: Kernel, request: WireRequest): WireResponse | undefined {
  const forAws = credentialScope(request) !== undefined || bucketOfHost(request.host) !== undefined;
  if (request.method !== 'GET' || forAws) return undefined;
  const services = kernel.services().map(({ id }) => id);
  if (request.path === '/') {
    const line =
      `Trivet's embedded region ${kernel.region} plays ${services.join(', ') || 'no service'}. ` +
      `Try: AWS_ENDPOINT_URL=${kernel.endpoint} AWS_DEFAULT_REGION=${kernel.region} ` +
      'AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any aws ec2 describe-instances\n';
    return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: toBytes(line) };
  }
  if (request.path !== '/_trivet/health') return undefined;
  const health = { status: 'ok', region: kernel.region, accountId: kernel.accountId, services };
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: toBytes(`${JSON.stringify(health)}\n`),
  };
}
