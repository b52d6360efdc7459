import type { DrainObservation } from './contracts.ts';

/** A pod as a drain needs it. */
export interface DrainPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Kind of the controller that made it; absent: nobody brings it back elsewhere. */
  readonly controller?: string;
  /** The kubelet's own, from a file; the API only shows it. */
  readonly mirror: boolean;
  readonly phase: string;
  readonly priority: number;
  readonly graceSeconds: number;
  /** When its grace period ends, ISO 8601. */
  readonly deletionTimestamp?: string;
  /** An annotation by which its owner forbids moving it of one's own accord. */
  readonly doNotDisrupt?: string;
  /** Its owner says that it may go, though nobody brings it back. */
  readonly safeToEvict?: boolean;
}

export interface PodVerdict {
  readonly pod: DrainPod;
  readonly verdict: 'skip' | 'await' | 'evict' | 'refuse';
  readonly reason: string;
}

/** Priority of `system-cluster-critical`; `system-node-critical` is above it. */
const systemPriority = 2_000_000_000;

/** Which go first: 0, and those of the system last. */
export function tierOf({ priority }: DrainPod): 0 | 1 {
  return priority >= systemPriority ? 1 : 0;
}

/**
 * What a drain does with one pod, first match wins. Pure. As the field's drains do, pods without a controller and pods with an emptyDir are
 * evicted like others: the node goes, and they with it. Only where the drain is of our own accord (scale-down) they and the annotated hold it.
 */
export function judgePod(
  pod: DrainPod,
  {
    observation,
    responds,
    now,
  }: { readonly observation: DrainObservation; readonly responds: boolean; readonly now: Date },
): PodVerdict {
  const of = (verdict: PodVerdict['verdict'], why: string): PodVerdict => ({
    pod,
    verdict,
    reason: `${pod.namespace}/${pod.name} ${why}`,
  });
  if (pod.controller === 'DaemonSet') return of('skip', 'is of a DaemonSet, which would bring it back');
  if (pod.mirror) return of('skip', "is the kubelet's own");
  if (pod.phase === 'Succeeded' || pod.phase === 'Failed') return of('skip', 'has ended');
  if (pod.deletionTimestamp !== undefined) {
    const over = Date.parse(pod.deletionTimestamp) + 1_000 <= now.getTime();
    if (!responds && over) return of('skip', 'was to end, and its node does not respond');
    return of('await', `ends until ${pod.deletionTimestamp}`);
  }
  if (observation.cause === 'scale-down' && !observation.waitingInHook) {
    if (pod.doNotDisrupt !== undefined) return of('refuse', `is annotated ${pod.doNotDisrupt}`);
    if (pod.controller === undefined && !pod.safeToEvict)
      return of('refuse', 'has no controller that would bring it back');
  }
  return of('evict', 'is to be evicted');
}
