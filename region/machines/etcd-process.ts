import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { etcdRestart } from '../../node/policy.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Console } from './console.ts';
import { forgetProcess, killGroup, markOf, recordProcess } from './leftovers.ts';

export interface EtcdProcessOptions {
  readonly etcdPath: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly instanceId: string;
  readonly stateDir: string;
  readonly clock: Clock;
  readonly console: Console;
}

/** etcd.service of one machine: started, restarted as its unit says, ended by SIGKILL alone. */
export interface EtcdProcess {
  /** Number of the running process; undefined between an end and a restart. */
  pid(): number | undefined;
  /** SIGKILL, and no restart. Resolves when the process is gone. */
  kill(): Promise<void>;
}

/** Starts etcd in a process group of its own, so that Ctrl-C reaches the region alone and a kill reaches all of etcd. */
export function startEtcd(options: EtcdProcessOptions): EtcdProcess {
  const { clock, console, stateDir } = options;
  const starts: number[] = [];
  let child: ChildProcess | undefined;
  let ended: Promise<void> = Promise.resolve();
  let wanted = true;
  let cancelRestart = (): void => {};

  const start = (): void => {
    const now = clock.now().getTime();
    starts.push(now);
    const recent = starts.filter((at) => now - at < etcdRestart.intervalSeconds * 1000);
    if (recent.length > etcdRestart.burst) {
      console.say('etcd.service: start request repeated too quickly; it stays off');
      return;
    }
    child = run(options);
    ended = new Promise((resolve) => {
      child?.once('close', (code, signal) => {
        onEnd(code, signal);
        resolve();
      });
    });
  };

  const onEnd = (code: number | null, signal: NodeJS.Signals | null): void => {
    if (child?.pid !== undefined) forgetProcess(stateDir, child.pid);
    child = undefined;
    if (!wanted) return;
    console.say(`etcd.service: ended with ${signal ?? code}`);
    if (code === 0) return;
    cancelRestart = clock.after(etcdRestart.delayMilliseconds, start);
  };

  start();
  return {
    pid: () => child?.pid,
    async kill() {
      wanted = false;
      cancelRestart();
      if (child?.pid !== undefined) killGroup(child.pid);
      await ended;
    },
  };
}

function run({
  etcdPath,
  environment,
  cwd,
  instanceId,
  stateDir,
  console,
}: EtcdProcessOptions): ChildProcess {
  const output = openSync(console.path, 'a');
  try {
    const child = spawn(etcdPath, [], {
      cwd,
      env: { PATH: process.env.PATH, ...environment, ...markOf(stateDir) },
      stdio: ['ignore', output, output],
      detached: true,
    });
    if (child.pid !== undefined) recordProcess(stateDir, child.pid, instanceId);
    child.on('error', (error) => console.say(`etcd.service: ${error.message}`));
    return child;
  } finally {
    closeSync(output);
  }
}
