import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** Every process of a machine carries this variable, so that it can be told from a stranger that got its number. */
const mark = 'TRIVET_REGION_STATE';

/** Environment by which a process is known to be a machine's of this state directory. */
export function markOf(stateDir: string): Record<string, string> {
  return { [mark]: resolve(stateDir) };
}

/** Process groups that this process started and that run now. */
const running = new Set<number>();

function killRunning(): void {
  for (const pid of running) killGroup(pid);
}

/**
 * Writes down a process that runs now. An uncaught exception ends the region's process and must leave none behind; what ends without an
 * exit (SIGKILL) is found by the next start.
 */
export function recordProcess(stateDir: string, pid: number, instanceId: string): void {
  if (!process.listeners('exit').includes(killRunning)) process.on('exit', killRunning);
  running.add(pid);
  mkdirSync(pidsDirectory(stateDir), { recursive: true });
  writeFileSync(join(pidsDirectory(stateDir), String(pid)), `${instanceId}\n`);
}

/** A process that has ended. */
export function forgetProcess(stateDir: string, pid: number): void {
  running.delete(pid);
  rmSync(join(pidsDirectory(stateDir), String(pid)), { force: true });
}

/**
 * Kills what a region that was itself killed has left running, and resolves with those processes' numbers once they are gone. A
 * process is killed only if it was written down *and* carries our mark: its number may have gone to another since.
 */
export async function killLeftovers(stateDir: string): Promise<number[]> {
  const killed: number[] = [];
  for (const pid of recordedProcesses(stateDir)) {
    if (isOurs(stateDir, pid)) {
      killGroup(pid);
      await gone(stateDir, pid);
      killed.push(pid);
    }
    forgetProcess(stateDir, pid);
  }
  return killed;
}

/** SIGKILL to a process and all that it started; one that is gone already is fine. */
export function killGroup(pid: number): void {
  signalGroup(pid, 'SIGKILL');
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Stops, or lets go on, every process that was written down for the meant instances, with all that it started. */
export function signalMachines(
  stateDir: string,
  isMeant: (instanceId: string) => boolean,
  signal: 'SIGSTOP' | 'SIGCONT',
): void {
  for (const pid of recordedProcesses(stateDir))
    if (isMeant(recordOf(stateDir, pid)) && isOurs(stateDir, pid)) signalGroup(pid, signal);
}

function recordOf(stateDir: string, pid: number): string {
  try {
    return readFileSync(join(pidsDirectory(stateDir), String(pid)), 'utf8').split(/\s/)[0] ?? '';
  } catch {
    return '';
  }
}

function pidsDirectory(stateDir: string): string {
  return join(stateDir, 'pids');
}

function recordedProcesses(stateDir: string): number[] {
  try {
    return readdirSync(pidsDirectory(stateDir))
      .map(Number)
      .filter((pid) => Number.isSafeInteger(pid) && pid > 1);
  } catch {
    return [];
  }
}

/** A process that has ended and is not yet reaped has no environment any more, so it is nobody's. */
function isOurs(stateDir: string, pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
      .split('\0')
      .includes(`${mark}=${resolve(stateDir)}`);
  } catch {
    return false;
  }
}

async function gone(stateDir: string, pid: number): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (!isOurs(stateDir, pid)) return;
    await setTimeout(10);
  }
  throw new Error(`process ${pid} of an earlier region does not end`);
}
