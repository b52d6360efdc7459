/**
 * Reads what Auto Scaling, EC2, IAM and the node itself say of one worker; Kubernetes is asked by judge-worker, which may reach it.
 *
 * Changes nothing, so a repeat is safe. What a service does not say is `unknown`, never assumed.
 */
import { MalformedMessage } from '../../node/protocol.ts';
import { parseWorkerReport } from '../../node/worker/protocol.ts';
import { makeNodeRoles, type NodeRoles } from '../aws/node-roles.ts';
import { getText, makeObjects, type Objects } from '../aws/objects.ts';
import { makeSlotGroups, type SlotGroups } from '../aws/slot-groups.ts';
import { makeSlotHolders, type SlotHolders } from '../aws/slot-holders.ts';
import { objectKeys, poolGroupName, poolResourceName } from '../clusters/names.ts';
import { ClusterUnknown, ProtocolInvalid } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { observeWorker, type WorkerObservation } from './contracts.ts';

export interface ObserveWorkerDeps {
  readonly objects: Objects;
  readonly roles: Pick<NodeRoles, 'find'>;
  readonly groups: Pick<SlotGroups, 'describe'>;
  readonly holders: Pick<SlotHolders, 'instances'>;
}

export const handler = task(
  observeWorker,
  (config): ObserveWorkerDeps => ({
    objects: makeObjects(config),
    roles: makeNodeRoles(config),
    groups: makeSlotGroups(config),
    holders: makeSlotHolders(config),
  }),
  async (
    { cluster, pool, zone, instanceId },
    deps,
    { clock, config, signal },
  ): Promise<WorkerObservation> => {
    const autoScalingGroupName = poolGroupName(config.deployment, cluster, pool, zone);
    const [role, groups, instances] = await Promise.all([
      deps.roles.find(poolResourceName(config.deployment, cluster, pool), signal),
      deps.groups.describe([autoScalingGroupName], signal),
      deps.holders.instances([instanceId], signal),
    ]);
    if (!role) throw new ClusterUnknown(`there is no role of a pool ${pool} of a cluster ${cluster}`);
    const userId = `${role.roleId}:${instanceId}`;
    const member = groups[0]?.instances.find((one) => one.instanceId === instanceId);
    const instance = instances.find((one) => one.instanceId === instanceId);
    const lifecycleState = member?.lifecycleState ?? 'none';
    return {
      cluster,
      pool,
      zone,
      instanceId,
      observedAt: clock.now().toISOString(),
      autoScalingGroupName,
      userId,
      lifecycleState,
      waitingInHook: lifecycleState === 'Pending:Wait',
      state: instance?.state ?? 'unknown',
      ...(instance?.launchedAt && { launchedAt: instance.launchedAt }),
      report: await readReport(deps.objects, objectKeys(cluster).worker(userId).report, signal),
    };
  },
);

async function readReport(
  objects: Objects,
  key: string,
  signal: AbortSignal,
): Promise<WorkerObservation['report']> {
  const text = await getText(objects, key, signal);
  if (text === undefined) return { state: 'none' };
  try {
    const { state, reason } = parseWorkerReport(text);
    return { state, ...(reason && { reason }) };
  } catch (error) {
    if (error instanceof MalformedMessage)
      throw new ProtocolInvalid(`${key}: ${error.message}`, { cause: error });
    throw error;
  }
}
