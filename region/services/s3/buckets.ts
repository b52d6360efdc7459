import type {
  CreateBucketCommandInput,
  DeleteBucketCommandInput,
  HeadBucketCommandInput,
  ListBucketsCommandInput,
  S3,
} from '@aws-sdk/client-s3';
import { AwsError, NotPlayedError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import { pageAfter } from '../common/page.ts';
import { bucketOf, required, type S3State } from './state.ts';

/** Making, finding and deleting buckets. */
export function bucketOperations(s3: S3State) {
  return {
    createBucket: (input) => createBucket(s3, input),
    headBucket: (input) => headBucket(s3, input),
    deleteBucket: (input) => deleteBucket(s3, input),
    listBuckets: (input) => listBuckets(s3, input),
    getBucketLocation: (input) => {
      bucketOf(s3, input.Bucket);
      // us-east-1 is the absence of a constraint.
      return s3.kernel.region === 'us-east-1'
        ? {}
        : { LocationConstraint: s3.kernel.region as 'eu-central-1' };
    },
  } satisfies Operations<S3>;
}

function createBucket(s3: S3State, input: CreateBucketCommandInput) {
  const name = checkBucketName(required(input.Bucket, 'Bucket'));
  checkLocation(s3, input.CreateBucketConfiguration?.LocationConstraint);
  if (input.ObjectLockEnabledForBucket) throw new NotPlayedError('S3 Object Lock');
  const answer = { Location: `/${name}`, BucketArn: `arn:aws:s3:::${name}` };
  if (s3.buckets.has(name)) {
    // us-east-1 alone answers 200 for a bucket that the caller owns already (S3 API, CreateBucket, "BucketAlreadyOwnedByYou").
    if (s3.kernel.region === 'us-east-1') return answer;
    throw new AwsError(
      'BucketAlreadyOwnedByYou',
      'Your previous request to create the named bucket succeeded and you already own it.',
      { status: 409, members: { BucketName: name } },
    );
  }
  s3.buckets.set(name, {
    name,
    createdAt: s3.kernel.clock.now(),
    versions: new Map(),
    uploads: new Map(),
    deletions: new Map(),
    // Every bucket since January 2023 encrypts, and since April 2023 blocks public access.
    encryption: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false }],
    publicAccessBlock: {
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    },
    ownership: { Rules: [{ ObjectOwnership: input.ObjectOwnership ?? 'BucketOwnerEnforced' }] },
    tags: input.CreateBucketConfiguration?.Tags ?? [],
  });
  return answer;
}

/** Rules of S3's "Bucket naming rules" for general purpose buckets. */
function checkBucketName(name: string): string {
  const wellFormed =
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !name.includes('..') &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !/^(xn--|sthree-|amzn-s3-demo-)/.test(name) &&
    !/(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name);
  if (wellFormed) return name;
  throw new AwsError('InvalidBucketName', 'The specified bucket is not valid.', {
    members: { BucketName: name },
  });
}

function checkLocation(s3: S3State, location: string | undefined): void {
  const { region } = s3.kernel;
  if (location === undefined && region !== 'us-east-1') {
    throw new AwsError(
      'IllegalLocationConstraintException',
      `The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.`,
    );
  }
  if (location === 'us-east-1') {
    throw new AwsError('InvalidLocationConstraint', 'The specified location-constraint is not valid');
  }
  if (location === undefined || location === region) return;
  throw new NotPlayedError(`a bucket in ${location}`);
}

function headBucket(s3: S3State, input: HeadBucketCommandInput) {
  if (!s3.buckets.has(required(input.Bucket, 'Bucket'))) {
    throw new AwsError('NotFound', 'Not Found', { status: 404 });
  }
  return { BucketRegion: s3.kernel.region, AccessPointAlias: false };
}

function deleteBucket(s3: S3State, input: DeleteBucketCommandInput) {
  const bucket = bucketOf(s3, input.Bucket);
  if (bucket.versions.size > 0) {
    const hint = bucket.versioning ? ' You must delete all versions in the bucket.' : '';
    throw new AwsError('BucketNotEmpty', `The bucket you tried to delete is not empty.${hint}`, {
      status: 409,
      members: { BucketName: bucket.name },
    });
  }
  s3.buckets.delete(bucket.name);
  return {};
}

function listBuckets(s3: S3State, input: ListBucketsCommandInput) {
  const prefix = input.Prefix ?? '';
  const { items, nextToken } = pageAfter(
    [...s3.buckets.values()].filter((bucket) => bucket.name.startsWith(prefix)),
    (bucket) => bucket.name,
    input.MaxBuckets ?? 10_000,
    input.ContinuationToken,
    () => new AwsError('InvalidArgument', 'The continuation token provided is incorrect'),
  );
  return {
    Buckets: items.map((bucket) => ({
      Name: bucket.name,
      CreationDate: bucket.createdAt,
      BucketArn: `arn:aws:s3:::${bucket.name}`,
      // AWS gives the region only to callers that page or filter.
      ...(input.MaxBuckets !== undefined && { BucketRegion: s3.kernel.region }),
    })),
    Owner: { ID: ownerId(s3) },
    ...(input.Prefix !== undefined && { Prefix: input.Prefix }),
    ...(nextToken !== undefined && { ContinuationToken: nextToken }),
  };
}

/** Canonical user id of the account. */
export function ownerId(s3: S3State): string {
  return s3.kernel.accountId.padStart(64, '0');
}
