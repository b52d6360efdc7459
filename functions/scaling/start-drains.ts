/**
 * Starts the drains of workers that are to go, as the sweep does for those that nothing needs: each group becomes one smaller with its worker.
 *
 * Safe to repeat: a drain has one name, whoever starts it, and one that runs is left to itself. A drain that has ended is begun anew, and finds
 * that its worker is gone or tries once more.
 */
import { type Executions, makeExecutions } from '../aws/executions.ts';
import { startDrain } from '../drain/start-drain.ts';
import { ResourceNotReady } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { type StartedDrain, startDrains } from './contracts.ts';

export interface StartDrainsDeps {
  readonly executions: Executions;
}

export const handler = task(
  startDrains,
  (config): StartDrainsDeps => ({ executions: makeExecutions(config) }),
  async ({ cluster, removals }, { executions }, context) => {
    const drains: StartedDrain[] = [];
    for (const { instanceId, pool, zone } of removals) {
      const worker = { cluster, pool, zone, instanceId };
      const end = { cause: 'scale-down', afterwards: 'terminate-and-shrink' } as const;
      const started = await startDrain({ ...worker, ...end }, executions, context);
      if (!started)
        throw new ResourceNotReady(
          `the latest drain of ${instanceId} has ended in this very minute, and took its name`,
        );
      const { executionArn, joined, name } = started;
      context.log.info('drain', { ...worker, name, joined });
      drains.push({ pool, zone, instanceId, executionArn });
    }
    return { drains };
  },
);
