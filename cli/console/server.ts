import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CommandError } from '../output.ts';
import type { ActionAnswer, ActionRequest } from './contracts.ts';
import type { Feed } from './feed.ts';
import { createGuard, type Guard, type Refusal } from './guard.ts';
import type { Page } from './page.ts';

type Watched = Pick<Feed<unknown>, 'subscribe'>;

/** What a console serves. */
export interface Served {
  readonly page: Page;
  readonly token: string;
  /** What a page on this cluster shows; without a name, on the first there is. */
  snapshots(cluster: string | undefined): Watched;
  /** One execution in full; undefined where the ARN is of no execution of the deployment. */
  execution(executionArn: string): Watched | undefined;
  /** Throws CommandError for what is refused. */
  act(request: ActionRequest): Promise<ActionAnswer>;
}

export interface ConsoleServer {
  /** With the token: who opens it may look and act. */
  readonly url: string;
  /** Ends all open pages' connections as well. */
  close(): Promise<void>;
}

/** The console's port is taken by another process. */
export class ConsolePortTakenError extends CommandError {}

/** A page may load and ask nothing but what this server gives it, and nobody may frame it. */
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

const bodyBytesMax = 10_000;

/** Serves a console on 127.0.0.1 alone. Throws ConsolePortTakenError. */
export async function serveConsole(served: Served, port: number): Promise<ConsoleServer> {
  let listening = port;
  const guard = createGuard(served.token, () => listening);
  const server = createServer((request, response) => {
    answer(served, guard, request, response).catch((error: unknown) => {
      if (!response.headersSent) say(response, 500, { message: String(error) });
      response.destroy();
    });
  });
  server.listen({ port, host: '127.0.0.1' });
  try {
    await once(server, 'listening');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    throw new ConsolePortTakenError(
      `port ${port} on 127.0.0.1 is taken by another process (a second console?): stop that one, or give --port; --port 0 takes any free one.`,
    );
  }
  listening = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${listening}/?token=${served.token}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  served: Served,
  guard: Guard,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://console');
  const foreign = guard.host(request.headers);
  if (foreign) return refuse(response, foreign);
  const brought = url.searchParams.get('token');
  if (request.method === 'GET' && url.pathname === '/' && brought !== null && guard.isToken(brought)) {
    // The token is not left in the address, where it would be copied with it.
    response.writeHead(303, { ...headers, location: '/', 'set-cookie': guard.cookie() });
    response.end();
    return;
  }
  const stranger = guard.token(request.headers);
  if (stranger) return refuse(response, stranger);
  if (request.method === 'POST' && url.pathname === '/actions') {
    const elsewhere = guard.action(request.headers);
    return elsewhere ? refuse(response, elsewhere) : act(served, request, response);
  }
  if (request.method !== 'GET') return say(response, 405, { message: 'GET, or POST /actions.' });
  if (url.pathname === '/events')
    return stream(
      served.page,
      served.snapshots(url.searchParams.get('cluster') ?? undefined),
      request,
      response,
    );
  if (url.pathname === '/execution') {
    const feed = served.execution(url.searchParams.get('arn') ?? '');
    return feed
      ? stream(served.page, feed, request, response)
      : say(response, 404, { message: 'arn: it is of no execution of this deployment.' });
  }
  const file = Object.hasOwn(served.page, url.pathname) ? served.page[url.pathname] : undefined;
  if (!file) return say(response, 404, { message: `There is no ${url.pathname}.` });
  response.writeHead(200, { ...headers, 'content-type': file.type });
  response.end(file.body);
}

/** Server-Sent Events: `page`, the hash of what is served, at first; `value` when something is new; `pulse` after every look. */
function stream(page: Page, feed: Watched, request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' });
  response.write(`retry: 1000\nevent: page\ndata: ${JSON.stringify(hashOf(page))}\n\n`);
  const send = (event: string, data: unknown): void => {
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const end = feed.subscribe({
    value: (value) => send('value', value),
    pulse: (pulse) => send('pulse', pulse),
  });
  request.once('close', end);
}

function hashOf(page: Page): string {
  return createHash('sha256').update(JSON.stringify(page)).digest('hex').slice(0, 16);
}

async function act(served: Served, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const order = parseAction(await readBody(request));
  if (!order)
    return say(response, 400, {
      message: 'An action has kind, name, cluster and parameters, and may have confirm.',
    });
  try {
    say(response, 200, await served.act(order));
  } catch (error) {
    const message = error instanceof Error ? error.message || error.name : String(error);
    say(response, error instanceof CommandError ? 400 : 502, { message });
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyBytesMax) return '';
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const kinds: readonly string[] = ['runbook', 'break', 'approval'] satisfies ActionRequest['kind'][];

function parseAction(text: string): ActionRequest | undefined {
  try {
    const { cluster, confirm, kind, name, parameters } = JSON.parse(text) as Partial<ActionRequest>;
    const texts = Object.values(parameters ?? {}).every((value) => typeof value === 'string');
    if (kind === undefined || !kinds.includes(kind) || !parameters || !texts) return undefined;
    if (typeof name !== 'string' || typeof cluster !== 'string') return undefined;
    return { kind, name, cluster, parameters, ...(typeof confirm === 'string' && { confirm }) };
  } catch {
    return undefined;
  }
}

function refuse(response: ServerResponse, { message, status }: Refusal): void {
  say(response, status, { message });
}

function say(response: ServerResponse, status: number, body: ActionAnswer): void {
  response.writeHead(status, { ...headers, 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
