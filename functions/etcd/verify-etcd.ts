/**
 * Looks whether etcd is as it should be: one slot's member back as a healthy voter, or the whole cluster (design §6, "Done means").
 *
 * Changes nothing, so a repeat is safe: workflows poll it.
 */
import { makeObjects } from '../aws/objects.ts';
import { makeRegistry } from '../aws/registry.ts';
import { task } from '../runtime/task.ts';
import { type EtcdHealth, verifyEtcd } from './contracts.ts';
import type { EtcdReaderDeps } from './judge-slot.ts';
import { observeEtcd } from './observe-etcd.ts';

export const handler = task(
  verifyEtcd,
  (config): EtcdReaderDeps => ({ registry: makeRegistry(config), objects: makeObjects(config) }),
  async ({ cluster, slot }, deps, context) => {
    const health = await observeEtcd(cluster, deps, context);
    return { ...verdictOn(health, slot), health };
  },
);

/** Pure: whether what was asked for is there, and why (not). */
export function verdictOn(
  health: EtcdHealth,
  slot: string | undefined,
): { verified: boolean; reason: string } {
  if (slot === undefined) return { verified: health.healthy, reason: health.reason };
  if (health.hash === 'differs')
    return { verified: false, reason: 'the members hold different keys at one revision' };
  const member = health.members.find((candidate) => candidate.slot === slot);
  if (!member) return { verified: false, reason: `slot ${slot} has no member yet` };
  if (!member.voter) return { verified: false, reason: `the member of slot ${slot} is a learner` };
  const reason = member.reason ?? `member ${member.name} is a healthy voter`;
  return { verified: member.healthy, reason };
}
