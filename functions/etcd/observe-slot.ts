/**
 * Reads everything about one slot that AWS, the registry and the node itself can say; etcd is asked by judge-slot, which may reach it.
 *
 * Changes nothing, so a repeat is safe. What a service does not say is `unknown`, never assumed.
 */

import { explainReason } from '../../node/decide-boot.ts';
import type { Report } from '../../node/protocol.ts';
import { getText, makeObjects, type Objects } from '../aws/objects.ts';
import { makeRegistry, type Registry, type SlotRecord } from '../aws/registry.ts';
import { currentInstance, makeSlotGroups, type SlotGroups } from '../aws/slot-groups.ts';
import {
  type InstanceFact,
  makeSlotHolders,
  type SlotHolders,
  type VolumeFact,
} from '../aws/slot-holders.ts';
import { objectKeys, slotResourceName } from '../clusters/names.ts';
import { retiringReason } from '../clusters/retiring.ts';
import { ClusterUnknown } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { observeSlot, type SlotObservation } from './contracts.ts';
import { readReport } from './node-messages.ts';

export interface ObserveSlotDeps {
  readonly registry: Registry;
  readonly objects: Objects;
  readonly holders: SlotHolders;
  readonly groups: SlotGroups;
}

export const handler = task(
  observeSlot,
  (config): ObserveSlotDeps => ({
    registry: makeRegistry(config),
    objects: makeObjects(config),
    holders: makeSlotHolders(config),
    groups: makeSlotGroups(config),
  }),
  async ({ cluster, slot }, deps, { signal, clock, config }): Promise<SlotObservation> => {
    const [record, slots] = await Promise.all([
      deps.registry.getCluster(cluster, signal),
      deps.registry.getSlots(cluster, signal),
    ]);
    const own = slots.find((candidate) => candidate.slot === slot);
    if (!record || !own) throw new ClusterUnknown(`the registry has no slot ${slot} of a cluster ${cluster}`);
    const groupName = slotResourceName(config.deployment, cluster, slot);
    const volumeIds = slots.flatMap(({ volumeId }) => volumeId ?? []);
    const [groups, volumes, interfaces, reports, leases] = await Promise.all([
      deps.groups.describe([groupName], signal),
      deps.holders.volumes(volumeIds, signal),
      deps.holders.interfaceHolders(own.networkInterfaceId ? [own.networkInterfaceId] : [], signal),
      readReports(deps.objects, cluster, slot, signal),
      Promise.all(slots.map((each) => deps.registry.getLease(cluster, `slot:${each.slot}`, signal))),
    ]);
    const current = currentInstance(groups[0]);
    const retiring = retiringReason(record);
    const volume = volumes.find(({ volumeId }) => volumeId === own.volumeId);
    const interfaceHolder = interfaces.get(own.networkInterfaceId ?? '');
    const holderIds = [current?.instanceId, volume?.attachedTo, interfaceHolder].flatMap((id) => id ?? []);
    const instances = await deps.holders.instances([...new Set(holderIds)], signal);
    const holderOf = (id: string | undefined) => holder(id, instances);
    const identity = identityOf(own, reports);
    const report = reports.find(({ instanceId }) => instanceId === current?.instanceId);
    return {
      cluster,
      slot,
      observedAt: clock.now().toISOString(),
      formed: record.formed,
      ...(retiring !== undefined && { retiring }),
      ...(record.clusterId && { clusterId: record.clusterId }),
      initialCluster: record.layout.initialCluster,
      initialClusterToken: record.layout.initialClusterToken,
      record: recordOf(own, reports),
      ...(current && {
        instance: { ...holderOf(current.instanceId), ...lifecycleOf(current.lifecycleState) },
      }),
      volume: {
        status: statusOf(volume),
        ...(volume?.attachedTo && { holder: holderOf(volume.attachedTo) }),
      },
      ...(interfaceHolder && { networkInterfaceHolder: holderOf(interfaceHolder) }),
      report: nodeReport(report),
      ...(identity && { identity }),
      others: slots.flatMap((other, index) =>
        other.slot === slot
          ? []
          : [
              {
                slot: other.slot,
                volume: statusOf(volumes.find(({ volumeId }) => volumeId === other.volumeId)),
                changing: isHeld(leases[index]),
              },
            ],
      ),
    };
  },
);

function lifecycleOf(lifecycleState: string) {
  return { lifecycleState, waitingInHook: lifecycleState === 'Pending:Wait' };
}

function holder(instanceId: string | undefined, instances: readonly InstanceFact[]) {
  const id = instanceId ?? '';
  const fact = instances.find((instance) => instance.instanceId === id);
  // EC2 forgets an instance about an hour after its end; describing it right after its launch may come too early: unknown either way.
  const state = fact?.state ?? ('unknown' as const);
  return {
    instanceId: id,
    state,
    ...(state === 'shutting-down' && fact?.stateSince && { shuttingDownSince: fact.stateSince }),
  };
}

function statusOf(volume: VolumeFact | undefined) {
  if (!volume || volume.status === 'error' || volume.status === 'deleting' || volume.status === 'deleted')
    return 'lost';
  return volume.status;
}

function isHeld(lease: { releasedAt?: string } | undefined): boolean {
  return lease !== undefined && lease.releasedAt === undefined;
}

async function readReports(
  objects: Objects,
  cluster: string,
  slot: string,
  signal: AbortSignal,
): Promise<Report[]> {
  const entries = await objects.list(objectKeys(cluster).reports(slot), signal);
  const newestFirst = entries.toSorted((one, two) => two.lastModified.localeCompare(one.lastModified));
  const reports = await Promise.all(
    newestFirst.slice(0, reportsMax).map(async ({ key }) => {
      const text = await getText(objects, key, signal);
      return text === undefined ? [] : [readReport(key, text)];
    }),
  );
  return reports.flat();
}

/** Reports of long-gone instances say nothing that the registry does not. */
const reportsMax = 20;

/** A forming slot's identity is known from the node's report before the registry knows it. */
function identityOf(record: SlotRecord, reports: readonly Report[]) {
  if (record.clusterId && record.memberId) return { clusterId: record.clusterId, memberId: record.memberId };
  const known = reports.find(
    ({ volumeId, clusterId, memberId }) =>
      volumeId === record.volumeId && clusterId && clusterId !== '0' && memberId && memberId !== '0',
  );
  return known?.clusterId && known.memberId
    ? { clusterId: known.clusterId, memberId: known.memberId }
    : undefined;
}

function recordOf(record: SlotRecord, reports: readonly Report[]): SlotObservation['record'] {
  const started = reports.some(({ state, volumeId }) => state === 'started' && volumeId === record.volumeId);
  const { servedAt: _servedAt, verdict: _verdict, slot: _slot, subnetId: _subnetId, ...rest } = record;
  return { ...rest, startedOnce: record.startedOnce || started };
}

function nodeReport(report: Report | undefined): SlotObservation['report'] {
  if (!report) return { state: 'none' };
  if (report.state !== 'refused') return { state: report.state };
  const refusal = report.reason ?? 'unknown';
  return { state: 'refused', refusal, reason: explainReason(refusal) };
}
