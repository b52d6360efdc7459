import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Kernel } from '../../../region/kernel/kernel.ts';
import { createS3, type S3Service } from '../../../region/services/s3/index.ts';
import { caller, refusal, refusedWith, regionOf } from './support.ts';

let kernel: Kernel;
let s3: ReturnType<typeof caller>;

const Bucket = 'trivet-123456789012-us-east-1';

beforeEach(async () => {
  kernel = await regionOf(createS3);
  s3 = caller(kernel, 's3');
  await s3('createBucket', { Bucket });
});

async function put(Key: string, Body = ''): Promise<string> {
  return (await s3<{ VersionId: string }>('putObject', { Bucket, Key, Body })).VersionId;
}

describe('buckets', () => {
  test('bad names are refused, and a name of one’s own is answered again as us-east-1 does', async () => {
    for (const name of ['ab', 'Upper', 'a..b', '10.0.0.1', '-ab', 'xn--abc', 'x'.repeat(64)]) {
      expect(await refusedWith(s3('createBucket', { Bucket: name }))).toBe('InvalidBucketName');
    }
    expect(await s3('createBucket', { Bucket })).toMatchObject({ Location: `/${Bucket}` });
    expect(await s3('listBuckets')).toMatchObject({ Buckets: [{ Name: Bucket }] });
  });

  test('a bucket with objects is not deleted, an empty one is', async () => {
    await put('key');
    expect(await refusal(s3('deleteBucket', { Bucket }))).toMatchObject({
      code: 'BucketNotEmpty',
      status: 409,
    });
    await s3('deleteObject', { Bucket, Key: 'key' });
    await s3('deleteBucket', { Bucket });
    expect(await refusedWith(s3('deleteBucket', { Bucket }))).toBe('NoSuchBucket');
  });

  test('settings that nobody made are refused by their own codes', async () => {
    expect(await refusal(s3('getBucketPolicy', { Bucket }))).toMatchObject({
      code: 'NoSuchBucketPolicy',
      status: 404,
    });
    expect(await refusedWith(s3('getBucketTagging', { Bucket }))).toBe('NoSuchTagSet');
    expect(await refusedWith(s3('getBucketLifecycleConfiguration', { Bucket }))).toBe(
      'NoSuchLifecycleConfiguration',
    );
    await s3('deletePublicAccessBlock', { Bucket });
    expect(await refusedWith(s3('getPublicAccessBlock', { Bucket }))).toBe(
      'NoSuchPublicAccessBlockConfiguration',
    );
  });

  test('a policy is kept when it is valid and speaks of this bucket', async () => {
    const statement = {
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`],
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await s3('putBucketPolicy', { Bucket, Policy });
    expect(await s3('getBucketPolicy', { Bucket })).toEqual({ Policy });
    const foreign = JSON.stringify({ Statement: [{ ...statement, Resource: 'arn:aws:s3:::other/*' }] });
    for (const bad of ['{', foreign]) {
      expect(await refusedWith(s3('putBucketPolicy', { Bucket, Policy: bad }))).toBe('MalformedPolicy');
    }
    const open = JSON.stringify({ Statement: [{ ...statement, Effect: 'Allow', Condition: undefined }] });
    expect(await refusal(s3('putBucketPolicy', { Bucket, Policy: open }))).toMatchObject({
      code: 'AccessDenied',
      status: 403,
    });
  });
});

describe('owners', () => {
  test('a caller who expects another owner is refused', async () => {
    const key = { Bucket, Key: 'key' };
    await put('key');
    await s3('headObject', { ...key, ExpectedBucketOwner: '123456789012' });
    expect(await refusedWith(s3('headObject', { ...key, ExpectedBucketOwner: '210987654321' }))).toBe(
      'AccessDenied',
    );
  });
});

describe('versions', () => {
  beforeEach(() => s3('putBucketVersioning', { Bucket, VersioningConfiguration: { Status: 'Enabled' } }));

  test('every version can be read; a delete lays a marker that can be taken away', async () => {
    const first = await put('key', 'one');
    await put('key', 'two');
    const { Body } = await s3<{ Body: Uint8Array }>('getObject', { Bucket, Key: 'key', VersionId: first });
    expect(Buffer.from(Body).toString()).toBe('one');
    const marker = await s3<{ VersionId: string }>('deleteObject', { Bucket, Key: 'key' });
    expect(marker).toMatchObject({ DeleteMarker: true });
    expect(await refusal(s3('getObject', { Bucket, Key: 'key' }))).toMatchObject({
      code: 'NoSuchKey',
      members: { DeleteMarker: true, VersionId: marker.VersionId },
    });
    expect(await refusal(s3('getObject', { Bucket, Key: 'key', VersionId: marker.VersionId }))).toMatchObject(
      {
        code: 'MethodNotAllowed',
        status: 405,
      },
    );
    await s3('deleteObject', { Bucket, Key: 'key', VersionId: marker.VersionId });
    expect(await s3('headObject', { Bucket, Key: 'key' })).toMatchObject({ ContentLength: 3 });
    expect(await refusedWith(s3('getObject', { Bucket, Key: 'key', VersionId: 'none' }))).toBe(
      'NoSuchVersion',
    );
  });

  test('listing versions shows markers and pages through one key', async () => {
    const ids = [await put('key', '1'), await put('key', '2')];
    const { VersionId } = await s3<{ VersionId: string }>('deleteObject', { Bucket, Key: 'key' });
    expect(await s3('listObjectVersions', { Bucket })).toMatchObject({
      Versions: [
        { Key: 'key', VersionId: ids[1], IsLatest: false },
        { Key: 'key', VersionId: ids[0], IsLatest: false },
      ],
      DeleteMarkers: [{ Key: 'key', VersionId, IsLatest: true }],
    });
    const page = await s3('listObjectVersions', { Bucket, MaxKeys: 2 });
    expect(page).toMatchObject({ IsTruncated: true, NextKeyMarker: 'key', NextVersionIdMarker: ids[1] });
    expect(
      await s3('listObjectVersions', { Bucket, KeyMarker: 'key', VersionIdMarker: page.NextVersionIdMarker }),
    ).toMatchObject({ IsTruncated: false, Versions: [{ VersionId: ids[0] }] });
  });

  test('deleting many keys says what became of each', async () => {
    const id = await put('a');
    await put('b');
    const answer = await s3('deleteObjects', {
      Bucket,
      Delete: { Objects: [{ Key: 'a', VersionId: id }, { Key: 'b' }, { Key: 'x'.repeat(1025) }] },
    });
    expect(answer).toMatchObject({
      Deleted: [
        { Key: 'a', VersionId: id },
        { Key: 'b', DeleteMarker: true },
      ],
      Errors: [{ Code: 'KeyTooLongError' }],
    });
  });
});

describe('listing', () => {
  test('keys come in byte order, by prefix, rolled up at the delimiter, page by page', async () => {
    for (const key of ['b', 'a/2', 'a/1', 'c/x/1', 'é', 'c']) await put(key);
    const all = await s3<{ Contents: { Key: string }[] }>('listObjectsV2', { Bucket });
    expect(all.Contents.map((each) => each.Key)).toEqual(['a/1', 'a/2', 'b', 'c', 'c/x/1', 'é']);
    expect(await s3('listObjectsV2', { Bucket, Delimiter: '/' })).toMatchObject({
      KeyCount: 5,
      Contents: [{ Key: 'b' }, { Key: 'c' }, { Key: 'é' }],
      CommonPrefixes: [{ Prefix: 'a/' }, { Prefix: 'c/' }],
    });
    expect(await s3('listObjectsV2', { Bucket, Prefix: 'a/' })).toMatchObject({ KeyCount: 2 });
    const seen: unknown[] = [];
    let token: unknown;
    do {
      const page: Record<string, unknown> = await s3('listObjectsV2', {
        Bucket,
        Delimiter: '/',
        MaxKeys: 2,
        ContinuationToken: token,
      });
      seen.push(...((page.CommonPrefixes ?? []) as object[]), ...((page.Contents ?? []) as object[]));
      token = page.NextContinuationToken;
    } while (token !== undefined);
    expect(seen).toHaveLength(5);
    expect(await refusedWith(s3('listObjectsV2', { Bucket, ContinuationToken: '***' }))).toBe(
      'InvalidArgument',
    );
  });
});

describe('multipart uploads', () => {
  const part = Buffer.alloc(5 * 1024 * 1024, 1);
  let UploadId: string;
  const send = (PartNumber: number, Body: Uint8Array) =>
    s3<{ ETag: string }>('uploadPart', { Bucket, Key: 'large', UploadId, PartNumber, Body });
  const complete = (Parts: object[]) =>
    s3('completeMultipartUpload', { Bucket, Key: 'large', UploadId, MultipartUpload: { Parts } });

  beforeEach(async () => {
    ({ UploadId } = await s3<{ UploadId: string }>('createMultipartUpload', { Bucket, Key: 'large' }));
  });

  test('parts become one object whose ETag counts them', async () => {
    const one = await send(1, part);
    const two = await send(2, Buffer.from('end'));
    const done = await complete([
      { PartNumber: 1, ETag: one.ETag },
      { PartNumber: 2, ETag: two.ETag },
    ]);
    expect(done.ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
    expect(await s3('headObject', { Bucket, Key: 'large' })).toMatchObject({ ContentLength: 5_242_883 });
    expect(await refusedWith(complete([{ PartNumber: 1, ETag: one.ETag }]))).toBe('NoSuchUpload');
  });

  test('small, unordered, unknown and missing parts are refused, and an aborted upload is gone', async () => {
    const one = await send(1, Buffer.from('small'));
    const two = await send(2, Buffer.from('end'));
    const named = [
      { PartNumber: 1, ETag: one.ETag },
      { PartNumber: 2, ETag: two.ETag },
    ];
    expect(await refusedWith(complete(named))).toBe('EntityTooSmall');
    expect(await refusedWith(complete([...named].reverse()))).toBe('InvalidPartOrder');
    expect(await refusedWith(complete([{ PartNumber: 3, ETag: one.ETag }]))).toBe('InvalidPart');
    expect(await refusedWith(complete([]))).toBe('MalformedXML');
    await s3('abortMultipartUpload', { Bucket, Key: 'large', UploadId });
    expect(await refusedWith(complete(named))).toBe('NoSuchUpload');
  });
});

describe('assets', () => {
  test('a directory reads as the same zip each time, and is known until it is written over', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'trivet-asset-'));
    try {
      mkdirSync(join(directory, 'sub'));
      writeFileSync(join(directory, 'index.mjs'), 'export const handler = () => 1;\n');
      writeFileSync(join(directory, 'sub', 'data.json'), '{}');
      const service = kernel.service('s3') as S3Service;
      service.putAsset(Bucket, 'asset.zip', { directory });
      service.putAsset(Bucket, 'again.zip', { directory });
      const one = await s3<{ Body: Uint8Array; ETag: string }>('getObject', { Bucket, Key: 'asset.zip' });
      const two = await s3<{ ETag: string }>('headObject', { Bucket, Key: 'again.zip' });
      expect(one.ETag).toBe(two.ETag);
      expect(Buffer.from(one.Body).subarray(0, 4).toString('latin1')).toBe('PK\u0003\u0004');
      expect(Buffer.from(one.Body).includes('sub/data.json')).toBe(true);
      expect(service.assetDirectory(Bucket, 'asset.zip')).toBe(directory);
      await put('asset.zip', 'something else');
      expect(service.assetDirectory(Bucket, 'asset.zip')).toBe(undefined);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
