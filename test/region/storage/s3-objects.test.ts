import { beforeEach, describe, expect, test } from 'vitest';
import { createKms } from '../../../region/services/kms/index.ts';
import { createS3 } from '../../../region/services/s3/index.ts';
import { caller, refusal, refusedWith, regionOf } from './support.ts';

let s3: ReturnType<typeof caller>;
let kms: ReturnType<typeof caller>;

const Bucket = 'trivet-123456789012-us-east-1';

beforeEach(async () => {
  const kernel = await regionOf(createKms, createS3);
  s3 = caller(kernel, 's3');
  kms = caller(kernel, 'kms');
  await s3('createBucket', { Bucket });
});

async function put(Key: string, Body: unknown, extra: object = {}) {
  return s3<{ ETag: string; VersionId?: string }>('putObject', { Bucket, Key, Body, ...extra });
}

async function text(Key: string, extra: object = {}): Promise<string> {
  const { Body } = await s3<{ Body: Uint8Array }>('getObject', { Bucket, Key, ...extra });
  return Buffer.from(Body).toString();
}

describe('objects', () => {
  test('an object comes back with its bytes, MD5 ETag, type and metadata', async () => {
    expect(await put('a/key', 'hello', { ContentType: 'text/plain', Metadata: { Slot: 'a' } })).toEqual({
      ETag: '"5d41402abc4b2a76b9719d911017c592"',
      ServerSideEncryption: 'AES256',
    });
    const got = await s3('getObject', { Bucket, Key: 'a/key' });
    expect(got).toMatchObject({
      ETag: '"5d41402abc4b2a76b9719d911017c592"',
      ContentLength: 5,
      ContentType: 'text/plain',
      Metadata: { slot: 'a' },
    });
    expect(await text('a/key')).toBe('hello');
    expect(await s3('headObject', { Bucket, Key: 'a/key' })).toMatchObject({ ContentLength: 5 });
  });

  test('a body may be bytes or a stream', async () => {
    await put('bytes', new Uint8Array([104, 105]));
    async function* stream() {
      yield Buffer.from('str');
      yield 'eam';
    }
    await put('stream', stream());
    expect([await text('bytes'), await text('stream')]).toEqual(['hi', 'stream']);
  });

  test('what is not there is NoSuchKey or NoSuchBucket, and bare NotFound for a HEAD', async () => {
    expect(await refusal(s3('getObject', { Bucket, Key: 'none' }))).toMatchObject({
      code: 'NoSuchKey',
      status: 404,
      members: { Key: 'none' },
    });
    expect(await refusedWith(s3('getObject', { Bucket: 'no-such-bucket', Key: 'none' }))).toBe(
      'NoSuchBucket',
    );
    expect(await refusal(s3('headObject', { Bucket, Key: 'none' }))).toMatchObject({
      code: 'NotFound',
      status: 404,
    });
    expect(await refusedWith(s3('headBucket', { Bucket: 'no-such-bucket' }))).toBe('NotFound');
  });

  test('a range gives its part and says where it lies', async () => {
    await put('range', '0123456789');
    const cases = [
      ['bytes=2-4', '234', 'bytes 2-4/10'],
      ['bytes=8-', '89', 'bytes 8-9/10'],
      ['bytes=-3', '789', 'bytes 7-9/10'],
      ['bytes=5-99', '56789', 'bytes 5-9/10'],
    ];
    for (const [Range, expected, ContentRange] of cases) {
      expect(await text('range', { Range })).toBe(expected);
      expect(await s3('getObject', { Bucket, Key: 'range', Range })).toMatchObject({ ContentRange });
    }
    expect(await refusal(s3('getObject', { Bucket, Key: 'range', Range: 'bytes=10-' }))).toMatchObject({
      code: 'InvalidRange',
      status: 416,
    });
  });

  test('digests that do not fit refuse the write', async () => {
    expect(await refusedWith(put('k', 'hello', { ContentMD5: 'XUFAKrxLKna5cZ2REBfFkA==' }))).toBe(
      'BadDigest',
    );
    expect(await refusedWith(put('k', 'hello', { ContentMD5: 'short' }))).toBe('InvalidDigest');
    expect(await refusedWith(put('k', 'hello', { ChecksumCRC32: 'AAAAAA==' }))).toBe('BadDigest');
    expect(await put('k', 'hello', { ChecksumAlgorithm: 'CRC32' })).toMatchObject({
      ChecksumCRC32: 'NhCmhg==',
    });
    expect(await s3('getObject', { Bucket, Key: 'k', ChecksumMode: 'ENABLED' })).toMatchObject({
      ChecksumCRC32: 'NhCmhg==',
    });
  });

  test('too long a key and too much metadata are refused', async () => {
    expect(await refusedWith(put('é'.repeat(513), ''))).toBe('KeyTooLongError');
    expect(await refusedWith(put('k', '', { Metadata: { note: 'x'.repeat(2045) } }))).toBe(
      'MetadataTooLarge',
    );
  });

  test('a copy keeps or replaces metadata, and onto itself needs a change', async () => {
    await put('from', 'text', { Metadata: { a: '1' } });
    await s3('copyObject', { Bucket, Key: 'to', CopySource: `/${Bucket}/from` });
    expect(await s3('headObject', { Bucket, Key: 'to' })).toMatchObject({
      Metadata: { a: '1' },
      ContentLength: 4,
    });
    const itself = { Bucket, Key: 'from', CopySource: `${Bucket}/from` };
    expect(await refusedWith(s3('copyObject', itself))).toBe('InvalidRequest');
    await s3('copyObject', { ...itself, MetadataDirective: 'REPLACE', Metadata: { b: '2' } });
    expect(await s3('headObject', { Bucket, Key: 'from' })).toMatchObject({ Metadata: { b: '2' } });
  });
});

