import type {
  ListObjectsV2CommandInput,
  ListObjectVersionsCommandInput,
  ObjectStorageClass,
  S3,
} from '@aws-sdk/client-s3';
import { AwsError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import { compareText } from '../common/page.ts';
import { ownerId } from './buckets.ts';
import { type Bucket, bucketOf, type ObjectVersion, type S3State, type Version } from './state.ts';

/** Listing objects and versions, in the order of the keys' UTF-8 bytes. */
export function listOperations(s3: S3State) {
  return {
    listObjectsV2: (input) => listObjectsV2(s3, input),
    listObjectVersions: (input) => listObjectVersions(s3, input),
  } satisfies Operations<S3>;
}

/** One entry of a listing: a key, or all keys under a common prefix rolled into one. */
type Entry<T> =
  | { readonly name: string; readonly item: T }
  | { readonly name: string; readonly item?: never };

function* roll<T>(
  items: Iterable<{ name: string; item: T }>,
  prefix: string,
  delimiter: string | undefined,
): Generator<Entry<T>> {
  let last: string | undefined;
  for (const { name, item } of items) {
    if (!name.startsWith(prefix)) continue;
    const cut = delimiter ? name.indexOf(delimiter, prefix.length) : -1;
    if (cut < 0 || !delimiter) {
      yield { name, item };
      continue;
    }
    const common = name.slice(0, cut + delimiter.length);
    if (common !== last) yield { name: common };
    last = common;
  }
}

function listObjectsV2(s3: S3State, input: ListObjectsV2CommandInput) {
  const bucket = bucketOf(s3, input.Bucket);
  const limit = checkMaxKeys(input.MaxKeys);
  const { Prefix: prefix = '', Delimiter: delimiter } = input;
  const after = input.ContinuationToken === undefined ? input.StartAfter : decode(input.ContinuationToken);
  const entries = [...roll(newestObjects(bucket), prefix, delimiter || undefined)].filter(
    // A token that names a common prefix lies behind everything under it.
    ({ name }) => after === undefined || (compareText(name, after) > 0 && name !== after),
  );
  const given = entries.slice(0, limit);
  const last = given.at(-1);
  const truncated = entries.length > given.length && limit > 0;
  const show = encoder(input.EncodingType);
  return {
    Name: bucket.name,
    Prefix: show(prefix),
    MaxKeys: limit,
    KeyCount: given.length,
    IsTruncated: truncated,
    ...(delimiter && { Delimiter: show(delimiter) }),
    ...(input.EncodingType && { EncodingType: input.EncodingType }),
    ...(input.StartAfter !== undefined && { StartAfter: show(input.StartAfter) }),
    ...(input.ContinuationToken !== undefined && { ContinuationToken: input.ContinuationToken }),
    ...(truncated && last && { NextContinuationToken: Buffer.from(last.name).toString('base64') }),
    ...listed('Contents', given, (version) => ({
      Key: show(version.key),
      ...describe(version),
      ...(input.FetchOwner && { Owner: { ID: ownerId(s3) } }),
    })),
    ...commonPrefixes(given, show),
  };
}

function newestObjects(bucket: Bucket): { name: string; item: ObjectVersion }[] {
  const found: { name: string; item: ObjectVersion }[] = [];
  for (const [name, [newest]] of bucket.versions) {
    if (newest?.kind === 'object') found.push({ name, item: newest });
  }
  return found.sort((left, right) => compareText(left.name, right.name));
}

function listObjectVersions(s3: S3State, input: ListObjectVersionsCommandInput) {
  const bucket = bucketOf(s3, input.Bucket);
  const limit = checkMaxKeys(input.MaxKeys);
  const {
    Prefix: prefix = '',
    Delimiter: delimiter,
    KeyMarker: marker,
    VersionIdMarker: versionMarker,
  } = input;
  if (versionMarker !== undefined && marker === undefined) {
    throw new AwsError('InvalidArgument', 'A version-id marker cannot be specified without a key marker.');
  }
  const all = [...bucket.versions]
    .sort(([left], [right]) => compareText(left, right))
    .flatMap(([name, versions]) => versions.map((item) => ({ name, item })));
  const entries = [...roll(all, prefix, delimiter || undefined)].filter((entry) =>
    isAfter(bucket, entry, marker, versionMarker),
  );
  const given = entries.slice(0, limit);
  const last = given.at(-1);
  const truncated = entries.length > given.length && limit > 0;
  const show = encoder(input.EncodingType);
  const describeVersion = (version: Version) => ({
    Key: show(version.key),
    VersionId: version.versionId,
    IsLatest: bucket.versions.get(version.key)?.[0] === version,
    Owner: { ID: ownerId(s3) },
  });
  return {
    Name: bucket.name,
    Prefix: show(prefix),
    KeyMarker: show(marker ?? ''),
    VersionIdMarker: versionMarker ?? '',
    MaxKeys: limit,
    IsTruncated: truncated,
    ...(delimiter && { Delimiter: show(delimiter) }),
    ...(input.EncodingType && { EncodingType: input.EncodingType }),
    ...(truncated && last && { NextKeyMarker: show(last.name) }),
    ...(truncated && last?.item && { NextVersionIdMarker: last.item.versionId }),
    ...listed('Versions', ofKind(given, 'object'), (version) => ({
      ...describeVersion(version),
      ...describe(version),
      StorageClass: 'STANDARD' as const,
    })),
    ...listed('DeleteMarkers', ofKind(given, 'marker'), (version) => ({
      ...describeVersion(version),
      LastModified: version.lastModified,
    })),
    ...commonPrefixes(given, show),
  };
}

function isAfter(
  bucket: Bucket,
  entry: Entry<Version>,
  marker: string | undefined,
  versionMarker: string | undefined,
): boolean {
  if (marker === undefined || marker === '') return true;
  const order = compareText(entry.name, marker);
  if (order !== 0 || !versionMarker || !entry.item) return order > 0;
  const ids = (bucket.versions.get(marker) ?? []).map((each) => each.versionId);
  return ids.indexOf(entry.item.versionId) > ids.indexOf(versionMarker);
}

function ofKind<K extends Version['kind']>(
  entries: readonly Entry<Version>[],
  kind: K,
): Entry<Extract<Version, { kind: K }>>[] {
  return entries.filter(
    (entry): entry is { name: string; item: Extract<Version, { kind: K }> } => entry.item?.kind === kind,
  );
}

/** `{Contents: […]}`, or nothing when there is none: AWS leaves empty lists out. */
function listed<N extends string, T, R>(
  name: N,
  entries: readonly Entry<T>[],
  show: (item: T) => R,
): { [K in N]?: R[] } {
  const shown = entries.flatMap((entry) => (entry.item === undefined ? [] : [show(entry.item)]));
  return (shown.length > 0 ? { [name]: shown } : {}) as { [K in N]?: R[] };
}

function commonPrefixes(entries: readonly Entry<unknown>[], show: (text: string) => string) {
  const prefixes = entries
    .filter((entry) => entry.item === undefined)
    .map(({ name }) => ({ Prefix: show(name) }));
  return prefixes.length > 0 ? { CommonPrefixes: prefixes } : {};
}

function describe(version: ObjectVersion) {
  return {
    LastModified: version.lastModified,
    ETag: version.content.etag,
    Size: version.content.size,
    StorageClass: 'STANDARD' as ObjectStorageClass,
  };
}

function checkMaxKeys(maxKeys: number | undefined): number {
  if (maxKeys === undefined) return 1000;
  if (Number.isInteger(maxKeys) && maxKeys >= 0) return Math.min(maxKeys, 1000);
  throw new AwsError('InvalidArgument', 'Argument maxKeys must be an integer between 0 and 2147483647', {
    members: { ArgumentName: 'maxKeys' },
  });
}

function decode(token: string): string {
  const key = Buffer.from(token, 'base64').toString();
  if (token !== '' && Buffer.from(key).toString('base64') === token) return key;
  throw new AwsError('InvalidArgument', 'The continuation token provided is incorrect', {
    members: { ArgumentName: 'continuation-token' },
  });
}

/** Keys URL-encoded when the caller asks for it (the aws CLI does, and decodes them). */
function encoder(encodingType: string | undefined): (text: string) => string {
  if (encodingType === undefined) return (text) => text;
  if (encodingType === 'url') return (text) => encodeURIComponent(text).replaceAll('%2F', '/');
  throw new AwsError('InvalidArgument', 'Invalid Encoding Method specified in Request');
}
