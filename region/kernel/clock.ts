/** Time for the whole region. Real time today; the seam for virtual time (a later issue). */
export interface Clock {
  now(): Date;
  /**
   * Runs `action` after `milliseconds`; the returned function cancels it. What it throws, or rejects with, is a defect of the region
   * (`Kernel.background`).
   */
  after(milliseconds: number, action: () => void | Promise<void>): () => void;
  /** Resolves after `milliseconds`; rejects with the signal's reason when it is aborted first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Cancels every timer; later timers never fire. */
  stop(): void;
}

/** Longest delay of a timer of Node; one that is longer would fire at once. */
const timerMillisecondsMax = 2 ** 31 - 1;

/** A clock on real time; `run` runs what is due. */
export function createClock(
  run: (action: () => void | Promise<void>) => void = (action) => void action(),
): Clock {
  const timers = new Set<NodeJS.Timeout>();
  let stopped = false;
  const after = (milliseconds: number, action: () => void | Promise<void>): (() => void) => {
    if (stopped) return () => {};
    let cancel = (): void => {};
    const arm = (left: number): void => {
      const delay = Math.min(left, timerMillisecondsMax);
      const timer = setTimeout(() => {
        timers.delete(timer);
        if (left > delay) arm(left - delay);
        else run(action);
      }, delay);
      timers.add(timer);
      cancel = () => {
        timers.delete(timer);
        clearTimeout(timer);
      };
    };
    arm(milliseconds);
    return () => cancel();
  };
  return {
    now: () => new Date(),
    after,
    sleep: (milliseconds, signal) => sleepOn(after, milliseconds, signal),
    stop: () => {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}

/** A sleep on a clock's timers: rejects with the signal's reason when it is aborted first. */
export function sleepOn(after: Clock['after'], milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const cancel = after(milliseconds, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
