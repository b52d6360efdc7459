import type { Pulse } from './contracts.ts';

/** Who is told. */
export interface Listener<T> {
  /** Something is other than before, or it is the first time. */
  value(value: T): void;
  /** After every look. */
  pulse(pulse: Pulse): void;
}

export interface FeedOptions<T> {
  read(signal: AbortSignal): Promise<T>;
  readonly everyMilliseconds: number;
  /** A look that takes longer has failed. */
  readonly timeoutMilliseconds: number;
  readonly now?: () => number;
}

/** Looks at something as long as anybody wants to know, however many they are. */
export interface Feed<T> {
  /** Tells the listener at once what is known already; the returned function ends it. */
  subscribe(listener: Listener<T>): () => void;
  /** The next look comes at once: something was done that will show. */
  hurry(): void;
}

/** Fields that are another with each look and say nothing new. */
const volatile = new Set(['readAt', 'observedAt']);

/**
 * Looks again `everyMilliseconds` after a look has ended, from the first listener to the last. What is as before is not told again. A look
 * that fails is told with its reason and the age of what was seen last, and the next one follows all the same.
 */
export function createFeed<T>(options: FeedOptions<T>): Feed<T> {
  const { everyMilliseconds, now = Date.now, read, timeoutMilliseconds } = options;
  const listeners = new Set<Listener<T>>();
  let ending: AbortController | undefined;
  let latest: { readonly value: T; readonly text: string; readonly at: number } | undefined;
  let problem: string | undefined;
  let wake = (): void => {};

  const pulse = (): Pulse => ({
    ...(latest && { readAt: new Date(latest.at).toISOString() }),
    ageSeconds: latest ? Math.round((now() - latest.at) / 1000) : 0,
    ...(problem !== undefined && { problem }),
    everySeconds: everyMilliseconds / 1000,
  });

  const look = async (signal: AbortSignal): Promise<void> => {
    try {
      const value = await within(read, timeoutMilliseconds, signal);
      if (signal.aborted) return;
      const text = textOf(value);
      const isNew = text !== latest?.text;
      latest = { value, text, at: now() };
      problem = undefined;
      if (isNew) for (const listener of listeners) listener.value(value);
    } catch (error) {
      if (signal.aborted) return;
      problem = error instanceof Error ? error.message || error.name : String(error);
    }
    for (const listener of listeners) listener.pulse(pulse());
  };

  const run = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await look(signal);
      const woken = new AbortController();
      wake = () => woken.abort();
      await pause(everyMilliseconds, AbortSignal.any([signal, woken.signal]));
    }
  };

  return {
    hurry: () => wake(),
    subscribe(listener) {
      listeners.add(listener);
      if (latest) {
        listener.value(latest.value);
        listener.pulse(pulse());
      }
      if (!ending) {
        ending = new AbortController();
        void run(ending.signal);
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        ending?.abort();
        ending = undefined;
      };
    },
  };
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (key, field: unknown) => (volatile.has(key) ? undefined : field));
}

async function within<T>(
  read: (signal: AbortSignal) => Promise<T>,
  timeoutMilliseconds: number,
  ended: AbortSignal,
): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new Error(`no answer within ${timeoutMilliseconds / 1000} s`)),
    timeoutMilliseconds,
  );
  const signal = AbortSignal.any([ended, late.signal]);
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  try {
    // What hears no signal is not waited for either.
    return await Promise.race([read(signal), aborted]);
  } finally {
    clearTimeout(timer);
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
