import { AwsError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Environment } from './environment.ts';

/** How long an idle environment is kept warm, in milliseconds. AWS keeps one for some minutes and promises nothing. */
const idleMilliseconds = 10 * 60 * 1000;

interface Pooled {
  readonly environment: Environment;
  cancelEnd: () => void;
}

export interface Lease {
  readonly environment: Environment;
  /** Whether the environment was made for this lease. */
  readonly cold: boolean;
  giveBack(): void;
}

/** The execution environments of all functions: warm ones are used again, more are made while others are busy. */
export interface Pool {
  /** An idle environment of `key`, or a new one. Throws TooManyRequestsException at a limit. */
  lease(key: string, owner: string, reserved: number | undefined, make: () => Environment): Lease;
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
  const idle = new Map<string, Pooled[]>();
  const busy = new Map<Environment, string>();
  const retired = new WeakSet<Environment>();
  const busyOf = (owner: string): number => [...busy.values()].filter((other) => other === owner).length;

  const remove = (key: string, pooled: Pooled): void => {
    idle.set(
      key,
      (idle.get(key) ?? []).filter((other) => other !== pooled),
    );
    pooled.cancelEnd();
    void pooled.environment.end();
  };
  const giveBack = (key: string, environment: Environment): void => {
    busy.delete(environment);
    if (environment.dead() || retired.has(environment)) return void environment.end();
    const pooled: Pooled = { environment, cancelEnd: () => {} };
    pooled.cancelEnd = kernel.clock.after(idleMilliseconds, () => remove(key, pooled));
    idle.set(key, [...(idle.get(key) ?? []), pooled]);
  };
  const keys = new WeakMap<Environment, string>();
  return {
    lease: (key, owner, reserved, make) => {
      if (reserved !== undefined && busyOf(owner) >= reserved) {
        throw throttled('ReservedFunctionConcurrentInvocationLimitExceeded');
      }
      if (busy.size >= accountLimit) throw throttled('ConcurrentInvocationLimitExceeded');
      const warm = (idle.get(key) ?? []).findLast(({ environment }) => !environment.dead());
      warm?.cancelEnd();
      idle.set(
        key,
        (idle.get(key) ?? []).filter((pooled) => pooled !== warm && !pooled.environment.dead()),
      );
      const environment = warm?.environment ?? make();
      keys.set(environment, key);
      busy.set(environment, owner);
      return { environment, cold: !warm, giveBack: () => giveBack(key, environment) };
    },
    retire: (key) => {
      for (const pooled of idle.get(key) ?? []) remove(key, pooled);
      for (const environment of busy.keys()) if (keys.get(environment) === key) retired.add(environment);
    },
    stop: async () => {
      const all = [...busy.keys(), ...[...idle.values()].flat().map(({ environment }) => environment)];
      busy.clear();
      idle.clear();
      await Promise.all(all.map((environment) => environment.end()));
    },
  };
}
