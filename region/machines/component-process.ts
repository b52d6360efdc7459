import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, statSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import { staticPodDelay, staticPodRestart } from '../../node/policy.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Console } from './console.ts';
import { forgetProcess, killGroup, markOf, recordProcess } from './leftovers.ts';

/** One program of a machine's Kubernetes, with its whole command line as it holds on this host. */
export interface Component {
  readonly name: string;
  readonly path: string;
  readonly arguments: readonly string[];
  /** Where its output goes. */
  readonly logPath: string;
}

/** The machine that a component runs on. */
export interface ComponentHost {
  readonly clock: Clock;
  readonly console: Console;
  readonly stateDir: string;
  readonly root: string;
  readonly instanceId: string;
  /** Factor on the kubelet's waits. */
  readonly waitScale: number;
  /** Aborted when the machine ends. */
  readonly signal: AbortSignal;
}

/**
 * Keeps a component running as the kubelet keeps a static pod: started again whenever it ends, the first time at once, then after longer
 * and longer waits. SIGKILL to its group when the signal is aborted; rejects then, once the process is gone.
 */
export async function keepRunning(component: Component, host: ComponentHost): Promise<never> {
  const { clock, console, signal, waitScale } = host;
  for (let ends = 0; ; ends += 1) {
    signal.throwIfAborted();
    const startedAt = clock.now().getTime();
    const ended = await runOnce(component, host);
    signal.throwIfAborted();
    const livedMilliseconds = clock.now().getTime() - startedAt;
    if (livedMilliseconds >= staticPodRestart.resetMilliseconds * waitScale) ends = 0;
    const delay = staticPodDelay(ends) * waitScale;
    console.say(
      `${component.name} ended with ${ended} after ${Math.round(livedMilliseconds / 1000)} s; again in ${delay / 1000} s (${component.logPath})`,
    );
    await clock.sleep(delay, signal);
  }
}

/** How a process ended: its code, its signal, or why it did not start. */
function runOnce(component: Component, host: ComponentHost): Promise<string> {
  const { console, instanceId, signal, stateDir } = host;
  const child = spawnComponent(component, host);
  const { pid } = child;
  const kill = (): void => {
    if (pid !== undefined) killGroup(pid);
  };
  if (pid !== undefined) {
    recordProcess(stateDir, pid, `${instanceId} ${component.name}`);
    console.say(`${component.name} started as process ${pid}`);
  }
  signal.addEventListener('abort', kill, { once: true });
  return new Promise((resolve) => {
    const end = (how: string): void => {
      signal.removeEventListener('abort', kill);
      if (pid !== undefined) forgetProcess(stateDir, pid);
      resolve(how);
    };
    child.once('error', (error) => end(error.message));
    child.once('close', (code, by) => end(by ?? `code ${code}`));
  });
}

/** In a process group of its own, so that Ctrl-C reaches the region alone; without the region's proxies and credentials. */
function spawnComponent({ path, arguments: args, logPath }: Component, host: ComponentHost): ChildProcess {
  mkdirSync(dirname(logPath), { recursive: true });
  const log = openSync(logPath, 'a');
  try {
    return spawn(path, args, {
      cwd: host.root,
      env: { PATH: process.env.PATH, ...markOf(host.stateDir) },
      stdio: ['ignore', log, log],
      detached: true,
    });
  } finally {
    closeSync(log);
  }
}

const logBytesMax = 8 * 1024 * 1024;
const logCheckMilliseconds = 10_000;

/** Empties a component's log when it is too big: it is opened for appending, so the component goes on at its beginning. */
export async function boundLogs(
  components: readonly Component[],
  { clock, signal }: ComponentHost,
): Promise<never> {
  for (;;) {
    await clock.sleep(logCheckMilliseconds, signal);
    for (const { logPath } of components)
      if ((statSync(logPath, { throwIfNoEntry: false })?.size ?? 0) > logBytesMax) truncateSync(logPath);
  }
}
