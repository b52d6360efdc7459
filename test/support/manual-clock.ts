import { type Clock, sleepOn } from '../../region/kernel/clock.ts';

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly action: () => void;
}

/** A clock that stands still until it is moved: tests of minutes take milliseconds. */
export interface ManualClock extends Clock {
  /** Moves time on by `milliseconds`, firing each timer at its own moment and letting its consequences happen. */
  advance(milliseconds: number): Promise<void>;
  /** Moves time from timer to timer until the work has ended, and gives its outcome. Throws when nothing is left to wait for. */
  drive<T>(work: Promise<T>): Promise<T>;
  /** Lets everything happen that waits for no timer. */
  settle(): Promise<void>;
  /** Timers that have not fired. */
  readonly pending: number;
}

/** Turns of the event loop after which what waits for no timer has happened. */
const turns = 5;

/** Lets everything happen that waits for no timer. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** A manual clock that shows `start` (the first moment of 2026 unless given). */
export function createManualClock(start: Date = new Date('2026-01-01T00:00:00.000Z')): ManualClock {
  let now = start.getTime();
  let order = 0;
  let stopped = false;
  const timers = new Set<Timer>();

  const earliest = (): Timer | undefined => [...timers].sort((a, b) => a.due - b.due || a.order - b.order)[0];
  const fire = async (timer: Timer): Promise<void> => {
    timers.delete(timer);
    now = Math.max(now, timer.due);
    timer.action();
    await settle();
  };
  const after = (milliseconds: number, action: () => void): (() => void) => {
    if (stopped) return () => {};
    order += 1;
    const timer = { due: now + milliseconds, order, action };
    timers.add(timer);
    return () => void timers.delete(timer);
  };

  return {
    now: () => new Date(now),
    after,
    sleep: (milliseconds, signal) => sleepOn(after, milliseconds, signal),
    stop: () => {
      stopped = true;
      timers.clear();
    },
    settle,
    advance: async (milliseconds) => {
      const target = now + milliseconds;
      await settle();
      for (let timer = earliest(); timer && timer.due <= target; timer = earliest()) await fire(timer);
      now = target;
      await settle();
    },
    drive: async (work) => {
      let ended = false;
      const watched = work.finally(() => {
        ended = true;
      });
      watched.catch(() => {});
      await settle();
      while (!ended) {
        const timer = earliest();
        if (!timer) throw new Error('the work waits for something that is not a timer of this clock');
        await fire(timer);
      }
      return watched;
    },
    get pending() {
      return timers.size;
    },
  };
}
