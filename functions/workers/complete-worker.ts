/**
 * Ends the launch hook of a worker with CONTINUE: it is a ready node.
 *
 * Safe to repeat: an action that is no longer active is done. Its group is of this deployment by name and by the task's role.
 */
import { makeSlotGroups, type SlotGroups } from '../aws/slot-groups.ts';
import { launchHookName } from '../clusters/names.ts';
import { task } from '../runtime/task.ts';
import { completeWorker } from './contracts.ts';

export const handler = task(
  completeWorker,
  (config): { groups: Pick<SlotGroups, 'completeLaunch'> } => ({ groups: makeSlotGroups(config) }),
  async ({ observation }, { groups }, { metrics, signal }) => {
    const { autoScalingGroupName: group, instanceId } = observation;
    const completed = await groups.completeLaunch({ group, hook: launchHookName, instanceId }, signal);
    if (completed) metrics.count('WorkerJoined');
    return { completed };
  },
);
