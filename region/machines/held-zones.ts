import type { Clock } from '../kernel/clock.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { signalMachines } from './leftovers.ts';

/** What was started in a zone in the very moment in which it was held is stopped by the next look. */
const lookMilliseconds = 500;

interface Held {
  readonly opened: Promise<void>;
  readonly open: () => void;
}

/** Zones that nobody reaches: in them nothing moves and nothing answers, and all goes on where it stood once they are let go. */
export interface HeldZones {
  /** A machine of the zone is there; the returned function says that it has ended. */
  enter(instanceId: string, zone: string): () => void;
  /** Holds a zone; the returned function lets it go. */
  hold(zone: string): () => void;
  /** Resolves when the zone moves; rejects with the signal's reason when it is aborted first. */
  moving(zone: string, signal: AbortSignal): Promise<void>;
  /** The region as a machine of the zone sees it: its waits do not end while the zone is held. */
  kernelOf(zone: string): Kernel;
}

/** Processes are stopped by SIGSTOP, and what a machine does within the region's own process stands still at its next wait. */
export function createHeldZones(kernel: Kernel): HeldZones {
  const held = new Map<string, Held>();
  const zones = new Map<string, string>();
  const signal = (zone: string, name: 'SIGSTOP' | 'SIGCONT'): void =>
    signalMachines(kernel.stateDir, (instanceId) => zones.get(instanceId) === zone, name);

  const keepStopped = (zone: string, hold: Held): void => {
    if (held.get(zone) !== hold) return;
    signal(zone, 'SIGSTOP');
    kernel.clock.after(lookMilliseconds, () => keepStopped(zone, hold));
  };

  const moving = async (zone: string, aborted?: AbortSignal): Promise<void> => {
    for (let hold = held.get(zone); hold; hold = held.get(zone)) await openOrAborted(hold, aborted);
  };

  return {
    enter(instanceId, zone) {
      zones.set(instanceId, zone);
      return () => void zones.delete(instanceId);
    },
    hold(zone) {
      if (held.has(zone)) return () => {};
      const { promise, resolve } = Promise.withResolvers<void>();
      const hold = { opened: promise, open: resolve };
      held.set(zone, hold);
      keepStopped(zone, hold);
      return () => {
        if (held.get(zone) !== hold) return;
        held.delete(zone);
        signal(zone, 'SIGCONT');
        hold.open();
      };
    },
    moving,
    kernelOf(zone) {
      const clock: Clock = {
        now: () => kernel.clock.now(),
        after: (milliseconds, action) => kernel.clock.after(milliseconds, action),
        stop: () => kernel.clock.stop(),
        sleep: async (milliseconds, aborted) => {
          await kernel.clock.sleep(milliseconds, aborted);
          await moving(zone, aborted);
        },
      };
      return Object.create(kernel, { clock: { value: clock } }) as Kernel;
    },
  };
}

function openOrAborted({ opened }: Held, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    opened.then(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
  });
}
