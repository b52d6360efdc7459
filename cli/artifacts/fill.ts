import { copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Artifact, idOf } from '../../artifacts/catalog.ts';
import { type Lock, missingOf, type Pin, parseLock, renderLock } from '../../artifacts/lock.ts';
import { CommandError, type Output } from '../output.ts';
import type { Http } from './http.ts';
import { obtain, withDownload } from './obtain.ts';

/** Reads a lock file. Throws CommandError where there is none or it is no lock. */
export async function readLock(path: string): Promise<Lock> {
  try {
    return parseLock(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    throw new CommandError(
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}

/** The whole file or what was there before: written beside it and renamed. */
async function writeLock(path: string, lock: Lock): Promise<void> {
  await writeFile(`${path}.new`, renderLock(lock));
  await rename(`${path}.new`, path);
}

export interface FillRequest {
  readonly path: string;
  readonly chosen: readonly Artifact[];
  /** Folder that gets each file that was downloaded, named by its sha256, for `mirror --from`. */
  readonly keep?: string;
}

export interface Filled {
  readonly filled: readonly string[];
  readonly failed: readonly { readonly id: string; readonly problem: string }[];
}

/**
 * Fills the lock's gaps among the chosen artifacts. What is filled stays as it is, each new pin is written at once, and one that fails holds
 * up no other: to run it again goes on where it ended.
 */
export async function fill(http: Http, { path, chosen, keep }: FillRequest, output: Output): Promise<Filled> {
  const pins = new Map(await readLock(path));
  const missing = missingOf(pins, chosen);
  const filled: string[] = [];
  const failed: { id: string; problem: string }[] = [];
  if (keep !== undefined) await mkdir(keep, { recursive: true });
  for (const [index, artifact] of missing.entries()) {
    const id = idOf(artifact);
    output.say(`[${index + 1}/${missing.length}] ${id}`);
    try {
      pins.set(id, await pinOf(http, artifact, keep));
      await writeLock(path, pins);
      filled.push(id);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      failed.push({ id, problem: error.message });
      output.say(`  ${error.message}`);
    }
  }
  // Also where nothing was missing: pins of versions that are gone go with them.
  await writeLock(path, pins);
  return { filled, failed };
}

function pinOf(http: Http, artifact: Artifact, keep: string | undefined): Promise<Pin> {
  return withDownload(async (file) => {
    const pin = await obtain(http, artifact, file);
    if (keep !== undefined) await copyFile(file, join(keep, pin.sha256));
    return pin;
  });
}
