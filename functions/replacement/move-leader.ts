/**
 * Asks the member that leads to hand leadership to another, so that writes wait for no election when its instance goes.
 *
 * Safe to repeat: one that leads no more says so, which is as good. What etcd does not do is no failure: it is judged anew, and given up
 * after some attempts (decide-replacement.ts), for an instance that hangs must go all the same.
 */
import { makeObjects, type Objects } from '../aws/objects.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { openCluster, requireSlot } from '../clusters/acting.ts';
import { createEtcdClient, EtcdError } from '../etcd/client.ts';
import { readClientCertificates } from '../etcd/observe-etcd.ts';
import { InputInvalid } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { moveLeader, type ReplacementDecision } from './contracts.ts';

export interface MoveLeaderDeps {
  readonly registry: Registry;
  readonly objects: Objects;
  readonly connect: typeof createEtcdClient;
}

/** etcd itself gives a transfer an election time-out, a second by default. */
const transferMilliseconds = 5_000;

export const handler = task(
  moveLeader,
  (config): MoveLeaderDeps => ({
    registry: makeRegistry(config),
    objects: makeObjects(config),
    connect: createEtcdClient,
  }),
  async (input, { registry, objects, connect }, { config, log, signal }) => {
    const { cluster } = input;
    const { from, to, toMemberId } = moveOf(input.decision);
    const { act } = await openCluster(registry, input, config.deployment, signal);
    const { address } = await requireSlot(registry, cluster, from, signal);
    const certificates = await readClientCertificates(objects, cluster, signal);
    const client = connect({ address, ...certificates, timeoutMilliseconds: transferMilliseconds });
    try {
      await act(() => client.transferLeadership(toMemberId, signal));
      log.info('leadership moved', { slot: from, to });
      return { moved: true, reason: `the member of slot ${to} leads` };
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      log.warn('leadership did not move', { slot: from, to, kind: error.kind, reason: error.message });
      return { moved: error.kind === 'not-leader', reason: error.message };
    } finally {
      client.close();
    }
  },
);

function moveOf({ action, move }: ReplacementDecision) {
  if (move) return move;
  throw new InputInvalid(`the decision ${action} names no member to move leadership to`);
}
