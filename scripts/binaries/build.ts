import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BinarySet, findBinary, isExecutable, setDir } from '../../region/binaries.ts';
import { moduleDir, runGo } from './go.ts';
import { recipeOf } from './recipes.ts';

export type State = 'built' | 'stale' | 'PATH' | 'missing';

export interface Standing {
  readonly set: BinarySet;
  readonly binary: string;
  readonly state: State;
  /** Where it is; where it will be when it is missing. */
  readonly path: string;
}

/** What is there of one program. `stale` was built from another go.mod, go.sum or recipe. */
export function standingOf(set: BinarySet, binary: string): Standing {
  const path = join(setDir(set), binary);
  if (isExecutable(path)) return { set, binary, path, state: isFresh(set, binary) ? 'built' : 'stale' };
  const found = findBinary(set, binary);
  return found ? { set, binary, path: found, state: 'PATH' } : { set, binary, path, state: 'missing' };
}

/** Everything that decides what comes out. The version of Go is not part: a newer one is no reason to build again. */
function inputsOf(set: BinarySet, binary: string): string {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(moduleDir(set), file))).update('\0');
  return hash.update(JSON.stringify(recipeOf(set, binary))).digest('hex');
}

const stampOf = (set: BinarySet, binary: string): string => join(setDir(set), `.${binary}.inputs`);

function isFresh(set: BinarySet, binary: string): boolean {
  const stamp = stampOf(set, binary);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === inputsOf(set, binary);
}

/** Builds one program beside its place and moves it there whole, so that nobody ever runs half of one. Throws BuildError. */
export async function build(set: BinarySet, binary: string, jobs: number): Promise<{ bytes: number }> {
  const { package: path, flags } = recipeOf(set, binary);
  const target = join(setDir(set), binary);
  const unfinished = join(setDir(set), `.${binary}.${process.pid}`);
  const stamp = inputsOf(set, binary);
  mkdirSync(setDir(set), { recursive: true });
  try {
    await runGo(set, ['build', `-p=${jobs}`, ...flags, '-o', unfinished, path]);
    renameSync(unfinished, target);
  } finally {
    rmSync(unfinished, { force: true });
  }
  writeFileSync(stampOf(set, binary), stamp);
  return { bytes: statSync(target).size };
}
