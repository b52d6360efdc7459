import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ActionRequest } from '../../../cli/console/contracts.ts';
import { createFeed } from '../../../cli/console/feed.ts';
import { type ConsoleServer, serveConsole } from '../../../cli/console/server.ts';
import { keepToken } from '../../../cli/console/token.ts';
import { CommandError } from '../../../cli/output.ts';
import { eventually } from '../../support/eventually.ts';

const token = 't'.repeat(32);
const pace = { everyMilliseconds: 5, timeoutMilliseconds: 1_000 };

let server: ConsoleServer;
let port: number;
let acted: ActionRequest[];
let shown: string;
let listeners: number;
beforeEach(async () => {
  acted = [];
  shown = 'first';
  listeners = 0;
  server = await serveConsole(
    {
      page: { '/': { type: 'text/html', body: '<p>page</p>' } },
      token,
      snapshots: (cluster) => {
        const feed = createFeed({ read: async () => ({ cluster, shown }), ...pace });
        return {
          subscribe(listener) {
            listeners += 1;
            const end = feed.subscribe(listener);
            return () => {
              listeners -= 1;
              end();
            };
          },
        };
      },
      execution: (arn) =>
        arn === 'known' ? createFeed({ read: async () => ({ arn }), ...pace }) : undefined,
      act: async (request) => {
        acted.push(request);
        if (request.name === 'refused') throw new CommandError('Slot: there is none.');
        return { message: 'done' };
      },
    },
    0,
  );
  port = Number(new URL(server.url).port);
});
afterEach(() => server.close());

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

const own = () => ({ host: `127.0.0.1:${port}`, cookie: `trivet-console-${port}=${token}` });

/** `fetch` sets the host itself: here it is whatever a test says. */
function send({ body = '', headers = own(), method = 'GET', path = '/' }: Sent) {
  return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>(
    (resolve, reject) => {
      const sent = httpRequest({ host: '127.0.0.1', port, method, path, headers }, (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += String(chunk);
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      });
      sent.on('error', reject);
      sent.end(body);
    },
  );
}

