import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { authenticate } from './authenticate.ts';
import { authorize } from './authorize.ts';
import { discover } from './discovery.ts';
import type { Answer, Call } from './objects.ts';
import { parseRequest } from './request.ts';
import { serveObjects } from './serve-objects.ts';
import { serveWatch } from './serve-watch.ts';
import { StatusError, unauthorized } from './status-error.ts';
import type { Store } from './store.ts';
import { type Rendering, render, renderingOf } from './table.ts';
import type { Watcher } from './watch-objects.ts';

/** What an API server stands on. */
export interface ApiServer {
  readonly store: Store;
  readonly watcher: Watcher;
  /** What it says of itself, without a v. */
  readonly version: string;
  readonly address: string;
  readonly port: number;
  readonly cert: Uint8Array;
  readonly key: Uint8Array;
  /** Authorities whose clients are believed. */
  readonly clientAuthorities: Uint8Array;
  now(): Date;
  /** Whether what exists from the start is there. */
  isPrepared(): boolean;
  log(line: string): void;
  readonly signal: AbortSignal;
}

/** As long as kube-apiserver waits for etcd in a health check, so that a load balancer gets an answer. */
const healthMilliseconds = 2_000;
/** As much as kube-apiserver takes. */
const bodyBytesMax = 3 * 1024 * 1024;

/** Listens. Rejects where the address or port cannot be had. All connections are cut when the signal is aborted: a machine has ended. */
export async function startApiServer(api: ApiServer): Promise<Server> {
  const server = createServer(
    {
      cert: Buffer.from(api.cert),
      key: Buffer.from(api.key),
      ca: Buffer.from(api.clientAuthorities),
      requestCert: true,
      // Who brings none may still ask for health, or bring a token; authenticate.ts looks at what was brought.
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
    },
    (request, response) => void serve(api, request, response),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(api.port, api.address, resolve);
  });
  const end = (): void => {
    server.close();
    server.closeAllConnections();
  };
  if (api.signal.aborted) end();
  else api.signal.addEventListener('abort', end, { once: true });
  return server;
}

async function serve(api: ApiServer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // A client that goes away while it is answered is no failure.
  response.on('error', () => {});
  try {
    await answer(api, request, response);
  } catch (error) {
    if (response.headersSent || response.destroyed) return void response.destroy();
    const known = error instanceof StatusError ? error : new StatusError(500, 'InternalError', String(error));
    const expected = error instanceof StatusError && ![404, 405].includes(known.code);
    if (!expected && !isMissingObject(known)) api.log(`${request.method} ${request.url}: ${known.message}`);
    const retry = known.details?.retryAfterSeconds;
    sendJson(response, known.code, known.status, retry === undefined ? {} : { 'retry-after': String(retry) });
  }
}

/** An object that is not there is everyday; a path or a method that is not served is to be seen. */
const isMissingObject = ({ code, details }: StatusError): boolean => code === 404 && details !== undefined;

async function answer(api: ApiServer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = 'GET', headers, socket } = request;
  const url = new URL(request.url ?? '/', 'https://api');
  if (['/healthz', '/livez', '/readyz'].includes(url.pathname)) return health(api, url, response);
  const now = api.now();
  const user = await authenticate(socket as TLSSocket, headers.authorization, api.store, now);
  if (!user) throw unauthorized();
  if (Object.keys(headers).some((name) => name.startsWith('impersonate-')))
    throw new StatusError(403, 'Forbidden', 'the API stand-in does not know impersonation');
  const found =
    method === 'GET' ? discover(url.pathname, api.version, `${api.address}:${api.port}`) : undefined;
  if (found) return sendJson(response, 200, found);
  const rendering = renderingOf(headers.accept);
  if (!rendering)
    throw new StatusError(
      406,
      'NotAcceptable',
      'only the following media types are accepted: application/json',
    );
  const asked = parseRequest(method, url);
  await authorize(user, asked, api.store);
  if (asked.verb === 'watch') return serveWatch(api, { asked, rendering, request, response });
  const call: Call = {
    asked,
    user,
    store: api.store,
    now,
    body: method === 'GET' ? Buffer.alloc(0) : await readBody(request),
    contentType: (headers['content-type'] ?? '').split(';')[0]?.trim() ?? '',
  };
  send(response, await serveObjects(call), rendering, now);
}

function send(response: ServerResponse, { body, status }: Answer, rendering: Rendering, now: Date): void {
  sendJson(response, status, render(body, rendering, now));
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = Buffer.from(JSON.stringify(body));
  const length = { 'content-type': 'application/json', 'content-length': String(text.length) };
  response.writeHead(status, { ...headers, ...length });
  response.end(text);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyBytesMax)
      throw new StatusError(
        413,
        'RequestEntityTooLarge',
        `Request entity too large: limit is ${bodyBytesMax}`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Alive is who answers; ready is who can also read through etcd's quorum. */
async function health(api: ApiServer, url: URL, response: ServerResponse): Promise<void> {
  const check = url.pathname.slice(1);
  const failed = check === 'livez' ? undefined : await unready(api);
  const text = failed === undefined ? 'ok' : `[-]${failed} failed: reason withheld\n${check} check failed\n`;
  response.writeHead(failed === undefined ? 200 : 500, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(
    url.searchParams.has('verbose') && failed === undefined ? `[+]etcd ok\n${check} check passed\n` : text,
  );
}

async function unready({ isPrepared, signal, store }: ApiServer): Promise<string | undefined> {
  try {
    await store.revision(AbortSignal.any([signal, AbortSignal.timeout(healthMilliseconds)]));
    return isPrepared() ? undefined : 'poststarthook/start-system-namespaces-controller';
  } catch {
    return 'etcd';
  }
}
