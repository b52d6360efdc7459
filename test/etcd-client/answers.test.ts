import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createEtcdClient, type EtcdClient } from '../../functions/etcd/client.ts';
import { issueAuthority, issueLeaf, makeKey } from '../../functions/pki/issue.ts';

/** A gateway that answers what it is told, so that each etcd's way of answering can be shown. */
describe('the etcd client reads', () => {
  let server: Server;
  let endpoint: string;
  let pems: { ca: string; cert: string; key: string };
  let answer: (request: IncomingMessage, body: string, response: ServerResponse) => void;
  const clients: EtcdClient[] = [];

  beforeAll(async () => {
    const now = new Date();
    const caKey = await makeKey();
    const ca = { key: caKey, certificate: await issueAuthority('test', caKey, now) };
    const key = await makeKey();
    const usages = ['serverAuth', 'clientAuth'] as const;
    const cert = await issueLeaf(
      ca,
      { commonName: 'x', usages, dnsNames: ['localhost'], addresses: ['127.0.0.1'] },
      key,
      now,
    );
    pems = { ca: ca.certificate, cert, key };
    server = createServer({ ...pems, requestCert: true, rejectUnauthorized: true }, (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => answer(request, Buffer.concat(chunks).toString(), response));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });

  const client = (
    options: { endpoints?: string[]; timeoutMilliseconds?: number; ca?: string } = {},
  ): EtcdClient => {
    const made = createEtcdClient({ endpoints: [endpoint], ...pems, ...options });
    clients.push(made);
    return made;
  };
  const say = (status: number, body: unknown): void => {
    answer = (_request, _body, response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
  };

  test('64-bit numbers to the last digit, and what is left out as zero', async () => {
    say(200, {
      header: {
        cluster_id: '14841639068965178418',
        member_id: '10276657743932975437',
        revision: '1',
        raft_term: '2',
      },
      version: '3.4.23',
      dbSize: '20480',
      raftIndex: '9007199254740993',
      raftTerm: '2',
    });
    expect(await client().status()).toEqual({
      header: {
        clusterId: '14841639068965178418',
        memberId: '10276657743932975437',
        revision: '1',
        raftTerm: '2',
      },
      version: '3.4.23',
      databaseBytes: 20480,
      databaseBytesInUse: 0,
      raftIndex: '9007199254740993',
      raftTerm: '2',
      raftAppliedIndex: '0',
      errors: [],
      learner: false,
    });
  });

  test('a member that was added and never started: no name, and a learner', async () => {
    say(200, { members: [{ ID: '7', peerURLs: ['https://10.0.0.1:2380'], isLearner: true }] });
    expect((await client().memberList()).members).toEqual([
      { id: '7', name: '', peerUrls: ['https://10.0.0.1:2380'], clientUrls: [], learner: true },
    ]);
  });

  test.each([
    [
      412,
      9,
      'etcdserver: can only promote a learner member which is in sync with leader',
      'learner-not-ready',
    ],
    [
      400,
      9,
      'etcdserver: can only promote a learner member which is in sync with leader',
      'learner-not-ready',
    ],
    [412, 9, 'etcdserver: can only promote a learner member', 'already-voter'],
    [412, 9, 'etcdserver: too many learner members in cluster', 'too-many-learners'],
    [404, 5, 'etcdserver: member not found', 'member-not-found'],
    [412, 9, 'etcdserver: Peer URLs already exists', 'peer-url-exists'],
    [412, 9, 'etcdserver: member ID already exist', 'peer-url-exists'],
    [412, 9, 'etcdserver: re-configuration failed due to not enough started members', 'not-enough-members'],
    [503, 14, 'etcdserver: unhealthy cluster', 'unhealthy-cluster'],
    [503, 14, 'etcdserver: rpc not supported for learner', 'learner'],
    [400, 9, 'etcdserver: rpc not supported for learner', 'learner'],
    [429, 8, 'etcdserver: mvcc: database space exceeded', 'no-space'],
    [503, 14, 'etcdserver: no leader', 'no-leader'],
    [412, 9, 'etcdserver: not leader', 'not-leader'],
    [503, 14, 'etcdserver: request timed out', 'timeout'],
    [500, 2, 'context deadline exceeded', 'timeout'],
    [400, 3, 'etcdserver: something of a later version', 'unknown'],
  ] as const)('%i with code %i and "%s" as %s, in both bodies', async (status, code, message, kind) => {
    for (const body of [
      { error: message, message, code },
      { code, message, details: [] },
    ]) {
      say(status, body);
      await expect(client().memberPromote('7')).rejects.toMatchObject({
        name: 'EtcdError',
        kind,
        code,
        endpoint,
      });
    }
  });

  test('a hash of keys where the gateway has one, and says so where it has none', async () => {
    say(200, { header: {}, hash: 4294967295, compact_revision: '3', hash_revision: '9' });
    expect(await client().hashKv('9')).toMatchObject({
      hash: 4294967295,
      revision: '9',
      compactRevision: '3',
    });
    say(404, { error: 'Not Found', message: 'Not Found', code: 5 });
    expect(await client().hashKv('9')).toBeUndefined();
    say(404, '404 page not found\n');
    expect(await client().hashKv('9')).toBeUndefined();
    say(501, { code: 12, message: 'Method Not Allowed', details: [] });
    expect(await client().hashKv('9')).toBeUndefined();
    say(400, { code: 11, message: 'etcdserver: mvcc: required revision has been compacted' });
    await expect(client().hashKv('9')).rejects.toMatchObject({ kind: 'compacted' });
  });

  test('health also where it is bad, with the reason that 3.5 gives', async () => {
    say(200, { health: 'true' });
    expect(await client().health()).toEqual({ healthy: true, reason: '' });
    say(503, { health: 'false', reason: 'RAFT NO LEADER' });
    expect(await client().health()).toEqual({ healthy: false, reason: 'RAFT NO LEADER' });
  });

  test('an answer that is no JSON as an error that quotes it', async () => {
    say(502, '<html>Bad gateway</html>');
    await expect(client().status()).rejects.toThrow(`etcd at ${endpoint}: <html>Bad gateway</html>`);
  });

  test('silence as a time-out, and an abort as the caller’s own reason', async () => {
    answer = () => {};
    await expect(client({ timeoutMilliseconds: 50 }).status()).rejects.toMatchObject({
      kind: 'timeout',
      message: `etcd at ${endpoint}: no answer within 50 ms`,
    });
    const stopping = new AbortController();
    const reason = new Error('the task ends');
    const asked = client().status(stopping.signal);
    stopping.abort(reason);
    await expect(asked).rejects.toBe(reason);
  });

  test('nobody there as unreachable, and a stranger’s certificate as not trusted', async () => {
    await expect(client({ endpoints: ['https://127.0.0.1:1'] }).status()).rejects.toMatchObject({
      kind: 'unreachable',
    });
    const strangerKey = await makeKey();
    const stranger = await issueAuthority('stranger', strangerKey, new Date());
    await expect(client({ ca: stranger }).status()).rejects.toMatchObject({ kind: 'not-trusted' });
  });

  test('the next endpoint only when the first was surely never reached', async () => {
    let asked = 0;
    answer = (_request, _body, response) => {
      asked += 1;
      response.socket?.destroy();
    };
    const twice = client({ endpoints: [endpoint, endpoint] });
    await expect(twice.put('key', 'value')).rejects.toMatchObject({ kind: 'unreachable' });
    expect(asked).toBe(1);
    say(200, { header: { revision: '5' } });
    const second = client({ endpoints: ['https://127.0.0.1:1', endpoint] });
    expect((await second.put('key', 'value')).revision).toBe('5');
  });

  test('what it sends is what the gateway knows', async () => {
    const sent: string[] = [];
    answer = (request, body, response) => {
      sent.push(`${request.method} ${request.url} ${body}`);
      response.end('{}');
    };
    const one = client();
    await one.memberAddLearner('https://10.0.0.1:2380');
    await one.memberRemove('10276657743932975437');
    await one.transferLeadership('7');
    await one.put('ключ', 'value');
    await one.range('a', 'b', { serializable: true, limit: 5 });
    await one.memberList({ linearizable: true });
    expect(sent).toEqual([
      'POST /v3/cluster/member/add {"peerURLs":["https://10.0.0.1:2380"],"isLearner":true}',
      'POST /v3/cluster/member/remove {"ID":"10276657743932975437"}',
      'POST /v3/maintenance/transfer-leadership {"targetID":"7"}',
      'POST /v3/kv/put {"key":"0LrQu9GO0Yc=","value":"dmFsdWU="}',
      'POST /v3/kv/range {"key":"YQ==","range_end":"Yg==","serializable":true,"limit":"5"}',
      'POST /v3/kv/range {"key":"AA==","count_only":true}',
      'POST /v3/cluster/member/list {}',
    ]);
  });
});
