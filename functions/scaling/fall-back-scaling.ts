/**
 * Takes back what a zone does not give: its group is to have no more than it has, and the zone is left alone for a while, so that the next plan
 * goes elsewhere.
 *
 * Safe to repeat: a back-off that runs is not made longer, and a group that wants no more than it has is done. The back-off comes first: were
 * it missing, the next plan would ask the same zone again.
 */

import { makePoolGroups, type PoolGroups } from '../aws/pool-groups.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { poolGroupName } from '../clusters/names.ts';
import { ClusterUnknown } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { requirePool } from '../workers/require-pool.ts';
import { addFailures } from './back-off.ts';
import { fallBackScaling } from './contracts.ts';
import { countStaying } from './places.ts';

export interface FallBackScalingDeps {
  readonly registry: Pick<Registry, 'getCluster' | 'getScaling' | 'putScaling'>;
  readonly groups: Pick<PoolGroups, 'describe' | 'setDesired'>;
}

export const handler = task(
  fallBackScaling,
  (config): FallBackScalingDeps => ({ registry: makeRegistry(config), groups: makePoolGroups(config) }),
  async ({ cluster, failed }, { registry, groups }, { clock, config, log, signal }) => {
    const record = await registry.getCluster(cluster, signal);
    if (!record) throw new ClusterUnknown(`the registry knows no cluster ${cluster}; provision it first`);
    const before = await registry.getScaling(cluster, signal);
    // A group tries all of its types before a launch fails.
    const launched = failed.flatMap(({ pool, zone }) =>
      requirePool(record.spec, pool).instanceTypes.map((instanceType) => ({ pool, zone, instanceType })),
    );
    const backOffs = addFailures(before?.backOffs ?? [], launched, clock.now());
    const remembered = { unneeded: [], ...before, revision: (before?.revision ?? 0) + 1, backOffs };
    const expected = before ? { revision: before.revision } : ('absent' as const);
    await registry.putScaling(cluster, remembered, expected, signal);
    let givenBack = 0;
    for (const { pool, zone } of failed) {
      const name = poolGroupName(config.deployment, cluster, pool, zone);
      const [group] = await groups.describe([name], signal);
      if (!group) continue;
      const to = Math.max(countStaying(group), group.min);
      if (to >= group.desired) continue;
      const owner = { deployment: config.deployment, cluster, pool };
      const change = { from: group.desired, to };
      if ((await groups.setDesired(name, change, owner, signal)) === 'set') givenBack += change.from - to;
    }
    log.warn('fell back', { cluster, failed, givenBack });
    return { givenBack };
  },
);
