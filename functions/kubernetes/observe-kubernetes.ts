import { apiServerPort } from '../../node/kubernetes/input.ts';
import { getText, type Objects } from '../aws/objects.ts';
import type { Registry, SlotRecord } from '../aws/registry.ts';
import { objectKeys } from '../clusters/names.ts';
import { readReport } from '../etcd/node-messages.ts';
import { ClusterUnknown } from '../runtime/errors.ts';
import type { TaskContext } from '../runtime/task.ts';
import { createKubernetesClient, type KubernetesClient } from './client.ts';
import type { KubernetesHealth } from './contracts.ts';
import { readKubernetesCertificates } from './open.ts';
import {
  type ApiServerAnswer,
  type ExpectedSlot,
  type NodeObject,
  summarizeKubernetes,
} from './summarize-kubernetes.ts';

export interface KubernetesReaderDeps {
  readonly registry: Pick<Registry, 'getSlots'>;
  readonly objects: Objects;
}

/** How long one API server may take for one answer. */
const callTimeoutMilliseconds = 3_000;

/**
 * Asks every slot's API server how it is, and the first that can for the nodes. Needs the VPC. Throws ClusterUnknown when the registry does not
 * know the cluster; an API server that does not answer is part of the answer.
 */
export async function observeKubernetes(
  cluster: string,
  { registry, objects }: KubernetesReaderDeps,
  { clock, signal }: Pick<TaskContext, 'clock' | 'signal'>,
): Promise<KubernetesHealth> {
  const slots = await registry.getSlots(cluster, signal);
  if (slots.length === 0) throw new ClusterUnknown(`the registry has no slots of a cluster ${cluster}`);
  const [certificates, expected] = await Promise.all([
    readKubernetesCertificates(objects, cluster, 'kubernetes-admin', signal),
    Promise.all(slots.map((slot) => expectOf(objects, cluster, slot, signal))),
  ]);
  const clients = slots.map(({ slot, address }) => ({
    slot,
    client: createKubernetesClient({
      endpoints: [`https://${address}:${apiServerPort}`],
      ...certificates,
      timeoutMilliseconds: callTimeoutMilliseconds,
    }),
  }));
  try {
    const apiServers = await Promise.all(clients.map(({ slot, client }) => ask(slot, client, signal)));
    const ready = clients.filter(({ slot }) => apiServers.find((one) => one.slot === slot)?.ready);
    const nodes = await listNodes(
      ready.map(({ client }) => client),
      signal,
    );
    return summarizeKubernetes(cluster, { slots: expected, apiServers, nodes }, clock.now().toISOString());
  } finally {
    for (const { client } of clients) client.close();
  }
}

async function expectOf(
  objects: Objects,
  cluster: string,
  { slot, instanceId }: SlotRecord,
  signal: AbortSignal,
): Promise<ExpectedSlot> {
  if (instanceId === undefined) return { slot };
  const key = objectKeys(cluster).report(slot, instanceId);
  const text = await getText(objects, key, signal);
  const report = text === undefined ? undefined : readReport(key, text);
  const state = report?.kubernetes;
  return {
    slot,
    instanceId,
    ...(state !== undefined && { reported: { state, reason: report?.kubernetesReason } }),
  };
}

async function ask(slot: string, client: KubernetesClient, signal: AbortSignal): Promise<ApiServerAnswer> {
  try {
    const { status, text } = await client.read('/readyz', signal);
    if (status !== 200)
      return { slot, ready: false, reason: `/readyz says ${status}: ${text.slice(0, 200)}` };
    const version = await client.get<{ gitVersion?: string }>('/version', signal);
    return { slot, ready: true, version: version?.gitVersion?.replace(/^v/, '') };
  } catch (error) {
    if (signal.aborted) throw error;
    return { slot, ready: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** From the first that gives them; undefined where none does. Beyond a certificate that is not accepted: no reason to fail the look. */
async function listNodes(
  clients: readonly KubernetesClient[],
  signal: AbortSignal,
): Promise<NodeObject[] | undefined> {
  for (const client of clients) {
    try {
      return await client.list<NodeObject>('/api/v1/nodes', {}, signal);
    } catch (error) {
      if (signal.aborted) throw error;
    }
  }
  return undefined;
}
