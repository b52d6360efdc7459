import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import type { BinarySet } from '../../region/binaries.ts';

/** A message for a person, not a stack: what is wrong and what to do. */
export class BuildError extends Error {
  override readonly name = 'BuildError' as const;
}

/** The folder of a set's go.mod and go.sum. */
export function moduleDir(set: BinarySet): string {
  return resolve(import.meta.dirname, '..', '..', 'binaries', set.name);
}

/** The least Go that a set's go.mod allows, such as `1.25.0`. */
function goNeeded(set: BinarySet): string {
  return /^go (\S+)$/m.exec(readFileSync(join(moduleDir(set), 'go.mod'), 'utf8'))?.[1] ?? '';
}

type Variables = Readonly<Record<string, string | undefined>>;

/** The caller's environment, without what would make a program of another machine. */
function goEnvironment(variables: Variables = process.env): Record<string, string | undefined> {
  const { GOOS: _os, GOARCH: _arch, ...rest } = variables;
  return { ...rest, CGO_ENABLED: '0', GOWORK: 'off' };
}

/**
 * The Go that builds a set, as it names itself (`go1.26.1`). Throws BuildError when there is none or it is too old and may not
 * fetch a newer one itself (GOTOOLCHAIN=local): asked in the module's folder, go answers as what it would build with.
 */
export function checkGo(set: BinarySet, variables: Variables = process.env): string {
  const needed = goNeeded(set);
  const wayOn = `Trivet builds ${set.name} with Go ≥ ${needed}, from go.dev or Debian's golang package; or put the binaries of ${set.version} on PATH.`;
  const asked = spawnSync('go', ['env', 'GOVERSION'], {
    cwd: moduleDir(set),
    env: goEnvironment(variables),
    encoding: 'utf8',
  });
  if (asked.error) throw new BuildError(`There is no Go here. ${wayOn}`);
  const version = asked.stdout.trim();
  if (asked.status !== 0 || olderThan(version.replace(/^go/, ''), needed))
    throw new BuildError(`This Go is too old (${version || asked.stderr.trim()}). ${wayOn}`);
  return version;
}

function olderThan(version: string, needed: string): boolean {
  const numbers = (text: string): number[] => text.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const [have, want] = [numbers(version), numbers(needed)];
  const at = want.findIndex((part, index) => (have[index] ?? 0) !== part);
  return at >= 0 && (have[at] ?? 0) < (want[at] ?? 0);
}

/** Packages compiled at once: one a core, and not more than memory holds (the largest link takes 1.9 GB). */
export function jobsDefault(cores = availableParallelism(), memoryBytes = totalmem()): number {
  return Math.max(1, Math.min(cores, Math.floor(memoryBytes / 2e9)));
}

/** Runs `go` in a set's folder; its output is kept and shown only when it fails. Throws BuildError. */
export function runGo(set: BinarySet, args: readonly string[]): Promise<void> {
  const child = spawn('go', args, {
    cwd: moduleDir(set),
    env: goEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const stop = (): void => void child.kill('SIGTERM');
  process.once('SIGTERM', stop);
  return ended(child, args).finally(() => process.off('SIGTERM', stop));
}

function ended(child: ChildProcess, args: readonly string[]): Promise<void> {
  const said: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => said.push(text));
  return new Promise((done, fail) => {
    child.on('error', (error) => fail(new BuildError(`go did not start: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) return done();
      const lines = said.join('').split('\n').slice(-30).join('\n');
      fail(new BuildError(`go ${args[0]} failed (${signal ?? `exit code ${code}`}):\n${lines}`));
    });
  });
}
