import { readFile } from 'node:fs/promises';
import { HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { artifactPrefix } from '../../functions/clusters/names.ts';
import { CommandError } from '../output.ts';
import type { Target } from '../target.ts';

/** The deployment's bucket as far as artifacts need it. */
export interface ArtifactBucket {
  has(sha256: string): Promise<boolean>;
  /** Uploads a file; S3 itself refuses it unless it has this hash. */
  put(sha256: string, file: string): Promise<void>;
}

/** The bucket encrypts by itself under the deployment's key. Throws CommandError where it is not there or not allowed. */
export function openBucket({
  region,
  config,
  deployment,
}: Pick<Target, 'region' | 'config' | 'deployment'>): ArtifactBucket {
  const client = new S3Client({ region });
  const Bucket = config.bucket;
  const calling = async <T>(call: Promise<T>, missing?: T): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      const name = error instanceof Error ? error.name : String(error);
      if (missing !== undefined && (name === 'NotFound' || name === 'NoSuchKey')) return missing;
      const message = error instanceof Error ? error.message || error.name : name;
      throw new CommandError(`the bucket ${Bucket} of the deployment ${deployment}: ${message}`);
    }
  };
  return {
    has: (sha256) =>
      calling(
        client.send(new HeadObjectCommand({ Bucket, Key: `${artifactPrefix}${sha256}` })).then(() => true),
        false,
      ),
    async put(sha256, file) {
      const Body = await readFile(file);
      const ChecksumSHA256 = Buffer.from(sha256, 'hex').toString('base64');
      await calling(
        client.send(
          new PutObjectCommand({ Bucket, Key: `${artifactPrefix}${sha256}`, Body, ChecksumSHA256 }),
        ),
      );
    },
  };
}
