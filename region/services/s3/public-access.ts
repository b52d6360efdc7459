import { AwsError, NotPlayedError } from '../../kernel/errors.ts';
import type { UntypedOperation } from '../../kernel/kernel.ts';
import { conditionsHold, operatorHolds } from '../common/conditions.ts';
import { matchesPattern, namesAction, parsePolicy, type Statement } from '../common/policy-document.ts';
import { type Bucket, bucketOf, type S3State } from './state.ts';

/**
 * Condition keys that limit who calls, or from where (S3 user guide, "Blocking public access", the meaning of "public"). A statement for
 * everybody that gives one of these fixed values is not public.
 */
const limitingKeys = new Set([
  'aws:principalaccount',
  'aws:principalarn',
  'aws:principalorgid',
  'aws:sourceaccount',
  'aws:sourcearn',
  'aws:sourceip',
  'aws:sourceowner',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:userid',
  's3:dataaccesspointaccount',
  's3:dataaccesspointarn',
  's3:x-amz-server-side-encryption-aws-kms-key-id',
]);

const limitingOperators = new Set(['StringEquals', 'StringLike', 'ArnEquals', 'ArnLike', 'IpAddress']);

/** Whether a bucket's policy is public: some statement of it allows everybody something, and nothing in it says a fixed caller or place. */
export function isPublicPolicy(statements: readonly Statement[]): boolean {
  return statements.some(
    (statement) =>
      statement.effect === 'Allow' && statement.principals.includes('*') && !limitsCallers(statement),
  );
}

function limitsCallers({ conditions }: Statement): boolean {
  return Object.entries(conditions).some(
    ([operator, keys]) =>
      limitingOperators.has(operator) &&
      Object.entries(keys).some(
        ([key, values]) => limitingKeys.has(key.toLowerCase()) && values.every(isFixed),
      ),
  );
}

/** No wildcard, no variable, and no range of addresses that is all of them. */
function isFixed(value: string): boolean {
  return !/[*?]|\$\{|\/0$/.test(value);
}

interface Asked {
  readonly Bucket?: string;
  readonly Key?: string;
  readonly VersionId?: string;
  readonly Prefix?: string;
}

/** The permission that an operation asks for, where everybody can be given it here. */
function actionOf(operation: string, { VersionId }: Asked): string | undefined {
  switch (operation) {
    case 'getObject':
    case 'headObject':
      return VersionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion';
    case 'listObjectsV2':
    case 'headBucket':
      return 's3:ListBucket';
    default:
      return undefined;
  }
}

/** Every operation, refused to callers who signed nothing unless the bucket's policy lets everybody. */
export function publicOnly(s3: S3State, name: string, run: UntypedOperation): UntypedOperation {
  return (input: never, context) => {
    if (context.principal.kind === 'anonymous') assertPublic(s3, name, input);
    return run(input, context);
  };
}

/**
 * Throws AccessDenied, NoSuchBucket, or what S3 says of an object under a KMS key, which cannot be read without signing. An object that is
 * not there is as forbidden as any for those who may not list.
 */
function assertPublic(s3: S3State, operation: string, asked: Asked): void {
  const action = actionOf(operation, asked);
  if (action === undefined) throw denied();
  const bucket = bucketOf(s3, asked.Bucket);
  const own = `arn:aws:s3:::${bucket.name}`;
  const ofObject = asked.Key !== undefined;
  if (!everybodyMay(bucket, action, ofObject ? `${own}/${asked.Key}` : own, asked)) throw denied();
  if (!ofObject) return;
  const newest = bucket.versions.get(asked.Key ?? '')?.[0];
  if (newest?.kind !== 'object') {
    if (!everybodyMay(bucket, 's3:ListBucket', own, asked)) throw denied();
  } else if (newest.encryption.algorithm.startsWith('aws:kms'))
    throw new AwsError(
      'InvalidArgument',
      'Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.',
    );
}

function everybodyMay(bucket: Bucket, action: string, resource: string, asked: Asked): boolean {
  if (bucket.policy === undefined || bucket.publicAccessBlock?.RestrictPublicBuckets) return false;
  const speaking = parsePolicy(bucket.policy, 'resource').filter(
    (statement) =>
      namesAction(statement, action) &&
      namesEverybody(statement) &&
      statement.resources.some((pattern) => matchesPattern(pattern, resource)) &&
      conditionsHold(statement, (operator, key, wanted) =>
        operatorHolds(operator, valuesOf(key, asked), wanted),
      ),
  );
  return (
    speaking.some(({ effect }) => effect === 'Allow') && !speaking.some(({ effect }) => effect === 'Deny')
  );
}

function namesEverybody({ principals, resources }: Statement): boolean {
  if (principals.length === 0) throw new NotPlayedError('NotPrincipal in a bucket policy');
  if (resources.length === 0) throw new NotPlayedError('NotResource in a bucket policy');
  return principals.includes('*');
}

/** What a request has for a condition key, without a caller. The region's endpoint stands for AWS's, which speaks TLS. */
function valuesOf(key: string, { Prefix }: Asked): readonly string[] {
  const name = key.toLowerCase();
  if (name === 'aws:securetransport') return ['true'];
  if (name === 's3:tlsversion') return ['1.3'];
  if (name === 'aws:principaltype') return ['Anonymous'];
  if (name === 's3:prefix') return Prefix === undefined ? [] : [Prefix];
  if (limitingKeys.has(name) && name !== 'aws:sourceip') return [];
  throw new NotPlayedError(`the condition key ${key} in a bucket policy`);
}

function denied(): AwsError {
  return new AwsError('AccessDenied', 'Access Denied', { status: 403 });
}
