/**
 * Begins the time-out of a worker's terminate hook anew, so that its drain may last longer than the hook's time-out.
 *
 * Safe to repeat: a heartbeat more only begins the same time-out again. An action that is gone (the instance died, or was reclaimed) is an
 * answer: the workflow ends by it.
 */
import { makePoolGroups, type PoolGroups } from '../aws/pool-groups.ts';
import { task } from '../runtime/task.ts';
import { heartbeatDrain } from './contracts.ts';

export const handler = task(
  heartbeatDrain,
  (config): { groups: Pick<PoolGroups, 'heartbeat'> } => ({ groups: makePoolGroups(config) }),
  async ({ observation }, { groups }, { signal }) => {
    const { autoScalingGroupName: group, instanceId } = observation;
    return { active: await groups.heartbeat({ group, instanceId }, signal) };
  },
);
