import * as z from 'zod/mini';
import { etcdHealth } from '../etcd/contracts.ts';
import { lease } from '../leases/contracts.ts';
import type { Contract } from '../runtime/task.ts';
import { clusterName, slotName } from './names.ts';

const text = z.string().check(z.minLength(1));

/** One zone's place in the control plane: everything about it that never changes while the slot lives. */
export const slotLayout = z.strictObject({
  slot: slotName,
  /** Full zone name, `us-east-1a`. */
  zone: text,
  subnetId: text,
  /** Fixed private address of the slot's network interface. */
  address: z.string().check(z.regex(/^\d+\.\d+\.\d+\.\d+$/)),
  /** Name of the slot's group, launch template, role and instance profile. */
  resourceName: text,
  memberName: text,
  /** UUID that `mkfs` gives the slot's file system, so that a repeat knows its own work. */
  filesystemUuid: text,
  generation: z.int().check(z.minimum(1)),
});
export type SlotLayout = z.infer<typeof slotLayout>;

/** Where a cluster lies: decided once, recorded, and from then on only read. */
export const layout = z.strictObject({
  cluster: clusterName,
  /** Tells this cluster from an earlier one of the same name. */
  clusterUid: text,
  generation: z.int().check(z.minimum(1)),
  /** etcd's initial-cluster-token, `<clusterUid>-<generation>`. */
  initialClusterToken: text,
  /** etcd's initial-cluster, `demo-a=https://10.0.0.10:2380,…`. */
  initialCluster: text,
  slots: z.array(slotLayout).check(z.minLength(1)),
});
export type Layout = z.infer<typeof layout>;

/** A problem of a spec: where, what, and what to do about it. */
export const problem = z.strictObject({ path: z.string(), problem: text, fix: text });
export type Problem = z.infer<typeof problem>;

export const plannedChange = z.strictObject({
  /** Kind of what changes: `volume`, `launch template`, `load balancer` … */
  resource: text,
  slot: z.optional(slotName),
  change: z.enum(['create', 'update']),
  reason: text,
});
export type PlannedChange = z.infer<typeof plannedChange>;

export const plan = z.strictObject({
  action: z.enum(['create', 'converge', 'unchanged', 'refuse']),
  cluster: clusterName,
  specHash: text,
  /** When the record that the plan is made of was last written; empty when there is none. */
  basedOn: z.string(),
  /** Absent only when the plan is refused before a layout could be decided. */
  layout: z.optional(layout),
  changes: z.array(plannedChange),
  refusals: z.array(problem),
});
export type Plan = z.infer<typeof plan>;

const planInput = z.strictObject({ spec: z.unknown() });
export const planCluster: Contract<z.infer<typeof planInput>, Plan> = {
  name: 'plan-cluster',
  input: planInput,
  output: plan,
  errors: ['SpecInvalid'],
};

const recordInput = z.strictObject({
  lease,
  spec: z.unknown(),
  layout,
  specHash: text,
  basedOn: z.string(),
});
const recordOutput = z.strictObject({ cluster: clusterName });
export const recordCluster: Contract<z.infer<typeof recordInput>, z.infer<typeof recordOutput>> = {
  name: 'record-cluster',
  input: recordInput,
  output: recordOutput,
  errors: ['LeaseLost', 'SpecInvalid', 'PlanStale', 'RegistryConflict'],
};

const ofCluster = { lease, cluster: clusterName, layout };
const ofSlot = { lease, cluster: clusterName, slot: slotLayout };
const changed = z.boolean();

const securityGroupsInput = z.strictObject(ofCluster);
const securityGroupsOutput = z.strictObject({
  controlPlaneSecurityGroupId: text,
  loadBalancerSecurityGroupId: text,
  workerSecurityGroupId: text,
  changed,
});
export const ensureSecurityGroups: Contract<
  z.infer<typeof securityGroupsInput>,
  z.infer<typeof securityGroupsOutput>
> = {
  name: 'ensure-security-groups',
  input: securityGroupsInput,
  output: securityGroupsOutput,
  errors: ['LeaseLost', 'ClusterUnknown', 'ClusterRetiring', 'ForeignResource'],
};

const interfaceInput = z.strictObject({ ...ofSlot, securityGroupId: text });
const interfaceOutput = z.strictObject({ networkInterfaceId: text, changed });
export const ensureNetworkInterface: Contract<
  z.infer<typeof interfaceInput>,
  z.infer<typeof interfaceOutput>
