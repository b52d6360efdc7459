import { CommandError } from '../output.ts';

/** Resolves at Ctrl-C, SIGTERM, or when the terminal is closed. */
export function interrupted(): { promise: Promise<void>; signal: AbortSignal } {
  const controller = new AbortController();
  const promise = new Promise<void>((resolve) => {
    const end = () => {
      controller.abort(new CommandError('interrupted'));
      resolve();
    };
    process.once('SIGINT', end);
    process.once('SIGTERM', end);
    process.once('SIGHUP', end);
  });
  return { promise, signal: controller.signal };
}
