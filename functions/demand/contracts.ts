import * as z from 'zod/mini';
import { clusterName } from '../clusters/names.ts';
import type { Contract } from '../runtime/task.ts';
import type { Amounts, Labels, PodShape, PodView, Taint } from '../scheduling/model.ts';

/** A condition of a node, and since when it is as it is. */
export interface ConditionView {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  /** ISO 8601. */
  readonly since: string;
  readonly reason?: string;
}

/** A pod that has its place on a worker; its view is named `namespace/name`. */
export interface WorkerPod {
  readonly view: PodView;
  /** It goes with its node and is not moved: a DaemonSet's, or one of the node's own files. */
  readonly resident: boolean;
  /** Why its node must stay whatever its load. */
  readonly staysBecause?: string;
}

/** A node of a pool, by the name of its instance. */
export interface WorkerNode {
  readonly name: string;
  readonly pool: string;
  /** The zone's whole name, `us-east-1b`; absent until the cloud controller has said it. */
  readonly zone?: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly unschedulable: boolean;
  readonly labels: Labels;
  readonly taints: readonly Taint[];
  readonly allocatable: Amounts;
  readonly conditions: readonly ConditionView[];
  /** Why the node itself must stay: an annotation of its own. Its pods' reasons stand with them. */
  readonly staysBecause?: string;
  /** Empty where `allPods` is false, which does not mean that the node is. */
  readonly pods: readonly WorkerPod[];
}

/** Pods of one shape that the scheduler has found no place for. */
export interface PendingPods {
  readonly shape: PodShape;
  /** `namespace/name`, in order. */
  readonly pods: readonly string[];
  /** When the oldest of them was made, ISO 8601. */
  readonly oldest: string;
}

/** A disruption budget, and how many of its pods may be evicted now. */
export interface BudgetView {
  /** `namespace/name`. */
  readonly name: string;
  readonly disruptionsAllowed: number;
}

/**
 * What Kubernetes says of a cluster's workers and of the pods that wait for one. `watch-workers` writes it in the VPC, all others only read
 * it (`read-observation.ts`, ADR 20).
 */
export interface WorkersObservation {
  readonly cluster: string;
  /** ISO 8601. */
  readonly observedAt: string;
  /** False where no API server could be asked: then it says nothing about workers, least of all that they are gone. */
  readonly reachable: boolean;
  /** Why it could not be asked. */
  readonly reason?: string;
  readonly nodes: readonly WorkerNode[];
  readonly pending: readonly PendingPods[];
  /** Pods that wait for what no worker brings, and for what: `namespace/name`. */
  readonly leftOut: readonly { readonly pod: string; readonly reason: string }[];
  /** Pods of which every node runs one where selector and tolerations let it (`runsOn`): the overhead of a fresh node. */
  readonly daemonSets: readonly PodShape[];
  /** Absent where `allPods` is false. */
  readonly budgets?: readonly BudgetView[];
  /** Whether `nodes[].pods` holds all pods: read where something waits for a place, or where scale-down may ask. */
  readonly allPods: boolean;
}

const watchOutput = z.strictObject({
  observed: z.array(
    z.strictObject({
      cluster: clusterName,
      reachable: z.boolean(),
      nodes: z.int(),
      pending: z.int(),
    }),
  ),
});
const watchInput = z.object({
  /** What an event names: the object that says that demand has changed. Absent: all clusters are looked at. */
  scope: z.optional(z.object({ objectKey: z.string() })),
});
export const watchWorkers: Contract<z.infer<typeof watchInput>, z.infer<typeof watchOutput>> = {
  name: 'watch-workers',
  input: watchInput,
  output: watchOutput,
  errors: ['ClusterUnknown', 'KubernetesRefused'],
};

const demandOutput = z.strictObject({
  watched: z.array(
    z.strictObject({
      cluster: clusterName,
      looks: z.int(),
      /** How often it was said that something else waits by now. */
      changes: z.int(),
    }),
  ),
});
export const watchDemand: Contract<unknown, z.infer<typeof demandOutput>> = {
  name: 'watch-demand',
  input: z.unknown(),
  output: demandOutput,
  errors: ['ClusterUnknown'],
};