describe('conditional requests', () => {
  test('If-None-Match * writes once', async () => {
    await put('directive', 'first', { IfNoneMatch: '*' });
    expect(await refusal(put('directive', 'second', { IfNoneMatch: '*' }))).toMatchObject({
      code: 'PreconditionFailed',
      status: 412,
      members: { Condition: 'If-None-Match' },
    });
    expect(await text('directive')).toBe('first');
    expect(await refusedWith(put('directive', 'x', { IfNoneMatch: '"etag"' }))).toBe('NotImplemented');
  });

  test('If-Match writes only over what the writer saw', async () => {
    expect(await refusal(put('report', 'x', { IfMatch: '"none"' }))).toMatchObject({
      code: 'NoSuchKey',
      status: 404,
    });
    const { ETag } = await put('report', 'one');
    await put('report', 'two', { IfMatch: ETag });
    expect(await refusal(put('report', 'three', { IfMatch: ETag }))).toMatchObject({
      code: 'PreconditionFailed',
    });
    expect(await text('report')).toBe('two');
  });

  test('of many writers with If-None-Match exactly one wins', async () => {
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        put('contended', `${index}`, { IfNoneMatch: '*' }).then(
          () => 'won',
          (error: { code: string }) => error.code,
        ),
      ),
    );
    expect(results.filter((each) => each === 'won')).toHaveLength(1);
    expect(results.filter((each) => each === 'PreconditionFailed')).toHaveLength(9);
  });

  test('a delete while a conditional write is under way is a conflict', async () => {
    const { ETag } = await put('moving', 'one');
    const { promise: deleted, resolve } = Promise.withResolvers<void>();
    async function* slow() {
      yield 'two';
      await deleted;
    }
    const write = put('moving', slow(), { IfMatch: ETag });
    await s3('deleteObject', { Bucket, Key: 'moving' });
    resolve();
    expect(await refusal(write)).toMatchObject({ code: 'ConditionalRequestConflict', status: 409 });
  });

  test('conditional reads answer 304 and 412', async () => {
    const { ETag } = await put('k', 'one');
    expect(await refusal(s3('getObject', { Bucket, Key: 'k', IfNoneMatch: ETag }))).toMatchObject({
      status: 304,
    });
    expect(await refusedWith(s3('getObject', { Bucket, Key: 'k', IfMatch: '"other"' }))).toBe(
      'PreconditionFailed',
    );
  });
});

describe('SSE-KMS', () => {
  async function keyArn(): Promise<string> {
    return (await kms<{ KeyMetadata: { Arn: string } }>('createKey')).KeyMetadata.Arn;
  }

  test('the bucket’s key encrypts what names none, and is told at each read', async () => {
    const key = await keyArn();
    await s3('putBucketEncryption', {
      Bucket,
      ServerSideEncryptionConfiguration: {
        Rules: [
          {
            ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key },
            BucketKeyEnabled: true,
          },
        ],
      },
    });
    const shown = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: key, BucketKeyEnabled: true };
    expect(await put('secret', 'x')).toMatchObject(shown);
    expect(await s3('getObject', { Bucket, Key: 'secret' })).toMatchObject(shown);
    expect(await put('plain', 'x', { ServerSideEncryption: 'AES256' })).toMatchObject({
      ServerSideEncryption: 'AES256',
    });
  });

  test('a missing or disabled key refuses writes and reads', async () => {
    const key = await keyArn();
    const sse = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: key };
    await put('secret', 'x', sse);
    await kms('disableKey', { KeyId: key });
    expect(await refusedWith(put('other', 'x', sse))).toBe('KMS.DisabledException');
    expect(await refusedWith(s3('getObject', { Bucket, Key: 'secret' }))).toBe('KMS.DisabledException');
    expect(await refusedWith(put('other', 'x', { ...sse, SSEKMSKeyId: 'alias/none' }))).toBe(
      'KMS.NotFoundException',
    );
  });
});
