import * as z from 'zod/mini';
import { clusterName, slotName } from '../clusters/names.ts';

const text = z.string().check(z.minLength(1));

/** An API server as it says of itself on `/readyz`. `reason` where it is not ready. */
const apiServerHealth = z.strictObject({ slot: slotName, ready: z.boolean(), reason: z.optional(text) });

/** A node as the API has it. Its name is its instance's id. `reason` where it is not ready. */
const nodeHealth = z.strictObject({
  name: text,
  role: z.enum(['control-plane', 'worker']),
  slot: z.optional(slotName),
  pool: z.optional(text),
  ready: z.boolean(),
  /** The kubelet's version without a v. */
  version: z.string(),
  reason: z.optional(text),
});
export type NodeHealth = z.infer<typeof nodeHealth>;

/** A cluster's Kubernetes as a task in the VPC finds it. What could not be asked is not ready, and the reason says so. */
export const kubernetesHealth = z.strictObject({
  cluster: clusterName,
  observedAt: text,
  /** Every API server is ready and every slot's instance is a ready node. */
  ready: z.boolean(),
  reason: text,
  /** As `/version` says it, without a v: `1.35.4`. */
  version: z.optional(text),
  apiServers: z.array(apiServerHealth),
  nodes: z.array(nodeHealth),
  /** No slot's instance has Kubernetes at all: its image or the artifacts bring no programs, or others than the spec's. */
  absent: z.boolean(),
});
export type KubernetesHealth = z.infer<typeof kubernetesHealth>;
