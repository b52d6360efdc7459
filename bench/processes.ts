import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

const runsOfEach = 3;

/** Starts a module of the bench as a process of its own, which tells by messages. */
export function start(module: URL, env: Readonly<Record<string, string>>): ChildProcess {
  return fork(module, { env: { ...process.env, ...env } });
}

/** What each of a few such processes, one after the other, says. */
export async function runsOf<T>(module: URL, env: Readonly<Record<string, string>>): Promise<T[]> {
  const all: T[] = [];
  for (let run = 0; run < runsOfEach; run += 1) all.push(await said<T>(start(module, env)));
  return all;
}

/** The first that such a process says. Throws where it ends before. */
export async function said<T>(child: ChildProcess): Promise<T> {
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`a process of the bench ended with ${code} before it said anything`);
  });
  const [message] = await Promise.race([once(child, 'message'), failed]);
  failed.catch(() => {});
  return message as T;
}
