import { expect, test } from 'vitest';
import type { AwsEvent } from '../../../region/kernel/kernel.ts';
import { createS3 } from '../../../region/services/s3/index.ts';
import { caller, refusedWith, regionOf } from './support.ts';

const Bucket = 'trivet-123456789012-us-east-1';
const toEventBridge = { Bucket, NotificationConfiguration: { EventBridgeConfiguration: {} } };

async function bucket() {
  const kernel = await regionOf(createS3);
  const events: AwsEvent[] = [];
  kernel.onEvent((event) => void events.push(event));
  const s3 = caller(kernel, 's3');
  await s3('createBucket', { Bucket });
  return { s3, events };
}

test('a bucket tells EventBridge of each new object once it is told to', async () => {
  const { s3, events } = await bucket();
  await s3('putObject', { Bucket, Key: 'before', Body: '' });
  expect(await s3('getBucketNotificationConfiguration', { Bucket })).toEqual({});
  await s3('putBucketNotificationConfiguration', toEventBridge);
  expect(await s3('getBucketNotificationConfiguration', { Bucket })).toEqual({
    EventBridgeConfiguration: {},
  });
  await s3('putObject', { Bucket, Key: 'a/key', Body: 'hello\n' });
  expect(events).toEqual([
    {
      source: 'aws.s3',
      'detail-type': 'Object Created',
      resources: [`arn:aws:s3:::${Bucket}`],
      detail: {
        version: '0',
        bucket: { name: Bucket },
        object: {
          key: 'a/key',
          size: 6,
          etag: 'b1946ac92492d2347c6235b4d2611184',
          sequencer: expect.stringMatching(/^[0-9A-F]{16}$/),
        },
        'request-id': expect.any(String),
        requester: '123456789012',
        'source-ip-address': '127.0.0.1',
        reason: 'PutObject',
      },
    },
  ]);
});

test('a write that is refused tells nothing, and each way to write tells its own reason', async () => {
  const { s3, events } = await bucket();
  await s3('putBucketVersioning', { Bucket, VersioningConfiguration: { Status: 'Enabled' } });
  await s3('putBucketNotificationConfiguration', toEventBridge);
  const { VersionId } = await s3('putObject', { Bucket, Key: 'key', Body: 'one' });
  const again = s3('putObject', { Bucket, Key: 'key', Body: 'two', IfNoneMatch: '*' });
  expect(await refusedWith(again)).toBe('PreconditionFailed');
  await s3('copyObject', { Bucket, Key: 'copy', CopySource: `${Bucket}/key` });
  const { UploadId } = await s3('createMultipartUpload', { Bucket, Key: 'parts' });
  const part = { Bucket, Key: 'parts', UploadId, PartNumber: 1, Body: 'part' };
  const { ETag } = await s3('uploadPart', part);
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  await s3('completeMultipartUpload', { Bucket, Key: 'parts', UploadId, MultipartUpload });
  await s3('putBucketNotificationConfiguration', { Bucket, NotificationConfiguration: {} });
  await s3('putObject', { Bucket, Key: 'after', Body: '' });
  expect(events.map(({ detail }) => detail.reason)).toEqual([
    'PutObject',
    'CopyObject',
    'CompleteMultipartUpload',
  ]);
  expect(events[0]?.detail.object).toMatchObject({ 'version-id': VersionId });
});

test('notifications to anything else are a loud error', async () => {
  const { s3 } = await bucket();
  const QueueConfigurations = [{ QueueArn: 'arn', Events: ['s3:ObjectCreated:*'] }];
  const call = s3('putBucketNotificationConfiguration', {
    Bucket,
    NotificationConfiguration: { QueueConfigurations },
  });
  expect(await refusedWith(call)).toBe('NotImplementedByEmbeddedRegion');
});
