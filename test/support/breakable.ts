import { StateFailure } from '../../region/states/errors.ts';

/** A call of a port that goes wrong: before it has any effect, or after, so that its caller never hears of it. */
export interface Fault {
  /** The first is 1. */
  readonly call: number;
  readonly when: 'before' | 'after';
  /** What the workflow hears of it: `AwsRefused`, which nothing retries, unless told otherwise. */
  readonly error?: string;
}

/** A port that enters every call of it into `calls`, and has the one go wrong that `fault` names among them. */
export function breakable<T extends object>(
  name: string,
  port: T,
  calls: string[],
  fault: () => Fault | undefined,
): T {
  return new Proxy(port, {
    get(target, property) {
      const method = Reflect.get(target, property);
      if (typeof method !== 'function') return method;
      return async (...given: unknown[]) => {
        calls.push(`${name}.${String(property)}`);
        const broken = fault();
        const { error = 'AwsRefused' } = broken ?? {};
        const hit = broken?.call === calls.length;
        if (hit && broken.when === 'before') throw new StateFailure(error, 'killed');
        const answer = await method.apply(target, given);
        if (hit) throw new StateFailure(error, 'the reply was lost');
        return answer;
      };
    },
  });
}
