import * as z from 'zod/mini';
import { clusterName } from '../clusters/names.ts';
import { lease } from '../leases/contracts.ts';
import type { Contract } from '../runtime/task.ts';

const text = z.string().check(z.minLength(1));
const count = z.int().check(z.minimum(0));

/** What a cluster can have, in the order in which it goes; volumes are etcd's, root disks those of instances. */
export const remnantKinds = [
  'Auto Scaling group',
  'instance',
  'load balancer',
  'target group',
  'launch template',
  'instance profile',
  'role',
  'identity provider',
  'network interface',
  'volume',
  'root disk',
  'security group',
  'objects',
  'record',
] as const;
export type RemnantKind = (typeof remnantKinds)[number];

/** One thing that is still there of a cluster. */
const remnant = z.strictObject({
  kind: z.enum(remnantKinds),
  /** AWS's id, name or ARN; the folder of objects; the key of a record. */
  id: text,
  /** AWS's word, where it has one. */
  state: z.optional(text),
  /** What has to let go of it first: the group of an instance, interfaces and other groups that use a security group. */
  heldBy: z.optional(text),
  /** How much it is, where one entry stands for many. */
  amount: z.optional(text),
});
export type Remnant = z.infer<typeof remnant>;

/** What is there of a cluster, short enough to be carried through a workflow. */
const inventory = z.strictObject({
  /** How many there are of each kind; a kind without any is not named. */
  counts: z.record(z.string(), count),
  /** The first of each kind. */
  remnants: z.array(remnant),
  /** Volumes of a retired cluster of this name that were kept. */
  kept: z.array(text),
  /** What has the cluster's names and not its tags: not its own, and left alone (S20). */
  leftAlone: z.array(text),
  /** Volumes that Kubernetes has made for pods: not Trivet's to delete (ADR 23). */
  madeByKubernetes: z.array(text),
});
export type Inventory = z.infer<typeof inventory>;

/** The tasks that act, by what they delete. `begin`: nothing may be deleted yet. `refuse` and `none` end the workflow. */
export const retirementActions = [
  'refuse',
  'none',
  'begin',
  'wait',
  'delete-groups',
  'delete-load-balancers',
  'delete-target-groups',
  'terminate-instances',
  'delete-launch-templates',
  'delete-roles',
  'delete-identity-providers',
  'delete-network-interfaces',
  'delete-volumes',
  'keep-volumes',
  'delete-security-groups',
  'delete-objects',
  'forget-cluster',
] as const;

/** The next step of a retirement. Every branch carries its reason. */
const retirementDecision = z.strictObject({
  action: z.enum(retirementActions),
  reason: text,
  /** What the acting task is to delete, and nothing else. */
  ids: z.array(text),
});
export type RetirementDecision = z.infer<typeof retirementDecision>;

const observeInput = z.strictObject({
  cluster: clusterName,
  /** The cluster's name, typed again. */
  confirm: z.string(),
  /** Absent or null: as the retirement was begun, and not where none was. */
  keepVolumes: z.optional(z.nullable(z.boolean())),
  /** Absent or null before the execution has the cluster's lease. */
  lease: z.optional(z.nullable(lease)),
});
const observeOutput = z.strictObject({
  decision: retirementDecision,
  keepVolumes: z.boolean(),
  inventory,
});
export const observeRetirement: Contract<z.infer<typeof observeInput>, z.infer<typeof observeOutput>> = {
  name: 'observe-retirement',
  input: observeInput,
  output: observeOutput,
  errors: [],
};
export type RetirementLook = z.infer<typeof observeOutput>;

const beginInput = z.strictObject({ lease, cluster: clusterName, keepVolumes: z.boolean() });
const beginOutput = z.strictObject({ reason: text });
export const beginRetirement: Contract<z.infer<typeof beginInput>, z.infer<typeof beginOutput>> = {
  name: 'begin-retirement',
  input: beginInput,
  output: beginOutput,
  errors: ['LeaseLost', 'RegistryConflict'],
};

const effectInput = z.strictObject({ lease, cluster: clusterName, ids: z.array(text) });
export type EffectInput = z.infer<typeof effectInput>;
/** `settled`: AWS refused nothing, so that the next look may follow at once. */
const effectOutput = z.strictObject({ settled: z.boolean(), reason: text });
export type EffectOutput = z.infer<typeof effectOutput>;

function effect(name: string): Contract<EffectInput, EffectOutput> {
  const errors = ['LeaseLost', 'RetirementRefused', 'ForeignResource'] as const;
  return { name, input: effectInput, output: effectOutput, errors };
}

export const deleteGroups = effect('delete-groups');
export const deleteLoadBalancers = effect('delete-load-balancers');
export const deleteTargetGroups = effect('delete-target-groups');
export const terminateInstances = effect('terminate-instances');
export const deleteLaunchTemplates = effect('delete-launch-templates');
export const deleteRoles = effect('delete-roles');
export const deleteIdentityProviders = effect('delete-identity-providers');
export const deleteNetworkInterfaces = effect('delete-network-interfaces');
export const deleteVolumes = effect('delete-volumes');
export const keepVolumes = effect('keep-volumes');
export const deleteSecurityGroups = effect('delete-security-groups');
export const deleteObjects = effect('delete-objects');
export const forgetCluster = effect('forget-cluster');

const verifyInput = z.strictObject({ cluster: clusterName });
/** The proof: the inventory is empty where `verified`. */
const verifyOutput = z.strictObject({ verified: z.boolean(), reason: text, inventory });
export const verifyRetirement: Contract<z.infer<typeof verifyInput>, z.infer<typeof verifyOutput>> = {
  name: 'verify-retirement',
  input: verifyInput,
  output: verifyOutput,
  errors: [],
};
