import {
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
  type ListObjectVersionsCommandOutput,
  S3Client,
} from '@aws-sdk/client-s3';
import { issuersBucketName } from '../../node/kubernetes/input.ts';
import { assertOwnObjects, type ObjectPlace, type Owner } from '../clusters/ownership.ts';
import type { Config } from '../runtime/config.ts';
import { AwsRefused, AwsUnavailable } from '../runtime/errors.ts';
import { calling } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';

/** A version of an object, or the marker of a deletion. */
export interface ObjectVersion {
  readonly key: string;
  readonly versionId: string;
}

/** What a cluster has in the deployment's two buckets, which keep versions: to be gone, an object has to go with all of them. */
export interface OwnedObjects {
  /** Folders in the issuers' bucket that begin with this; each ends with a slash. */
  issuerFolders(beginning: string, signal?: AbortSignal): Promise<string[]>;
  /** At most the first thousand versions below a prefix, and whether there are more. */
  versions(
    place: ObjectPlace,
    signal?: AbortSignal,
  ): Promise<{ readonly versions: readonly ObjectVersion[]; readonly more: boolean }>;
  /** Deletes versions for good, at most a thousand; one that is gone already is done. Throws ForeignResource for another's (S20). */
  remove(
    place: ObjectPlace,
    versions: readonly ObjectVersion[],
    owner: Owner,
    signal?: AbortSignal,
  ): Promise<void>;
}

export function makeOwnedObjects(config: Config): OwnedObjects {
  const client = new S3Client(clientSettings(config));
  const buckets = { deployment: config.bucket, issuers: issuersBucketName(config.bucket) };
  const list = (request: ListObjectVersionsCommandInput, signal?: AbortSignal) =>
    calling('s3:ListObjectVersions', client.send(new ListObjectVersionsCommand(request), abortedBy(signal)));
  return {
    async issuerFolders(Prefix, signal) {
      const folders: string[] = [];
      let KeyMarker: string | undefined;
      do {
        const request = { Bucket: buckets.issuers, Prefix, Delimiter: '/', ...(KeyMarker && { KeyMarker }) };
        const page: ListObjectVersionsCommandOutput = await list(request, signal);
        folders.push(...(page.CommonPrefixes ?? []).map((one) => one.Prefix ?? ''));
        KeyMarker = page.IsTruncated ? page.NextKeyMarker : undefined;
      } while (KeyMarker);
      return folders;
    },
    async versions({ bucket, prefix }, signal) {
      const page = await list({ Bucket: bucket, Prefix: prefix }, signal);
      const versions = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
      return {
        versions: versions.map(({ Key = '', VersionId = '' }) => ({ key: Key, versionId: VersionId })),
        more: page.IsTruncated === true,
      };
    },
    async remove(place, versions, owner, signal) {
      assertOwnObjects(
        place,
        versions.map(({ key }) => key),
        owner,
        buckets,
      );
      const Objects = versions.map(({ key, versionId }) => ({ Key: key, VersionId: versionId }));
      const command = new DeleteObjectsCommand({ Bucket: place.bucket, Delete: { Objects, Quiet: true } });
      const { Errors = [] } = await calling('s3:DeleteObjects', client.send(command, abortedBy(signal)));
      const [first] = Errors;
      if (!first) return;
      const { Code: code = 'unknown', Key, Message } = first;
      const message = `s3:DeleteObjects: ${code}: ${Message}: ${Key}, one of ${Errors.length}`;
      // S3 says of each object by itself what became of it, in an answer that is no error.
      throw code === 'InternalError' || code === 'SlowDown'
        ? new AwsUnavailable(message)
        : new AwsRefused(message, { code });
    },
  };
}
