import type { ServerSideEncryption } from '@aws-sdk/client-s3';
import { AwsError, NotPlayedError } from '../../kernel/errors.ts';
import type { Principal } from '../../kernel/kernel.ts';
import type { Bucket, Encryption, S3State } from './state.ts';

export interface EncryptionInput {
  readonly ServerSideEncryption?: ServerSideEncryption | undefined;
  readonly SSEKMSKeyId?: string | undefined;
  readonly BucketKeyEnabled?: boolean | undefined;
  readonly SSECustomerAlgorithm?: string | undefined;
  readonly SSEKMSEncryptionContext?: string | undefined;
}

/**
 * How a new object is encrypted: as the request says, else as the bucket says. For SSE-KMS the data key is asked of KMS as the
 * caller, so a key that is missing, disabled or not the caller's refuses the write (`KMS.NotFoundException` and the like).
 */
export async function encryptionFor(
  s3: S3State,
  bucket: Bucket,
  key: string,
  input: EncryptionInput,
  principal: Principal,
): Promise<Encryption> {
  if (input.SSECustomerAlgorithm !== undefined) throw new NotPlayedError('SSE-C');
  if (input.SSEKMSEncryptionContext !== undefined) throw new NotPlayedError('an SSE-KMS encryption context');
  const fallback = bucket.encryption[0];
  const algorithm =
    input.ServerSideEncryption ?? fallback?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm ?? 'AES256';
  if (algorithm !== 'AES256' && algorithm !== 'aws:kms' && algorithm !== 'aws:kms:dsse') {
    throw new AwsError('InvalidArgument', 'The encryption method specified is not supported');
  }
  if (algorithm === 'AES256') {
    if (input.SSEKMSKeyId === undefined) return { algorithm };
    throw new AwsError(
      'InvalidArgument',
      'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms',
    );
  }
  const keyId = input.SSEKMSKeyId ?? fallback?.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID;
  const bucketKey = input.BucketKeyEnabled ?? fallback?.BucketKeyEnabled ?? false;
  const answer = await askKms<{ KeyId: string; CiphertextBlob: Uint8Array }>(
    s3,
    'generateDataKey',
    principal,
    {
      KeyId: keyId ?? 'alias/aws/s3',
      KeySpec: 'AES_256',
      EncryptionContext: contextOf(bucket, key, bucketKey),
    },
  );
  return { algorithm, keyArn: answer.KeyId, dataKey: answer.CiphertextBlob, ...(bucketKey && { bucketKey }) };
}

/** Asks KMS, as the reader, for the data key of an object under SSE-KMS. */
export async function openEncryption(
  s3: S3State,
  bucket: Bucket,
  key: string,
  encryption: Encryption,
  principal: Principal,
): Promise<void> {
  if (encryption.dataKey === undefined) return;
  await askKms(s3, 'decrypt', principal, {
    CiphertextBlob: encryption.dataKey,
    EncryptionContext: contextOf(bucket, key, encryption.bucketKey === true),
  });
}

/** With a bucket key the context is the bucket, else the object (S3 user guide, "Encryption context"). */
function contextOf(bucket: Bucket, key: string, bucketKey: boolean): Record<string, string> {
  return { 'aws:s3:arn': `arn:aws:s3:::${bucket.name}${bucketKey ? '' : `/${key}`}` };
}

async function askKms<O>(s3: S3State, operation: string, principal: Principal, input: object): Promise<O> {
  try {
    return await s3.kernel.invoke<O>('kms', operation, input, principal);
  } catch (error) {
    if (!(error instanceof AwsError) || error instanceof NotPlayedError) throw error;
    if (/^AccessDenied/.test(error.code)) {
      throw new AwsError('AccessDenied', error.message, { status: 403 });
    }
    throw new AwsError(`KMS.${error.code}`, error.message);
  }
}

/** The encryption members that reads and writes answer. */
export function shownEncryption(encryption: Encryption): {
  ServerSideEncryption: ServerSideEncryption;
  SSEKMSKeyId?: string;
  BucketKeyEnabled?: boolean;
} {
  return {
    ServerSideEncryption: encryption.algorithm,
    ...(encryption.keyArn !== undefined && { SSEKMSKeyId: encryption.keyArn }),
    ...(encryption.bucketKey && { BucketKeyEnabled: true }),
  };
}
