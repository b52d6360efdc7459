import { EC2 } from '@aws-sdk/client-ec2';
import { S3 } from '@aws-sdk/client-s3';
import { STS } from '@aws-sdk/client-sts';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../../region/kernel/errors.ts';
import { createDispatch } from '../../../region/protocols/dispatch.ts';
import { createRequestHandler } from '../../../region/protocols/in-process.ts';
import { credentialScope, unsignedService } from '../../../region/protocols/scope.ts';
import { noBody, toBytes, toText, type WireRequest } from '../../../region/protocols/wire.ts';
import { eventually } from '../../support/eventually.ts';
import { type ClientConfig, createDoor, type Door, play } from './doors.ts';

const request = (more: Partial<WireRequest> = {}): WireRequest => ({
  method: 'POST',
  host: '127.0.0.1',
  path: '/',
  query: [],
  headers: {},
  body: noBody,
  ...more,
});

const formOf = (action: string): Partial<WireRequest> => ({
  headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
  body: toBytes(`Version=2011-06-15&Action=${action}`),
});

const signedFor = (service: string): Record<string, string> => ({
  authorization: `AWS4-HMAC-SHA256 Credential=AKIDTEST/20261122/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
});

function inProcess(options: Parameters<typeof createDoor>[0] = {}): Door {
  const door = createDoor(options);
  const config: ClientConfig = {
    endpoint: 'http://127.0.0.1:1',
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'not-a-secret' },
    requestHandler: createRequestHandler(door.kernel),
  };
  return { ...door, config };
}

describe('the credential scope', () => {
  it('names key, region and service of a signed request', () => {
    expect(credentialScope(request({ headers: signedFor('states') }))).toEqual({
      accessKeyId: 'AKIDTEST',
      region: 'us-east-1',
      service: 'states',
    });
  });

  it('is read from the query of a presigned URL', () => {
    const query: [string, string][] = [['X-Amz-Credential', 'AKID/20261122/us-east-1/s3/aws4_request']];
    expect(credentialScope(request({ query }))?.service).toBe('s3');
  });

  it('has no region in SigV4A', () => {
    const headers = { authorization: 'AWS4-ECDSA-P256-SHA256 Credential=AKID/20261122/events/aws4_request' };
    expect(credentialScope(request({ headers }))).toEqual({
      accessKeyId: 'AKID',
      region: undefined,
      service: 'events',
    });
  });

  it('is S3’s in presigned URLs of the older form', () => {
    const query: [string, string][] = [
      ['AWSAccessKeyId', 'AKID'],
      ['Signature', 'x'],
      ['Expires', '1'],
    ];
    expect(credentialScope(request({ query }))).toEqual({
      accessKeyId: 'AKID',
      region: undefined,
      service: 's3',
    });
  });

  it('is absent where nobody signed', () => {
    expect(credentialScope(request())).toBeUndefined();
  });

  it.each([
    ['a bucket’s own host', { host: 'bucket.s3.us-east-1.amazonaws.com', method: 'PUT' }, 's3'],
    ['S3’s host', { host: 's3.us-east-1.amazonaws.com', method: 'DELETE' }, 's3'],
    ['whatever is read', { method: 'GET', path: '/bucket/key' }, 's3'],
    ['a token', formOf('AssumeRoleWithWebIdentity'), 'sts'],
    ['another call', formOf('DescribeVolumes'), undefined],
    ['JSON', { ...formOf('AssumeRoleWithWebIdentity'), headers: {} }, undefined],
  ])('is not needed for %s', (_, given: Partial<WireRequest>, service) => {
    expect(unsignedService(request(given))).toBe(service);
  });
});

describe('dispatch', () => {
  it('refuses an unsigned request', async () => {
    const { kernel } = createDoor();
    const answer = await createDispatch(kernel)(request());
    expect(answer.status).toBe(403);
    expect(toText(answer.body)).toContain('<Code>MissingAuthenticationToken</Code>');
  });

  it('names a service that no part of the region speaks', async () => {
    const { kernel, log } = createDoor();
    const json = { ...signedFor('secretsmanager'), 'content-type': 'application/x-amz-json-1.1' };
    const answer = await createDispatch(kernel)(request({ headers: json }));
    expect(answer.status).toBe(501);
    expect(JSON.parse(toText(answer.body))).toEqual({
      __type: 'NotImplementedByEmbeddedRegion',
      message: 'The embedded region does not play the service secretsmanager.',
    });
    expect(log).toEqual(['The embedded region does not play the service secretsmanager.']);
  });

  it('names a service that is known but not registered', async () => {
    const { config } = inProcess();
    await expect(new STS(config).getCallerIdentity({})).rejects.toMatchObject({
      name: 'NotImplementedByEmbeddedRegion',
      message: 'The embedded region does not play the service sts.',
      $metadata: { httpStatusCode: 501, attempts: 1 },
    });
  });

  it('names an operation that no schema has', async () => {
    const door = inProcess();
    play(door, 'ec2', {});
    const body = new TextEncoder().encode('Action=DescribeUnicorns&Version=2016-11-15');
    const answer = await createDispatch(door.kernel)(request({ headers: signedFor('ec2'), body }));
    expect(answer.status).toBe(501);
    expect(toText(answer.body)).toContain('does not play ec2: DescribeUnicorns (no such operation is known)');
  });

  it('refuses a parameter that an EC2 operation does not have', async () => {
    const door = inProcess();
    play(door, 'ec2', { describeVolumes: () => ({ Volumes: [] }) });
    const body = new TextEncoder().encode('Action=DescribeVolumes&Filter.1.Nam=x');
    const answer = await createDispatch(door.kernel)(request({ headers: signedFor('ec2'), body }));
    expect(answer.status).toBe(400);
    expect(toText(answer.body)).toContain(
      '<Code>UnknownParameter</Code><Message>The parameter Filter.1.Nam is not recognized</Message>',
    );
  });

  it('answers a body that is not what its encoding says', async () => {
    const door = inProcess();
    play(door, 'sts', {});
    const headers = { ...signedFor('sts'), 'content-encoding': 'gzip' };
    const body = new TextEncoder().encode('Action=GetCallerIdentity');
    const answer = await createDispatch(door.kernel)(request({ headers, body }));
    expect(answer.status).toBe(500);
    expect(toText(answer.body)).toContain('incorrect header check');
  });

  it('reports every call with principal, input, duration and error code', async () => {
    const door = inProcess();
    const role = { kind: 'role' as const, arn: 'arn:aws:iam::123456789012:role/r', sessionName: 's' };
    const credentials = door.kernel.credentials.issue(role);
    play(door, 'ec2', {
      describeVolumes: () => ({ Volumes: [] }),
      deleteVolume: () => {
        throw new AwsError('VolumeInUse', 'in use');
      },
    });
    const client = new EC2({ ...door.config, credentials });
    await client.describeVolumes({ VolumeIds: ['vol-1'] });
    await client.deleteVolume({ VolumeId: 'vol-1' }).catch(() => {});
    await client.describeHosts({}).catch(() => {});
    await door.kernel.invoke('ec2', 'describeVolumes', {});
    expect(door.calls).toEqual([
      expect.objectContaining({
        service: 'ec2',
        operation: 'describeVolumes',
        principal: role,
        via: 'request',
        input: { VolumeIds: ['vol-1'] },
        milliseconds: expect.any(Number),
        startedAt: expect.any(Date),
      }),
      expect.objectContaining({ operation: 'deleteVolume', errorCode: 'VolumeInUse', principal: role }),
      expect.objectContaining({ operation: 'describeHosts', errorCode: 'NotImplementedByEmbeddedRegion' }),
      expect.objectContaining({ operation: 'describeVolumes', via: 'invoke' }),
    ]);
    expect(door.calls[0]).not.toHaveProperty('errorCode');
  });

  it('stops reporting to a listener that has unsubscribed', async () => {
    const door = inProcess();
    const seen: string[] = [];
    const unsubscribe = door.kernel.onCall(({ operation }) => void seen.push(operation));
    play(door, 'sts', { getCallerIdentity: () => ({}) });
    await new STS(door.config).getCallerIdentity({});
    unsubscribe();
    await new STS(door.config).getCallerIdentity({});
    expect(seen).toEqual(['getCallerIdentity']);
  });

  it('asks for authorization, and refuses in the words of each service', async () => {
    const door = inProcess();
    play(door, 'ec2', { describeVolumes: () => ({}) });
    play(door, 's3', { listObjectsV2: () => ({}) });
    door.kernel.authorize = (_principal, service, operation) => {
      throw new AwsError('AccessDenied', `not ${service}.${operation}`);
    };
    await expect(new EC2(door.config).describeVolumes({})).rejects.toMatchObject({
      name: 'UnauthorizedOperation',
      message: 'not ec2.describeVolumes',
      $metadata: { httpStatusCode: 403 },
    });
    await expect(new S3(door.config).listObjectsV2({ Bucket: 'b' })).rejects.toMatchObject({
      name: 'AccessDenied',
      $metadata: { httpStatusCode: 403 },
    });
    expect(door.inputs).toEqual([]);
  });

  it('adds the API latency of the delay profile to calls over the wire only', async () => {
    const slept: number[] = [];
    const { kernel: plain } = createDoor();
    const clock = {
      ...plain.clock,
      sleep: async (milliseconds: number) => void slept.push(milliseconds),
    };
    const door = inProcess({ delays: 'modelled', clock });
    play(door, 'sts', { getCallerIdentity: () => ({}) });
    await new STS(door.config).getCallerIdentity({});
    await door.kernel.invoke('sts', 'getCallerIdentity', {});
    expect(slept).toEqual([40]);
  });

  it('aborts the operation when the caller gives up, and rejects at once', async () => {
    const door = inProcess();
    play(door, 'sts', {
      getCallerIdentity: (_input, { signal }) =>
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
    });
    const abort = new AbortController();
    const call = new STS(door.config).getCallerIdentity({}, { abortSignal: abort.signal });
    await eventually(() => door.contexts.length === 1);
    abort.abort();
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    expect(door.contexts[0]?.signal?.aborted).toBe(true);
    await eventually(() => door.calls.length === 1);
    expect(door.log).toEqual([]);
  });

  it('tells a fault of the region with its message, and logs where it happened', async () => {
    const door = inProcess();
    play(door, 'sts', {
      getCallerIdentity: () => {
        throw new TypeError('oops');
      },
    });
    await expect(new STS({ ...door.config, maxAttempts: 1 }).getCallerIdentity({})).rejects.toMatchObject({
      name: 'InternalFailure',
      message: 'The embedded region failed: oops',
      $metadata: { httpStatusCode: 500 },
    });
    expect(door.log.join()).toContain('TypeError: oops');
    expect(door.log.join()).toContain('dispatch.test.ts');
  });
});
