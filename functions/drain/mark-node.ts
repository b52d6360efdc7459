import type { KubernetesObject } from '../kubernetes/client.ts';

/** A node as a drain looks at it. */
export interface DrainedNode extends KubernetesObject {
  readonly spec?: {
    readonly unschedulable?: boolean;
    readonly taints?: readonly NodeTaint[];
  };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

interface NodeTaint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

const drainingTaint = 'trivet.dev/draining';
/** When the drain began, ISO 8601: it outlives an execution that failed. */
const sinceAnnotation = 'trivet.dev/draining-since';
/** Load balancers of Services send nothing new to a node with this label. */
const excludeLabel = 'node.kubernetes.io/exclude-from-external-load-balancers';

/** Why a node is drained, or was until a drain died halfway; undefined where it is not marked. `taints`: its own. Pure. */
export function drainedFor(taints: readonly NodeTaint[]): string | undefined {
  return taints.find(({ key }) => key === drainingTaint)?.value;
}

/** When the drain of this node began; undefined where none goes on. Pure. */
export function drainingSince({ metadata }: DrainedNode): string | undefined {
  const since = metadata.annotations?.[sinceAnnotation];
  return since === undefined || Number.isNaN(Date.parse(since)) ? undefined : since;
}

/**
 * The merge patch by which nothing new comes to a node: cordoned, tainted, left out by load balancers. Undefined where it is marked. Pure. It
 * names the version that was read, as a merge patch replaces all taints.
 */
export function markPatch(node: DrainedNode, cause: string, now: Date): object | undefined {
  const taints = node.spec?.taints ?? [];
  const since = drainingSince(node);
  const tainted = taints.some(({ key }) => key === drainingTaint);
  if (since !== undefined && tainted && node.spec?.unschedulable) return undefined;
  return {
    metadata: {
      resourceVersion: node.metadata.resourceVersion,
      labels: { [excludeLabel]: 'true' },
      annotations: { [sinceAnnotation]: since ?? now.toISOString() },
    },
    spec: {
      unschedulable: true,
      taints: [
        ...taints.filter(({ key }) => key !== drainingTaint),
        { key: drainingTaint, value: cause, effect: 'NoSchedule' },
      ],
    },
  };
}

/** The merge patch that takes the marks away. Undefined where no drain of Trivet's has set them: a person's cordon stays. Pure. */
export function unmarkPatch(node: DrainedNode): object | undefined {
  const taints = node.spec?.taints ?? [];
  const tainted = taints.some(({ key }) => key === drainingTaint);
  if (!tainted && drainingSince(node) === undefined) return undefined;
  return {
    metadata: {
      resourceVersion: node.metadata.resourceVersion,
      labels: { [excludeLabel]: null },
      annotations: { [sinceAnnotation]: null },
    },
    spec: { unschedulable: null, taints: taints.filter(({ key }) => key !== drainingTaint) },
  };
}
