/**
 * Lets a worker go as it was decided: completes its terminate hook, or has its group terminate it, which brings it into that hook.
 *
 * Safe to repeat: an action that is no longer active is done, and an instance that its group is terminating already is left to it, so that the
 * group never gets smaller twice.
 */
import { makePoolGroups, type PoolGroups } from '../aws/pool-groups.ts';
import { task } from '../runtime/task.ts';
import { finishDrain } from './contracts.ts';
import { withBlocked } from './decide-drain.ts';

export interface FinishDrainDeps {
  readonly groups: Pick<PoolGroups, 'completeTermination' | 'terminate'>;
}

export const handler = task(
  finishDrain,
  (config): FinishDrainDeps => ({ groups: makePoolGroups(config) }),
  async ({ observation, decision, blocked }, { groups }, { log, metrics, signal }) => {
    const { autoScalingGroupName: group, cause, instanceId, pool } = observation;
    const { effect, outcome, reason } = decision;
    if (outcome === 'expired') {
      metrics.count('DrainExpired');
      log.warn('expired', { instanceId, pool, cause, reason: withBlocked(reason, blocked) });
    } else {
      if (outcome === 'drained') metrics.count('WorkerDrained');
      log.info('finished', { instanceId, pool, cause, outcome, reason, effect });
    }
    switch (effect) {
      case 'none':
        return { done: true };
      case 'complete-hook':
        return { done: await groups.completeTermination({ group, instanceId }, signal) };
      case 'terminate':
      case 'terminate-and-shrink':
        return {
          done: await groups.terminate(instanceId, { decrement: effect === 'terminate-and-shrink' }, signal),
        };
      default:
        return effect satisfies never;
    }
  },
);
