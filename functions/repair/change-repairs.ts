import type { Registry, RepairRecord, RepairsRecord } from '../aws/registry.ts';
import { RegistryConflict } from '../runtime/errors.ts';

/** Of repairs that ended, so many are kept of a cluster. */
const endedMax = 20;

/** Writers are the sweep, each minute, and executions, of which few go on at once. */
const attemptsMax = 5;

const empty: RepairsRecord = { revision: 0, ailing: { observedAt: '', since: {} }, pools: {}, repairs: [] };

export type Change = (record: RepairsRecord) => RepairsRecord | undefined;

/**
 * Changes what the registry remembers of repairs, if it is still of the revision that the change was decided on. False: it is not, and
 * nothing was written. A change that gives undefined has nothing to write.
 */
export async function changeAt(
  {
    registry,
    cluster,
    revision,
  }: { readonly registry: RepairsRegistry; readonly cluster: string; readonly revision: number },
  change: Change,
  signal: AbortSignal,
): Promise<boolean> {
  const present = (await registry.getRepairs(cluster, signal)) ?? empty;
  if (present.revision !== revision) return false;
  const changed = change(present);
  if (changed === undefined) return true;
  const next = { ...changed, revision: revision + 1, repairs: trimmed(changed.repairs) };
  try {
    await registry.putRepairs(cluster, next, revision === 0 ? 'absent' : { revision }, signal);
    return true;
  } catch (error) {
    if (error instanceof RegistryConflict) return false;
    throw error;
  }
}

/** The same over whatever revision is there: for what is a fact already. Throws RegistryConflict when others are faster again and again. */
export async function changeNow(
  { registry, cluster }: { readonly registry: RepairsRegistry; readonly cluster: string },
  change: Change,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const revision = (await registry.getRepairs(cluster, signal))?.revision ?? 0;
    if (await changeAt({ registry, cluster, revision }, change, signal)) return;
  }
  throw new RegistryConflict(`the repairs of ${cluster} were changed by others ${attemptsMax} times`);
}

export type RepairsRegistry = Pick<Registry, 'getRepairs' | 'putRepairs'>;

/** A change of the repair of one instance that goes on; of none there is nothing to change. */
export function changing(instanceId: string, patch: (repair: RepairRecord) => Partial<RepairRecord>): Change {
  return (record) => {
    const index = record.repairs.findIndex(
      (one) => one.instanceId === instanceId && one.endedAt === undefined,
    );
    const repair = record.repairs[index];
    if (!repair) return undefined;
    return { ...record, repairs: record.repairs.with(index, { ...repair, ...patch(repair) }) };
  };
}

function trimmed(repairs: readonly RepairRecord[]): RepairRecord[] {
  const ended = repairs.filter(({ endedAt }) => endedAt !== undefined).slice(0, endedMax);
  return repairs.filter((repair) => repair.endedAt === undefined || ended.includes(repair));
}
