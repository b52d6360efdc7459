import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Artifact, ImageArtifact, PackageArtifact } from '../../artifacts/catalog.ts';
import type { Pin } from '../../artifacts/lock.ts';
import { CommandError } from '../output.ts';
import { imageLayout, writeArchive } from './archive.ts';
import { checksumIn } from './checksum.ts';
import type { Http } from './http.ts';
import { openRepository, parseImageName } from './registry.ts';

/**
 * Downloads an artifact from its project into `file` and tells what the lock has to say of it. Every byte is held against what the project
 * itself says: a release's checksum file, an image's digests. Throws CommandError.
 */
export async function obtain(http: Http, artifact: Artifact, file: string): Promise<Pin> {
  return artifact.kind === 'package'
    ? obtainPackage(http, artifact, file)
    : obtainImage(http, artifact, file);
}

async function obtainPackage(http: Http, { url, checksumUrl }: PackageArtifact, file: string): Promise<Pin> {
  const answer = await http.get(checksumUrl);
  if (answer.status !== 200) throw new CommandError(`${checksumUrl} answers ${answer.status}.`);
  const name = url.split('/').at(-1) ?? '';
  const said = checksumIn(new TextDecoder().decode(answer.body), name);
  if (said === undefined) throw new CommandError(`${checksumUrl} says nothing of ${name}.`);
  const got = await http.download(url, file);
  if (got.sha256 !== said)
    throw new CommandError(`${url} has the sha256 ${got.sha256}, and its project says ${said}.`);
  return got;
}

async function obtainImage(http: Http, { name, architecture }: ImageArtifact, file: string): Promise<Pin> {
  const image = parseImageName(name);
  const repository = openRepository(http, image);
  const manifest = await repository.manifestFor(image.tag, architecture);
  const work = await mkdtemp(join(tmpdir(), 'trivet-image-'));
  try {
    const blobs: { descriptor: (typeof manifest.blobs)[number]; file: string }[] = [];
    for (const [index, descriptor] of manifest.blobs.entries()) {
      const blob = join(work, String(index));
      await repository.blob(descriptor, blob);
      blobs.push({ descriptor, file: blob });
    }
    const pin = await writeArchive(file, imageLayout(name, manifest, blobs));
    return { ...pin, digest: manifest.descriptor.digest };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Runs `use` with a fresh path for a download, and removes what is left there. */
export async function withDownload<T>(use: (file: string) => Promise<T>): Promise<T> {
  const work = await mkdtemp(join(tmpdir(), 'trivet-artifact-'));
  try {
    return await use(join(work, 'artifact'));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
