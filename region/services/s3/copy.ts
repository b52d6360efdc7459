import type { CopyObjectCommandInput, S3 } from '@aws-sdk/client-s3';
import { AwsError } from '../../kernel/errors.ts';
import type { Operations, RequestContext } from '../../kernel/kernel.ts';
import { checkDigests, contentOf } from './body.ts';
import { beginWrite, checkRead } from './conditions.ts';
import { putCreatedEvent } from './created-events.ts';
import { encryptionFor, openEncryption, shownEncryption } from './encryption.ts';
import { checkMetadata, headersOf, parseTagging } from './put.ts';
import {
  addObject,
  type Bucket,
  bucketOf,
  keyOf,
  type ObjectVersion,
  objectOf,
  type S3State,
} from './state.ts';

/** Copying objects inside the region. */
export function copyOperations(s3: S3State) {
  return { copyObject: (input, context) => copyObject(s3, input, context) } satisfies Operations<S3>;
}

export interface CopySource {
  readonly bucket: Bucket;
  readonly version: ObjectVersion;
  readonly bytes: Uint8Array;
}

interface CopyConditions {
  readonly CopySourceIfMatch?: string | undefined;
  readonly CopySourceIfNoneMatch?: string | undefined;
  readonly CopySourceIfModifiedSince?: Date | undefined;
  readonly CopySourceIfUnmodifiedSince?: Date | undefined;
}

/** Reads `bucket/key` or `bucket/key?versionId=…` (URL-encoded, with or without a leading slash), as the caller. */
export async function readCopySource(
  s3: S3State,
  source: string | undefined,
  conditions: CopyConditions,
  context: RequestContext,
): Promise<CopySource> {
  const [path = '', query] = (source ?? '').split('?versionId=');
  const text = decodeURIComponent(path).replace(/^\//, '');
  const slash = text.indexOf('/');
  if (slash < 1) {
    throw new AwsError(
      'InvalidArgument',
      'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
    );
  }
  const bucket = bucketOf(s3, text.slice(0, slash));
  const version = objectOf(bucket, keyOf(text.slice(slash + 1)), query);
  try {
    checkRead(version, {
      IfMatch: conditions.CopySourceIfMatch,
      IfNoneMatch: conditions.CopySourceIfNoneMatch,
      IfModifiedSince: conditions.CopySourceIfModifiedSince,
      IfUnmodifiedSince: conditions.CopySourceIfUnmodifiedSince,
    });
  } catch (error) {
    // A copy knows no 304: every condition that does not hold is 412.
    if (!(error instanceof AwsError)) throw error;
    throw new AwsError(
      'PreconditionFailed',
      'At least one of the pre-conditions you specified did not hold',
      {
        status: 412,
      },
    );
  }
  await openEncryption(s3, bucket, version.key, version.encryption, context.principal);
  return { bucket, version, bytes: version.content.bytes() };
}

async function copyObject(s3: S3State, input: CopyObjectCommandInput, context: RequestContext) {
  const bucket = bucketOf(s3, input.Bucket);
  const key = keyOf(input.Key);
  const write = beginWrite(s3, bucket, key, input);
  const source = await readCopySource(s3, input.CopySource, input, context);
  const replace = input.MetadataDirective === 'REPLACE';
  refuseSelfCopy(bucket, key, source, input);
  const encryption = await encryptionFor(s3, bucket, key, input, context.principal);
  write.settle();
  const version = addObject(s3, bucket, {
    key,
    content: contentOf(source.bytes),
    headers: replace ? headersOf(input) : source.version.headers,
    metadata: replace ? checkMetadata(input.Metadata) : source.version.metadata,
    encryption,
    checksums: checkDigests({ ChecksumAlgorithm: input.ChecksumAlgorithm }, source.bytes),
    tags: input.TaggingDirective === 'REPLACE' ? parseTagging(input.Tagging) : source.version.tags,
  });
  putCreatedEvent(s3, bucket, version, { reason: 'CopyObject', requestId: context.requestId });
  return {
    CopyObjectResult: {
      ETag: version.content.etag,
      LastModified: version.lastModified,
      ...version.checksums,
    },
    ...(source.bucket.versioning && { CopySourceVersionId: source.version.versionId }),
    ...(bucket.versioning && { VersionId: version.versionId }),
    ...shownEncryption(encryption),
  };
}

function refuseSelfCopy(
  bucket: Bucket,
  key: string,
  source: CopySource,
  input: CopyObjectCommandInput,
): void {
  const itself = source.bucket === bucket && source.version.key === key;
  const changes =
    input.MetadataDirective === 'REPLACE' ||
    input.TaggingDirective === 'REPLACE' ||
    input.ServerSideEncryption !== undefined ||
    input.CopySource?.includes('?versionId=');
  if (!itself || changes) return;
  throw new AwsError(
    'InvalidRequest',
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  );
}
