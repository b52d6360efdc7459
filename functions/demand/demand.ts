import * as z from 'zod/mini';
import { getText, type Objects } from '../aws/objects.ts';
import { objectKeys } from '../clusters/names.ts';
import { readJson } from '../runtime/read-json.ts';

const demandFields = z.strictObject({
  /** Whether a pool may get another worker for pods that wait. */
  canGrow: z.boolean(),
  /** Tells what waits from what waited at another look (`unplaced.ts`). */
  waiting: z.string(),
});

/** What `watch-workers` has seen of demand, as far as `watch-demand` needs it between two of its looks. */
export type Demand = z.infer<typeof demandFields>;

/** Undefined where none was written yet, or by another version: the next look writes its own. */
export async function readDemand(
  objects: Objects,
  cluster: string,
  signal: AbortSignal,
): Promise<Demand | undefined> {
  const text = await getText(objects, objectKeys(cluster).demand, signal);
  const parsed = text === undefined ? undefined : demandFields.safeParse(readJson(text));
  return parsed?.success ? parsed.data : undefined;
}

/** Writes it where it is not there already: an idle cluster's is read each minute and written never. */
export async function rememberDemand(
  objects: Objects,
  cluster: string,
  { canGrow, waiting }: Demand,
  signal: AbortSignal,
): Promise<void> {
  const present = await readDemand(objects, cluster, signal);
  if (present?.canGrow === canGrow && present.waiting === waiting) return;
  await objects.put(
    objectKeys(cluster).demand,
    JSON.stringify({ canGrow, waiting } satisfies Demand),
    undefined,
    signal,
  );
}
