import { AwsError } from '../../kernel/errors.ts';
import type { Kernel, RequestContext, Service } from '../../kernel/kernel.ts';
import { contentOf } from './body.ts';
import { bucketSettingOperations } from './bucket-settings.ts';
import { bucketOperations } from './buckets.ts';
import { copyOperations } from './copy.ts';
import { deleteOperations } from './delete.ts';
import { getOperations } from './get.ts';
import { listOperations } from './list.ts';
import { multipartOperations } from './multipart.ts';
import { publicOnly } from './public-access.ts';
import { putOperations } from './put.ts';
import { addObject, bucketOf, type Content, keyOf, type S3State } from './state.ts';
import { zipDirectory } from './zip.ts';

/** What `kernel.invoke('s3', 'getObject', …)` answers in `Body`: the bytes themselves. */
export type ObjectBody = Uint8Array;

export interface S3Service extends Service {
  readonly id: 's3';
  /**
   * Publishes a directory of a deployment as the object that CDK would upload: a zip of it. The zip is made when somebody reads the
   * object; Lambda runs the directory itself. Throws NoSuchBucket.
   */
  putAsset(bucket: string, key: string, asset: { directory: string }): void;
  /** The directory behind an asset; undefined for an object that is none, or that was written over. */
  assetDirectory(bucket: string, key: string): string | undefined;
}

/** S3 in memory: strongly consistent, with versions, conditional writes and SSE-KMS (design §9). */
export function createS3(kernel: Kernel): S3Service {
  const s3: S3State = { kernel, buckets: new Map(), writes: 0 };
  return {
    id: 's3',
    operations: guarded(s3, {
      ...bucketOperations(s3),
      ...bucketSettingOperations(s3),
      ...putOperations(s3),
      ...getOperations(s3),
      ...deleteOperations(s3),
      ...listOperations(s3),
      ...copyOperations(s3),
      ...multipartOperations(s3),
    }),
    putAsset: (bucketName, key, { directory }) => {
      const bucket = bucketOf(s3, bucketName);
      addObject(s3, bucket, {
        key: keyOf(key),
        content: zipContent(directory),
        headers: { ContentType: 'application/zip' },
        metadata: {},
        encryption: { algorithm: 'AES256' },
        checksums: {},
        tags: [],
        directory,
      });
    },
    assetDirectory: (bucketName, key) => {
      const newest = s3.buckets.get(bucketName)?.versions.get(key)?.[0];
      return newest?.kind === 'object' ? newest.directory : undefined;
    },
  };
}

/**
 * Every operation of S3 refuses a caller who expects another owner than the bucket's, since there is one account here, and nobody's calls
 * where the bucket is not public.
 */
function guarded(s3: S3State, operations: Service['operations']): Service['operations'] {
  const { accountId } = s3.kernel;
  return Object.fromEntries(
    Object.entries(operations).map(([name, run]) => [
      name,
      (input: { ExpectedBucketOwner?: string }, context: RequestContext) => {
        const { ExpectedBucketOwner: expected = accountId } = input;
        if (expected === accountId) return publicOnly(s3, name, run)(input as never, context);
        throw new AwsError('AccessDenied', 'Access Denied', { status: 403 });
      },
    ]),
  );
}

/** Content that is zipped at its first use and kept from then on. */
function zipContent(directory: string): Content {
  let made: Content | undefined;
  const content = (): Content => {
    made ??= contentOf(zipDirectory(directory));
    return made;
  };
  return {
    get size() {
      return content().size;
    },
    get etag() {
      return content().etag;
    },
    bytes: () => content().bytes(),
  };
}
