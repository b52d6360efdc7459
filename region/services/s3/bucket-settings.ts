import type {
  PutBucketEncryptionCommandInput,
  PutBucketPolicyCommandInput,
  PutBucketTaggingCommandInput,
  PutBucketVersioningCommandInput,
  S3,
} from '@aws-sdk/client-s3';
import { AwsError, NotPlayedError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import { PolicyInvalid, parsePolicy, principalsOf, type Statement } from '../common/policy-document.ts';
import { missingPrincipal } from '../common/principals.ts';
import { isPublicPolicy } from './public-access.ts';
import { type Bucket, bucketOf, required, type S3State } from './state.ts';

/** Settings of a bucket. Lifecycle rules are kept and shown, and never expire an object: nothing here lives that long. */
export function bucketSettingOperations(s3: S3State) {
  return {
    putBucketVersioning: (input) => putVersioning(s3, input),
    getBucketVersioning: (input) => {
      const { versioning } = bucketOf(s3, input.Bucket);
      return versioning ? { Status: versioning } : {};
    },
    putBucketEncryption: (input) => putEncryption(s3, input),
    getBucketEncryption: (input) => ({
      ServerSideEncryptionConfiguration: { Rules: [...bucketOf(s3, input.Bucket).encryption] },
    }),
    deleteBucketEncryption: (input) => {
      bucketOf(s3, input.Bucket).encryption = [
        { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false },
      ];
      return {};
    },
    putBucketPolicy: (input) => putPolicy(s3, input),
    getBucketPolicy: (input) => ({
      Policy: found(
        bucketOf(s3, input.Bucket).policy,
        'NoSuchBucketPolicy',
        'The bucket policy does not exist',
      ),
    }),
    getBucketPolicyStatus: (input) => {
      const { policy } = bucketOf(s3, input.Bucket);
      const text = found(policy, 'NoSuchBucketPolicy', 'The bucket policy does not exist');
      return { PolicyStatus: { IsPublic: isPublicPolicy(parseStatements(text)) } };
    },
    deleteBucketPolicy: (input) => forget(bucketOf(s3, input.Bucket), 'policy'),
    putPublicAccessBlock: (input) => {
      bucketOf(s3, input.Bucket).publicAccessBlock = required(
        input.PublicAccessBlockConfiguration,
        'PublicAccessBlockConfiguration',
      );
      return {};
    },
    getPublicAccessBlock: (input) => ({
      PublicAccessBlockConfiguration: found(
        bucketOf(s3, input.Bucket).publicAccessBlock,
        'NoSuchPublicAccessBlockConfiguration',
        'The public access block configuration was not found',
      ),
    }),
    deletePublicAccessBlock: (input) => forget(bucketOf(s3, input.Bucket), 'publicAccessBlock'),
    putBucketTagging: (input) => putTagging(s3, input),
    getBucketTagging: (input) => {
      const { tags } = bucketOf(s3, input.Bucket);
      const set = tags.length > 0 ? tags : undefined;
      return { TagSet: [...found(set, 'NoSuchTagSet', 'The TagSet does not exist')] };
    },
    deleteBucketTagging: (input) => {
      bucketOf(s3, input.Bucket).tags = [];
      return {};
    },
    ...secondarySettings(s3),
  } satisfies Operations<S3>;
}

function secondarySettings(s3: S3State) {
  return {
    putBucketOwnershipControls: (input) => {
      bucketOf(s3, input.Bucket).ownership = required(input.OwnershipControls, 'OwnershipControls');
      return {};
    },
    getBucketOwnershipControls: (input) => ({
      OwnershipControls: found(
        bucketOf(s3, input.Bucket).ownership,
        'OwnershipControlsNotFoundError',
        'The bucket ownership controls were not found',
      ),
    }),
    deleteBucketOwnershipControls: (input) => forget(bucketOf(s3, input.Bucket), 'ownership'),
    putBucketLifecycleConfiguration: (input) => {
      bucketOf(s3, input.Bucket).lifecycle = required(input.LifecycleConfiguration, 'LifecycleConfiguration');
      return {};
    },
    getBucketLifecycleConfiguration: (input) => ({
      Rules: found(
        bucketOf(s3, input.Bucket).lifecycle,
        'NoSuchLifecycleConfiguration',
        'The lifecycle configuration does not exist',
      ).Rules,
    }),
    deleteBucketLifecycle: (input) => forget(bucketOf(s3, input.Bucket), 'lifecycle'),
    putBucketNotificationConfiguration: (input) => {
      const bucket = bucketOf(s3, input.Bucket);
      const { EventBridgeConfiguration, ...others } = input.NotificationConfiguration ?? {};
      if (Object.values(others).some((one) => one !== undefined))
        throw new NotPlayedError('S3 event notifications but to EventBridge');
      bucket.sendsEvents = EventBridgeConfiguration !== undefined;
      return {};
    },
    getBucketNotificationConfiguration: (input) => {
      const { sendsEvents } = bucketOf(s3, input.Bucket);
      return sendsEvents ? { EventBridgeConfiguration: {} } : {};
    },
  } satisfies Operations<S3>;
}

function putVersioning(s3: S3State, input: PutBucketVersioningCommandInput) {
  const bucket = bucketOf(s3, input.Bucket);
  const status = input.VersioningConfiguration?.Status;
  if (status !== 'Enabled' && status !== 'Suspended') {
    throw new AwsError('IllegalVersioningConfigurationException', 'The Versioning element must be specified');
  }
  if (input.VersioningConfiguration?.MFADelete === 'Enabled') throw new NotPlayedError('MFA delete');
  bucket.versioning = status;
  return {};
}

function putEncryption(s3: S3State, input: PutBucketEncryptionCommandInput) {
  const bucket = bucketOf(s3, input.Bucket);
  const rules = input.ServerSideEncryptionConfiguration?.Rules ?? [];
  const byDefault = rules[0]?.ApplyServerSideEncryptionByDefault;
  if (rules.length !== 1 || !byDefault) {
    throw new AwsError(
      'MalformedXML',
      'The XML you provided was not well-formed or did not validate against our published schema',
    );
  }
  if (byDefault.SSEAlgorithm === 'AES256' && byDefault.KMSMasterKeyID !== undefined) {
    throw new AwsError(
      'InvalidArgument',
      'a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse',
    );
  }
  bucket.encryption = rules;
  return {};
}

function putPolicy(s3: S3State, input: PutBucketPolicyCommandInput) {
  const bucket = bucketOf(s3, input.Bucket);
  const policy = required(input.Policy, 'Policy');
  if (Buffer.byteLength(policy) > 20 * 1024) {
    throw new AwsError('PolicyTooLarge', 'Policy exceeds the maximum allowed document size.');
  }
  checkPolicyDocument(s3, policy, bucket);
  bucket.policy = policy;
  return {};
}

/** MalformedPolicy for what is no policy of this bucket; AccessDenied for a public one where the bucket blocks those. */
function checkPolicyDocument(s3: S3State, policy: string, bucket: Bucket): void {
  const statements = parseStatements(policy);
  const missing = missingPrincipal(s3.kernel, principalsOf(statements));
  if (missing !== undefined) throw malformed('Invalid principal in policy');
  const own = `arn:aws:s3:::${bucket.name}`;
  const resources = statements.flatMap((statement) => statement.resources);
  if (!resources.every((each) => each === own || each.startsWith(`${own}/`) || each.startsWith(`${own}*`))) {
    throw malformed('Policy has invalid resource');
  }
  if (!isPublicPolicy(statements) || !bucket.publicAccessBlock?.BlockPublicPolicy) return;
  throw new AwsError(
    'AccessDenied',
    'Access Denied: public policies are blocked by the BlockPublicPolicy block public access setting.',
    { status: 403 },
  );
}

function parseStatements(policy: string): Statement[] {
  try {
    return parsePolicy(policy, 'resource');
  } catch (error) {
    if (error instanceof PolicyInvalid) throw malformed(error.message);
    throw error;
  }
}

function malformed(why: string): AwsError {
  return new AwsError('MalformedPolicy', why);
}

function putTagging(s3: S3State, input: PutBucketTaggingCommandInput) {
  const bucket = bucketOf(s3, input.Bucket);
  const tags = input.Tagging?.TagSet ?? [];
  if (tags.length > 50) throw new AwsError('BadRequest', 'Bucket tag count cannot be greater than 50');
  if (new Set(tags.map((tag) => tag.Key)).size < tags.length) {
    throw new AwsError('InvalidTag', 'Cannot provide multiple Tags with the same key');
  }
  bucket.tags = tags;
  return {};
}

function found<T>(value: T | undefined, code: string, message: string): T {
  if (value !== undefined) return value;
  throw new AwsError(code, message, { status: 404 });
}

function forget(bucket: Bucket, setting: 'policy' | 'publicAccessBlock' | 'ownership' | 'lifecycle') {
  delete bucket[setting];
  return {};
}
