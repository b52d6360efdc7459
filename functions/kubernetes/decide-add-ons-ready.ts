import type { Awaited } from './add-ons/render.ts';

/** The part of a Deployment or DaemonSet that tells how its rollout is. */
export interface Workload {
  readonly metadata: { readonly name: string; readonly generation?: number };
  readonly spec?: { readonly replicas?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
    readonly desiredNumberScheduled?: number;
    readonly updatedNumberScheduled?: number;
    readonly numberAvailable?: number;
  };
}

/** A workload that is awaited, and what the API has of it. */
export interface Rollout {
  readonly awaited: Awaited;
  readonly found: Workload | undefined;
}

/** What is not rolled out yet, each with its reason; empty where all is. Pure. A status of an older generation says nothing. */
export function unready(rollouts: readonly Rollout[]): string[] {
  return rollouts.flatMap(({ awaited, found }) => {
    const reason = found ? reasonOf(awaited, found) : 'it is not there';
    return reason === undefined ? [] : [`${awaited.kind} ${awaited.namespace}/${awaited.name}: ${reason}`];
  });
}

function reasonOf({ kind }: Awaited, { metadata, spec, status = {} }: Workload): string | undefined {
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 1))
    return 'its controller has not looked at it yet';
  if (kind === 'Deployment') {
    const wanted = spec?.replicas ?? 1;
    return shortOf(wanted, status.updatedReplicas, status.availableReplicas);
  }
  const wanted = status.desiredNumberScheduled ?? 0;
  return shortOf(wanted, status.updatedNumberScheduled, status.numberAvailable);
}

function shortOf(wanted: number, updated = 0, available = 0): string | undefined {
  if (updated < wanted) return `${updated} of ${wanted} pods are of the wanted template`;
  if (available < wanted) return `${available} of ${wanted} pods are available`;
  return undefined;
}
