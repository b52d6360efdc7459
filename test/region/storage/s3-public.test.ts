import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { anonymous } from '../../../region/kernel/credentials.ts';
import type { Kernel } from '../../../region/kernel/kernel.ts';
import { createServer, type RegionServer } from '../../../region/server.ts';
import { createKms } from '../../../region/services/kms/index.ts';
import { createS3 } from '../../../region/services/s3/index.ts';
import { caller, refusal, refusedWith, regionOf } from './support.ts';

const Bucket = 'open-bucket';
const host = `${Bucket}.s3.us-east-1.amazonaws.com`;
const own = `arn:aws:s3:::${Bucket}`;
const readAll = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `${own}/public/*` };
const overTls = {
  Effect: 'Deny',
  Principal: { AWS: '*' },
  Action: 's3:*',
  Resource: [own, `${own}/*`],
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
};

let kernel: Kernel;
let s3: ReturnType<typeof caller>;
let nobody: ReturnType<typeof caller>;

const putPolicy = (...Statement: object[]) =>
  s3('putBucketPolicy', { Bucket, Policy: JSON.stringify({ Version: '2012-10-17', Statement }) });
const block = (changed: object) =>
  s3('putPublicAccessBlock', {
    Bucket,
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: false,
      RestrictPublicBuckets: false,
      ...changed,
    },
  });

beforeEach(async () => {
  kernel = await regionOf(createKms, createS3);
  s3 = caller(kernel, 's3');
  nobody = caller(kernel, 's3', anonymous);
  await s3('createBucket', { Bucket });
  await s3('putObject', { Bucket, Key: 'public/one', Body: 'hello', ContentType: 'application/json' });
  await s3('putObject', { Bucket, Key: 'private', Body: 'secret' });
  await block({});
});

describe('nobody', () => {
  const read = (Key: string) => nobody<{ ContentLength: number }>('headObject', { Bucket, Key });

  test('reads what a policy gives everybody, and nothing else', async () => {
    expect(await refusal(read('public/one'))).toMatchObject({ code: 'AccessDenied', status: 403 });
    await putPolicy(readAll, overTls);
    expect(await read('public/one')).toMatchObject({ ContentLength: 5 });
    expect(await refusedWith(read('private'))).toBe('AccessDenied');
    expect(await refusedWith(nobody('listObjectsV2', { Bucket }))).toBe('AccessDenied');
    expect(await refusedWith(nobody('putObject', { Bucket, Key: 'public/one', Body: '' }))).toBe(
      'AccessDenied',
    );
    expect(await refusedWith(nobody('getBucketPolicy', { Bucket }))).toBe('AccessDenied');
    expect(await refusedWith(nobody('getObject', { Bucket: 'none', Key: 'x' }))).toBe('NoSuchBucket');
  });

  test('learns that an object is not there only where it may list', async () => {
    await putPolicy(readAll);
    expect(await refusedWith(nobody('getObject', { Bucket, Key: 'public/none' }))).toBe('AccessDenied');
    await putPolicy(readAll, { ...readAll, Action: 's3:ListBucket', Resource: own });
    expect(await refusedWith(nobody('getObject', { Bucket, Key: 'public/none' }))).toBe('NoSuchKey');
  });

  test('is kept out by a denial, a condition, and the bucket’s own setting', async () => {
    await putPolicy(readAll, { ...readAll, Effect: 'Deny', Resource: `${own}/public/one` });
    expect(await refusedWith(read('public/one'))).toBe('AccessDenied');
    await putPolicy({ ...readAll, Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } });
    expect(await refusedWith(read('public/one'))).toBe('AccessDenied');
    await putPolicy(readAll);
    await block({ RestrictPublicBuckets: true });
    expect(await refusedWith(read('public/one'))).toBe('AccessDenied');
  });

  test('reads nothing that lies under a KMS key', async () => {
    const { KeyMetadata } = await caller(kernel, 'kms')<{ KeyMetadata: { Arn: string } }>('createKey');
    const encrypted = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: KeyMetadata.Arn };
    await s3('putObject', { Bucket, Key: 'public/kms', Body: 'x', ...encrypted });
    await putPolicy(readAll);
    expect(await refusedWith(nobody('getObject', { Bucket, Key: 'public/kms' }))).toBe('InvalidArgument');
  });
});

describe('a policy', () => {
  const limited = (Condition: object) => ({ ...readAll, Condition });
  test.each([
    ['for everybody', readAll, true],
    ['for everybody over TLS', limited({ Bool: { 'aws:SecureTransport': 'true' } }), true],
    ['for everybody with a prefix', limited({ StringEquals: { 's3:prefix': 'a' } }), true],
    ['for an organization', limited({ StringEquals: { 'aws:PrincipalOrgID': 'o-1' } }), false],
    ['for any organization', limited({ StringLike: { 'aws:PrincipalOrgID': 'o-*' } }), true],
    ['for everybody but one account', limited({ StringNotEquals: { 'aws:SourceAccount': '1' } }), true],
    ['for some addresses', limited({ IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } }), false],
    ['for all addresses', limited({ IpAddress: { 'aws:SourceIp': ['192.0.2.0/24', '0.0.0.0/0'] } }), true],
    ['for an account', { ...readAll, Principal: { AWS: '123456789012' } }, false],
    ['that denies everybody', { ...readAll, Effect: 'Deny' }, false],
  ])('%s is public: %s', async (_, statement, isPublic) => {
    await putPolicy(statement);
    expect(await s3('getBucketPolicyStatus', { Bucket })).toEqual({ PolicyStatus: { IsPublic: isPublic } });
    await block({ BlockPublicPolicy: true });
    const again = putPolicy(statement).then(
      () => undefined,
      ({ code }: { code: string }) => code,
    );
    expect(await again).toBe(isPublic ? 'AccessDenied' : undefined);
  });
});

describe('over HTTP', () => {
  let server: RegionServer;
  let endpoint: string;
  beforeEach(async () => {
    await putPolicy(readAll, overTls);
    server = createServer(kernel);
    endpoint = await server.listen(0);
  });
  afterEach(() => server.close());

  test('a public object is read by path, and a private one is not', async () => {
    const answer = await fetch(`${endpoint}/${Bucket}/public/one`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(await answer.text()).toBe('hello');
    const refused = await fetch(`${endpoint}/${Bucket}/private`);
    expect(refused.status).toBe(403);
    expect(await refused.text()).toContain('<Code>AccessDenied</Code>');
  });

  test('a public object is read by the bucket’s own host name', async () => {
    const read = (path: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const asked = request(`${endpoint}${path}`, { headers: { host } }, (answer) => {
          text(answer).then(resolve, reject);
        });
        asked.on('error', reject).end();
      });
    expect(await read('/public/one')).toBe('hello');
    // The bucket itself, and not the region's page for people.
    expect(await read('/?list-type=2')).toContain('<Code>AccessDenied</Code>');
  });
});
