/**
 * Lets one worker join: a bootstrap token of its own, and what it needs to use it, under its own prefix, which only this instance can read.
 *
 * Safe to repeat: a token that was made for the instance is found again, and what is written of it is the same. Two runs at once may make two
 * tokens; the one that is not used ends by itself. No lease: nothing but this instance is touched, and every effect names it.
 */
import { renderJoin } from '../../node/worker/protocol.ts';
import { makeObjects } from '../aws/objects.ts';
import { makeRegistry } from '../aws/registry.ts';
import { objectKeys } from '../clusters/names.ts';
import { callingKubernetes, openKubernetes, readKubernetesCertificates } from '../kubernetes/open.ts';
import { ClusterUnknown, ResourceNotReady } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { makeToken, tokensPath } from './bootstrap-token.ts';
import { admitWorker } from './contracts.ts';
import { findToken, type WorkerKubernetesDeps } from './judge-worker.ts';

export const handler = task(
  admitWorker,
  (config): WorkerKubernetesDeps => ({
    registry: makeRegistry(config),
    objects: makeObjects(config),
    open: openKubernetes,
  }),
  async ({ observation }, deps, { clock, log, signal }) => {
    const { cluster, instanceId, userId } = observation;
    const record = await deps.registry.getCluster(cluster, signal);
    if (!record) throw new ClusterUnknown(`the registry knows no cluster ${cluster}; provision it first`);
    if (record.endpoint === undefined) throw new ResourceNotReady(`${cluster} has no load balancer yet`);
    const { ca } = await readKubernetesCertificates(deps.objects, cluster, 'kubernetes-admin', signal);
    const client = await deps.open(deps, cluster, 'kubernetes-admin', signal);
    try {
      const present = await callingKubernetes(() => findToken(client, instanceId, clock.now(), signal));
      const { id, token, expiresAt } =
        present ??
        (await callingKubernetes(async () => {
          const made = makeToken(instanceId, clock.now());
          await client.create(tokensPath, made.object, signal);
          return made;
        }));
      const join = renderJoin({
        instanceId,
        endpoint: record.endpoint,
        token,
        ca: Buffer.from(ca).toString('base64'),
        expiresAt,
      });
      await deps.objects.put(objectKeys(cluster).worker(userId).join, join, undefined, signal);
      log.info('admitted', { instanceId, tokenId: id, expiresAt, again: present !== undefined });
      return { tokenId: id, written: true };
    } finally {
      client.close();
    }
  },
);
