import { type Executions, makeExecutions } from '../aws/executions.ts';
import { type InstanceStatuses, makeInstanceStatuses } from '../aws/instance-statuses.ts';
import { type InstanceTypes, makeInstanceTypes } from '../aws/instance-types.ts';
import { type LaunchTemplates, makeLaunchTemplates } from '../aws/launch-templates.ts';
import { makeObjects, type Objects } from '../aws/objects.ts';
import { makePoolGroups, type PoolGroups } from '../aws/pool-groups.ts';
import { type LeaseRecord, makeRegistry, type Registry, type SlotRecord } from '../aws/registry.ts';
import { currentInstance, makeSlotGroups, type SlotGroupFact, type SlotGroups } from '../aws/slot-groups.ts';
import { makeSlotHolders, type SlotHolders } from '../aws/slot-holders.ts';
import { slotResourceName } from '../clusters/names.ts';
import { retiringReason } from '../clusters/retiring.ts';
import { etcdHealth } from '../etcd/contracts.ts';
import type { Config } from '../runtime/config.ts';
import type { SweepScope } from './contracts.ts';
import type { LaunchObservation } from './decide-launch.ts';
import { launchMatters, type SweptSlot } from './decide-sweep.ts';
import { isFresh } from './watch-age.ts';

export interface SweepReaders {
  readonly registry: Registry;
  readonly groups: SlotGroups;
  readonly holders: SlotHolders;
  readonly templates: LaunchTemplates;
  readonly executions: Executions;
  readonly objects: Objects;
  readonly poolGroups: PoolGroups;
  readonly instanceTypes: InstanceTypes;
  readonly statuses: InstanceStatuses;
}

