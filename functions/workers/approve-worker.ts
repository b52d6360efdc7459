/**
 * Approves the one certificate request that was judged to be a worker's own.
 *
 * Safe to repeat: the request is judged anew before it is approved, and one that is approved already is done.
 */
import { makeObjects } from '../aws/objects.ts';
import { makeRegistry } from '../aws/registry.ts';
import { callingKubernetes, openKubernetes } from '../kubernetes/open.ts';
import { task } from '../runtime/task.ts';
import { approveWorker } from './contracts.ts';
import { findRequests, requestsPath, type SigningRequest } from './find-requests.ts';
import { findToken, type WorkerKubernetesDeps } from './judge-worker.ts';

export const handler = task(
  approveWorker,
  (config): WorkerKubernetesDeps => ({
    registry: makeRegistry(config),
    objects: makeObjects(config),
    open: openKubernetes,
  }),
  async ({ observation, decision }, deps, { clock, log, signal }) => {
    const { cluster, instanceId } = observation;
    const name = decision.requestName ?? '';
    const client = await deps.open(deps, cluster, 'kubernetes-admin', signal);
    try {
      return await callingKubernetes(async () => {
        const token = await findToken(client, instanceId, clock.now(), signal);
        const requests = await findRequests(client, { instanceId, tokenId: token?.id }, signal);
        if (requests.find((one) => one.name === name)?.state !== 'pending') return { approved: false };
        const path = `${requestsPath}/${name}`;
        const request = await client.get<SigningRequest>(path, signal);
        if (!request) return { approved: false };
        const now = clock
          .now()
          .toISOString()
          .replace(/\.\d+Z$/, 'Z');
        const condition = {
          type: 'Approved',
          status: 'True',
          reason: 'TrivetApproved',
          message: `Asked for by ${instanceId} with its own token`,
          lastUpdateTime: now,
        };
        const conditions = [...(request.status?.conditions ?? []), condition];
        await client.replace(
          `${path}/approval`,
          { ...request, status: { ...request.status, conditions } },
          signal,
        );
        log.info('approved', { instanceId, request: name });
        return { approved: true };
      });
    } finally {
      client.close();
    }
  },
);
