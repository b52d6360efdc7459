/**
 * Writes into the registry that a slot's member is back: whose data it is, on which instance, and its raft index as the new high-water
 * mark (S8). Only after it was verified (design §6: only then is the registry's mark advanced).
 *
 * Safe to repeat: the same values again; the mark never goes down; a member ID, once recorded, never changes here (S7).
 */
import { makeRegistry, type Registry, type SlotRecord } from '../aws/registry.ts';
import { assertLease } from '../leases/assert-lease.ts';
import { ClusterUnknown, EtcdUnhealthy } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { type EtcdHealth, recordSlot } from './contracts.ts';

export const handler = task(
  recordSlot,
  (config): { registry: Registry } => ({ registry: makeRegistry(config) }),
  async ({ lease, cluster, slot, instanceId, health }, { registry }, { metrics, signal }) => {
    const present = await registry.getSlot(cluster, slot, signal);
    if (!present) throw new ClusterUnknown(`the registry has no slot ${slot} of a cluster ${cluster}`);
    const patch = patchOf(present, slot, instanceId, health);
    await assertLease(registry, lease, signal);
    const expected = {
      generation: present.generation,
      memberId: present.memberId ?? null,
      raftIndex: present.raftIndex ?? null,
    };
    await registry.updateSlot(cluster, slot, patch, expected, signal);
    metrics.count('SlotServed');
    return { recorded: true };
  },
);

function patchOf(present: SlotRecord, slot: string, instanceId: string, health: EtcdHealth) {
  const member = health.members.find((candidate) => candidate.slot === slot);
  if (!member?.healthy || !member.voter || !health.clusterId) {
    throw new EtcdUnhealthy(
      `slot ${slot} has no healthy voter to record: ${member?.reason ?? health.reason}`,
    );
  }
  if (present.memberId !== undefined && present.memberId !== member.memberId) {
    throw new EtcdUnhealthy(
      `slot ${slot} is member ${present.memberId} in the registry and ${member.memberId} in etcd`,
    );
  }
  return {
    clusterId: health.clusterId,
    memberId: member.memberId,
    raftIndex: higher(present.raftIndex, member.raftIndex),
    instanceId,
    servedAt: health.observedAt,
    startedOnce: true,
    phase: 'serving' as const,
    verdict: null,
  };
}

/** The higher of two raft indexes, which are decimal strings of up to 64 bits. */
export function higher(one: string | undefined, two: string | undefined): string {
  return BigInt(one ?? '0') > BigInt(two ?? '0') ? (one ?? '0') : (two ?? '0');
}