/** Where and when the sweep looks. */
interface Look {
  readonly deployment: string;
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** The ports of the sweep. */
export function makeSweepDeps(config: Config) {
  return {
    registry: makeRegistry(config),
    groups: makeSlotGroups(config),
    holders: makeSlotHolders(config),
    templates: makeLaunchTemplates(config),
    executions: makeExecutions(config),
    objects: makeObjects(config),
    poolGroups: makePoolGroups(config),
    instanceTypes: makeInstanceTypes(config),
    statuses: makeInstanceStatuses(config),
  };
}

interface RegisteredSlot {
  readonly cluster: string;
  readonly formed: boolean;
  readonly record: SlotRecord;
  readonly groupName: string;
  /** The spec's, first choice first. */
  readonly instanceTypes: readonly string[];
  readonly leased: boolean;
  readonly retiring?: string;
  readonly memberProblem?: string;
}

/** Reads every slot in scope: registry first, then AWS once for all of them (design §8). */
export async function observeSlots(
  scope: SweepScope | undefined,
  readers: SweepReaders,
  look: Look,
): Promise<SweptSlot[]> {
  const { signal } = look;
  const { registry, groups, holders } = readers;
  const clusters = await registry.listClusters(signal);
  const registered = (await Promise.all(clusters.map((name) => readCluster(readers, name, look)))).flat();
  const inScope = registered.filter((slot) => isInScope(slot, scope));
  const facts = await groups.describe(
    inScope.map(({ groupName }) => groupName),
    signal,
  );
  const current = new Map(facts.map((fact) => [fact.name, currentInstance(fact)]));
  const instanceIds = [...current.values()].flatMap((instance) => instance?.instanceId ?? []);
  const interfaceIds = inScope.flatMap(({ record }) => record.networkInterfaceId ?? []);
  const [instances, held] = await Promise.all([
    holders.instances(instanceIds, signal),
    holders.interfaceHolders(interfaceIds, signal),
  ]);
  return Promise.all(
    inScope.map(async (slot): Promise<SweptSlot> => {
      const fact = facts.find(({ name }) => name === slot.groupName);
      const instance = current.get(slot.groupName);
      const state = instances.find(({ instanceId }) => instanceId === instance?.instanceId)?.state;
      const swept = describeSlot(slot, held, fact, instance && { ...instance, state: state ?? 'unknown' });
      if (!fact || !launchMatters(swept)) return swept;
      return { ...swept, launch: await observeLaunch(fact, slot.instanceTypes, readers, signal) };
    }),
  );
}

function describeSlot(
  slot: RegisteredSlot,
  held: ReadonlyMap<string, string>,
  fact: SlotGroupFact | undefined,
  instance: NonNullable<SweptSlot['group']>['instance'],
): SweptSlot {
  const { record } = slot;
  return {
    cluster: slot.cluster,
    slot: record.slot,
    formed: slot.formed,
    phase: record.phase,
    leased: slot.leased,
    ...(slot.retiring !== undefined && { retiring: slot.retiring }),
    ...(record.instanceId && { recordedInstanceId: record.instanceId }),
    ...(record.verdict && { verdict: record.verdict }),
    ...(fact && {
      group: {
        launchSuspended: fact.suspended.some(({ process }) => process === 'Launch'),
        ...(instance && { instance }),
      },
    }),
    networkInterfaceFree: record.networkInterfaceId !== undefined && !held.has(record.networkInterfaceId),
    ...(slot.memberProblem !== undefined && { memberProblem: slot.memberProblem }),
  };
}

/** Why a group has not launched; of which type it would launch next, where the capacity for that is in question. */
async function observeLaunch(
  { name, template }: SlotGroupFact,
  instanceTypes: readonly string[],
  { groups, templates }: SweepReaders,
  signal: AbortSignal,
): Promise<LaunchObservation> {
  const failures = await groups.launchFailures(name, signal);
  if (failures[0]?.kind !== 'capacity') return { failures, instanceTypes };
  const used = await templates.findVersion(template.launchTemplateId, template.version, signal);
  return { failures, instanceTypes, ...(used && { instanceType: used.instanceType }) };
}

/** An event of an instance concerns the slot on which the registry saw it; one of a group, that group's slot. */
function isInScope({ groupName, record }: RegisteredSlot, scope: SweepScope | undefined): boolean {
  // What is announced for a cluster's workers, or for all, is no reason to look at slots.
  if (scope?.cause !== undefined || scope?.cluster !== undefined) return false;
  if (!scope?.autoScalingGroupName && !scope?.instanceId) return true;
  if (scope.autoScalingGroupName) return scope.autoScalingGroupName === groupName;
  return scope.instanceId === record.instanceId;
}

async function readCluster(
  readers: SweepReaders,
  cluster: string,
  { deployment, now, signal }: Look,
): Promise<RegisteredSlot[]> {
  const { registry } = readers;
  const [record, slots, clusterLease, observation] = await Promise.all([
    registry.getCluster(cluster, signal),
    registry.getSlots(cluster, signal),
    registry.getLease(cluster, 'cluster', signal),
    registry.getObservation(cluster, signal),
  ]);
  if (!record) return [];
  const clusterAtWork = await isAtWork(clusterLease, readers, signal);
  const retiring = retiringReason(record);
  return Promise.all(
    slots.map(async (slot) => {
      const lease = await registry.getLease(cluster, `slot:${slot.slot}`, signal);
      const memberProblem = problemBy(observation, slot, now);
      return {
        cluster,
        formed: record.formed,
        record: slot,
        groupName: slotResourceName(deployment, cluster, slot.slot),
        instanceTypes: record.spec.controlPlane.instanceTypes,
        leased: clusterAtWork || (await isAtWork(lease, readers, signal)),
        ...(retiring !== undefined && { retiring }),
        ...(memberProblem !== undefined && { memberProblem }),
      };
    }),
  );
}

/** Whether a lease's holder is still running: one that died unreleased must not stop the sweep (L2). */
async function isAtWork(
  lease: LeaseRecord | undefined,
  { executions }: SweepReaders,
  signal: AbortSignal,
): Promise<boolean> {
  if (!lease || lease.releasedAt !== undefined) return false;
  const holder = await executions.describe(lease.holder, signal);
  return holder?.status === 'RUNNING';
}

/** A member is asked so long, at most, before the watch that tells of it is dated. */
const askingMilliseconds = 10_000;

/**
 * What the latest watch said against a slot's member; undefined when it said nothing, or nothing fresh, or saw it before it came back: a watch
 * in the middle of a heal calls nobody once that is through.
 */
function problemBy(
  observation: unknown,
  { servedAt = '', slot }: Pick<SlotRecord, 'servedAt' | 'slot'>,
  now: Date,
): string | undefined {
  const parsed = etcdHealth.safeParse(observation);
  if (!parsed.success) return undefined;
  const { observedAt } = parsed.data;
  if (!isFresh(observedAt, now)) return undefined;
  if (Date.parse(observedAt) < Date.parse(servedAt) + askingMilliseconds) return undefined;
  if (!parsed.data.reachable) return 'no member of the cluster answers';
  const member = parsed.data.members.find((candidate) => candidate.slot === slot);
  return member ? member.reason : 'it is not in the membership';
}
