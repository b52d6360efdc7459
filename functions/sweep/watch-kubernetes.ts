/**
 * Asks every cluster's Kubernetes how it is, once a minute, and records it with the time since when a slot's instance is not ready, which
 * the sweep reads. Marks the control plane's nodes that lack their marks: a replaced instance's node is a new one. Runs in the VPC, where
 * API servers can be reached.
 *
 * Safe to repeat: an observation replaces the one before and keeps its times, and what is marked stays marked. A cluster that fails does
 * not keep the others from being watched.
 */
import { makeObjects, type Objects } from '../aws/objects.ts';
import { type ClusterRecord, makeRegistry, type Registry, type SlotRecord } from '../aws/registry.ts';
import { retiringReason } from '../clusters/retiring.ts';
import type { KubernetesHealth } from '../kubernetes/contracts.ts';
import { markControlPlaneNodes } from '../kubernetes/control-plane-nodes.ts';
import { observeKubernetes } from '../kubernetes/observe-kubernetes.ts';
import { callingKubernetes, openKubernetes } from '../kubernetes/open.ts';
import { verdictOn } from '../kubernetes/verify-kubernetes.ts';
import { settleAll } from '../runtime/settle.ts';
import { type TaskContext, task } from '../runtime/task.ts';
import { kubernetesObservation, watchKubernetes } from './contracts.ts';
import { trackUnready } from './track-unready.ts';

export interface WatchKubernetesDeps {
  readonly registry: Registry;
  readonly objects: Objects;
  readonly observe: typeof observeKubernetes;
  readonly open: typeof openKubernetes;
}

export const handler = task(
  watchKubernetes,
  (config): WatchKubernetesDeps => ({
    registry: makeRegistry(config),
    objects: makeObjects(config),
    observe: observeKubernetes,
    open: openKubernetes,
  }),
  async (_input, deps, context) => {
    const clusters = await deps.registry.listClusters(context.signal);
    const found = await settleAll(clusters.map((cluster) => watchCluster(cluster, deps, context)));
    return { observed: found.flat() };
  },
);

async function watchCluster(cluster: string, deps: WatchKubernetesDeps, context: TaskContext) {
  const { log, metrics, signal } = context;
  const record = await deps.registry.getCluster(cluster, signal);
  if (!record?.formed || !record.kubernetes) return [];
  const retiring = retiringReason(record);
  if (retiring !== undefined) {
    log.info('left alone', { cluster, reason: retiring });
    return [];
  }
  const health = await deps.observe(cluster, deps, context);
  const slots = await deps.registry.getSlots(cluster, signal);
  await recordHealth(record, health, { registry: deps.registry, slots, signal });
  const healthy = verdictOn(health, hasOwnNetwork(record)) === 'ready';
  if (!healthy) {
    metrics.count('KubernetesUnhealthy');
    metrics.count('KubernetesUnhealthy', 1, { cluster });
  }
  await markNodes(cluster, health, deps, context);
  return [{ cluster, healthy, reason: health.reason }];
}

async function recordHealth(
  record: ClusterRecord,
  health: KubernetesHealth,
  look: { readonly registry: Registry; readonly slots: readonly SlotRecord[]; readonly signal: AbortSignal },
): Promise<void> {
  const { registry, slots, signal } = look;
  const previous = kubernetesObservation.safeParse(
    await registry.getKubernetesObservation(record.name, signal),
  );
  const unreadySince = trackUnready(previous.data, health, { slots, ownNetwork: hasOwnNetwork(record) });
  await registry.putKubernetesObservation(record.name, { ...health, unreadySince }, signal);
}

/** Where no API server serves, no node can be marked: a later look does it. */
async function markNodes(
  cluster: string,
  health: KubernetesHealth,
  deps: WatchKubernetesDeps,
  { log, signal }: TaskContext,
): Promise<void> {
  const names = health.nodes.flatMap(({ name, slot }) => (slot === undefined ? [] : [name]));
  if (names.length === 0) return;
  const client = await deps.open(deps, cluster, 'kubernetes-admin', signal);
  try {
    const { marked } = await callingKubernetes(() => markControlPlaneNodes(client, names, signal));
    if (marked.length > 0) log.info('marked', { cluster, marked });
  } finally {
    client.close();
  }
}

function hasOwnNetwork({ spec }: ClusterRecord): boolean {
  return spec.network.cni === 'none';
}
