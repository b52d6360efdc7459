/**
 * Hands a cluster's volumes over to whoever asked to keep them: tags say of which cluster they were, and the cluster's own tag goes, so that
 * no later retirement deletes them and no new cluster of that name takes them for its own.
 *
 * Safe to repeat: a volume is found by the tag that goes last. What is not the cluster's own is left alone.
 */
import { makeOwnedVolumes, type OwnedVolumes } from '../aws/owned-volumes.ts';
import { makeRegistry } from '../aws/registry.ts';
import { keptTagKeys } from '../clusters/names.ts';
import { task } from '../runtime/task.ts';
import { keepVolumes } from './contracts.ts';
import { openRetirement, type RetirementDeps } from './open-retirement.ts';

interface Deps extends RetirementDeps {
  readonly ownedVolumes: OwnedVolumes;
}

export const handler = task(
  keepVolumes,
  (config): Deps => ({ registry: makeRegistry(config), ownedVolumes: makeOwnedVolumes(config) }),
  async (input, deps, { config, signal, log }) => {
    const { act, owner, record } = await openRetirement(deps, input, config.deployment, signal);
    const { ownedVolumes } = deps;
    const found = await ownedVolumes.ofCluster(owner, signal);
    const chosen = found.filter(({ id }) => input.ids.includes(id));
    const marks = {
      [keptTagKeys.cluster]: input.cluster,
      ...(record && { [keptTagKeys.uid]: record.layout.clusterUid }),
    };
    for (const volume of chosen) await act(() => ownedVolumes.release(volume, marks, owner, signal));
    log.info('kept', { ids: input.ids, marks });
    return { settled: true, reason: `${chosen.length} handed over` };
  },
);
