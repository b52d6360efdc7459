import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { issuersBucketName } from '../../node/kubernetes/input.ts';
import type { Config } from '../runtime/config.ts';
import { ObjectConflict } from '../runtime/errors.ts';
import { calling, callingUnless, classify, hasCode } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';
import { conflicts, missing, type PutCondition } from './objects.ts';

/** What everybody may read of the clusters' issuers. Not under the deployment's KMS key: nobody could read it without signing. */
export interface IssuerDocuments {
  get(
    key: string,
    signal?: AbortSignal,
  ): Promise<{ readonly text: string; readonly etag: string } | undefined>;
  /** Throws ObjectConflict when the condition fails. */
  put(key: string, text: string, condition: PutCondition, signal?: AbortSignal): Promise<void>;
}

export function makeIssuerDocuments(config: Config): IssuerDocuments {
  const client = new S3Client(clientSettings(config));
  const Bucket = issuersBucketName(config.bucket);
  return {
    async get(key, signal) {
      const command = new GetObjectCommand({ Bucket, Key: key });
      const found = await callingUnless('s3:GetObject', missing, client.send(command, abortedBy(signal)));
      if (!found?.Body) return undefined;
      const text = await calling('s3:GetObject', found.Body.transformToString());
      return { text, etag: found.ETag ?? '' };
    },
    async put(key, text, condition, signal) {
      const command = new PutObjectCommand({
        Bucket,
        Key: key,
        Body: text,
        ContentType: 'application/json',
        ...(condition.ifNoneMatch && { IfNoneMatch: '*' }),
        ...(condition.ifMatch && { IfMatch: condition.ifMatch }),
      });
      try {
        await client.send(command, abortedBy(signal));
      } catch (error) {
        if (hasCode(error, conflicts))
          throw new ObjectConflict(`${key} is not as expected`, { cause: error });
        throw classify(error, 's3:PutObject');
      }
    },
  };
}
