import * as z from 'zod/mini';
import { clusterName, slotName } from '../clusters/names.ts';
import { lease } from '../leases/contracts.ts';
import type { Contract } from '../runtime/task.ts';

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

const verifyInput = z.strictObject({ cluster: clusterName });
/**
 * `starting`: not every API server is ready. `serving`: they are, and not every slot's instance is a node yet, or nobody may ask for nodes
 * before the first bindings. `registered`: they are nodes, not all of them ready. `absent`: waiting is in vain.
 */
const kubernetesVerdict = z.enum(['absent', 'starting', 'serving', 'registered', 'ready']);
export type KubernetesVerdict = z.infer<typeof kubernetesVerdict>;

const verifyOutput = z.strictObject({ verdict: kubernetesVerdict, reason: text, health: kubernetesHealth });
export const verifyKubernetes: Contract<z.infer<typeof verifyInput>, z.infer<typeof verifyOutput>> = {
  name: 'verify-kubernetes',
  input: verifyInput,
  output: verifyOutput,
  errors: ['ClusterUnknown', 'ProtocolInvalid'],
};

const count = z.int().check(z.minimum(0));
const leased = z.strictObject({ lease, cluster: clusterName });

const bootstrapOutput = z.strictObject({
  applied: count,
  /** Names of the nodes that were marked as control plane by this run. */
  marked: z.array(text),
  /** Every slot's instance is a node and marked. */
  complete: z.boolean(),
});
export const bootstrapKubernetes: Contract<z.infer<typeof leased>, z.infer<typeof bootstrapOutput>> = {
  name: 'bootstrap-kubernetes',
  input: leased,
  output: bootstrapOutput,
  errors: ['LeaseLost', 'ClusterUnknown', 'ClusterRetiring', 'KubernetesUnavailable', 'KubernetesRefused'],
};

/** `hash`: of all that was applied (`wantedKubernetes`). */
const applyOutput = z.strictObject({ applied: count, pruned: count, hash: text });
export const applyAddOns: Contract<z.infer<typeof leased>, z.infer<typeof applyOutput>> = {
  name: 'apply-add-ons',
  input: leased,
  output: applyOutput,
  errors: [
    'LeaseLost',
    'ClusterUnknown',
    'ClusterRetiring',
    'ResourceNotReady',
    'KubernetesUnavailable',
    'KubernetesRefused',
  ],
};

const verifyAddOnsOutput = z.strictObject({ verified: z.boolean(), reason: text });
export const verifyAddOns: Contract<z.infer<typeof verifyInput>, z.infer<typeof verifyAddOnsOutput>> = {
  name: 'verify-add-ons',
  input: verifyInput,
  output: verifyAddOnsOutput,
  errors: ['ClusterUnknown', 'KubernetesUnavailable', 'KubernetesRefused'],
};

const finishInput = z.strictObject({ lease, cluster: clusterName, hash: text });
const finishOutput = z.strictObject({ cluster: clusterName, changed: z.boolean() });
export const finishKubernetes: Contract<z.infer<typeof finishInput>, z.infer<typeof finishOutput>> = {
  name: 'finish-kubernetes',
  input: finishInput,
  output: finishOutput,
  errors: ['LeaseLost', 'ClusterUnknown', 'ClusterRetiring', 'RegistryConflict'],
};
