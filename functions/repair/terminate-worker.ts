/**
 * Ends an instance through its group, which drains it by its terminate hook and replaces it unless it is told to want one fewer.
 *
 * Safe to repeat: one that goes already is left to go, so that no place is taken twice. Only over what it was decided on: where anything about
 * the cluster's repairs has changed since, the guard among it, nothing is ended and it is judged again. An instance that is not in the group of
 * this pool and zone is a stranger.
 */

import { makePoolGroups, type PoolGroups } from '../aws/pool-groups.ts';
import { makeRegistry } from '../aws/registry.ts';
import { isLeaving } from '../clusters/lifecycle-state.ts';
import { poolGroupName } from '../clusters/names.ts';
import { assertOwn } from '../clusters/ownership.ts';
import { task } from '../runtime/task.ts';
import { changeAt, changing, type RepairsRegistry } from './change-repairs.ts';
import { terminateWorker } from './contracts.ts';

export interface TerminateWorkerDeps {
  readonly registry: RepairsRegistry;
  readonly groups: Pick<PoolGroups, 'describe' | 'terminate'>;
}

export const handler = task(
  terminateWorker,
  (config): TerminateWorkerDeps => ({ registry: makeRegistry(config), groups: makePoolGroups(config) }),
  async ({ cluster, pool, zone, instanceId, decision }, { registry, groups }, context) => {
    const { clock, config, log, signal } = context;
    const { decrement = false, reason, revision } = decision;
    const name = poolGroupName(config.deployment, cluster, pool, zone);
    const [group] = await groups.describe([name], signal);
    const member = group?.instances.find((one) => one.instanceId === instanceId);
    if (!group || !member || isLeaving(member.lifecycleState)) return { terminated: false };
    assertOwn(`group ${name}`, group.tags, { deployment: config.deployment, cluster, pool });
    const at = clock.now().toISOString();
    const marks = changing(instanceId, ({ terminatedAt = at }) => ({ terminatedAt }));
    if (!(await changeAt({ registry, cluster, revision }, marks, signal))) return { terminated: false };
    const terminated = await groups.terminate(instanceId, { decrement }, signal);
    log.warn('terminated', { cluster, pool, zone, instanceId, decrement, reason, terminated });
    return { terminated };
  },
);
