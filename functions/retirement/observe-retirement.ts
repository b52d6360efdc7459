/**
 * Looks at everything that is there of a cluster, by tag and by the names that are its own, and decides the next step of its retirement;
 * before it begins, that is what `trivet retire --dry-run` shows.
 *
 * Changes nothing, so a repeat is safe. A call that fails fails the look: what was not seen is never taken for gone.
 */
import { makeRunningExecutions, type RunningExecutions } from '../aws/running-executions.ts';
import { task } from '../runtime/task.ts';
import { observeRetirement } from './contracts.ts';
import { courtesySeconds, decideRetirement, keepsVolumes } from './decide-retirement.ts';
import { clusterOfInput, otherWorkflows } from './other-workflows.ts';
import { type BelongingsDeps, makeBelongingsDeps, readBelongings } from './read-belongings.ts';
import { takeInventory, tellCounts } from './take-inventory.ts';

export interface ObserveRetirementDeps extends BelongingsDeps {
  readonly runningExecutions: RunningExecutions;
}

export const handler = task(
  observeRetirement,
  (config): ObserveRetirementDeps => ({
    ...makeBelongingsDeps(config),
    runningExecutions: makeRunningExecutions(config),
  }),
  async ({ cluster, confirm, keepVolumes: asked, lease }, deps, { clock, config, log, signal }) => {
    const [belongings, record, executions] = await Promise.all([
      readBelongings(cluster, deps, config, signal),
      deps.registry.getCluster(cluster, signal),
      deps.runningExecutions.of(otherWorkflows, signal),
    ]);
    const observation = {
      cluster,
      confirm,
      leased: Boolean(lease),
      ...(record && { record }),
      keepVolumes: asked ?? undefined,
      remnants: belongings.remnants,
      running: executions
        .filter(({ input }) => clusterOfInput(input) === cluster)
        .map(({ workflow, name }) => `${workflow} ${name}`),
    };
    const policy = { courtesySeconds, quietSeconds: config.longestTaskTimeoutSeconds };
    const decision = decideRetirement(observation, policy, clock.now());
    const inventory = takeInventory(belongings);
    log.info('decided', { cluster, ...decision, left: tellCounts(inventory) });
    return { decision, keepVolumes: keepsVolumes(observation), inventory };
  },
);
