import { getText, type Objects } from '../aws/objects.ts';
import { objectKeys } from '../clusters/names.ts';
import { ProtocolInvalid } from '../runtime/errors.ts';
import { isFresh } from '../sweep/watch-age.ts';
import type { WorkersObservation } from './contracts.ts';
import { parseObservation } from './stored-observation.ts';

export interface FoundObservation {
  readonly observation: WorkersObservation;
  /** How old it is, never less than nothing. */
  readonly ageSeconds: number;
  /** Whether it still tells how things are: a watch writes it once a minute. */
  readonly fresh: boolean;
}

/**
 * What was last seen of a cluster's workers, and how long ago; undefined where none was written yet, or by another version. An old one says
 * nothing about now, and one that is not `reachable` nothing about workers. Outside the VPC or inside. Throws ProtocolInvalid for an object
 * that `watch-workers` has not made.
 */
export async function readObservation(
  objects: Objects,
  cluster: string,
  now: Date,
  signal?: AbortSignal,
): Promise<FoundObservation | undefined> {
  const key = objectKeys(cluster).workersObservation;
  const text = await getText(objects, key, signal);
  if (text === undefined) return undefined;
  const observation = parse(text, key);
  if (!observation) return undefined;
  if (observation.cluster !== cluster) throw new ProtocolInvalid(`${key} is of ${observation.cluster}`);
  const ageSeconds = Math.max(0, (now.getTime() - Date.parse(observation.observedAt)) / 1000);
  return { observation, ageSeconds, fresh: isFresh(observation.observedAt, now) };
}

function parse(text: string, key: string): WorkersObservation | undefined {
  try {
    return parseObservation(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ProtocolInvalid(`${key} is no observation of workers: ${why}`, { cause: error });
  }
}
