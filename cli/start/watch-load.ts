import type { KubernetesClient, KubernetesObject } from '../../functions/kubernetes/client.ts';
import { pathOf } from '../../functions/kubernetes/paths.ts';
import { zoneKey } from '../../functions/scheduling/model.ts';
import { poolLabel } from '../../node/worker/protocol.ts';
import type { WantedPods } from './manifests.ts';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

export interface LoadPod extends KubernetesObject {
  readonly spec?: { readonly nodeName?: string };
  readonly status?: { readonly phase?: string; readonly conditions?: readonly Condition[] };
}

interface Node extends KubernetesObject {
  readonly status?: { readonly conditions?: readonly Condition[] };
}

/** A node as the API has it; of a worker, its pool. */
export interface LoadNode {
  readonly name: string;
  readonly pool?: string;
  readonly zone: string;
  readonly ready: boolean;
}

/** A pod that has no place, and why. */
export interface LeftOutPod {
  readonly pod: string;
  readonly reason: string;
}

/** How far a load is. */
export interface LoadProgress {
  readonly wanted: number;
  /** Running, on nodes that are ready. */
  readonly running: number;
  readonly bound: number;
  readonly leftOut: readonly LeftOutPod[];
}

export async function listNodes(client: KubernetesClient, signal: AbortSignal): Promise<LoadNode[]> {
  const nodes = await client.list<Node>(pathOf({ apiVersion: 'v1', kind: 'Node' }), {}, signal);
  return nodes.map(({ metadata: { labels = {}, name }, status }) => ({
    name,
    ...(labels[poolLabel] !== undefined && { pool: labels[poolLabel] }),
    zone: labels[zoneKey] ?? '',
    ready: status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false,
  }));
}

/** The pods that are wanted, as far as they are there: those that are about to go are not among them. */
export async function listPods(
  client: KubernetesClient,
  { namespace, query }: WantedPods,
  signal: AbortSignal,
): Promise<LoadPod[]> {
  const pods = await client.list<LoadPod>(
    pathOf({ apiVersion: 'v1', kind: 'Pod', namespace }),
    query,
    signal,
  );
  return pods.filter(
    ({ metadata, status }) => metadata.deletionTimestamp === undefined && status?.phase !== 'Failed',
  );
}

/** Counts what runs on ready nodes, and says of every other pod why it does not. Pure. */
export function decideProgress(
  wanted: readonly WantedPods[],
  pods: readonly LoadPod[],
  nodes: readonly LoadNode[],
): LoadProgress {
  const ready = new Set(nodes.filter((node) => node.ready).map(({ name }) => name));
  const runs = ({ spec, status }: LoadPod): boolean =>
    status?.phase === 'Running' && ready.has(spec?.nodeName ?? '');
  const bound = pods.filter(({ spec }) => spec?.nodeName !== undefined);
  const leftOut = pods
    .filter((pod) => !runs(pod))
    .map((pod) => ({ pod: `${pod.metadata.namespace}/${pod.metadata.name}`, reason: reasonOf(pod, ready) }));
  return {
    wanted: wanted.reduce((sum, { count }) => sum + count, 0),
    running: pods.length - leftOut.length,
    bound: bound.length,
    leftOut,
  };
}

function reasonOf({ spec, status }: LoadPod, ready: ReadonlySet<string>): string {
  const node = spec?.nodeName;
  if (node !== undefined)
    return ready.has(node) ? `it does not run on ${node} yet` : `${node}, to which it is bound, is not ready`;
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  return scheduled?.message ?? 'the scheduler has not looked at it yet';
}
