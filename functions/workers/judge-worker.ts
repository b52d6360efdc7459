/**
 * Asks Kubernetes about a worker and decides what is to be done with it.
 *
 * Changes nothing, so a repeat is safe. An API server that cannot be asked is part of the answer.
 */
import { makeObjects, type Objects } from '../aws/objects.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { retiringReason } from '../clusters/retiring.ts';
import { type KubernetesClient, KubernetesError } from '../kubernetes/client.ts';
import { openKubernetes } from '../kubernetes/open.ts';
import { pathOf } from '../kubernetes/paths.ts';
import type { NodeObject } from '../kubernetes/summarize-kubernetes.ts';
import { task } from '../runtime/task.ts';
import { readToken, type TokenSecret, tokenLabel, tokensPath } from './bootstrap-token.ts';
import { judgeWorker, type WorkerObservation } from './contracts.ts';
import { decideWorker, type WorkerInKubernetes, workerPolicy } from './decide-worker.ts';
import { findRequests } from './find-requests.ts';

export interface WorkerKubernetesDeps {
  readonly registry: Pick<Registry, 'getSlots' | 'getCluster'>;
  readonly objects: Objects;
  readonly open: typeof openKubernetes;
}

export const handler = task(
  judgeWorker,
  (config): WorkerKubernetesDeps => ({
    registry: makeRegistry(config),
    objects: makeObjects(config),
    open: openKubernetes,
  }),
  async ({ observation }, deps, { clock, signal }) => {
    const retiring = retiringReason(await deps.registry.getCluster(observation.cluster, signal));
    if (retiring !== undefined) return { decision: { action: 'none', reason: retiring } };
    const client = await deps.open(deps, observation.cluster, 'kubernetes-admin', signal);
    try {
      const found = await look(client, observation, clock.now(), signal);
      return { decision: decideWorker(observation, found, workerPolicy, clock.now()) };
    } finally {
      client.close();
    }
  },
);

async function look(
  client: KubernetesClient,
  { instanceId }: WorkerObservation,
  now: Date,
  signal: AbortSignal,
): Promise<WorkerInKubernetes> {
  try {
    const [node, token] = await Promise.all([
      client.get<NodeObject>(pathOf({ apiVersion: 'v1', kind: 'Node', name: instanceId }), signal),
      findToken(client, instanceId, now, signal),
    ]);
    const requests = await findRequests(client, { instanceId, tokenId: token?.id }, signal);
    const condition = node?.status?.conditions?.find(({ type }) => type === 'Ready');
    const reason = condition?.message ?? condition?.reason;
    return {
      reachable: true,
      admitted: token !== undefined,
      ...(token && { admittedAt: token.madeAt }),
      requests,
      ...(node && { node: { ready: condition?.status === 'True', ...(reason && { reason }) } }),
    };
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error;
    return { reachable: false, reason: error.message, admitted: false, requests: [] };
  }
}

/** The token that was made for an instance and has not ended. */
export async function findToken(
  client: KubernetesClient,
  instanceId: string,
  now: Date,
  signal: AbortSignal,
): Promise<ReturnType<typeof readToken>> {
  const secrets = await client.list<TokenSecret>(
    tokensPath,
    { labelSelector: `${tokenLabel}=${instanceId}` },
    signal,
  );
  return secrets.flatMap((secret) => readToken(secret, now) ?? [])[0];
}
