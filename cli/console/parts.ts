import type { Unread } from './readings.ts';

/** Awaits a part; where it cannot be read, that is said and the rest is shown without it. */
export function partOf(unread: Unread[], signal: AbortSignal) {
  return async <T>(what: string, reading: Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await reading;
    } catch (error) {
      signal.throwIfAborted();
      unread.push({ what, why: error instanceof Error ? error.message || error.name : String(error) });
      return otherwise;
    }
  };
}
