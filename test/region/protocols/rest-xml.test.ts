import { Readable } from 'node:stream';
import { GetObjectCommand, NoSuchKey, S3 } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../../region/kernel/errors.ts';
import { play, throughBothDoors } from './doors.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('restXml (S3)', () => {
  throughBothDoors((door) => {
    const client = (): S3 => new S3(door.config);

    it('puts a body with metadata, conditions and the checksum that the SDK adds', async () => {
      play(door, 's3', {
        putObject: () => ({ ETag: '"e"', VersionId: 'v', ServerSideEncryption: 'aws:kms' }),
      });
      const answer = await client().putObject({
        Bucket: 'trivet-1',
        Key: "clusters/a b/+é%/'x'/",
        Body: 'hello',
        ContentType: 'text/plain',
        Metadata: { Generation: '3' },
        IfNoneMatch: '*',
        SSEKMSKeyId: 'k',
      });
      expect(answer).toMatchObject({ ETag: '"e"', VersionId: 'v', ServerSideEncryption: 'aws:kms' });
      expect(door.inputs.at(-1)).toEqual({
        Bucket: 'trivet-1',
        Key: "clusters/a b/+é%/'x'/",
        Body: encode('hello'),
        ContentLength: 5,
        ContentType: 'text/plain',
        Metadata: { generation: '3' },
        IfNoneMatch: '*',
        SSEKMSKeyId: 'k',
        ChecksumAlgorithm: 'CRC32',
        ChecksumCRC32: 'NhCmhg==',
      });
    });

    it('puts a stream, which the SDK sends in chunks with a trailing checksum', async () => {
      play(door, 's3', { putObject: () => ({ ETag: '"e"' }) });
      await client().putObject({
        Bucket: 'b',
        Key: 'k',
        Body: Readable.from([Buffer.from('hel'), Buffer.from('lo')]),
        ContentLength: 5,
      });
      expect(door.inputs.at(-1)).toMatchObject({
        Bucket: 'b',
        Key: 'k',
        Body: encode('hello'),
        ContentLength: 5,
        ChecksumCRC32: 'NhCmhg==',
      });
      expect(door.inputs.at(-1)).not.toHaveProperty('ContentEncoding');
    });

    it('gets a body as a stream with its headers, times and metadata', async () => {
      const at = new Date('2026-11-22T12:00:00Z');
      play(door, 's3', {
        getObject: () => ({
          Body: encode('hello'),
          ETag: '"e"',
          LastModified: at,
          ContentType: 'text/plain',
          Metadata: { a: 'b' },
          ChecksumCRC32: 'NhCmhg==',
          ChecksumType: 'FULL_OBJECT',
        }),
      });
      const answer = await client().getObject({ Bucket: 'b', Key: 'x/y', IfMatch: '"e"', VersionId: 'v' });
      expect(door.inputs.at(-1)).toEqual({
        Bucket: 'b',
        Key: 'x/y',
        IfMatch: '"e"',
        VersionId: 'v',
        ChecksumMode: 'ENABLED',
      });
      expect(await answer.Body?.transformToString()).toBe('hello');
      expect(answer).toMatchObject({
        ETag: '"e"',
        LastModified: at,
        ContentLength: 5,
        ContentType: 'text/plain',
        Metadata: { a: 'b' },
      });
    });

    it('answers a range with 206', async () => {
      play(door, 's3', {
        getObject: () => ({ Body: encode('el'), ContentRange: 'bytes 1-2/5', ContentLength: 2 }),
      });
      const answer = await client().getObject({ Bucket: 'b', Key: 'k', Range: 'bytes=1-2' });
      expect(answer.$metadata.httpStatusCode).toBe(206);
      expect(await answer.Body?.transformToString()).toBe('el');
    });

    it('gets an empty object', async () => {
      play(door, 's3', { getObject: () => ({ Body: new Uint8Array(0), ContentLength: 0 }) });
      const answer = await client().getObject({ Bucket: 'b', Key: 'k' });
      expect(await answer.Body?.transformToString()).toBe('');
    });

    it('heads an object without sending its body', async () => {
      play(door, 's3', { headObject: () => ({ ContentLength: 123, ETag: '"e"', Metadata: { a: 'b' } }) });
      expect(await client().headObject({ Bucket: 'b', Key: 'k' })).toMatchObject({
        ContentLength: 123,
        ETag: '"e"',
        Metadata: { a: 'b' },
      });
    });

    it('lists with prefix and delimiter, buckets, and an empty list', async () => {
      play(door, 's3', {
        listObjectsV2: () => ({
          Contents: [
            { Key: 'a/<1>', Size: 3, ETag: '"e"', LastModified: new Date(0), StorageClass: 'STANDARD' },
          ],
          CommonPrefixes: [{ Prefix: 'a/b/' }, { Prefix: 'a/c/' }],
          IsTruncated: true,
          NextContinuationToken: 't',
          KeyCount: 3,
        }),
        listBuckets: () => ({ Buckets: [] }),
      });
      const input = { Bucket: 'b', Prefix: 'a/ é', Delimiter: '/', MaxKeys: 3, ContinuationToken: 'c=' };
      const answer = await client().listObjectsV2(input);
      expect(door.inputs.at(-1)).toEqual(input);
      expect(answer).toMatchObject({
        Contents: [
          { Key: 'a/<1>', Size: 3, ETag: '"e"', LastModified: new Date(0), StorageClass: 'STANDARD' },
        ],
        CommonPrefixes: [{ Prefix: 'a/b/' }, { Prefix: 'a/c/' }],
        IsTruncated: true,
        NextContinuationToken: 't',
        KeyCount: 3,
      });
      expect((await client().listBuckets({})).Buckets).toEqual([]);
    });

    it('tells put, copy, part and copied part apart, and the sub-resources of a bucket', async () => {
      const asked: string[] = [];
      const note = (name: string, answer: object = {}): [string, () => object] => [
        name,
        () => {
          asked.push(name);
          return answer;
        },
      ];
      play(
        door,
        's3',
        Object.fromEntries([
          note('putObject'),
          note('copyObject', { CopyObjectResult: { ETag: '"c"' } }),
          note('createMultipartUpload', { UploadId: 'u' }),
          note('uploadPart', { ETag: '"p"' }),
          note('uploadPartCopy', { CopyPartResult: { ETag: '"q"' } }),
          note('completeMultipartUpload', { ETag: '"m"' }),
          note('abortMultipartUpload'),
          note('createBucket'),
          note('headBucket'),
          note('deleteBucket'),
          note('putBucketVersioning'),
          note('getBucketVersioning', { Status: 'Enabled' }),
          note('putBucketPolicy'),
          note('getBucketPolicy', { Policy: '{"a":1}' }),
          note('getBucketLocation', { LocationConstraint: 'eu-west-1' }),
          note('deleteObject'),
        ]),
      );
      const s3 = client();
      const key = { Bucket: 'b', Key: 'k' };
      await s3.putObject({ ...key, Body: 'x' });
      expect((await s3.copyObject({ ...key, CopySource: 'b/k2' })).CopyObjectResult).toEqual({ ETag: '"c"' });
      expect((await s3.createMultipartUpload(key)).UploadId).toBe('u');
      await s3.uploadPart({ ...key, PartNumber: 1, UploadId: 'u', Body: 'x' });
      await s3.uploadPartCopy({ ...key, PartNumber: 1, UploadId: 'u', CopySource: 'b/k' });
      const parts = [{ PartNumber: 1, ETag: '"p"' }];
      await s3.completeMultipartUpload({ ...key, UploadId: 'u', MultipartUpload: { Parts: parts } });
      expect(door.inputs.at(-1)).toEqual({ ...key, UploadId: 'u', MultipartUpload: { Parts: parts } });
      await s3.abortMultipartUpload({ ...key, UploadId: 'u' });
      await s3.createBucket({ Bucket: 'b' });
      await s3.headBucket({ Bucket: 'b' });
      await s3.putBucketVersioning({ Bucket: 'b', VersioningConfiguration: { Status: 'Enabled' } });
      expect(door.inputs.at(-1)).toMatchObject({ VersioningConfiguration: { Status: 'Enabled' } });
      expect((await s3.getBucketVersioning({ Bucket: 'b' })).Status).toBe('Enabled');
      await s3.putBucketPolicy({ Bucket: 'b', Policy: '{"b":2}' });
      expect(door.inputs.at(-1)).toMatchObject({ Policy: '{"b":2}' });
      expect((await s3.getBucketPolicy({ Bucket: 'b' })).Policy).toBe('{"a":1}');
      expect((await s3.getBucketLocation({ Bucket: 'b' })).LocationConstraint).toBe('eu-west-1');
      await s3.deleteObject(key);
      await s3.deleteBucket({ Bucket: 'b' });
      expect(asked).toEqual([
        'putObject',
        'copyObject',
        'createMultipartUpload',
        'uploadPart',
        'uploadPartCopy',
        'completeMultipartUpload',
        'abortMultipartUpload',
        'createBucket',
        'headBucket',
        'putBucketVersioning',
        'getBucketVersioning',
        'putBucketPolicy',
        'getBucketPolicy',
        'getBucketLocation',
        'deleteObject',
        'deleteBucket',
      ]);
    });

    it('deletes several objects in one request', async () => {
      play(door, 's3', {
        deleteObjects: () => ({
          Deleted: [{ Key: 'a&b' }],
          Errors: [{ Key: 'c', Code: 'AccessDenied', Message: 'no' }],
        }),
      });
      const wanted = { Objects: [{ Key: 'a&b' }, { Key: 'c', VersionId: 'v' }], Quiet: false };
      const answer = await client().deleteObjects({ Bucket: 'b', Delete: wanted });
      expect(door.inputs.at(-1)).toMatchObject({ Bucket: 'b', Delete: wanted });
      expect(answer.Deleted).toEqual([{ Key: 'a&b' }]);
      expect(answer.Errors).toEqual([{ Key: 'c', Code: 'AccessDenied', Message: 'no' }]);
    });

    it('gives errors their class and status, with and without a body', async () => {
      const refuse = (code: string, status?: number) => () => {
        throw new AwsError(code, `${code} it is`, status === undefined ? {} : { status });
      };
      play(door, 's3', {
        getObject: refuse('NoSuchKey'),
        headObject: refuse('NoSuchKey'),
        putObject: refuse('PreconditionFailed'),
        listObjectsV2: refuse('NoSuchBucket'),
        headBucket: refuse('NotModified', 304),
      });
      const key = { Bucket: 'b', Key: 'k' };
      const missing = await client()
        .getObject(key)
        .catch((thrown: unknown) => thrown);
      expect(missing).toBeInstanceOf(NoSuchKey);
      expect(missing).toMatchObject({ message: 'NoSuchKey it is', $metadata: { httpStatusCode: 404 } });
      await expect(client().headObject(key)).rejects.toMatchObject({
        name: 'NotFound',
        $metadata: { httpStatusCode: 404 },
      });
      await expect(client().putObject({ ...key, Body: 'x', IfMatch: '"y"' })).rejects.toMatchObject({
        name: 'PreconditionFailed',
        $metadata: { httpStatusCode: 412 },
      });
      await expect(client().listObjectsV2({ Bucket: 'b' })).rejects.toMatchObject({ name: 'NoSuchBucket' });
      await expect(client().headBucket({ Bucket: 'b' })).rejects.toMatchObject({
        $metadata: { httpStatusCode: 304 },
      });
    });

    it('names what it does not play', async () => {
      play(door, 's3', {});
      await expect(client().getBucketCors({ Bucket: 'b' })).rejects.toMatchObject({
        name: 'NotImplementedByEmbeddedRegion',
        message: 'The embedded region does not play s3.getBucketCors.',
        $metadata: { httpStatusCode: 501, attempts: 1 },
      });
    });

    it('takes a bucket in the host name where the host is S3’s own', async () => {
      if (!door.config.requestHandler) return;
      play(door, 's3', { getObject: () => ({ Body: encode('v') }) });
      const { endpoint: _, ...config } = door.config;
      await new S3(config).send(new GetObjectCommand({ Bucket: 'my.bucket', Key: 'a/b' }));
      expect(door.inputs.at(-1)).toMatchObject({ Bucket: 'my.bucket', Key: 'a/b' });
      await new S3(config).send(new GetObjectCommand({ Bucket: 'bucket', Key: 'a/b' }));
      expect(door.inputs.at(-1)).toMatchObject({ Bucket: 'bucket', Key: 'a/b' });
    });
  });
});
