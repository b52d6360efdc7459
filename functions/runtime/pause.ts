import { setTimeout } from 'node:timers/promises';

/** Awaits a time, or the end of the task: an aborted signal rejects with AbortError. */
export type Pause = (milliseconds: number, signal: AbortSignal) => Promise<void>;

export const pause: Pause = async (milliseconds, signal) => {
  await setTimeout(milliseconds, undefined, { signal });
};
