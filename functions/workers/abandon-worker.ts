/**
 * Gives a worker up: keeps its console's text, then ends its launch hook with ABANDON, so that its group ends it and launches another.
 *
 * Safe to repeat: the console is written anew, and an action that is no longer active is done. The console comes first: once the action has
 * ended the instance is gone soon.
 */
import { type Consoles, makeConsoles } from '../aws/consoles.ts';
import { makeObjects, type Objects } from '../aws/objects.ts';
import { makeSlotGroups, type SlotGroups } from '../aws/slot-groups.ts';
import { launchHookName, objectKeys } from '../clusters/names.ts';
import { task } from '../runtime/task.ts';
import { abandonWorker } from './contracts.ts';

export interface AbandonWorkerDeps {
  readonly groups: Pick<SlotGroups, 'completeLaunch'>;
  readonly consoles: Consoles;
  readonly objects: Objects;
}

export const handler = task(
  abandonWorker,
  (config): AbandonWorkerDeps => ({
    groups: makeSlotGroups(config),
    consoles: makeConsoles(config),
    objects: makeObjects(config),
  }),
  async ({ observation, decision }, { groups, consoles, objects }, { log, metrics, signal }) => {
    const { autoScalingGroupName: group, cluster, instanceId, pool, userId } = observation;
    const key = objectKeys(cluster).worker(userId).console;
    const text = (await consoles.read(instanceId, signal)) ?? 'EC2 has no console output of it\n';
    await objects.put(key, `${decision.reason}\n\n${text}`, undefined, signal);
    const request = { group, hook: launchHookName, instanceId, result: 'ABANDON' } as const;
    const abandoned = await groups.completeLaunch(request, signal);
    metrics.count('WorkerAbandoned');
    log.warn('abandoned', { instanceId, pool, reason: decision.reason, console: key });
    return { abandoned, console: key };
  },
);
