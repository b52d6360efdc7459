import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { promisify } from 'node:util';
import { S3 } from '@aws-sdk/client-s3';
import { STS } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createServer, PortTakenError, type RegionServer } from '../../../region/server.ts';
import { eventually } from '../../support/eventually.ts';
import { createDoor, type Door, play } from './doors.ts';

const credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: 'not-a-secret' };

describe('a region that starts', () => {
  it('loads no SDK client before the first request for its service', async () => {
    const script = `
      const { Module } = await import('node:module');
      const { createServer } = await import('./region/server.ts');
      const { createKernel } = await import('./region/kernel/create-kernel.ts');
      createServer(createKernel({ stateDir: '.' }));
      const loaded = Object.keys(Module._cache).filter((path) => path.includes('client-'));
      console.log(JSON.stringify(loaded));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    expect(JSON.parse(stdout)).toEqual([]);
  });
});

describe('the HTTP endpoint', () => {
  let door: Door;
  let server: RegionServer;

  beforeEach(async () => {
    const base = createDoor();
    server = createServer(base.kernel);
    const endpoint = await server.listen(0);
    door = { ...base, config: { endpoint, region: 'us-east-1', credentials } };
  });

  afterEach(() => server.close());

  it('sets the kernel’s endpoint, on loopback alone', () => {
    expect(door.config.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(door.kernel.endpoint).toBe(door.config.endpoint);
  });

  it('tells people at its root what it is and how to use it', async () => {
    play(door, 'sts', {});
    const text = await (await fetch(`${door.config.endpoint}/`)).text();
    expect(text).toBe(
      `Trivet's embedded region us-east-1 plays sts. Try: AWS_ENDPOINT_URL=${door.config.endpoint} AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any aws ec2 describe-instances\n`,
    );
  });

  it('answers health probes', async () => {
    play(door, 's3', {});
    const health = await (await fetch(`${door.config.endpoint}/_trivet/health`)).json();
    expect(health).toEqual({
      status: 'ok',
      region: 'us-east-1',
      accountId: '123456789012',
      services: ['s3'],
    });
  });

  it('refuses what nobody signed', async () => {
    const answer = await fetch(door.config.endpoint, { method: 'POST', body: 'Action=DescribeVolumes' });
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('MissingAuthenticationToken');
  });

  it('names the port that is taken, and the way out', async () => {
    const other = createTcpServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const second = createServer(createDoor().kernel);
    const error: unknown = await second.listen(port).catch((thrown: unknown) => thrown);
    other.close();
    expect(error).toBeInstanceOf(PortTakenError);
    expect(error).toMatchObject({
      port,
      message: `Port ${port} on 127.0.0.1 is taken by another process (a second embedded region?). Stop that process, or choose another port: TRIVET_REGION_PORT=4566; TRIVET_REGION_PORT=0 takes any free one.`,
    });
    await second.close();
  });

  it('keeps connections open between requests', async () => {
    play(door, 'sts', { getCallerIdentity: () => ({}) });
    const client = new STS(door.config);
    await Promise.all(Array.from({ length: 20 }, () => client.getCallerIdentity({})));
    expect((await fetch(`${door.config.endpoint}/_trivet/health`)).headers.get('connection')).toBe(
      'keep-alive',
    );
  });

  it('aborts the operation of a client that has gone', async () => {
    play(door, 'sts', {
      getCallerIdentity: (_input, { signal }) =>
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
    });
    const authorization =
      'AWS4-HMAC-SHA256 Credential=AKIDTEST/20261122/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0';
    const sent = httpRequest(door.config.endpoint, { method: 'POST', headers: { authorization } });
    sent.on('error', () => {});
    sent.end('Action=GetCallerIdentity&Version=2011-06-15');
    await eventually(() => door.contexts.length === 1);
    sent.destroy();
    await eventually(() => door.contexts[0]?.signal?.aborted);
    await eventually(() => door.calls.length === 1);
  });

  it('closes under a request that never ends', async () => {
    play(door, 'sts', { getCallerIdentity: () => new Promise(() => {}) });
    const call = new STS({ ...door.config, maxAttempts: 1 }).getCallerIdentity({});
    const failed = expect(call).rejects.toThrow();
    await eventually(() => door.contexts.length === 1);
    await server.close();
    await failed;
    await expect(fetch(door.config.endpoint)).rejects.toThrow();
  });

  it('carries an object of several megabytes', async () => {
    const big = new Uint8Array(5_000_000).fill(7);
    let stored: Uint8Array = new Uint8Array(0);
    play(door, 's3', {
      putObject: (input: { Body: Uint8Array }) => {
        stored = input.Body;
        return {};
      },
      getObject: () => ({ Body: stored, ContentLength: stored.length }),
    });
    const s3 = new S3(door.config);
    await s3.putObject({ Bucket: 'b', Key: 'k', Body: big });
    const got = await (await s3.getObject({ Bucket: 'b', Key: 'k' })).Body?.transformToByteArray();
    expect(got?.length).toBe(5_000_000);
    expect(Buffer.compare(got ?? new Uint8Array(0), big)).toBe(0);
  });
});
