import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { AwsError } from '../../kernel/errors.ts';
import type { Kernel, Service } from '../../kernel/kernel.ts';
import { unzip } from './unzip.ts';

/** A deployment package: a directory that nothing writes to any more. */
export interface Code {
  readonly directory: string;
  /** What GetFunction answers as CodeSha256: see {@link hashOf}. */
  readonly sha256: string;
  readonly size: number;
}

export interface CodeLocation {
  readonly S3Bucket?: string | undefined;
  readonly S3Key?: string | undefined;
  readonly ZipFile?: Uint8Array | undefined;
}

/** What the region's S3 adds to S3: an asset of the cloud assembly stays the directory that it is. */
interface AssetStore extends Service {
  assetDirectory?(bucket: string, key: string): string | undefined;
}

/** All files below a directory, as sorted relative paths. */
function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort();
}

/**
 * Base64 of a SHA-256, as AWS's CodeSha256. AWS hashes the zip archive. A directory has no archive (and archives carry times), so here
 * the sorted lines `<path> NUL <sha256 of the file> LF` are hashed: the same files give the same hash.
 */
function hashOf(directory: string): { sha256: string; size: number } {
  const whole = createHash('sha256');
  let size = 0;
  for (const file of filesBelow(directory)) {
    const content = readFileSync(join(directory, file));
    size += content.length;
    whole.update(`${file}\0${createHash('sha256').update(content).digest('hex')}\n`);
  }
  return { sha256: whole.digest('base64'), size };
}

/** Keeps a copy of every deployment package under its content hash, so that a published version cannot change (design §3). */
export function createCodeStore(kernel: Kernel): (location: CodeLocation) => Promise<Code> {
  const root = join(kernel.stateDir, 'lambda', 'code');
  const keep = (source: string): Code => {
    const { sha256, size } = hashOf(source);
    const directory = join(root, Buffer.from(sha256, 'base64').toString('hex'));
    if (!existsSync(directory)) copyWhole(source, directory, kernel.ids.uuid());
    return { directory, sha256, size };
  };
  return async (location) => {
    if (location.ZipFile) return keep(unpack(location.ZipFile, join(root, 'unpacked', kernel.ids.uuid())));
    if (!location.S3Bucket || !location.S3Key) {
      throw new AwsError('InvalidParameterValueException', 'Please provide a source for function code.');
    }
    const asset = (kernel.service('s3') as AssetStore).assetDirectory?.(location.S3Bucket, location.S3Key);
    if (asset !== undefined) return keep(asset);
    const archive = await fetchArchive(kernel, location.S3Bucket, location.S3Key);
    return keep(unpack(archive, join(root, 'unpacked', kernel.ids.uuid())));
  };
}

/** A copy that is there whole or not at all, whatever interrupts it. */
function copyWhole(source: string, target: string, unique: string): void {
  const beside = `${target}.${unique}`;
  mkdirSync(dirname(target), { recursive: true });
  cpSync(source, beside, { recursive: true, dereference: true });
  renameSync(beside, target);
}

function unpack(archive: Uint8Array, directory: string): string {
  for (const [path, content] of unzip(archive)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
  return directory;
}

async function fetchArchive(kernel: Kernel, bucket: string, key: string): Promise<Uint8Array> {
  try {
    const { Body } = await kernel.invoke<{ Body?: Uint8Array | AsyncIterable<Uint8Array> }>(
      's3',
      'getObject',
      {
        Bucket: bucket,
        Key: key,
      },
    );
    if (Body instanceof Uint8Array) return Body;
    const chunks: Uint8Array[] = [];
    for await (const chunk of Body ?? []) chunks.push(chunk as Uint8Array);
    return Buffer.concat(chunks);
  } catch (error) {
    const reason =
      error instanceof AwsError
        ? `S3 Error Code: ${error.code}. S3 Error Message: ${error.message}`
        : String(error);
    throw new AwsError('InvalidParameterValueException', `Error occurred while GetObject. ${reason}`);
  }
}
