import type {
  CompletedPart,
  CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommandInput,
  ListMultipartUploadsCommandInput,
  ListPartsCommandInput,
  S3,
  UploadPartCommandInput,
  UploadPartCopyCommandInput,
} from '@aws-sdk/client-s3';
import { AwsError } from '../../kernel/errors.ts';
import type { Operations, RequestContext } from '../../kernel/kernel.ts';
import { pageAfter } from '../common/page.ts';
import { checkDigests, contentOf, md5, readBody } from './body.ts';
import { beginWrite } from './conditions.ts';
import { readCopySource } from './copy.ts';
import { putCreatedEvent } from './created-events.ts';
import { encryptionFor, shownEncryption } from './encryption.ts';
import { parseRange } from './get.ts';
import { checkMetadata, headersOf, parseTagging } from './put.ts';
import {
  addObject,
  type Bucket,
  bucketOf,
  type Content,
  keyOf,
  type S3State,
  shownVersionId,
  type Upload,
  type UploadedPart,
} from './state.ts';

/** Multipart uploads: what `aws s3 cp` does with large files. */
export function multipartOperations(s3: S3State) {
  return {
    createMultipartUpload: (input, context) => create(s3, input, context),
    uploadPart: (input) => uploadPart(s3, input),
    uploadPartCopy: (input, context) => uploadPartCopy(s3, input, context),
    completeMultipartUpload: (input, context) => complete(s3, input, context),
    abortMultipartUpload: (input) => {
      const { bucket, upload } = uploadOf(s3, input);
      bucket.uploads.delete(upload.uploadId);
      return {};
    },
    listParts: (input) => listParts(s3, input),
    listMultipartUploads: (input) => listUploads(s3, input),
  } satisfies Operations<S3>;
}

const smallestPart = 5 * 1024 * 1024;

async function create(s3: S3State, input: CreateMultipartUploadCommandInput, context: RequestContext) {
  const bucket = bucketOf(s3, input.Bucket);
  const key = keyOf(input.Key);
  const upload: Upload = {
    uploadId: s3.kernel.ids.upper(64),
    key,
    initiated: s3.kernel.clock.now(),
    headers: headersOf(input),
    metadata: checkMetadata(input.Metadata),
    encryption: await encryptionFor(s3, bucket, key, input, context.principal),
    tags: parseTagging(input.Tagging),
    parts: new Map(),
  };
  bucket.uploads.set(upload.uploadId, upload);
  return {
    Bucket: bucket.name,
    Key: key,
    UploadId: upload.uploadId,
    ...shownEncryption(upload.encryption),
  };
}

interface UploadName {
  readonly Bucket?: string | undefined;
  readonly Key?: string | undefined;
  readonly UploadId?: string | undefined;
}

function uploadOf(s3: S3State, input: UploadName): { bucket: Bucket; upload: Upload } {
  const bucket = bucketOf(s3, input.Bucket);
  const upload = bucket.uploads.get(input.UploadId ?? '');
  if (upload && upload.key === input.Key) return { bucket, upload };
  throw new AwsError(
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { status: 404, members: { UploadId: input.UploadId } },
  );
}

async function uploadPart(s3: S3State, input: UploadPartCommandInput) {
  const { upload } = uploadOf(s3, input);
  const number = checkPartNumber(input.PartNumber);
  const bytes = await readBody(input.Body);
  const part = addPart(s3, upload, number, bytes, checkDigests(input, bytes));
  return { ETag: part.etag, ...part.checksums, ...shownEncryption(upload.encryption) };
}

async function uploadPartCopy(s3: S3State, input: UploadPartCopyCommandInput, context: RequestContext) {
  const { upload } = uploadOf(s3, input);
  const number = checkPartNumber(input.PartNumber);
  const source = await readCopySource(s3, input.CopySource, input, context);
  const range = parseRange(input.CopySourceRange, source.bytes.byteLength);
  const bytes = range ? source.bytes.subarray(range.start, range.end + 1) : source.bytes;
  const part = addPart(s3, upload, number, bytes, {});
  return {
    CopyPartResult: { ETag: part.etag, LastModified: part.lastModified },
    ...shownEncryption(upload.encryption),
  };
}

function addPart(
  s3: S3State,
  upload: Upload,
  number: number,
  bytes: Uint8Array,
  checksums: UploadedPart['checksums'],
): UploadedPart {
  const part = { bytes, etag: contentOf(bytes).etag, lastModified: s3.kernel.clock.now(), checksums };
  upload.parts.set(number, part);
  return part;
}

function checkPartNumber(number: number | undefined): number {
  if (number !== undefined && Number.isInteger(number) && number >= 1 && number <= 10_000) return number;
  throw new AwsError('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive', {
    members: { ArgumentName: 'partNumber' },
  });
}

