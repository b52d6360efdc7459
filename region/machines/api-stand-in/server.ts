import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { apiServerPort } from '../../../node/kubernetes/input.ts';
import { pki } from '../../../node/kubernetes/paths.ts';
import { authenticate } from './authenticate.ts';
import { type Incoming, type Served, serve } from './serve.ts';
import { StatusError } from './status-error.ts';

export interface ServerOptions extends Served {
  /** The machine's root, with the slot's delivered certificates in it. */
  readonly root: string;
  /** The slot's address. */
  readonly host: string;
  /** Ends it and every connection. */
  readonly signal: AbortSignal;
  /** A request that it does not serve, or a defect. */
  say(line: string): void;
}

const bodyBytesMax = 3 * 1024 * 1024;

/** Listens as an API server does, with the slot's own certificate. Resolves once it listens; rejects where it cannot. */
export async function listen(options: ServerOptions): Promise<void> {
  const { host, root, signal } = options;
  const read = (name: string): Buffer => readFileSync(join(root, pki(name)));
  const server = createServer(
    {
      cert: read('apiserver.crt'),
      key: read('apiserver.key'),
      ca: read('client-ca.crt'),
      requestCert: true,
      // Who comes without one may have a token, or ask for health alone.
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
    },
    (request, response) => void handle(request, response, options),
  );
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(apiServerPort, host, () => resolve());
  });
  signal.addEventListener('abort', () => end(server), { once: true });
  if (signal.aborted) end(server);
}

function end(server: Server): void {
  server.close();
  server.closeAllConnections();
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  options: ServerOptions,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  try {
    const incoming = await read(request, options, AbortSignal.any([gone.signal, options.signal]));
    const reply = await serve(incoming, options);
    if ('text' in reply) return send(response, reply.status, reply.text, 'text/plain; charset=utf-8');
    if ('body' in reply) return send(response, reply.status, JSON.stringify(reply.body));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    for await (const event of reply) response.write(`${JSON.stringify(event)}\n`);
    response.end();
  } catch (error) {
    if (!response.writable || gone.signal.aborted) return;
    if (!(error instanceof StatusError))
      options.say(`API stand-in: ${error instanceof Error ? error.stack : error}`);
    const failure =
      error instanceof StatusError ? error : new StatusError(500, 'InternalError', String(error));
    if (failure.code === 404 && failure.details === undefined)
      options.say(`API stand-in: ${failure.message}`);
    send(response, failure.code, JSON.stringify(failure.status));
  }
}

function send(response: ServerResponse, status: number, text: string, type = 'application/json'): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

async function read(
  request: IncomingMessage,
  { host, now, store }: ServerOptions,
  signal: AbortSignal,
): Promise<Incoming> {
  const { headers, method = 'GET', socket, url = '/' } = request;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyBytesMax)
      throw new StatusError(413, 'RequestEntityTooLarge', `limit is ${bodyBytesMax} bytes`);
    chunks.push(chunk);
  }
  const user = await authenticate(socket as TLSSocket, headers.authorization, store, now());
  return {
    method,
    url: new URL(url, `https://${host}`),
    contentType: (headers['content-type'] ?? '').split(';')[0]?.trim() ?? '',
    body: Buffer.concat(chunks).toString('utf8'),
    user,
    signal,
  };
}
