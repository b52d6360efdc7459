import type {
  GetObjectCommandInput,
  GetObjectCommandOutput,
  HeadObjectCommandInput,
  S3,
} from '@aws-sdk/client-s3';
import { AwsError, NotPlayedError } from '../../kernel/errors.ts';
import type { Operations, RequestContext } from '../../kernel/kernel.ts';
import { checkRead } from './conditions.ts';
import { openEncryption, shownEncryption } from './encryption.ts';
import {
  type Bucket,
  bucketOf,
  keyOf,
  type ObjectVersion,
  objectOf,
  type S3State,
  shownVersionId,
} from './state.ts';

/** Reading objects. `Body` is a Uint8Array; the protocol layer makes the stream. */
export function getOperations(s3: S3State) {
  return {
    getObject: (input, context) => getObject(s3, input, context),
    headObject: (input) => headObject(s3, input),
  } satisfies Operations<S3>;
}

async function getObject(s3: S3State, input: GetObjectCommandInput, context: RequestContext) {
  const bucket = bucketOf(s3, input.Bucket);
  const key = keyOf(input.Key);
  const version = objectOf(bucket, key, input.VersionId);
  if (input.PartNumber !== undefined) throw new NotPlayedError('reading one part of an S3 object');
  checkRead(version, input);
  const range = parseRange(input.Range, version.content.size);
  await openEncryption(s3, bucket, key, version.encryption, context.principal);
  const bytes = version.content.bytes();
  const part = range ? bytes.subarray(range.start, range.end + 1) : bytes;
  return {
    ...describe(bucket, version, input),
    Body: part as unknown as NonNullable<GetObjectCommandOutput['Body']>,
    ContentLength: part.byteLength,
    ...(range && { ContentRange: `bytes ${range.start}-${range.end}/${version.content.size}` }),
    ...(!range && input.ChecksumMode === 'ENABLED' && shownChecksums(version)),
  };
}

/** A HEAD has no body, so the refusal is only "NotFound". */
function headObject(s3: S3State, input: HeadObjectCommandInput) {
  const bucket = s3.buckets.get(input.Bucket ?? '');
  if (!bucket) throw new AwsError('NotFound', 'Not Found', { status: 404 });
  if (input.PartNumber !== undefined) throw new NotPlayedError('reading one part of an S3 object');
  const version = bareNotFound(() => objectOf(bucket, keyOf(input.Key), input.VersionId));
  checkRead(version, input);
  const range = parseRange(input.Range, version.content.size);
  return {
    ...describe(bucket, version, input),
    ContentLength: range ? range.end - range.start + 1 : version.content.size,
    ...(range && { ContentRange: `bytes ${range.start}-${range.end}/${version.content.size}` }),
    ...(input.ChecksumMode === 'ENABLED' && shownChecksums(version)),
  };
}

function bareNotFound<T>(find: () => T): T {
  try {
    return find();
  } catch (error) {
    if (!(error instanceof AwsError) || error.status !== 404) throw error;
    throw new AwsError('NotFound', 'Not Found', { status: 404, members: error.members });
  }
}

interface ResponseHeaders {
  readonly ResponseContentType?: string | undefined;
  readonly ResponseContentDisposition?: string | undefined;
  readonly ResponseContentEncoding?: string | undefined;
  readonly ResponseContentLanguage?: string | undefined;
  readonly ResponseCacheControl?: string | undefined;
}

function describe(bucket: Bucket, version: ObjectVersion, asked: ResponseHeaders) {
  const { headers } = version;
  return {
    AcceptRanges: 'bytes',
    LastModified: version.lastModified,
    ETag: version.content.etag,
    ContentType: asked.ResponseContentType ?? headers.ContentType,
    ContentEncoding: asked.ResponseContentEncoding ?? headers.ContentEncoding,
    ContentDisposition: asked.ResponseContentDisposition ?? headers.ContentDisposition,
    ContentLanguage: asked.ResponseContentLanguage ?? headers.ContentLanguage,
    CacheControl: asked.ResponseCacheControl ?? headers.CacheControl,
    Metadata: { ...version.metadata },
    ...(version.tags.length > 0 && { TagCount: version.tags.length }),
    ...shownEncryption(version.encryption),
    ...shownVersionId(bucket, version),
  };
}

function shownChecksums(version: ObjectVersion) {
  const some = Object.keys(version.checksums).length > 0;
  return some ? { ...version.checksums, ChecksumType: 'FULL_OBJECT' as const } : {};
}

/** One range of RFC 9110 §14; several ranges and other units are ignored, as S3 does. InvalidRange 416 when nothing is in it. */
export function parseRange(
  range: string | undefined,
  size: number,
): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(range ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const last = size - 1;
  const start = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = match[1] === '' || match[2] === '' ? last : Math.min(last, Number(match[2]));
  if (match[1] !== '' && match[2] !== '' && Number(match[2]) < start) return undefined;
  if (start > last || (match[1] === '' && Number(match[2]) === 0)) {
    throw new AwsError('InvalidRange', 'The requested range is not satisfiable', {
      status: 416,
      members: { RangeRequested: range, ActualObjectSize: size },
    });
  }
  return { start, end };
}
