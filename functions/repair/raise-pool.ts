/**
 * Has a worker's group want one more, so that its replacement comes before it goes.
 *
 * Safe to repeat: the sizes before and after are in the registry before the group is asked, and the size is set, never added to: a group that
 * wants the greater one already was raised by the run before. A group of any other size was sized by somebody else and is left so.
 */

import { makePoolGroups, type PoolGroups } from '../aws/pool-groups.ts';
import { makeRegistry } from '../aws/registry.ts';
import { poolGroupName } from '../clusters/names.ts';
import { task } from '../runtime/task.ts';
import { changeAt, changeNow, changing, type RepairsRegistry } from './change-repairs.ts';
import { raisePool } from './contracts.ts';

export interface RaisePoolDeps {
  readonly registry: RepairsRegistry;
  readonly groups: Pick<PoolGroups, 'describe' | 'setDesired'>;
}

export const handler = task(
  raisePool,
  (config): RaisePoolDeps => ({ registry: makeRegistry(config), groups: makePoolGroups(config) }),
  async ({ cluster, pool, zone, instanceId, decision }, { registry, groups }, { config, log, signal }) => {
    const { raise = { from: 0, to: 0 }, revision } = decision;
    const intends = changing(instanceId, () => ({ raise: { ...raise, state: 'intended' } }));
    if (!(await changeAt({ registry, cluster, revision }, intends, signal))) return { state: 'intended' };
    const name = poolGroupName(config.deployment, cluster, pool, zone);
    const owner = { deployment: config.deployment, cluster, pool };
    const [group] = await groups.describe([name], signal);
    const isRaised = group?.desired === raise.to;
    const set = isRaised ? 'set' : await groups.setDesired(name, raise, owner, signal);
    const state = set === 'set' ? 'done' : 'changed';
    await changeNow(
      { registry, cluster },
      changing(instanceId, () => ({ raise: { ...raise, state } })),
      signal,
    );
    log.info('raised', { cluster, pool, zone, instanceId, ...raise, state });
    return { state };
  },
);
