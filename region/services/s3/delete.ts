import type { DeleteObjectCommandInput, DeleteObjectsCommandInput, S3 } from '@aws-sdk/client-s3';
import { AwsError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import { preconditionFailed, sameEtag } from './conditions.ts';
import { addVersion, type Bucket, bucketOf, keyOf, nextVersionId, type S3State } from './state.ts';

/** Deleting objects: a marker on top where versions are kept, the version itself when it is named. */
export function deleteOperations(s3: S3State) {
  return {
    deleteObject: (input) => deleteObject(s3, input),
    deleteObjects: (input) => deleteObjects(s3, input),
  } satisfies Operations<S3>;
}

function deleteObject(s3: S3State, input: DeleteObjectCommandInput) {
  const bucket = bucketOf(s3, input.Bucket);
  const key = keyOf(input.Key);
  checkDelete(bucket, key, input.IfMatch);
  return remove(s3, bucket, key, input.VersionId);
}

function checkDelete(bucket: Bucket, key: string, ifMatch: string | undefined): void {
  if (ifMatch === undefined) return;
  const newest = bucket.versions.get(key)?.[0];
  if (newest?.kind !== 'object') {
    throw new AwsError('NoSuchKey', 'The specified key does not exist.', {
      status: 404,
      members: { Key: key },
    });
  }
  if (!sameEtag(ifMatch, newest.content.etag)) throw preconditionFailed('If-Match');
}

function remove(
  s3: S3State,
  bucket: Bucket,
  key: string,
  versionId: string | undefined,
): { DeleteMarker?: boolean; VersionId?: string } {
  s3.writes += 1;
  if (versionId !== undefined) return removeVersion(s3, bucket, key, versionId);
  bucket.deletions.set(key, s3.writes);
  if (bucket.versioning === undefined) {
    bucket.versions.delete(key);
    return {};
  }
  const marker = {
    kind: 'marker',
    key,
    versionId: nextVersionId(s3, bucket),
    lastModified: s3.kernel.clock.now(),
  } as const;
  addVersion(bucket, marker);
  return { DeleteMarker: true, VersionId: marker.versionId };
}

function removeVersion(s3: S3State, bucket: Bucket, key: string, versionId: string) {
  const versions = bucket.versions.get(key) ?? [];
  const index = versions.findIndex((each) => each.versionId === versionId);
  const removed = versions[index];
  if (!removed) return { VersionId: versionId };
  versions.splice(index, 1);
  if (versions.length === 0) bucket.versions.delete(key);
  if (index === 0 && removed.kind === 'object') bucket.deletions.set(key, s3.writes);
  return { VersionId: versionId, ...(removed.kind === 'marker' && { DeleteMarker: true }) };
}

/** Up to 1,000 keys; each is deleted or refused by itself. */
function deleteObjects(s3: S3State, input: DeleteObjectsCommandInput) {
  const bucket = bucketOf(s3, input.Bucket);
  const objects = input.Delete?.Objects ?? [];
  if (objects.length === 0 || objects.length > 1000) {
    throw new AwsError(
      'MalformedXML',
      'The XML you provided was not well-formed or did not validate against our published schema',
    );
  }
  const deleted = [];
  const errors = [];
  for (const { Key, VersionId, ETag } of objects) {
    const named = { Key, ...(VersionId !== undefined && { VersionId }) };
    try {
      const key = keyOf(Key);
      checkDelete(bucket, key, ETag);
      const { DeleteMarker, VersionId: madeId } = remove(s3, bucket, key, VersionId);
      deleted.push({ ...named, ...(DeleteMarker && { DeleteMarker, DeleteMarkerVersionId: madeId }) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      errors.push({ ...named, Code: error.code, Message: error.message });
    }
  }
  return {
    ...(!input.Delete?.Quiet && { Deleted: deleted }),
    ...(errors.length > 0 && { Errors: errors }),
  };
}
