import { type Artifact, catalogue, idOf } from './catalog.ts';
import lockFile from './lock.json' with { type: 'json' };

/** What is known of an artifact's bytes. For an image, `sha256` is that of the archive that nodes import and `digest` that of its manifest. */
export interface Pin {
  readonly sha256: string;
  readonly bytes: number;
  readonly digest?: string;
}

/** The pins by the artifacts' ids; an artifact that is not in it is not filled. */
export type Lock = ReadonlyMap<string, Pin>;

const hex = /^[0-9a-f]{64}$/;

/** Reads a lock. Throws RangeError for one that is not well formed: a pin is whole or null, never half. */
export function parseLock(json: unknown): Lock {
  const entries = (json as { artifacts?: unknown } | null)?.artifacts;
  if (!Array.isArray(entries)) throw new RangeError('the lock has no list of artifacts');
  const pins = new Map<string, Pin>();
  for (const entry of entries as Record<string, unknown>[]) {
    const { id, sha256, bytes, digest } = entry;
    if (typeof id !== 'string') throw new RangeError('the lock has an artifact without an id');
    if (sha256 === null && bytes === null) continue;
    const image = entry.kind === 'image';
    const whole =
      typeof sha256 === 'string' &&
      hex.test(sha256) &&
      typeof bytes === 'number' &&
      bytes > 0 &&
      (image ? typeof digest === 'string' && /^sha256:[0-9a-f]{64}$/.test(digest) : digest === undefined);
    if (!whole) throw new RangeError(`the lock's pin of ${id} is not well formed`);
    pins.set(id, { sha256, bytes, ...(image && { digest: digest as string }) });
  }
  return pins;
}

/** The lock's text: one line for each artifact, whether or not it is filled. Pins of what is no longer wanted go. */
export function renderLock(lock: Lock, artifacts: readonly Artifact[] = catalogue()): string {
  const lines = artifacts.map((artifact) => {
    const { kind, kubernetes } = artifact;
    const pin = lock.get(idOf(artifact));
    const digest = kind === 'image' ? { digest: pin?.digest ?? null } : {};
    const entry = {
      id: idOf(artifact),
      kind,
      kubernetes,
      sha256: pin?.sha256 ?? null,
      bytes: pin?.bytes ?? null,
    };
    return `    ${JSON.stringify({ ...entry, ...digest })}`;
  });
  return `{\n  "artifacts": [\n${lines.join(',\n')}\n  ]\n}\n`;
}

/** Those that the lock has no pin for. */
export function missingOf(lock: Lock, artifacts: readonly Artifact[]): Artifact[] {
  return artifacts.filter((artifact) => !lock.has(idOf(artifact)));
}

export interface Choice {
  /** Names of packages, images or the last part of an image's name; all where it is empty. */
  readonly only: readonly string[];
  readonly kubernetes?: string;
  readonly architecture?: string;
}

/** The chosen artifacts. Throws RangeError for a word that chooses nothing. */
export function choose(
  artifacts: readonly Artifact[],
  { only, kubernetes, architecture }: Choice,
): Artifact[] {
  const names = ({ name }: Artifact) => [name, name.split('/').at(-1)?.split(':')[0]];
  const strange = only.find((word) => !artifacts.some((artifact) => names(artifact).includes(word)));
  if (strange !== undefined) throw new RangeError(`there is no artifact ${strange}`);
  const chosen = artifacts.filter(
    (artifact) =>
      (only.length === 0 || only.some((word) => names(artifact).includes(word))) &&
      (kubernetes === undefined || artifact.kubernetes.includes(kubernetes)) &&
      (architecture === undefined || artifact.architecture === architecture),
  );
  if (chosen.length === 0)
    throw new RangeError(
      `there is no artifact for Kubernetes ${kubernetes ?? ''} on ${architecture ?? 'any architecture'}`,
    );
  return chosen;
}

/** The lock that was committed. */
export const committedLock: Lock = parseLock(lockFile);
