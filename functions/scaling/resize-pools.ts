/**
 * Gives groups the sizes that were decided, zone by zone.
 *
 * Safe to repeat: each group is read anew, and one that is to have another number than it was decided on is left as it is: whoever set it has
 * decided later. One that has the wanted number already is done. A pool never comes to more than its greatest number over all zones, and one
 * that is to have fewer gives back only what it does not have: nothing here ends an instance.
 */
import { makePoolGroups, type PoolGroupFound, type PoolGroups } from '../aws/pool-groups.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { poolGroupName } from '../clusters/names.ts';
import { retiringReason } from '../clusters/retiring.ts';
import { ClusterUnknown } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { requirePool } from '../workers/require-pool.ts';
import { resizePools, type SizeChange } from './contracts.ts';
import { countStaying, sizeOf } from './places.ts';

export interface ResizePoolsDeps {
  readonly registry: Pick<Registry, 'getCluster'>;
  readonly groups: Pick<PoolGroups, 'describe' | 'setDesired'>;
}

export const handler = task(
  resizePools,
  (config): ResizePoolsDeps => ({ registry: makeRegistry(config), groups: makePoolGroups(config) }),
  async ({ cluster, changes }, { registry, groups }, { config, log, metrics, signal }) => {
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
      const reason = obstacleOf(change, { name, found, max });
      const group = found.find((one) => one.name === name);
      if (reason !== undefined) {
        skipped.push({ pool, zone, reason });
        continue;
      }
      const owner = { deployment: config.deployment, cluster, pool };
      const before = group?.desired === to;
      const set = before ? 'set' : await groups.setDesired(name, { from, to }, owner, signal);
      if (set === 'set' && !before && to > from) metrics.count('WorkersAsked', to - from);
      if (set === 'set') resized.push(change);
      else skipped.push({ pool, zone, reason: `${name} was resized in this moment` });
    }
    log.info('resized', { cluster, resized, skipped });
    return { action: resized.length > 0 ? 'verify' : 'none', resized, skipped };
  },
);

/** Why a group is left as it is; undefined where it may get the wanted number, or has it already. */
function obstacleOf(
  { from, pool, to }: SizeChange,
  { found, max, name }: { found: readonly PoolGroupFound[]; max: number; name: string },
): string | undefined {
  const group = found.find((one) => one.name === name);
  if (!group) return `${name} does not exist`;
  if (group.desired === to) return undefined;
  if (group.desired !== from) return `${name} is to have ${group.desired} by now`;
  if (to < from) {
    const staying = countStaying(group);
    return to < staying ? `${name} has ${staying} workers by now, and none is to go` : undefined;
  }
  const total = found.reduce((sum, one) => sum + (one.name === name ? to : sizeOf(one)), 0);
  return total > max ? `${pool} would come to ${total} workers, and ${max} are its most` : undefined;
}
