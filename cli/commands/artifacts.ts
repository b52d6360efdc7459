import { join } from 'node:path';
import { type Artifact, catalogue, idOf } from '../../artifacts/catalog.ts';
import { type Choice, choose, missingOf } from '../../artifacts/lock.ts';
import { openBucket } from '../artifacts/bucket.ts';
import { fill, readLock } from '../artifacts/fill.ts';
import { makeHttp } from '../artifacts/http.ts';
import { mirror } from '../artifacts/mirror.ts';
import { CommandError, type Output, table } from '../output.ts';
import type { Target } from '../target.ts';

export interface ArtifactFlags {
  readonly only?: readonly string[];
  readonly kubernetes?: string;
  readonly architecture?: string;
  /** Another lock file than the committed one. */
  readonly file?: string;
  readonly via?: string;
}

const committedFile = join(import.meta.dirname, '..', '..', 'artifacts', 'lock.json');

/** `trivet artifacts list`: what the lock has and what it lacks. Exit code 0: nothing is missing; 2: something is. */
export async function listArtifacts(flags: ArtifactFlags, output: Output): Promise<number> {
  const lock = await readLock(flags.file ?? committedFile);
  const chosen = chosenBy(flags);
  const missing = missingOf(lock, chosen);
  const rows = chosen.map((artifact) => {
    const pin = lock.get(idOf(artifact));
    const size = pin ? `${(pin.bytes / 1e6).toFixed(1)} MB` : '';
    return [artifact.kind, idOf(artifact), pin ? pin.sha256.slice(0, 12) : 'missing', size];
  });
  for (const line of table(rows)) output.say(line);
  output.say(summary(chosen.length, missing.length));
  output.result({ filled: chosen.length - missing.length, missing: missing.map(idOf) });
  return missing.length === 0 ? 0 : 2;
}

function summary(all: number, missing: number): string {
  if (missing === 0) return `All ${all} artifacts are pinned.`;
  return `${missing} of ${all} artifacts are not pinned; trivet artifacts lock fills them where there is internet. Nodes go on with what their image brings.`;
}

/** `trivet artifacts lock`: fills what is missing. Exit code 0: all of the chosen are pinned; 1: some could not be; 2: with `dryRun`, some would be filled. */
export async function lockArtifacts(
  flags: ArtifactFlags & { readonly keep?: string; readonly dryRun?: boolean },
  output: Output,
): Promise<number> {
  const path = flags.file ?? committedFile;
  const chosen = chosenBy(flags);
  if (flags.dryRun) {
    const missing = missingOf(await readLock(path), chosen);
    for (const artifact of missing)
      output.say(artifact.kind === 'package' ? `${idOf(artifact)}: ${artifact.url}` : idOf(artifact));
    output.say(`${missing.length} of ${chosen.length} would be downloaded and pinned; nothing was.`);
    output.result({ missing: missing.map(idOf) });
    return missing.length === 0 ? 0 : 2;
  }
  const http = makeHttp({ ...(flags.via !== undefined && { via: flags.via }) });
  const { keep } = flags;
  const done = await fill(http, { path, chosen, ...(keep !== undefined && { keep }) }, output);
  const { filled, failed } = done;
  output.say(
    `${filled.length} pinned now, ${chosen.length - filled.length - failed.length} were before, ${failed.length} could not be.`,
  );
  output.result(done);
  return failed.length === 0 ? 0 : 1;
}

/**
 * `trivet artifacts mirror`: brings what is pinned into the deployment's bucket. A lock with gaps is refused, with the list, unless the
 * artifacts are named by `--only`. Exit code 0, or an error.
 */
export async function mirrorArtifacts(
  target: Target,
  flags: ArtifactFlags & { readonly from?: string },
  output: Output,
): Promise<number> {
  const lock = await readLock(flags.file ?? committedFile);
  const chosen = chosenBy(flags);
  const missing = missingOf(lock, chosen);
  if (missing.length > 0 && (flags.only ?? []).length === 0)
    throw new CommandError(
      `${missing.length} of ${chosen.length} artifacts are not pinned, and nothing that is not pinned is mirrored:\n${missing.map((one) => `  ${idOf(one)}\n`).join('')}Fill them with trivet artifacts lock, or name what to mirror with --only.`,
    );
  const pinned = chosen.filter((artifact) => !missing.includes(artifact));
  if (pinned.length === 0)
    throw new CommandError(`none of these is pinned: ${missing.map(idOf).join(', ')}.`);
  const http = makeHttp({ ...(flags.via !== undefined && { via: flags.via }) });
  const { from } = flags;
  const request = { lock, chosen: pinned, ...(from !== undefined && { from }) };
  const done = await mirror(http, openBucket(target), request, output);
  output.say(`${done.uploaded.length} uploaded, ${done.present.length} were there.`);
  output.result({ ...done, skipped: missing.map(idOf) });
  return 0;
}

function chosenBy({ only = [], kubernetes, architecture }: ArtifactFlags): Artifact[] {
  const choice: Choice = {
    only,
    ...(kubernetes !== undefined && { kubernetes }),
    ...(architecture !== undefined && { architecture }),
  };
  try {
    return choose(catalogue(), choice);
  } catch (error) {
    if (error instanceof RangeError)
      throw new CommandError(`${error.message}; trivet artifacts list names them.`);
    throw error;
  }
}
