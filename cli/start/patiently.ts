import { setTimeout as sleep } from 'node:timers/promises';
import { KubernetesError } from '../../functions/kubernetes/client.ts';
import type { KubernetesErrorKind } from '../../functions/kubernetes/client-errors.ts';
import { CommandError } from '../output.ts';

export interface Patience {
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
  readonly pauseMilliseconds?: number;
}

/** What may be otherwise in a moment. */
const passing: readonly KubernetesErrorKind[] = [
  'unreachable',
  'timeout',
  'unavailable',
  'too-many-requests',
];

/**
 * Asks again where an API cannot be asked for a moment: API servers are busy while a burst is absorbed. What is asked must be safe to repeat.
 * Throws CommandError once the deadline has passed, and at once what a repeat would not mend.
 */
export async function patiently<T>(
  ask: () => Promise<T>,
  { deadline, pauseMilliseconds = 500, say, signal }: Patience,
): Promise<T> {
  for (let told = false; ; told = true) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof KubernetesError) || !passing.includes(error.kind)) throw error;
      if (Date.now() > deadline)
        throw new CommandError(`${error.message}; there is no time left to ask again`);
      if (!told) say(`  ${error.message}; asking again`);
    }
    await sleep(pauseMilliseconds, undefined, { signal });
  }
}
