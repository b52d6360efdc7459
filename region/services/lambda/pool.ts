import { AwsError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Environment } from './environment.ts';

/**
 * How long an idle environment is kept warm, in milliseconds. AWS keeps one for some minutes and promises nothing; here each holds tens of
 * megabytes of one machine, and what a minute’s sweep uses is asked again before it ends.
 */
const idleMilliseconds = 90_000;
/** The same of one beside which another of its function idles already: a map over zones leaves three, and the next one comes much later. */
const surplusMilliseconds = 5_000;

interface Pooled {
  readonly key: string;
  readonly environment: Environment;
  readonly cancelEnd: () => void;
}

/** A place among the invocations that may run at once, with a warm environment where one is idle. */
export interface Slot {
  readonly warm: Environment | undefined;
  /** Makes a new environment the pool's own. */
  adopt(environment: Environment): void;
  /** Gives the place back, and keeps its environment warm if that lives. */
  giveBack(): void;
}

/** The execution environments of all functions: warm ones are used again, more are made while others are busy. */
export interface Pool {
  /**
   * Takes a place. `key` names the code and settings, `owner` the function whose reserved concurrency counts. Throws
   * TooManyRequestsException at a limit.
   */
  take(key: string, owner: string, reserved: number | undefined): Slot;
  /** Ends the idle environments of a key; busy ones end when they are given back. */
  retire(key: string): void;
  stop(): Promise<void>;
}

function throttled(reason: string): AwsError {
  return new AwsError('TooManyRequestsException', 'Rate Exceeded.', {
    status: 429,
    members: { Reason: reason, Type: 'User' },
  });
}

export function createPool(kernel: Kernel, accountLimit: number): Pool {
  const idle = new Set<Pooled>();
  const busy = new Map<string, number>();
  const retired = new Set<string>();
  const alive = new Set<Environment>();
  let stopped = false;

  const drop = (environment: Environment): void => {
    alive.delete(environment);
    kernel.background('the end of an environment', () => environment.end());
  };
  const end = (pooled: Pooled): void => {
    idle.delete(pooled);
    pooled.cancelEnd();
    drop(pooled.environment);
  };
  const findWarm = (key: string): Environment | undefined => {
    for (const pooled of [...idle].reverse()) {
      if (pooled.key !== key) continue;
      idle.delete(pooled);
      pooled.cancelEnd();
      if (!pooled.environment.dead()) return pooled.environment;
    }
    return undefined;
  };
  const keep = (key: string, environment: Environment): void => {
    if (environment.dead() || retired.has(key)) {
      drop(environment);
      return;
    }
    const isSurplus = [...idle].some((other) => other.key === key);
    const pooled: Pooled = {
      key,
      environment,
      cancelEnd: kernel.clock.after(isSurplus ? surplusMilliseconds : idleMilliseconds, () => end(pooled)),
    };
    idle.add(pooled);
  };
  return {
    take: (key, owner, reserved) => {
      const running = busy.get(owner) ?? 0;
      if (reserved !== undefined && running >= reserved) {
        throw throttled('ReservedFunctionConcurrentInvocationLimitExceeded');
      }
      const total = [...busy.values()].reduce((sum, count) => sum + count, 0);
      if (total >= accountLimit) throw throttled('ConcurrentInvocationLimitExceeded');
      busy.set(owner, running + 1);
      const warm = findWarm(key);
      let environment = warm;
      return {
        warm,
        adopt: (made) => {
          environment = made;
          alive.add(made);
          if (stopped) drop(made);
        },
        giveBack: () => {
          busy.set(owner, (busy.get(owner) ?? 1) - 1);
          if (environment) keep(key, environment);
        },
      };
    },
    retire: (key) => {
      retired.add(key);
      for (const pooled of [...idle]) if (pooled.key === key) end(pooled);
    },
    stop: async () => {
      stopped = true;
      const all = [...alive];
      for (const pooled of [...idle]) end(pooled);
      await Promise.all(all.map((environment) => environment.end()));
    },
  };
}
