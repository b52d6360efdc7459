import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * The token of this person's consoles, from a file that nobody else can read; made when it is not there. It stays, so that a page that is
 * open finds its console again after a restart.
 */
export function keepToken(path: string): string {
  const present = readIfThere(path);
  if (present !== undefined) return present;
  mkdirSync(dirname(path), { recursive: true });
  try {
    writeFileSync(path, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    // Another console was faster by a moment.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const made = readIfThere(path);
  if (made === undefined) throw new Error(`${path} holds no token: remove it, and start again`);
  return made;
}

function readIfThere(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return /^[\w-]{32}$/.test(text) ? text : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
