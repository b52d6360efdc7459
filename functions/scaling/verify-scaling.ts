/**
 * Looks what has become of the workers that were asked for: launched, in service, ready nodes.
 *
 * Changes nothing, so a repeat is safe.
 */
import { makeObjects, type Objects } from '../aws/objects.ts';
import { makePoolGroups, type PoolGroups } from '../aws/pool-groups.ts';
import { poolGroupName } from '../clusters/names.ts';
import { readObservation } from '../demand/read-observation.ts';
import { task } from '../runtime/task.ts';
import { verifyScaling } from './contracts.ts';
import { decideVerdict, type ResizedGroup } from './decide-verdict.ts';
import { countStaying } from './places.ts';

export interface VerifyScalingDeps {
  readonly objects: Objects;
  readonly groups: Pick<PoolGroups, 'describe' | 'launchFailures'>;
}

export const handler = task(
  verifyScaling,
  (config): VerifyScalingDeps => ({ objects: makeObjects(config), groups: makePoolGroups(config) }),
  async ({ cluster, changes, since }, { objects, groups }, { clock, config, log, signal }) => {
    const nameOf = (pool: string, zone: string) => poolGroupName(config.deployment, cluster, pool, zone);
    const [facts, found] = await Promise.all([
      groups.describe(
        changes.map(({ pool, zone }) => nameOf(pool, zone)),
        signal,
      ),
      readObservation(objects, cluster, clock.now(), signal),
    ]);
    const resized = await Promise.all(
      changes.map(async (change): Promise<ResizedGroup> => {
        const group = facts.find(({ name }) => name === nameOf(change.pool, change.zone));
        const short = group !== undefined && countStaying(group) < group.desired;
        const failures = short ? await groups.launchFailures(group.name, signal) : [];
        return { change, failures, ...(group && { group }) };
      }),
    );
    const verdict = decideVerdict(resized, found, since);
    log.info('verdict', { cluster, ...verdict });
    return verdict;
  },
);