const action = { kind: 'runbook', name: 'kick-slot', cluster: 'demo', parameters: { Slot: 'b' } };
const post = (headers: Record<string, string>, body: unknown = action) =>
  send({
    method: 'POST',
    path: '/actions',
    headers: { ...own(), 'content-type': 'application/json', origin: `http://127.0.0.1:${port}`, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

describe('who may look', () => {
  test('is whoever opens the address with the token, which the address does not keep', async () => {
    expect(server.url).toBe(`http://127.0.0.1:${port}/?token=${token}`);
    const { headers, status } = await send({
      path: `/?token=${token}`,
      headers: { host: `127.0.0.1:${port}` },
    });
    expect(status).toBe(303);
    expect(headers.location).toBe('/');
    expect(headers['set-cookie']).toEqual([
      `trivet-console-${port}=${token}; Path=/; HttpOnly; SameSite=Strict`,
    ]);
    expect(await send({})).toMatchObject({ status: 200, text: '<p>page</p>' });
  });

  test.each([
    ['without a token', '/', {}],
    ['with a wrong token', `/?token=${'x'.repeat(32)}`, {}],
    ['with the token of another console', '/', { cookie: `trivet-console-1=${token}` }],
    ['with a part of it', '/', { cookie: `trivet-console-0=${token.slice(1)}` }],
  ])('is nobody %s', async (_, path, headers) => {
    const answer = await send({ path, headers: { host: `127.0.0.1:${port}`, ...headers } });
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('Open the address that trivet console printed');
  });

  test.each(['/', '/events', '/execution?arn=known', '/actions'])(
    'is nobody at %s under another name, as a page would be that had its name lead here',
    async (path) => {
      const headers = { ...own(), host: `console.example.com:${port}` };
      const answer = await send({ path, headers });
      expect(answer.status).toBe(403);
      expect(answer.text).toContain(`This is served at http://127.0.0.1:${port} alone.`);
    },
  );

  test('may load nothing from elsewhere and be framed by nobody', async () => {
    const { headers } = await send({});
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  test('finds nothing where nothing is', async () => {
    expect((await send({ path: '/constructor' })).status).toBe(404);
    expect((await send({ path: '/execution?arn=other' })).status).toBe(404);
    expect((await send({ method: 'DELETE' })).status).toBe(405);
  });
});

describe('an action', () => {
  test('of the page itself is done', async () => {
    expect(await post({})).toMatchObject({ status: 200, text: '{"message":"done"}\n' });
    expect(acted).toEqual([action]);
    await post({}, { ...action, confirm: 'demo' });
    expect(acted[1]).toEqual({ ...action, confirm: 'demo' });
  });

  test.each([
    ['without a token', { cookie: '' }, 403],
    ['of another page on this machine', { origin: 'http://127.0.0.1:8080' }, 403],
    ['of another site', { origin: 'https://example.com' }, 403],
    ['that does not say whose it is', { origin: '' }, 403],
    ['that a form of another site could send', { 'content-type': 'text/plain' }, 415],
    ['under another name', { host: 'example.com' }, 403],
  ])('%s is refused, and nothing is done', async (_, headers, status) => {
    expect((await post(headers)).status).toBe(status);
    expect(acted).toEqual([]);
  });

  test.each([
    ['no JSON', '{'],
    ['of another kind', { ...action, kind: 'shell' }],
    ['without a cluster', { kind: 'runbook', name: 'kick-slot', parameters: {} }],
    ['with a parameter that is no text', { ...action, parameters: { Slot: 1 } }],
    ['too large', { ...action, parameters: { Slot: 'b'.repeat(20_000) } }],
  ])('that is %s is refused', async (_, body) => {
    expect((await post({}, body)).status).toBe(400);
    expect(acted).toEqual([]);
  });

  test('that cannot be done says why', async () => {
    expect(await post({}, { ...action, name: 'refused' })).toMatchObject({
      status: 400,
      text: '{"message":"Slot: there is none."}\n',
    });
  });
});

describe('the stream', () => {
  async function open(path: string) {
    const ending = new AbortController();
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      headers: { cookie: own().cookie },
      signal: ending.signal,
    });
    const heard = { text: '', type: response.headers.get('content-type') };
    const read = async () => {
      for await (const chunk of response.body ?? [])
        heard.text += Buffer.from(chunk as Uint8Array).toString();
    };
    read().catch(() => {});
    return { heard, end: () => ending.abort() };
  }

  test('tells what is new and that it lives, of the cluster that is asked for', async () => {
    const { end, heard } = await open('/events?cluster=demo');
    expect(heard.type).toBe('text/event-stream');
    await eventually(() => heard.text.includes('event: pulse'));
    expect(heard.text).toMatch(/^retry: 1000\nevent: page\ndata: "[0-9a-f]{16}"\n\n/);
    expect(heard.text).toContain('event: value\ndata: {"cluster":"demo","shown":"first"}\n\n');
    shown = 'second';
    await eventually(() => heard.text.includes('"shown":"second"'));
    end();
  });

  test('of an execution is its own', async () => {
    const { end, heard } = await open('/execution?arn=known');
    await eventually(() => heard.text.includes('data: {"arn":"known"}'));
    end();
  });

  test('ends the looking when the page is closed', async () => {
    const { end, heard } = await open('/events');
    await eventually(() => heard.text.includes('event: pulse') && listeners === 1);
    end();
    await eventually(() => listeners === 0);
  });
});

describe('a port', () => {
  test('that is taken is said, with the way out', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const taken = (other.address() as AddressInfo).port;
    const served = { page: {}, token, snapshots: () => createFeed({ read: async () => 1, ...pace }) };
    const opened = serveConsole(
      { ...served, execution: () => undefined, act: async () => ({ message: '' }) },
      taken,
    );
    await expect(opened).rejects.toThrow(
      `port ${taken} on 127.0.0.1 is taken by another process (a second console?): stop that one, or give --port; --port 0 takes any free one.`,
    );
    other.close();
  });
});

describe('the token', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'trivet-token-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('is made once, for this person’s eyes alone, and stays through restarts', () => {
    const path = join(folder, 'below', 'console-token');
    const made = keepToken(path);
    expect(made).toMatch(/^[\w-]{32}$/);
    expect(keepToken(path)).toBe(made);
    expect(readFileSync(path, 'utf8').trim()).toBe(made);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('is not taken from a file that holds none', () => {
    const path = join(folder, 'console-token');
    writeFileSync(path, 'short\n');
    expect(() => keepToken(path)).toThrow('holds no token: remove it, and start again');
  });
});
