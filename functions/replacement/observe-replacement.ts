/**
 * Reads what AWS and the registry say of a control plane, one of whose instances is to be replaced; etcd and Kubernetes are asked by
 * judge-replacement, which may reach them.
 *
 * Changes nothing, so a repeat is safe. What a service does not say is `unknown`, never assumed.
 */
import { type Executions, makeExecutions } from '../aws/executions.ts';
import { makeRegistry, type Registry, type SlotRecord } from '../aws/registry.ts';
import { currentInstance, makeSlotGroups, type SlotGroupFact, type SlotGroups } from '../aws/slot-groups.ts';
import {
  type InstanceFact,
  makeSlotHolders,
  type SlotHolders,
  type VolumeFact,
} from '../aws/slot-holders.ts';
import { slotResourceName } from '../clusters/names.ts';
import { describePause, pauseOf } from '../clusters/pause.ts';
import { retiringReason } from '../clusters/retiring.ts';
import { ClusterUnknown } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { observeReplacement, type ReplacementObservation } from './contracts.ts';

export interface ObserveReplacementDeps {
  readonly registry: Pick<Registry, 'getCluster' | 'getSlots' | 'getLease'>;
  readonly groups: Pick<SlotGroups, 'describe'>;
  readonly holders: Pick<SlotHolders, 'instances' | 'volumes' | 'interfaceHolders'>;
  readonly executions: Pick<Executions, 'describe'>;
}

export const handler = task(
  observeReplacement,
  (config): ObserveReplacementDeps => ({
    registry: makeRegistry(config),
    groups: makeSlotGroups(config),
    holders: makeSlotHolders(config),
    executions: makeExecutions(config),
  }),
  async ({ cluster, slot, holder }, deps, { clock, config, signal }): Promise<ReplacementObservation> => {
    const [record, slots] = await Promise.all([
      deps.registry.getCluster(cluster, signal),
      deps.registry.getSlots(cluster, signal),
    ]);
    const own = slots.find((candidate) => candidate.slot === slot);
    if (!record || !own) throw new ClusterUnknown(`the registry has no slot ${slot} of a cluster ${cluster}`);
    const nameOf = (each: SlotRecord) => slotResourceName(config.deployment, cluster, each.slot);
    const isInHand = (scope: string) => heldByAnother(deps, { cluster, scope, holder }, signal);
    const [facts, volumes, interfaceHolders, inHand, ...slotsInHand] = await Promise.all([
      deps.groups.describe(slots.map(nameOf), signal),
      deps.holders.volumes(own.volumeId ? [own.volumeId] : [], signal),
      deps.holders.interfaceHolders(own.networkInterfaceId ? [own.networkInterfaceId] : [], signal),
      isInHand('cluster'),
      ...slots.map((each) => isInHand(`slot:${each.slot}`)),
    ]);
    const instanceIds = facts.flatMap((fact) => currentInstance(fact)?.instanceId ?? []);
    const instances = await deps.holders.instances(instanceIds, signal);
    const factOf = (each: SlotRecord) => facts.find(({ name }) => name === nameOf(each));
    const group = factOf(own);
    const interfaceHolder = interfaceHolders.get(own.networkInterfaceId ?? '');
    const pause = pauseOf(record, clock.now());
    const leftAlone = retiringReason(record) ?? (pause && describePause(cluster, pause));
    return {
      cluster,
      slot,
      observedAt: clock.now().toISOString(),
      formed: record.formed,
      ownNetwork: record.spec.network.cni === 'none',
      ...(leftAlone !== undefined && { leftAlone }),
      inHand,
      slots: slots.map((each, index) => ({
        ...slotOf(each, factOf(each), instances),
        inHand: slotsInHand[index] ?? true,
      })),
      ...(group && { group: { launchSuspended: group.suspended.some((one) => one.process === 'Launch') } }),
      ...(interfaceHolder && { networkInterfaceHolder: interfaceHolder }),
      volume: volumeOf(volumes[0]),
    };
  },
);

/** Whether an execution that runs, and is not `holder`, holds the lease. */
async function heldByAnother(
  { registry, executions }: Pick<ObserveReplacementDeps, 'registry' | 'executions'>,
  { cluster, scope, holder }: { readonly cluster: string; readonly scope: string; readonly holder: string },
  signal: AbortSignal,
): Promise<boolean> {
  const lease = await registry.getLease(cluster, scope, signal);
  if (!lease || lease.releasedAt !== undefined || lease.holder === holder) return false;
  const execution = await executions.describe(lease.holder, signal);
  return execution?.status === 'RUNNING';
}

function slotOf(
  { slot, phase, instanceId, memberId, verdict }: SlotRecord,
  fact: SlotGroupFact | undefined,
  instances: readonly InstanceFact[],
) {
  const current = currentInstance(fact);
  const state = instances.find((one) => one.instanceId === current?.instanceId)?.state ?? 'unknown';
  return {
    slot,
    phase,
    ...(instanceId && { recordedInstanceId: instanceId }),
    ...(memberId && { memberId }),
    ...(verdict && { verdict }),
    ...(current && { instance: { ...current, state } }),
  };
}

function volumeOf(volume: VolumeFact | undefined): ReplacementObservation['volume'] {
  if (!volume || volume.status === 'error' || volume.status === 'deleting' || volume.status === 'deleted')
    return { status: 'lost' };
  return { status: volume.status, ...(volume.attachedTo && { holder: volume.attachedTo }) };
}
