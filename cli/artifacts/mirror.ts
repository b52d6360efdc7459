import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Artifact, idOf } from '../../artifacts/catalog.ts';
import type { Lock, Pin } from '../../artifacts/lock.ts';
import { CommandError, type Output } from '../output.ts';
import type { ArtifactBucket } from './bucket.ts';
import type { Http } from './http.ts';
import { obtain, withDownload } from './obtain.ts';

export interface MirrorRequest {
  readonly lock: Lock;
  /** All of them pinned. */
  readonly chosen: readonly Artifact[];
  /** Folder with files named by their sha256, in place of the internet. */
  readonly from?: string;
}

export interface Mirrored {
  readonly uploaded: readonly string[];
  readonly present: readonly string[];
}

/**
 * Brings the chosen artifacts into the bucket. What is there is left alone: its name is its hash, so that a repeat changes nothing. Nothing is
 * uploaded that is not, byte for byte, what the lock pins. Throws CommandError at the first that cannot be had.
 */
export async function mirror(
  http: Http,
  bucket: ArtifactBucket,
  { lock, chosen, from }: MirrorRequest,
  output: Output,
): Promise<Mirrored> {
  const uploaded: string[] = [];
  const present: string[] = [];
  for (const [index, artifact] of chosen.entries()) {
    const id = idOf(artifact);
    const pin = lock.get(id);
    if (!pin) throw new CommandError(`${id} has no pin in the lock.`);
    const progress = `[${index + 1}/${chosen.length}] ${id}`;
    if (await bucket.has(pin.sha256)) {
      present.push(id);
      output.say(`${progress}: is there`);
      continue;
    }
    output.say(`${progress}: ${(pin.bytes / 1e6).toFixed(1)} MB`);
    if (from === undefined) await mirrorFromInternet(http, bucket, artifact, pin);
    else await mirrorFromFolder(bucket, id, pin, from);
    uploaded.push(id);
  }
  return { uploaded, present };
}

async function mirrorFromInternet(
  http: Http,
  bucket: ArtifactBucket,
  artifact: Artifact,
  pin: Pin,
): Promise<void> {
  await withDownload(async (file) => {
    const got = await obtain(http, artifact, file);
    if (got.sha256 !== pin.sha256)
      throw new CommandError(
        `${idOf(artifact)} is now sha256 ${got.sha256}, and the lock pins ${pin.sha256}: what was released under this version has changed. Nothing was uploaded.`,
      );
    await bucket.put(pin.sha256, file);
  });
}

async function mirrorFromFolder(bucket: ArtifactBucket, id: string, pin: Pin, from: string): Promise<void> {
  const file = join(from, pin.sha256);
  if (!existsSync(file)) throw new CommandError(`${id}: ${file} is not there.`);
  const hash = createHash('sha256');
  for await (const part of createReadStream(file)) hash.update(part as Buffer);
  const sha256 = hash.digest('hex');
  if (sha256 !== pin.sha256) throw new CommandError(`${id}: ${file} has the sha256 ${sha256}.`);
  await bucket.put(pin.sha256, file);
}
