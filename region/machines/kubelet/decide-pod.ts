import type { KubernetesObject } from '../../../functions/kubernetes/client.ts';
import { parseQuantity } from '../../../functions/kubernetes/quantities.ts';

interface ContainerSpec {
  readonly name: string;
  readonly image?: string;
  readonly resources?: { readonly requests?: Readonly<Record<string, string>> };
}

/** A pod as far as a kubelet that runs nothing looks at it. */
export interface Pod extends KubernetesObject {
  readonly spec?: {
    readonly hostNetwork?: boolean;
    readonly containers?: readonly ContainerSpec[];
    readonly initContainers?: readonly ContainerSpec[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

export type PodDecision =
  | { readonly action: 'none' }
  | { readonly action: 'run' }
  /** Taken away for good: it was asked to end, and what runs in name alone ends at once. */
  | { readonly action: 'remove' }
  | { readonly action: 'reject'; readonly reason: string; readonly message: string };

/** Cores, bytes and pods. */
export interface Room {
  readonly cpu: number;
  readonly memory: number;
  readonly pods: number;
}

/**
 * What to do with a pod that is bound to this node. Pure. `others`: the pods that run on it already; the kubelet admits a pod by its own
 * count, whatever the scheduler thought.
 */
export function decidePod(pod: Pod, others: readonly Pod[], allocatable: Room): PodDecision {
  if (pod.metadata.deletionTimestamp !== undefined) return { action: 'remove' };
  const phase = pod.status?.phase ?? 'Pending';
  if (phase !== 'Pending') return { action: 'none' };
  const used = others.map(requestsOf);
  const need = requestsOf(pod);
  const lacking = (name: 'cpu' | 'memory'): boolean =>
    need[name] > 0 && sum(used.map((one) => one[name])) + need[name] > allocatable[name];
  if (others.length + 1 > allocatable.pods) return tooMuch('pods');
  if (lacking('cpu')) return tooMuch('cpu');
  if (lacking('memory')) return tooMuch('memory');
  return { action: 'run' };
}

function tooMuch(resource: string): PodDecision {
  return {
    action: 'reject',
    reason: `OutOf${resource}`,
    message: `Node didn't have enough resource: ${resource}`,
  };
}

/** What a pod asks for: its containers together, or its largest init container where that is more. Pure. */
export function requestsOf({ spec }: Pod): { readonly cpu: number; readonly memory: number } {
  const of = (container: ContainerSpec, name: string): number =>
    parseQuantity(container.resources?.requests?.[name] ?? 0);
  const total = (name: string): number =>
    Math.max(
      sum((spec?.containers ?? []).map((container) => of(container, name))),
      ...(spec?.initContainers ?? []).map((container) => of(container, name)),
    );
  return { cpu: total('cpu'), memory: total('memory') };
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

/** The status of a pod that runs, in name. Pure. */
export function runningStatus(pod: Pod, hostIp: string, podIp: string, now: string) {
  const condition = (type: string) => ({ type, status: 'True', lastTransitionTime: now });
  const started = (container: ContainerSpec, state: object) => ({
    name: container.name,
    image: container.image ?? '',
    imageID: '',
    restartCount: 0,
    ready: true,
    started: true,
    state,
  });
  return {
    phase: 'Running',
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    podIP: podIp,
    podIPs: [{ ip: podIp }],
    startTime: now,
    conditions: [
      condition('PodReadyToStartContainers'),
      condition('Initialized'),
      condition('Ready'),
      condition('ContainersReady'),
      // Given by the scheduler, and kept: a merge patch replaces lists as a whole.
      ...(pod.status?.conditions ?? []).filter(({ type }) => type === 'PodScheduled'),
    ],
    initContainerStatuses: (pod.spec?.initContainers ?? []).map((container) =>
      started(container, {
        terminated: { exitCode: 0, reason: 'Completed', startedAt: now, finishedAt: now },
      }),
    ),
    containerStatuses: (pod.spec?.containers ?? []).map((container) =>
      started(container, { running: { startedAt: now } }),
    ),
  };
}
