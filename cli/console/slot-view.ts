import type { SlotRecord } from '../../functions/aws/registry.ts';
import type { MemberHealth } from '../../functions/etcd/contracts.ts';
import type { InstanceView, MemberView, SlotView, State, VolumeView } from './contracts.ts';
import type { ClusterReadings, ExecutionReading, InstanceReading } from './readings.ts';

/** States of an instance from which it does not come back. */
const ended = ['terminated'];
const ending = ['shutting-down', 'stopping', 'stopped'];

/** Everything that is known of one slot. */
interface SlotFacts {
  readonly zone: string;
  readonly cut: boolean;
  readonly record: SlotRecord | undefined;
  readonly instance: InstanceReading | undefined;
  readonly lifecycle: string | undefined;
  readonly volume: VolumeView | undefined;
  readonly member: MemberHealth | undefined;
  /** Whether the members could be asked at all. */
  readonly asked: boolean;
  /** An execution that works on this very slot. */
  readonly work: ExecutionReading | undefined;
  readonly formed: boolean;
}

interface Judgement {
  readonly state: State;
  readonly word: string;
  readonly sentence: string;
}

/** One slot for a person; offers are added later. Pure. */
export function viewSlot(
  slot: string,
  zone: string,
  readings: ClusterReadings,
  executions: readonly ExecutionReading[],
): Omit<SlotView, 'offers'> {
  const facts = factsOf(slot, zone, readings, executions);
  const { instance, member, record, volume } = facts;
  const { kubernetes } = readings;
  const apiServer = kubernetes?.apiServers.find((one) => one.slot === slot);
  const node = kubernetes?.nodes.find(({ name }) => name === instance?.instanceId);
  return {
    slot,
    ...judge(slot, facts),
    ...(record && { address: record.address }),
    leader: member?.leader === true && member.healthy,
    ...(instance && { instance: viewInstance(instance) }),
    ...(volume && { volume }),
    ...(member && { member: viewMember(member) }),
    ...(apiServer && { apiServer: withReason(apiServer) }),
    ...(node && { node: withReason(node) }),
  };
}

function factsOf(
  slot: string,
  zone: string,
  { etcd, groups, instances, record: cluster, slots, volumes, zonesCut }: ClusterReadings,
  executions: readonly ExecutionReading[],
): SlotFacts {
  const record = slots.find((one) => one.slot === slot);
  const instance = presentInstance(instances.filter((one) => one.slot === slot));
  const lifecycle = instance && groups.map((group) => group.lifecycles[instance.instanceId]).find(Boolean);
  const found = volumes.find(({ volumeId }) => volumeId === record?.volumeId);
  const gone = record?.volumeId && { volumeId: record.volumeId, state: 'gone' };
  const volume: VolumeView | undefined = found ?? (gone || undefined);
  const work = executions.find(
    ({ name, status, workflow }) =>
      status === 'RUNNING' && workflow === 'replace-etcd-member' && name.includes(`-${slot}-`),
  );
  return {
    zone,
    cut: zonesCut.includes(zone),
    record,
    instance,
    lifecycle,
    volume,
    member: etcd?.members.find((one) => one.slot === slot),
    asked: etcd?.reachable === true,
    work,
    formed: cluster?.formed === true,
  };
}

/** The newest that has not ended; one that is ending only where there is no other. */
function presentInstance(instances: readonly InstanceReading[]): InstanceReading | undefined {
  const present = instances
    .filter(({ state }) => !ended.includes(state))
    .toSorted((one, two) => ((one.launchedAt ?? '') < (two.launchedAt ?? '') ? 1 : -1));
  return present.find(({ state }) => !ending.includes(state)) ?? present[0];
}

/** First match wins: what is nearer to the ground comes first. */
function judge(slot: string, facts: SlotFacts): Judgement {
  const { asked, cut, formed, instance, member, record, volume, zone } = facts;
  if (cut)
    return {
      state: 'unwell',
      word: 'cut off',
      sentence: `Zone ${zone} is cut off: nobody reaches the slot.`,
    };
  if (!record) return { state: 'busy', word: 'planned', sentence: 'Nothing of it is made yet.' };
  const lost = volume && ['error', 'gone', 'deleting'].includes(volume.state) && volume;
  if (lost && !member?.healthy) return onLostVolume(facts, lost);
  if (!instance)
    return formed
      ? { state: 'busy', word: 'without an instance', sentence: 'Its group launches another instance.' }
      : { state: 'busy', word: 'forming', sentence: 'Its instance is not launched yet.' };
  if (ending.includes(instance.state))
    return {
      state: 'busy',
      word: 'losing its instance',
      sentence: `${instance.instanceId} is ${instance.state}; its group launches another.`,
    };
  if (member?.healthy && member.voter)
    return { state: 'well', word: 'serving', sentence: `Its member ${member.leader ? 'leads' : 'votes'}.` };
  if (member && !member.voter)
    return { state: 'busy', word: 'catching up', sentence: member.reason ?? 'It is a learner.' };
  const { verdict } = record;
  if (verdict) return { state: 'unwell', word: 'held', sentence: `${verdict.action}: ${verdict.reason}.` };
  return onWork(slot, facts) ?? onSilence(asked, member, instance);
}

function onLostVolume({ record }: SlotFacts, { state, volumeId }: VolumeView): Judgement {
  const how = `${volumeId} is ${state === 'gone' ? 'gone' : `in state ${state}`}`;
  const { verdict } = record ?? {};
  return verdict
    ? { state: 'unwell', word: 'held', sentence: `${how}; ${verdict.action}: ${verdict.reason}.` }
    : { state: 'unwell', word: 'without its disk', sentence: `${how}.` };
}

function onWork(slot: string, { formed, instance, lifecycle, work }: SlotFacts): Judgement | undefined {
  const waits = lifecycle === 'Pending:Wait' ? ' waits in its launch hook' : ` is ${instance?.state}`;
  if (!formed)
    return { state: 'busy', word: 'forming', sentence: `${instance?.instanceId}${waits}; etcd forms.` };
  if (work)
    return {
      state: 'busy',
      word: 'coming back',
      sentence: `${work.workflow} puts slot ${slot} back on ${instance?.instanceId}.`,
    };
  if (instance?.state === 'pending' || lifecycle?.startsWith('Pending'))
    return { state: 'busy', word: 'coming back', sentence: `${instance?.instanceId}${waits}.` };
  return undefined;
}

function onSilence(asked: boolean, member: MemberHealth | undefined, instance: InstanceReading): Judgement {
  if (!asked && !member)
    return { state: 'unknown', word: 'not known', sentence: 'No member of the cluster could be asked.' };
  return {
    state: 'unwell',
    word: 'silent',
    sentence: `${instance.instanceId} is ${instance.state}; its member: ${member?.reason ?? 'there is none'}.`,
  };
}

function viewInstance({ instanceId, launchedAt, state, type }: InstanceReading): InstanceView {
  return { instanceId, state, type, ...(launchedAt !== undefined && { launchedAt }) };
}

function viewMember({ healthy, leader, memberId, reason, version, voter }: MemberHealth): MemberView {
  const speaking = leader ? 'leader' : 'voter';
  return {
    memberId: BigInt(memberId).toString(16),
    role: !voter ? 'learner' : healthy ? speaking : 'silent',
    healthy,
    ...(reason !== undefined && { reason }),
    ...(version !== undefined && { version }),
  };
}

function withReason({ ready, reason }: { readonly ready: boolean; readonly reason?: string | undefined }) {
  return { ready, ...(reason !== undefined && { reason }) };
}
