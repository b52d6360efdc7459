/**
 * Takes a worker's bootstrap token away once it is a node: it was for one use.
 *
 * Safe to repeat: a token that is gone is done. One that a death leaves behind ends by itself.
 */
import { makeObjects } from '../aws/objects.ts';
import { makeRegistry } from '../aws/registry.ts';
import { callingKubernetes, openKubernetes } from '../kubernetes/open.ts';
import { task } from '../runtime/task.ts';
import { tokenPath } from './bootstrap-token.ts';
import { revokeWorkerToken } from './contracts.ts';
import { findToken, type WorkerKubernetesDeps } from './judge-worker.ts';

export const handler = task(
  revokeWorkerToken,
  (config): WorkerKubernetesDeps => ({
    registry: makeRegistry(config),
    objects: makeObjects(config),
    open: openKubernetes,
  }),
  async ({ observation }, deps, { clock, signal }) => {
    const client = await deps.open(deps, observation.cluster, 'kubernetes-admin', signal);
    try {
      return await callingKubernetes(async () => {
        const token = await findToken(client, observation.instanceId, clock.now(), signal);
        return { revoked: token !== undefined && (await client.delete(tokenPath(token.id), {}, signal)) };
      });
    } finally {
      client.close();
    }
  },
);
