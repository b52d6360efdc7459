import { AwsError } from '../../kernel/errors.ts';
import type { Bucket, ObjectVersion, S3State } from './state.ts';

export interface WriteCondition {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
}

/**
 * Checks a conditional write against the newest version: PreconditionFailed 412; NoSuchKey 404 for If-Match without an object;
 * NotImplemented for an If-None-Match other than `*` (S3 user guide, "conditional writes").
 */
function checkWrite(bucket: Bucket, key: string, condition: WriteCondition): void {
  const newest = bucket.versions.get(key)?.[0];
  const current = newest?.kind === 'object' ? newest : undefined;
  if (condition.IfNoneMatch !== undefined) {
    if (condition.IfNoneMatch !== '*') {
      throw new AwsError(
        'NotImplemented',
        'A header you provided implies functionality that is not implemented',
        {
          status: 501,
          members: { Header: 'If-None-Match' },
        },
      );
    }
    if (current) throw preconditionFailed('If-None-Match');
  }
  if (condition.IfMatch === undefined) return;
  if (!current) {
    throw new AwsError('NoSuchKey', 'The specified key does not exist.', {
      status: 404,
      members: { Key: key },
    });
  }
  if (!sameEtag(condition.IfMatch, current.content.etag)) throw preconditionFailed('If-Match');
}

/**
 * Remembers where a conditional write began. `settle`, called when its bytes are here, checks the condition again, and answers
 * ConditionalRequestConflict 409 when the key was deleted meanwhile, as S3 does.
 */
export function beginWrite(
  s3: S3State,
  bucket: Bucket,
  key: string,
  condition: WriteCondition,
): { settle(): void } {
  const conditional = condition.IfMatch !== undefined || condition.IfNoneMatch !== undefined;
  if (conditional) checkWrite(bucket, key, condition);
  const begun = s3.writes;
  return {
    settle: () => {
      if (!conditional) return;
      if ((bucket.deletions.get(key) ?? -1) > begun) {
        throw new AwsError(
          'ConditionalRequestConflict',
          'The conditional request cannot succeed due to a conflicting operation against this resource.',
          { status: 409, members: { Key: key } },
        );
      }
      checkWrite(bucket, key, condition);
    },
  };
}

export interface ReadCondition extends WriteCondition {
  readonly IfModifiedSince?: Date | undefined;
  readonly IfUnmodifiedSince?: Date | undefined;
}

/** Checks a conditional read: 412 PreconditionFailed or 304 NotModified. The ETag conditions win over the dates (RFC 9110 §13.2.2). */
export function checkRead(version: ObjectVersion, condition: ReadCondition): void {
  const { etag } = version.content;
  const modified = Math.floor(version.lastModified.getTime() / 1000);
  if (condition.IfMatch !== undefined) {
    if (!sameEtag(condition.IfMatch, etag)) throw preconditionFailed('If-Match');
  } else if (condition.IfUnmodifiedSince && modified > seconds(condition.IfUnmodifiedSince)) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  if (condition.IfNoneMatch !== undefined) {
    if (sameEtag(condition.IfNoneMatch, etag)) throw notModified(version);
  } else if (condition.IfModifiedSince && modified <= seconds(condition.IfModifiedSince)) {
    throw notModified(version);
  }
}

export function preconditionFailed(condition: string): AwsError {
  return new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    status: 412,
    members: { Condition: condition },
  });
}

/** Whether a condition names this ETag; the quotes may be left out, and `*` names any. */
export function sameEtag(condition: string, etag: string): boolean {
  return condition
    .split(',')
    .map((each) => each.trim())
    .some((each) => each === '*' || each.replaceAll('"', '') === etag.replaceAll('"', ''));
}

function notModified(version: ObjectVersion): AwsError {
  return new AwsError('NotModified', 'Not Modified', {
    status: 304,
    members: { ETag: version.content.etag, LastModified: version.lastModified },
  });
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
