import type {
  BucketLifecycleConfiguration,
  OwnershipControls,
  PublicAccessBlockConfiguration,
  ServerSideEncryption,
  ServerSideEncryptionRule,
  Tag,
} from '@aws-sdk/client-s3';
import { AwsError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';

/** The bytes of an object. An asset makes its bytes only when somebody reads them. */
export interface Content {
  readonly size: number;
  /** Hex MD5 in quotes, with `-parts` for a multipart upload. */
  readonly etag: string;
  bytes(): Uint8Array;
}

export interface Encryption {
  readonly algorithm: ServerSideEncryption;
  readonly keyArn?: string;
  readonly bucketKey?: boolean;
  /** The object's data key under the KMS key; KMS is asked to decrypt it at each read, as S3 does. */
  readonly dataKey?: Uint8Array;
}

/** Headers that S3 stores and gives back. */
export interface StoredHeaders {
  readonly ContentType?: string | undefined;
  readonly ContentEncoding?: string | undefined;
  readonly ContentDisposition?: string | undefined;
  readonly ContentLanguage?: string | undefined;
  readonly CacheControl?: string | undefined;
}

export interface Checksums {
  readonly ChecksumCRC32?: string;
  readonly ChecksumSHA1?: string;
  readonly ChecksumSHA256?: string;
}

export interface ObjectVersion {
  readonly kind: 'object';
  readonly key: string;
  /** `null` for a version made while versioning was off or suspended. */
  readonly versionId: string;
  readonly lastModified: Date;
  readonly content: Content;
  readonly headers: StoredHeaders;
  readonly metadata: Readonly<Record<string, string>>;
  readonly encryption: Encryption;
  readonly checksums: Checksums;
  tags: readonly Tag[];
  /** Set for an asset of a deployment: the directory that its zip is made of. */
  readonly directory?: string;
}

export interface DeleteMarker {
  readonly kind: 'marker';
  readonly key: string;
  readonly versionId: string;
  readonly lastModified: Date;
}

export type Version = ObjectVersion | DeleteMarker;

export interface UploadedPart {
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly lastModified: Date;
  readonly checksums: Checksums;
}

export interface Upload {
  readonly uploadId: string;
  readonly key: string;
  readonly initiated: Date;
  readonly headers: StoredHeaders;
  readonly metadata: Readonly<Record<string, string>>;
  readonly encryption: Encryption;
  readonly tags: readonly Tag[];
  readonly parts: Map<number, UploadedPart>;
}

export interface Bucket {
  readonly name: string;
  readonly createdAt: Date;
  versioning?: 'Enabled' | 'Suspended';
  /** Newest version first. A key without versions is not in the map. */
  readonly versions: Map<string, Version[]>;
  readonly uploads: Map<string, Upload>;
  /** When a key was last deleted, in writes: what a conditional write that was under way then must notice. */
  readonly deletions: Map<string, number>;
  encryption: readonly ServerSideEncryptionRule[];
  policy?: string;
  publicAccessBlock?: PublicAccessBlockConfiguration;
  ownership?: OwnershipControls;
  lifecycle?: BucketLifecycleConfiguration;
  /** Whether EventBridge is told of its objects. */
  sendsEvents?: boolean;
  tags: readonly Tag[];
}

export interface S3State {
  readonly kernel: Kernel;
  readonly buckets: Map<string, Bucket>;
  /** Counts writes, so that "since" can be asked without time. */
  writes: number;
}

/** The bucket, or NoSuchBucket. */
export function bucketOf(s3: S3State, name: string | undefined): Bucket {
  const bucket = s3.buckets.get(required(name, 'Bucket'));
  if (bucket) return bucket;
  throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', {
    status: 404,
    members: { BucketName: name },
  });
}

/** The key, or the refusal that S3 gives for an empty or too long one (1,024 bytes of UTF-8). */
export function keyOf(key: string | undefined): string {
  const text = required(key, 'Key');
  if (Buffer.byteLength(text) <= 1024) return text;
  throw new AwsError('KeyTooLongError', 'Your key is too long', {
    members: { Size: Buffer.byteLength(text), MaxSizeAllowed: 1024 },
  });
}

/** What a version request means: the newest object, or NoSuchKey, NoSuchVersion or MethodNotAllowed as S3 answers. */
export function objectOf(bucket: Bucket, key: string, versionId?: string): ObjectVersion {
  const versions = bucket.versions.get(key) ?? [];
  if (versionId === undefined) {
    const newest = versions[0];
    if (newest?.kind === 'object') return newest;
    throw noSuchKey(key, newest);
  }
  const version = versions.find((each) => each.versionId === versionId);
  if (!version) {
    throw new AwsError('NoSuchVersion', 'The specified version does not exist.', {
      status: 404,
      members: { Key: key, VersionId: versionId },
    });
  }
  if (version.kind === 'object') return version;
  throw new AwsError('MethodNotAllowed', 'The specified method is not allowed against this resource.', {
    status: 405,
    members: { DeleteMarker: true, VersionId: versionId, LastModified: version.lastModified },
  });
}

function noSuchKey(key: string, marker: DeleteMarker | undefined): AwsError {
  return new AwsError('NoSuchKey', 'The specified key does not exist.', {
    status: 404,
    members: { Key: key, ...(marker && { DeleteMarker: true, VersionId: marker.versionId }) },
  });
}

/** A required member, or the InvalidRequest that S3 answers without it. */
export function required<T>(value: T | undefined, member: string): T {
  if (value !== undefined && value !== '') return value;
  throw new AwsError('InvalidRequest', `Missing required member ${member}`);
}

/** The version id that an answer carries: nothing in a bucket that never had versioning. */
export function shownVersionId(bucket: Bucket, version: Version): { VersionId?: string } {
  return bucket.versioning === undefined ? {} : { VersionId: version.versionId };
}

/** Puts a version on top of its key's list; a `null` version takes the place of the last `null` version. */
export function addVersion(bucket: Bucket, version: Version): void {
  const older = bucket.versions.get(version.key) ?? [];
  const kept = version.versionId === 'null' ? older.filter((each) => each.versionId !== 'null') : older;
  bucket.versions.set(version.key, [version, ...kept]);
}

/** Adds an object's new version: written now, under the bucket's next version id. */
export function addObject(
  s3: S3State,
  bucket: Bucket,
  object: Omit<ObjectVersion, 'kind' | 'versionId' | 'lastModified'>,
): ObjectVersion {
  const versionId = nextVersionId(s3, bucket);
  const version: ObjectVersion = {
    kind: 'object',
    versionId,
    lastModified: s3.kernel.clock.now(),
    ...object,
  };
  s3.writes += 1;
  addVersion(bucket, version);
  return version;
}

/** The id that the next version of a bucket gets. */
export function nextVersionId(s3: S3State, bucket: Bucket): string {
  return bucket.versioning === 'Enabled' ? s3.kernel.ids.upper(32) : 'null';
}
