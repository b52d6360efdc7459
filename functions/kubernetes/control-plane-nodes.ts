import type { KubernetesClient, KubernetesObject } from './client.ts';
import { pathOf } from './paths.ts';
import { controlPlaneLabel } from './summarize-kubernetes.ts';

interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

interface Node extends KubernetesObject {
  readonly spec?: { readonly taints?: readonly Taint[] };
}

const controlPlaneTaint: Taint = { key: controlPlaneLabel, effect: 'NoSchedule' };

/** What of a control-plane node's marks is missing, as a patch; undefined where nothing is. Pure. */
export function missingMarks({ metadata, spec }: Node): object | undefined {
  const taints = spec?.taints ?? [];
  const labelled = metadata.labels?.[controlPlaneLabel] !== undefined;
  const tainted = taints.some(
    ({ key, effect }) => key === controlPlaneTaint.key && effect === controlPlaneTaint.effect,
  );
  if (labelled && tainted) return undefined;
  return {
    // So that a taint which somebody adds meanwhile is not lost: the API refuses a patch of an older version.
    metadata: {
      resourceVersion: metadata.resourceVersion,
      ...(!labelled && { labels: { [controlPlaneLabel]: '' } }),
    },
    ...(!tainted && { spec: { taints: [...taints, controlPlaneTaint] } }),
  };
}

/**
 * Marks the nodes of the slots' present instances as control plane, as `kubeadm init phase mark-control-plane` would: a kubelet may not
 * label itself so. A node that is not there yet (`missing`) is marked by a later look. Safe to repeat.
 */
export async function markControlPlaneNodes(
  client: KubernetesClient,
  instanceIds: readonly string[],
  signal?: AbortSignal,
): Promise<{ readonly marked: string[]; readonly missing: string[] }> {
  const marked: string[] = [];
  const missing: string[] = [];
  await Promise.all(
    instanceIds.map(async (name) => {
      const path = pathOf({ apiVersion: 'v1', kind: 'Node', name });
      const node = await client.get<Node>(path, signal);
      if (!node) return missing.push(name);
      const patch = missingMarks(node);
      if (!patch) return;
      await client.patch(path, patch, 'merge', signal);
      return marked.push(name);
    }),
  );
  return { marked, missing };
}
