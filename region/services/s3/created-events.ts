import type { RequestContext } from '../../kernel/kernel.ts';
import type { Bucket, ObjectVersion, S3State } from './state.ts';

/** `Object Created`, as a bucket that has EventBridge turned on sends it (S3 user guide, "EventBridge event message structure"). */
export function putCreatedEvent(
  { kernel, writes }: S3State,
  bucket: Bucket,
  version: ObjectVersion,
  {
    reason,
    requestId,
  }: { reason: 'PutObject' | 'CopyObject' | 'CompleteMultipartUpload' } & Pick<RequestContext, 'requestId'>,
): void {
  if (!bucket.sendsEvents) return;
  kernel.putEvent({
    source: 'aws.s3',
    'detail-type': 'Object Created',
    resources: [`arn:aws:s3:::${bucket.name}`],
    detail: {
      version: '0',
      bucket: { name: bucket.name },
      object: {
        key: version.key,
        size: version.content.size,
        // Without the quotes that the header has.
        etag: version.content.etag.replaceAll('"', ''),
        ...(bucket.versioning && { 'version-id': version.versionId }),
        sequencer: writes.toString(16).toUpperCase().padStart(16, '0'),
      },
      'request-id': requestId,
      requester: kernel.accountId,
      'source-ip-address': '127.0.0.1',
      reason,
    },
  });
}
