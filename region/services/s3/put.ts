import type { PutObjectCommandInput, S3, Tag } from '@aws-sdk/client-s3';
import { AwsError, NotPlayedError } from '../../kernel/errors.ts';
import type { Operations, RequestContext } from '../../kernel/kernel.ts';
import { checkDigests, contentOf, readBody } from './body.ts';
import { beginWrite } from './conditions.ts';
import { putCreatedEvent } from './created-events.ts';
import { encryptionFor, shownEncryption } from './encryption.ts';
import {
  addObject,
  bucketOf,
  keyOf,
  objectOf,
  type S3State,
  type StoredHeaders,
  shownVersionId,
} from './state.ts';

/** Writing objects and their tags. */
export function putOperations(s3: S3State) {
  return {
    putObject: (input, context) => putObject(s3, input, context),
    putObjectTagging: (input) => {
      const bucket = bucketOf(s3, input.Bucket);
      const version = objectOf(bucket, keyOf(input.Key), input.VersionId);
      version.tags = checkTags(input.Tagging?.TagSet ?? []);
      return shownVersionId(bucket, version);
    },
    getObjectTagging: (input) => {
      const bucket = bucketOf(s3, input.Bucket);
      const version = objectOf(bucket, keyOf(input.Key), input.VersionId);
      return { TagSet: [...version.tags], ...shownVersionId(bucket, version) };
    },
    deleteObjectTagging: (input) => {
      const bucket = bucketOf(s3, input.Bucket);
      const version = objectOf(bucket, keyOf(input.Key), input.VersionId);
      version.tags = [];
      return shownVersionId(bucket, version);
    },
  } satisfies Operations<S3>;
}

const largestPut = 5 * 1024 ** 3;

/** A put is one step for everybody who reads: the condition is settled and the version added without a pause between. */
async function putObject(s3: S3State, input: PutObjectCommandInput, context: RequestContext) {
  const bucket = bucketOf(s3, input.Bucket);
  const key = keyOf(input.Key);
  refuseUnplayed(input);
  const write = beginWrite(s3, bucket, key, input);
  const metadata = checkMetadata(input.Metadata);
  const tags = parseTagging(input.Tagging);
  const bytes = await readBody(input.Body);
  if (bytes.byteLength > largestPut) {
    throw new AwsError('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
  }
  const checksums = checkDigests(input, bytes);
  const encryption = await encryptionFor(s3, bucket, key, input, context.principal);
  write.settle();
  const version = addObject(s3, bucket, {
    key,
    content: contentOf(bytes),
    headers: headersOf(input),
    metadata,
    encryption,
    checksums,
    tags,
  });
  putCreatedEvent(s3, bucket, version, { reason: 'PutObject', requestId: context.requestId });
  return {
    ETag: version.content.etag,
    ...checksums,
    ...shownEncryption(encryption),
    ...shownVersionId(bucket, version),
  };
}

function refuseUnplayed(input: PutObjectCommandInput): void {
  if (input.WriteOffsetBytes !== undefined) throw new NotPlayedError('appending to an S3 object');
  if (input.ObjectLockMode !== undefined || input.ObjectLockLegalHoldStatus !== undefined) {
    throw new NotPlayedError('S3 Object Lock');
  }
  if (input.StorageClass !== undefined && input.StorageClass !== 'STANDARD') {
    throw new NotPlayedError(`the storage class ${input.StorageClass}`);
  }
  if (input.ACL !== undefined && input.ACL !== 'bucket-owner-full-control' && input.ACL !== 'private') {
    throw new AwsError('AccessControlListNotSupported', 'The bucket does not allow ACLs');
  }
}

/** The headers of a write that S3 keeps with the object. */
export function headersOf(input: StoredHeaders): StoredHeaders {
  return {
    ContentType: input.ContentType ?? 'application/octet-stream',
    // `aws-chunked` is the transfer's encoding, not the object's.
    ContentEncoding: input.ContentEncoding?.replace(/(^|,)\s*aws-chunked\s*/, '') || undefined,
    ContentDisposition: input.ContentDisposition,
    ContentLanguage: input.ContentLanguage,
    CacheControl: input.CacheControl,
  };
}

/** User metadata: names in lower case, 2 KB at most. */
export function checkMetadata(metadata: Record<string, string> | undefined): Record<string, string> {
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  const size = entries.reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
  if (size > 2048) {
    throw new AwsError('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size', {
      members: { Size: size, MaxSizeAllowed: 2048 },
    });
  }
  return Object.fromEntries(entries);
}

/** Tags as the `x-amz-tagging` header carries them: URL query parameters. */
export function parseTagging(tagging: string | undefined): readonly Tag[] {
  return checkTags([...new URLSearchParams(tagging ?? '')].map(([Key, Value]) => ({ Key, Value })));
}

function checkTags(tags: readonly Tag[]): readonly Tag[] {
  if (tags.length > 10) throw new AwsError('BadRequest', 'Object tags cannot be greater than 10');
  if (new Set(tags.map((tag) => tag.Key)).size < tags.length) {
    throw new AwsError('InvalidTag', 'Cannot provide multiple Tags with the same key');
  }
  for (const { Key = '', Value = '' } of tags) {
    if (Key === '' || Key.length > 128)
      throw new AwsError('InvalidTag', 'The TagKey you have provided is invalid');
    if (Value.length > 256) throw new AwsError('InvalidTag', 'The TagValue you have provided is invalid');
  }
  return tags;
}
