/**
 * Deletes all that the registry has of a cluster: the addresses that it was promised, slots, leases, what was seen and remembered, its record,
 * its name in the index, and the lease under which this runs at last.
 *
 * Safe to repeat: what is gone is not listed any more, and where nothing is listed there is nothing to do and no lease to ask for.
 */
import { makeOwnedRecords, type OwnedRecords } from '../aws/owned-records.ts';
import { makeRegistry } from '../aws/registry.ts';
import { task } from '../runtime/task.ts';
import { forgetCluster } from './contracts.ts';
import { openRetirement, type RetirementDeps } from './open-retirement.ts';

interface Deps extends RetirementDeps {
  readonly ownedRecords: OwnedRecords;
}

export const handler = task(
  forgetCluster,
  (config): Deps => ({ registry: makeRegistry(config), ownedRecords: makeOwnedRecords(config) }),
  async (input, deps, { config, signal, log }) => {
    const { act, owner } = await openRetirement(deps, input, config.deployment, signal);
    const records = await deps.ownedRecords.ofCluster(input.cluster, signal);
    for (const record of records)
      await act(() => deps.ownedRecords.remove(record, input.lease, owner, signal));
    log.info('forgot', { records: records.length });
    return { settled: true, reason: `${records.length} records deleted` };
  },
);
