/**
 * Asks etcd, puts its answer beside what observe-slot saw, and decides (decide-slot.ts). Runs in the VPC, where etcd can be reached.
 *
 * Changes nothing, so a repeat is safe.
 */
import { makeObjects, type Objects } from '../aws/objects.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { task } from '../runtime/task.ts';
import { judgeSlot } from './contracts.ts';
import { decideSlot, slotPolicy } from './decide-slot.ts';
import { observeEtcd } from './observe-etcd.ts';

export interface EtcdReaderDeps {
  readonly registry: Registry;
  readonly objects: Objects;
}

export const handler = task(
  judgeSlot,
  (config): EtcdReaderDeps => ({ registry: makeRegistry(config), objects: makeObjects(config) }),
  async ({ observation }, deps, context) => {
    const etcd = await observeEtcd(observation.cluster, deps, context);
    const decision = decideSlot(observation, etcd, slotPolicy, context.clock.now());
    context.log.info('decided', { slot: observation.slot, action: decision.action, reason: decision.reason });
    return { decision, etcd };
  },
);
