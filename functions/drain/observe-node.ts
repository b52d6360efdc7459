import type { KubernetesClient, KubernetesObject } from '../kubernetes/client.ts';
import { KubernetesError } from '../kubernetes/client.ts';
import { pathOf } from '../kubernetes/paths.ts';
import type { DrainObservation } from './contracts.ts';
import type { NodeInDrain } from './decide-drain.ts';
import { type DrainPod, judgePod } from './judge-pod.ts';
import { type DrainedNode, drainingSince, markPatch, unmarkPatch } from './mark-node.ts';

interface Pod extends KubernetesObject {
  readonly metadata: KubernetesObject['metadata'] & {
    readonly ownerReferences?: readonly { readonly kind: string; readonly controller?: boolean }[];
  };
  readonly spec?: {
    readonly priority?: number;
    readonly terminationGracePeriodSeconds?: number;
    readonly volumes?: readonly { readonly persistentVolumeClaim?: { readonly claimName: string } }[];
  };
  readonly status?: { readonly phase?: string };
}

interface VolumeAttachment extends KubernetesObject {
  readonly spec?: {
    readonly nodeName?: string;
    readonly source?: { readonly persistentVolumeName?: string };
  };
}

interface Claim extends KubernetesObject {
  readonly spec?: { readonly volumeName?: string };
}

const safeToEvict = 'cluster-autoscaler.kubernetes.io/safe-to-evict';
/** Annotations by which owners forbid moving a pod of one's own accord, as the peers spell them. */
const forbidding: readonly (readonly [key: string, value: string])[] = [
  [safeToEvict, 'false'],
  ['karpenter.sh/do-not-disrupt', 'true'],
];

const nodePath = (name: string) => pathOf({ apiVersion: 'v1', kind: 'Node', name });

/**
 * Marks a worker's node, so that nothing new comes to it, and reads what is on it. Marking comes first: what is scheduled between a look and
 * the mark would be missed. An API server that cannot be asked is part of the answer.
 */
export async function observeNode(
  client: KubernetesClient,
  observation: DrainObservation,
  now: Date,
  signal: AbortSignal,
): Promise<NodeInDrain> {
  try {
    const found = await client.get<DrainedNode>(nodePath(observation.instanceId), signal);
    if (!found) return { reachable: true, pods: [], attachments: [] };
    const patch = markPatch(found, observation.cause, now);
    const node = patch
      ? await client.patch<DrainedNode>(nodePath(observation.instanceId), patch, 'merge', signal)
      : found;
    const responds = node.status?.conditions?.find(({ type }) => type === 'Ready')?.status !== 'Unknown';
    const since = drainingSince(node);
    const query = { fieldSelector: `spec.nodeName=${observation.instanceId}` };
    const pods = await client.list<Pod>(pathOf({ apiVersion: 'v1', kind: 'Pod' }), query, signal);
    const drained = pods.map((pod) => ({ pod, ...drainPod(pod) }));
    const staying = drained.filter(
      ({ pod: _, ...one }) => judgePod(one, { observation, responds, now }).verdict === 'skip',
    );
    return {
      reachable: true,
      node: { responds, ...(since !== undefined && { drainingSince: since }) },
      pods: drained.map(({ pod: _, ...one }) => one),
      attachments: await attachments(client, { observation, staying: staying.map(({ pod }) => pod) }, signal),
    };
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error;
    return { reachable: false, reason: error.message, pods: [], attachments: [] };
  }
}

/** Takes the marks away that `observeNode` has set. False: there were none. Throws KubernetesError. */
export async function unmarkNode(
  client: KubernetesClient,
  name: string,
  signal: AbortSignal,
): Promise<boolean> {
  const node = await client.get<DrainedNode>(nodePath(name), signal);
  const patch = node && unmarkPatch(node);
  if (!patch) return false;
  await client.patch(nodePath(name), patch, 'merge', signal);
  return true;
}

/** A pod as decisions need it. Pure. */
export function drainPod({ metadata, spec, status }: Pod): DrainPod {
  const {
    annotations = {},
    deletionTimestamp,
    namespace = '',
    name,
    ownerReferences = [],
    uid = '',
  } = metadata;
  const controller = ownerReferences.find((owner) => owner.controller)?.kind;
  const forbidden = forbidding.find(([key, value]) => annotations[key] === value);
  return {
    namespace,
    name,
    uid,
    ...(controller !== undefined && { controller }),
    mirror: annotations['kubernetes.io/config.mirror'] !== undefined,
    phase: status?.phase ?? 'Unknown',
    priority: spec?.priority ?? 0,
    graceSeconds: spec?.terminationGracePeriodSeconds ?? 30,
    ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    ...(forbidden && { doNotDisrupt: `${forbidden[0]}=${forbidden[1]}` }),
    ...(annotations[safeToEvict] === 'true' && { safeToEvict: true }),
  };
}

/** Volumes attached to the node, without those of pods that stay to its end: a DaemonSet's are detached by nobody. */
async function attachments(
  client: KubernetesClient,
  { observation, staying }: { readonly observation: DrainObservation; readonly staying: readonly Pod[] },
  signal: AbortSignal,
): Promise<string[]> {
  const path = pathOf({ apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttachment' });
  const all = await client.list<VolumeAttachment>(path, {}, signal);
  const own = all.flatMap(({ spec }) =>
    spec?.nodeName === observation.instanceId ? (spec.source?.persistentVolumeName ?? []) : [],
  );
  if (own.length === 0) return [];
  const claims = staying.flatMap(({ metadata, spec }) =>
    (spec?.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) =>
      claim ? { namespace: metadata.namespace ?? '', name: claim.claimName } : [],
    ),
  );
  const kept = await Promise.all(
    claims.map(async (claim) => {
      const claimPath = pathOf({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', ...claim });
      return (await client.get<Claim>(claimPath, signal))?.spec?.volumeName;
    }),
  );
  return own.filter((volume) => !kept.includes(volume));
}
