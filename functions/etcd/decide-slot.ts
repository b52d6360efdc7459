import type { BootReason } from '../../node/decide-boot.ts';
import type { EtcdHealth, SlotDecision, SlotObservation } from './contracts.ts';

/** What a decision may take for granted. */
export interface SlotPolicy {
  /** An old instance that holds the slot in `shutting-down` for longer is stuck (design §6, break-glass). */
  readonly stuckShuttingDownSecondsMax: number;
}

export const slotPolicy: SlotPolicy = { stuckShuttingDownSecondsMax: 600 };

/**
 * The node's refusals (node/decide-boot.ts) that mean "this is not the member's data": treated as lost, since the member's fresh data
 * goes to a fresh volume and the refused one is kept. Every other refusal is a contradiction, for a person to look at.
 */
const refusalsThatMeanLost: ReadonlySet<string> = new Set([
  'volume-is-blank',
  'foreign-filesystem',
  'data-missing',
  'marker-missing',
  'marker-unreadable',
  'marker-of-another-volume',
  'wrong-generation',
  'wrong-cluster',
  'wrong-member',
  'log-behind-marker',
  'disk-behind-registry',
] satisfies BootReason[]);

/**
 * What to do with one slot: design §6, row by row, first match wins. Pure. `etcd` is what the members themselves say; where it could
 * not be asked, `etcd.reachable` is false, which is never read as healthy.
 */
export function decideSlot(
  observation: SlotObservation,
  etcd: EtcdHealth,
  policy: SlotPolicy,
  now: Date,
): SlotDecision {
  if (observation.retiring !== undefined) return { action: 'none', reason: observation.retiring };
  return (
    decideOnInstance(observation, policy, now) ??
    decideOnOwnMember(observation, etcd) ??
    decideOnHolder(observation, policy, now) ??
    decideOnData(observation, etcd)
  );
}

/** Rows on the slot's instance: nothing can be directed to a node that is not there. */
function decideOnInstance(
  observation: SlotObservation,
  policy: SlotPolicy,
  now: Date,
): SlotDecision | undefined {
  const { instance, networkInterfaceHolder } = observation;
  if (!instance) {
    const stuck = stuckReason(networkInterfaceHolder, 'network interface', policy, now);
    if (stuck) return { action: 'break-glass', reason: stuck };
    return { action: 'none', reason: 'the slot has no instance; its Auto Scaling group launches one' };
  }
  const { instanceId } = instance;
  if (instance.state === 'unknown') {
    return { action: 'wait', reason: `EC2 does not say in which state ${instanceId} is`, instanceId };
  }
  if (instance.state === 'pending') return { action: 'wait', reason: `${instanceId} is pending`, instanceId };
  if (instance.state !== 'running') {
    return {
      action: 'none',
      reason: `${instanceId} is ${instance.state}; its successor will be looked at`,
      instanceId,
    };
  }
  return undefined;
}

/** The work is done already: the member that the registry names is a healthy voter on this very instance. */
function decideOnOwnMember(observation: SlotObservation, etcd: EtcdHealth): SlotDecision | undefined {
  const { instance, record, report, slot } = observation;
  const member = etcd.members.find((candidate) => candidate.slot === slot);
  if (!instance || !member?.healthy || !member.voter || report.state !== 'started') return undefined;
  if (record.memberId !== undefined && record.memberId !== member.memberId) return undefined;
  return {
    action: 'adopt',
    reason: `member ${member.memberId} is a healthy voter on ${instance.instanceId}`,
    instanceId: instance.instanceId,
  };
}

/** Rows on who holds the volume: never steal from an instance that may still write (S6). */
function decideOnHolder(
  observation: SlotObservation,
  policy: SlotPolicy,
  now: Date,
): SlotDecision | undefined {
  const { instance, volume } = observation;
  const ids = instance && { instanceId: instance.instanceId };
  if (volume.status === 'unknown')
    return { action: 'wait', reason: 'EC2 does not say how the volume is', ...ids };
  if (volume.status === 'creating') return { action: 'wait', reason: 'the volume is being created', ...ids };
  const { holder } = volume;
  if (volume.status !== 'in-use' || !holder || holder.instanceId === instance?.instanceId) return undefined;
  const stuck = stuckReason(holder, 'volume', policy, now);
  if (stuck) return { action: 'break-glass', reason: stuck, ...ids };
  if (holder.state === 'running' || holder.state === 'pending' || holder.state === 'stopped') {
    return {
      action: 'hold',
      reason: `the volume is attached to ${holder.instanceId}, which is ${holder.state}`,
      ...ids,
    };
  }
  return {
    action: 'wait',
    reason: `the volume is still held by ${holder.instanceId}, which is ${holder.state}`,
    ...ids,
  };
}

function stuckReason(
  holder: SlotObservation['networkInterfaceHolder'],
  what: string,
  policy: SlotPolicy,
  now: Date,
): string | undefined {
  if (holder?.state !== 'shutting-down' || !holder.shuttingDownSince) return undefined;
  const seconds = Math.floor((now.getTime() - Date.parse(holder.shuttingDownSince)) / 1000);
  if (seconds <= policy.stuckShuttingDownSecondsMax) return undefined;
  return `${holder.instanceId} is in shutting-down for ${seconds} s (limit ${policy.stuckShuttingDownSecondsMax} s) and holds the ${what}`;
}