function complete(s3: S3State, input: CompleteMultipartUploadCommandInput, { requestId }: RequestContext) {
  const { bucket, upload } = uploadOf(s3, input);
  const parts = chosenParts(upload, input.MultipartUpload?.Parts ?? []);
  beginWrite(s3, bucket, upload.key, input).settle();
  const version = addObject(s3, bucket, {
    key: upload.key,
    content: joined(parts),
    headers: upload.headers,
    metadata: upload.metadata,
    encryption: upload.encryption,
    checksums: {},
    tags: upload.tags,
  });
  bucket.uploads.delete(upload.uploadId);
  putCreatedEvent(s3, bucket, version, { reason: 'CompleteMultipartUpload', requestId });
  return {
    Location: `${s3.kernel.endpoint}/${bucket.name}/${encodeURIComponent(upload.key)}`,
    Bucket: bucket.name,
    Key: upload.key,
    ETag: version.content.etag,
    ...shownEncryption(upload.encryption),
    ...shownVersionId(bucket, version),
  };
}

/** The named parts in their order: MalformedXML, InvalidPartOrder, InvalidPart or EntityTooSmall where S3 answers them. */
function chosenParts(upload: Upload, named: readonly CompletedPart[]): UploadedPart[] {
  if (named.length === 0) {
    throw new AwsError(
      'MalformedXML',
      'The XML you provided was not well-formed or did not validate against our published schema',
    );
  }
  const numbers = named.map((each) => each.PartNumber ?? 0);
  if (numbers.some((number, index) => index > 0 && number <= (numbers[index - 1] ?? 0))) {
    throw new AwsError('InvalidPartOrder', 'The list of parts was not in ascending order.');
  }
  return named.map((each, index) => {
    const part = upload.parts.get(each.PartNumber ?? 0);
    const same = part?.etag.replaceAll('"', '') === each.ETag?.replaceAll('"', '');
    if (!part || !same || !sameChecksums(part, each)) {
      throw new AwsError(
        'InvalidPart',
        "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
        { members: { PartNumber: each.PartNumber, ETag: each.ETag } },
      );
    }
    if (index < named.length - 1 && part.bytes.byteLength < smallestPart) {
      throw new AwsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', {
        members: { ProposedSize: part.bytes.byteLength, MinSizeAllowed: smallestPart },
      });
    }
    return part;
  });
}

function sameChecksums(part: UploadedPart, named: CompletedPart): boolean {
  const members = ['ChecksumCRC32', 'ChecksumSHA1', 'ChecksumSHA256'] as const;
  return members.every((member) => {
    const kept = part.checksums[member];
    return named[member] === undefined || kept === undefined || kept === named[member];
  });
}

/** The ETag of a multipart object: MD5 of the parts' MD5s, and how many they were. */
function joined(parts: readonly UploadedPart[]): Content {
  const bytes = Buffer.concat(parts.map((part) => part.bytes));
  const hash = md5(Buffer.concat(parts.map((part) => md5(part.bytes)))).toString('hex');
  return { size: bytes.byteLength, etag: `"${hash}-${parts.length}"`, bytes: () => bytes };
}

function listParts(s3: S3State, input: ListPartsCommandInput) {
  const { bucket, upload } = uploadOf(s3, input);
  const after = Number(input.PartNumberMarker ?? 0);
  const limit = Math.min(input.MaxParts ?? 1000, 1000);
  const rest = [...upload.parts].filter(([number]) => number > after).sort(([left], [right]) => left - right);
  const given = rest.slice(0, limit);
  const last = given.at(-1);
  return {
    Bucket: bucket.name,
    Key: upload.key,
    UploadId: upload.uploadId,
    MaxParts: limit,
    IsTruncated: rest.length > given.length,
    ...(rest.length > given.length && last && { NextPartNumberMarker: String(last[0]) }),
    Parts: given.map(([PartNumber, part]) => ({
      PartNumber,
      ETag: part.etag,
      Size: part.bytes.byteLength,
      LastModified: part.lastModified,
      ...part.checksums,
    })),
  };
}

function listUploads(s3: S3State, input: ListMultipartUploadsCommandInput) {
  const bucket = bucketOf(s3, input.Bucket);
  const limit = Math.min(input.MaxUploads ?? 1000, 1000);
  const { items, nextToken } = pageAfter(
    [...bucket.uploads.values()].filter((upload) => upload.key.startsWith(input.Prefix ?? '')),
    (upload) => `${upload.key}\0${upload.uploadId}`,
    limit,
    input.KeyMarker,
    () => new AwsError('InvalidArgument', 'Invalid key marker'),
  );
  return {
    Bucket: bucket.name,
    MaxUploads: limit,
    IsTruncated: nextToken !== undefined,
    ...(nextToken !== undefined && { NextKeyMarker: nextToken }),
    Uploads: items.map(({ key, uploadId, initiated }) => ({
      Key: key,
      UploadId: uploadId,
      Initiated: initiated,
    })),
  };
}