> = {
  name: 'ensure-network-interface',
  input: interfaceInput,
  output: interfaceOutput,
  errors: ['LeaseLost', 'ClusterUnknown', 'ClusterRetiring', 'ForeignResource', 'RegistryConflict'],
};

const volumeInput = z.strictObject(ofSlot);
const volumeOutput = z.strictObject({ volumeId: text, changed });
export const ensureVolume: Contract<z.infer<typeof volumeInput>, z.infer<typeof volumeOutput>> = {
  name: 'ensure-volume',
  input: volumeInput,
  output: volumeOutput,
  errors: [
    'LeaseLost',
    'ClusterUnknown',
    'ClusterRetiring',
    'ForeignResource',
    'RegistryConflict',
    'VolumeFailed',
    'ResourceNotReady',
  ],
};

const loadBalancerInput = z.strictObject({ ...ofCluster, securityGroupId: text });
const loadBalancerOutput = z.strictObject({
  endpoint: text,
  loadBalancerArn: text,
  targetGroupArn: text,
  changed,
});
export const ensureLoadBalancer: Contract<
  z.infer<typeof loadBalancerInput>,
  z.infer<typeof loadBalancerOutput>
> = {
  name: 'ensure-load-balancer',
  input: loadBalancerInput,
  output: loadBalancerOutput,
  errors: [
    'LeaseLost',
    'ClusterUnknown',
    'ClusterRetiring',
    'ForeignResource',
    'RegistryConflict',
    'ResourceNotReady',
  ],
};

const nodeRoleInput = z.strictObject(ofSlot);
const nodeRoleOutput = z.strictObject({ instanceProfileName: text, changed });
export const ensureNodeRole: Contract<z.infer<typeof nodeRoleInput>, z.infer<typeof nodeRoleOutput>> = {
  name: 'ensure-node-role',
  input: nodeRoleInput,
  output: nodeRoleOutput,
  errors: ['LeaseLost', 'ClusterUnknown', 'ClusterRetiring', 'ForeignResource'],
};

const launchTemplateInput = z.strictObject({
  ...ofCluster,
  slot: slotLayout,
  networkInterfaceId: text,
  instanceProfileName: text,
});
/** `version` is the number of the launch template's version that was made or found, as text. */
const launchTemplateOutput = z.strictObject({ launchTemplateId: text, version: text, changed });
export const ensureLaunchTemplate: Contract<
  z.infer<typeof launchTemplateInput>,
  z.infer<typeof launchTemplateOutput>
> = {
  name: 'ensure-launch-template',
  input: launchTemplateInput,
  output: launchTemplateOutput,
  errors: ['LeaseLost', 'ClusterUnknown', 'ClusterRetiring', 'ForeignResource'],
};

const slotGroupInput = z.strictObject({ ...ofSlot, launchTemplateId: text, version: text });
const slotGroupOutput = z.strictObject({ autoScalingGroupName: text, changed });
export const ensureSlotGroup: Contract<z.infer<typeof slotGroupInput>, z.infer<typeof slotGroupOutput>> = {
  name: 'ensure-slot-group',
  input: slotGroupInput,
  output: slotGroupOutput,
  errors: ['LeaseLost', 'ClusterUnknown', 'ClusterRetiring', 'ForeignResource', 'ResourceNotReady'],
};

const finishInput = z.strictObject({ lease, cluster: clusterName, health: etcdHealth });
const finishOutput = z.strictObject({ cluster: clusterName, endpoint: z.optional(text) });
export const finishProvisioning: Contract<z.infer<typeof finishInput>, z.infer<typeof finishOutput>> = {
  name: 'finish-provisioning',
  input: finishInput,
  output: finishOutput,
  errors: ['LeaseLost', 'ClusterUnknown', 'ClusterRetiring', 'EtcdUnhealthy', 'RegistryConflict'],
};

/** An error as a workflow's Catch gives it. `Cause` is Lambda's JSON or plain text; a Fail state without one leaves it null. */
export const caughtError = z.looseObject({
  Error: z.nullable(z.string()),
  Cause: z.optional(z.nullable(z.string())),
});

const failureInput = z.strictObject({
  cluster: z.string(),
  workflow: text,
  execution: text,
  error: caughtError,
  step: text,
});
const failureOutput = z.strictObject({ error: text, message: text });
export const recordFailure: Contract<z.infer<typeof failureInput>, z.infer<typeof failureOutput>> = {
  name: 'record-failure',
  input: failureInput,
  output: failureOutput,
  errors: ['RegistryConflict'],
};