/** Rows on the data: intact data resumes, whatever the quorum (S21: the breaker never stops `resume`). */
function decideOnData(observation: SlotObservation, etcd: EtcdHealth): SlotDecision {
  const { instance, record, report, volume } = observation;
  const ids = instance && { instanceId: instance.instanceId };
  // A node of the same forming run died after etcd's first start and before its report: the data says itself whose it is.
  const ownBeginning =
    !observation.formed && report.refusal === 'data-present' && observation.identity !== undefined;
  if (ownBeginning)
    return direct(observation, 'resume', "the data on the volume is this forming slot's own beginning");
  const refusedAsLost = report.state === 'refused' && refusalsThatMeanLost.has(report.refusal ?? '');
  if (report.state === 'refused' && !refusedAsLost) {
    return {
      action: 'hold',
      reason: `the node refused its directive: ${report.reason ?? report.refusal}`,
      ...ids,
    };
  }
  const lost = volume.status === 'lost' || record.volumeId === undefined || refusedAsLost;
  if (lost)
    return decideOnLostData(
      observation,
      etcd,
      refusedAsLost ? `the node found that ${report.reason}` : 'the volume is lost',
    );
  if (!observation.formed && !record.startedOnce)
    return direct(observation, 'form', 'the cluster is forming and etcd never started on this volume');
  // A run that was stopped had told this member to form, and it alone is no quorum: it knows who it is once the others have started.
  if (!observation.formed && observation.identity === undefined)
    return {
      action: 'wait',
      reason: 'etcd has started on this volume and does not know its cluster yet',
      ...ids,
    };
  return direct(observation, 'resume', "the slot's own volume is here");
}

/** Rows on lost data: membership is touched only when the data is really gone, and only from a position of strength. */
function decideOnLostData(observation: SlotObservation, etcd: EtcdHealth, lost: string): SlotDecision {
  const { instance, others, slot } = observation;
  const ids = instance && { instanceId: instance.instanceId };
  if (!observation.formed)
    return { action: 'hold', reason: `${lost} while the cluster was forming; provision it again`, ...ids };
  const expected = others.length + 1;
  const quorum = Math.floor(expected / 2) + 1;
  const unknown = others.filter((other) => other.volume === 'unknown');
  if (unknown.length > 0) {
    return {
      action: 'wait',
      reason: `${lost}; EC2 does not say how the volumes of ${names(unknown)} are`,
      ...ids,
    };
  }
  const intact = others.filter((other) => other.volume !== 'lost');
  if (intact.length < quorum) {
    return {
      action: 'propose-restore',
      reason: `${lost}, and only ${intact.length} of ${expected} volumes are intact (quorum ${quorum}): quorum's data is gone; restore-etcd is the way on`,
      ...ids,
    };
  }
  const hold = (reason: string): SlotDecision => ({ action: 'hold', reason: `${lost}; ${reason}`, ...ids });
  if (!etcd.reachable) return hold('no other member answers, so nothing may be removed');
  const unhealthy = others.filter(
    (other) => !etcd.members.some((member) => member.slot === other.slot && member.healthy),
  );
  // The victim counts as one that looks dead, so any other unhealthy slot makes two: the circuit breaker (S21) and S2 say the same.
  if (unhealthy.length > 0) return hold(`the circuit breaker is open: ${names(unhealthy)} unhealthy as well`);
  const changing = others.filter((other) => other.changing);
  if (changing.length > 0) return hold(`another change is in flight at ${names(changing)}`);
  const learner = etcd.members.find((member) => !member.voter && member.slot !== slot);
  if (learner) return hold(`the learner ${learner.name} is in flight (S3)`);
  if (etcd.alarms.length > 0) return hold(`etcd has alarms: ${etcd.alarms.join(', ')}`);
  return {
    action: 'replace-data',
    reason: `${lost}; the other ${others.length} members are healthy`,
    ...ids,
  };
}

function names(slots: readonly { slot: string }[]): string {
  return `slot ${slots.map(({ slot }) => slot).join(' and slot ')}`;
}

/** The directive in full, so that the acting task has nothing left to choose. */
function direct(observation: SlotObservation, kind: 'form' | 'resume', reason: string): SlotDecision {
  const { instance, record } = observation;
  if (!instance || !record.volumeId)
    throw new Error('a directive needs an instance and a volume: guarded by the rows before');
  const common = {
    kind,
    instanceId: instance.instanceId,
    generation: record.generation,
    volumeId: record.volumeId,
    filesystemUuid: record.filesystemUuid,
  };
  const forming = {
    initialCluster: observation.initialCluster,
    initialClusterState: 'new' as const,
    initialClusterToken: observation.initialClusterToken,
  };
  const identity = {
    ...observation.identity,
    ...(record.raftIndex && { raftIndexFloor: record.raftIndex }),
  };
  return {
    action: kind,
    reason,
    instanceId: instance.instanceId,
    directive: kind === 'form' ? { ...common, ...forming } : { ...common, ...identity },
  };
}
