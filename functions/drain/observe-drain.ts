/**
 * Reads what the registry, Auto Scaling and EC2 say of a worker that is to be drained, and decides how AWS's side of it goes on; Kubernetes is
 * asked by evict-pods, which may reach it.
 *
 * Changes nothing, so a repeat is safe. What a service does not say is `unknown`, never assumed.
 */
import { type LeavingInstances, makeLeavingInstances } from '../aws/leaving-instances.ts';
import { makePoolGroups, type PoolGroups } from '../aws/pool-groups.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { poolGroupName } from '../clusters/names.ts';
import { retiringReason } from '../clusters/retiring.ts';
import { task } from '../runtime/task.ts';
import { observeDrain } from './contracts.ts';
import { decideDrainStep } from './decide-drain-step.ts';

export interface ObserveDrainDeps {
  readonly registry: Pick<Registry, 'getCluster'>;
  readonly groups: Pick<PoolGroups, 'describe'>;
  readonly instances: Pick<LeavingInstances, 'find'>;
}

export const handler = task(
  observeDrain,
  (config): ObserveDrainDeps => ({
    registry: makeRegistry(config),
    groups: makePoolGroups(config),
    instances: makeLeavingInstances(config),
  }),
  async (input, { registry, groups, instances }, { clock, config, log, signal }) => {
    const { cluster, pool, zone, instanceId } = input;
    const autoScalingGroupName = poolGroupName(config.deployment, cluster, pool, zone);
    const [record, found, instance] = await Promise.all([
      registry.getCluster(cluster, signal),
      groups.describe([autoScalingGroupName], signal),
      instances.find(instanceId, signal),
    ]);
    const spec = record?.spec.pools.find((one) => one.name === pool);
    const { atDeadline = 'terminate', deadlineSeconds = 3_600 } = spec?.drain ?? {};
    const member = found[0]?.instances.find((one) => one.instanceId === instanceId);
    const lifecycleState = member?.lifecycleState ?? 'none';
    const retiring = retiringReason(record);
    const observation = {
      ...input,
      observedAt: clock.now().toISOString(),
      autoScalingGroupName,
      known: spec !== undefined && found.length > 0,
      ...(retiring !== undefined && { retiring }),
      lifecycleState,
      waitingInHook: lifecycleState === 'Terminating:Wait',
      state: instance?.state ?? 'unknown',
      volumes: [...(instance?.volumes ?? [])],
      policy: { deadlineSeconds, atDeadline },
    };
    const decision = decideDrainStep(observation);
    log.info('decided', { instanceId, ...decision });
    return { observation, decision };
  },
);
