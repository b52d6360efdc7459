/**
 * Gives groups the sizes that were decided, zone by zone.
 *
 * Safe to repeat: each group is read anew, and one that is to have another number than it was decided on is left as it is: whoever set it has
 * decided later. One that has the wanted number already is done. A pool never comes to more than its greatest number over all zones.
 */
import { makePoolGroups, type PoolGroups } from '../aws/pool-groups.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { poolGroupName } from '../clusters/names.ts';
import { retiringReason } from '../clusters/retiring.ts';
import { ClusterUnknown } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { requirePool } from '../workers/require-pool.ts';
import { resizePools, type SizeChange } from './contracts.ts';
import { sizeOf } from './places.ts';

export interface ResizePoolsDeps {
  readonly registry: Pick<Registry, 'getCluster'>;
  readonly groups: Pick<PoolGroups, 'describe' | 'setDesired'>;
}

export const handler = task(
  resizePools,
  (config): ResizePoolsDeps => ({ registry: makeRegistry(config), groups: makePoolGroups(config) }),
  async ({ cluster, changes }, { registry, groups }, { config, log, signal }) => {
    const record = await registry.getCluster(cluster, signal);
    if (!record) throw new ClusterUnknown(`the registry knows no cluster ${cluster}; provision it first`);
    const retiring = retiringReason(record);
    if (retiring !== undefined) {
      const left = changes.map(({ pool, zone }) => ({ pool, zone, reason: retiring }));
      return { action: 'none', resized: [], skipped: left };
    }
    const nameOf = (pool: string, zone: string) => poolGroupName(config.deployment, cluster, pool, zone);
    const resized: SizeChange[] = [];
    const skipped: { pool: string; zone: string; reason: string }[] = [];
    for (const change of changes) {
      const { from, pool, to, zone } = change;
      const { max, zones } = requirePool(record.spec, pool);
      const name = nameOf(pool, zone);
      const found = await groups.describe(
        zones.map((one) => nameOf(pool, one)),
        signal,
      );
      const group = found.find((one) => one.name === name);
      const others = found.filter((one) => one.name !== name).reduce((sum, one) => sum + sizeOf(one), 0);
      const reason = !group
        ? `${name} does not exist`
        : group.desired !== from && group.desired !== to
          ? `${name} is to have ${group.desired} by now`
          : others + to > max
            ? `${pool} would come to ${others + to} workers, and ${max} are its most`
            : undefined;
      if (reason !== undefined) {
        skipped.push({ pool, zone, reason });
        continue;
      }
      const owner = { deployment: config.deployment, cluster, pool };
      const set = group?.desired === to ? 'set' : await groups.setDesired(name, { from, to }, owner, signal);
      if (set === 'set') resized.push(change);
      else skipped.push({ pool, zone, reason: `${name} was resized in this moment` });
    }
    log.info('resized', { cluster, resized, skipped });
    return { action: resized.length > 0 ? 'verify' : 'none', resized, skipped };
  },
);
