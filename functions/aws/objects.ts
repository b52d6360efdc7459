import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Config } from '../runtime/config.ts';
import { ObjectConflict } from '../runtime/errors.ts';
import { calling, callingUnless, classify, hasCode } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';

export interface StoredObject {
  readonly body: Uint8Array;
  readonly etag: string;
}

export interface ObjectEntry {
  readonly key: string;
  readonly etag: string;
  readonly size: number;
  /** ISO 8601. */
  readonly lastModified: string;
}

/** `ifNoneMatch`: only when there is no such object yet. `ifMatch`: only over the version with this ETag. */
export interface PutCondition {
  readonly ifNoneMatch?: true;
  readonly ifMatch?: string;
}

/** The deployment's bucket. Every object is encrypted under the deployment's KMS key. */
export interface Objects {
  get(key: string, signal?: AbortSignal): Promise<StoredObject | undefined>;
  /** Throws ObjectConflict when the condition fails. */
  put(
    key: string,
    body: string | Uint8Array,
    condition?: PutCondition,
    signal?: AbortSignal,
  ): Promise<{ etag: string }>;
  exists(key: string, signal?: AbortSignal): Promise<boolean>;
  /** ETag of an object, without its body; undefined when there is none. */
  etag(key: string, signal?: AbortSignal): Promise<string | undefined>;
  /** All objects below a prefix, paged to the end. */
  list(prefix: string, signal?: AbortSignal): Promise<ObjectEntry[]>;
}

/** Codes of an object that is not there. */
export const missing = ['NoSuchKey', 'NotFound'];
/** 412 is a failed condition, 409 another conditional write of the same key at the same time. */
export const conflicts = ['PreconditionFailed', 'ConditionalRequestConflict'];

export function makeObjects(config: Config): Objects {
  const client = new S3Client(clientSettings(config));
  return { ...reading(client, config.bucket), ...writing(client, config) };
}

function reading(client: S3Client, Bucket: string): Pick<Objects, 'get' | 'exists' | 'etag' | 'list'> {
  const head = (key: string, signal?: AbortSignal) => {
    const command = new HeadObjectCommand({ Bucket, Key: key });
    return callingUnless('s3:HeadObject', missing, client.send(command, abortedBy(signal)));
  };
  return {
    async get(key, signal) {
      const command = new GetObjectCommand({ Bucket, Key: key });
      const found = await callingUnless('s3:GetObject', missing, client.send(command, abortedBy(signal)));
      if (!found) return undefined;
      const body = await calling('s3:GetObject', found.Body?.transformToByteArray() ?? empty());
      return { body, etag: found.ETag ?? '' };
    },
    exists: async (key, signal) => (await head(key, signal)) !== undefined,
    etag: async (key, signal) => (await head(key, signal))?.ETag,
    async list(prefix, signal) {
      const entries: ObjectEntry[] = [];
      let ContinuationToken: string | undefined;
      do {
        const command = new ListObjectsV2Command({
          Bucket,
          Prefix: prefix,
          ...(ContinuationToken && { ContinuationToken }),
        });
        const page = await calling('s3:ListObjectsV2', client.send(command, abortedBy(signal)));
        for (const { Key, ETag, Size, LastModified } of page.Contents ?? [])
          if (Key !== undefined && LastModified !== undefined)
            entries.push({
              key: Key,
              etag: ETag ?? '',
              size: Size ?? 0,
              lastModified: LastModified.toISOString(),
            });
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken);
      return entries;
    },
  };
}

function writing(client: S3Client, config: Config): Pick<Objects, 'put'> {
  const Bucket = config.bucket;
  return {
    async put(key, body, condition, signal) {
      const command = new PutObjectCommand({
        Bucket,
        Key: key,
        Body: body,
        ServerSideEncryption: 'aws:kms',
        SSEKMSKeyId: config.keyArn,
        BucketKeyEnabled: true,
        ...(condition?.ifNoneMatch && { IfNoneMatch: '*' }),
        ...(condition?.ifMatch && { IfMatch: condition.ifMatch }),
      });
      try {
        const { ETag } = await client.send(command, abortedBy(signal));
        return { etag: ETag ?? '' };
      } catch (error) {
        if (hasCode(error, conflicts))
          throw new ObjectConflict(`${key} is not as expected`, { cause: error });
        throw classify(error, 's3:PutObject');
      }
    },
  };
}

/** Text of an object, or undefined when there is none. */
export async function getText(
  objects: Objects,
  key: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const found = await objects.get(key, signal);
  return found && new TextDecoder().decode(found.body);
}

async function empty(): Promise<Uint8Array> {
  return new Uint8Array();
}
