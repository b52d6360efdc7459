import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Another region lives in this state directory: starting a second one would kill the first one's machines as leftovers. */
export class RegionRunningError extends Error {
  override readonly name = 'RegionRunningError';

  constructor(pid: number) {
    super(
      `Another embedded region runs with the same state directory (process ${pid}). Use that one (trivet --endpoint URL), or end it first: kill ${pid}`,
    );
  }
}

/** A claimed state directory. */
export interface Lock {
  /** Deletes the directory and all that the region kept there. */
  release(): void;
}

/**
 * Claims a state directory for this process. What is in it belongs to a region that is dead, whose state in memory died with it; `clear`
 * deletes it. Throws RegionRunningError when the region that claimed it is alive.
 */
export function lockState(stateDir: string): Lock & { clear(): void } {
  mkdirSync(stateDir, { recursive: true });
  const file = join(stateDir, 'owner');
  const owner = readOwner(file);
  if (owner && owner.pid !== process.pid && startOf(owner.pid) === owner.startedAt)
    throw new RegionRunningError(owner.pid);
  writeFileSync(file, `${process.pid} ${startOf(process.pid)}\n`);
  return {
    clear() {
      for (const name of readdirSync(stateDir)) {
        if (name !== 'owner') rmSync(join(stateDir, name), { recursive: true, force: true });
      }
    },
    release: () => rmSync(stateDir, { recursive: true, force: true }),
  };
}

function readOwner(file: string): { pid: number; startedAt: string } | undefined {
  try {
    const [pid, startedAt = ''] = readFileSync(file, 'utf8').trim().split(' ');
    return { pid: Number(pid), startedAt };
  } catch {
    return undefined;
  }
}

/** When a process started, in clock ticks since boot; empty for one that is gone. A number is used again, its start is not. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name, in parentheses, may hold spaces; the start time is the 20th field after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
