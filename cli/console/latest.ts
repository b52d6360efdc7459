/** The latest answer to something that may take long. */
export interface Latest<T> {
  /** Asks anew unless somebody is asking, waits a little for it, and gives the latest answer and why there is no newer one. */
  read(key: string): Promise<Answer<T>>;
}

export interface Answer<T> {
  readonly value?: T;
  readonly problem?: string;
}

interface Kept<T> {
  value?: T;
  problem?: string;
  /** When it was last asked for. */
  at: number;
  asking?: Promise<void>;
}

/** An answer that took longer than a look waits is shown by the next; one that is older than this by none. */
const keptMilliseconds = 30_000;

/**
 * Keeps the latest answer by key. A member that does not answer holds nobody up for longer than `patienceMilliseconds`: what is fresher than
 * it is shown first.
 */
export function createLatest<T>(
  ask: (key: string) => Promise<T>,
  patienceMilliseconds = 1_200,
  now: () => number = Date.now,
): Latest<T> {
  const all = new Map<string, Kept<T>>();
  const begin = (key: string, kept: Kept<T>): Promise<void> =>
    ask(key)
      .then(
        (value) => {
          kept.value = value;
          kept.at = now();
          delete kept.problem;
        },
        (error: unknown) => {
          kept.problem = error instanceof Error ? error.message : String(error);
          if (now() - kept.at > keptMilliseconds) delete kept.value;
        },
      )
      .finally(() => delete kept.asking);
  return {
    async read(key) {
      const kept: Kept<T> = all.get(key) ?? { at: 0 };
      all.set(key, kept);
      kept.asking ??= begin(key, kept);
      const patience = Promise.withResolvers<void>();
      const timer = setTimeout(patience.resolve, patienceMilliseconds);
      await Promise.race([kept.asking, patience.promise]);
      clearTimeout(timer);
      const { problem, value } = kept;
      return { ...(value !== undefined && { value }), ...(problem !== undefined && { problem }) };
    },
  };
}
