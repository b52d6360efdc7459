import { appendFileSync, closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';

/** EC2 keeps the newest 64 KB of an instance's console output. */
const consoleBytesMax = 64 * 1024;

/** A machine's serial console: a file, so that etcd can write into it without this process in between. */
export interface Console {
  readonly path: string;
  say(line: string): void;
  /** The newest 64 KB. */
  output(): string;
}

export function createConsole(path: string, now: () => Date): Console {
  mkdirSync(dirname(path), { recursive: true });
  return {
    path,
    say: (line) => appendFileSync(path, `${now().toISOString()} trivet: ${line}\n`),
    output: () => {
      if (!existsSync(path)) return '';
      const file = openSync(path, 'r');
      try {
        const { size } = fstatSync(file);
        const bytes = Buffer.alloc(Math.min(size, consoleBytesMax));
        const read = readSync(file, bytes, 0, bytes.length, size - bytes.length);
        return bytes.subarray(0, read).toString('utf8');
      } finally {
        closeSync(file);
      }
    },
  };
}
