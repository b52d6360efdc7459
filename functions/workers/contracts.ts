import * as z from 'zod/mini';
import { clusterName } from '../clusters/names.ts';
import { lease } from '../leases/contracts.ts';
import type { Contract } from '../runtime/task.ts';

const text = z.string().check(z.minLength(1));
const poolName = text;
const zoneLetter = z.string().check(z.regex(/^[a-f]$/));
const changed = z.boolean();
const instanceId = z.string().check(z.regex(/^i-[0-9a-f]{8,17}$/));

const ofPool = { lease, cluster: clusterName, pool: poolName };
const poolErrors = ['LeaseLost', 'ClusterUnknown', 'ClusterRetiring', 'ForeignResource'] as const;

const roleInput = z.strictObject(ofPool);
const roleOutput = z.strictObject({ instanceProfileName: text, roleId: text, changed });
export const ensureWorkerRole: Contract<z.infer<typeof roleInput>, z.infer<typeof roleOutput>> = {
  name: 'ensure-worker-role',
  input: roleInput,
  output: roleOutput,
  errors: [...poolErrors, 'ResourceNotReady'],
};

const templateInput = z.strictObject({
  ...ofPool,
  roleId: text,
  instanceProfileName: text,
  securityGroupId: text,
});
const templateOutput = z.strictObject({ launchTemplateId: text, version: text, changed });
export const ensurePoolTemplate: Contract<z.infer<typeof templateInput>, z.infer<typeof templateOutput>> = {
  name: 'ensure-pool-template',
  input: templateInput,
  output: templateOutput,
  errors: [...poolErrors],
};

const groupsInput = z.strictObject({ ...ofPool, launchTemplateId: text, version: text });
const groupsOutput = z.strictObject({ autoScalingGroupNames: z.array(text), changed });
export const ensurePoolGroups: Contract<z.infer<typeof groupsInput>, z.infer<typeof groupsOutput>> = {
  name: 'ensure-pool-groups',
  input: groupsInput,
  output: groupsOutput,
  errors: [...poolErrors, 'ResourceNotReady'],
};

/** Everything about one worker that AWS and the node itself say; `unknown` where a service does not. */
export const workerObservation = z.strictObject({
  cluster: clusterName,
  pool: poolName,
  zone: zoneLetter,
  instanceId,
  observedAt: text,
  autoScalingGroupName: text,
  /** `aws:userid` of the instance: its own prefix in the bucket is named by it. */
  userId: text,
  /** Auto Scaling's word; `none` where the group has no such instance any more. */
  lifecycleState: text,
  waitingInHook: z.boolean(),
  /** EC2's word. */
  state: text,
  launchedAt: z.optional(text),
  report: z.strictObject({
    state: z.enum(['none', 'waiting', 'joining', 'joined', 'refused']),
    reason: z.optional(text),
  }),
});
export type WorkerObservation = z.infer<typeof workerObservation>;

const ofWorker = { cluster: clusterName, pool: poolName, zone: zoneLetter, instanceId };

const observeInput = z.strictObject(ofWorker);
export const observeWorker: Contract<z.infer<typeof observeInput>, WorkerObservation> = {
  name: 'observe-worker',
  input: observeInput,
  output: workerObservation,
  errors: ['ClusterUnknown', 'ProtocolInvalid'],
};

export const workerActions = ['none', 'wait', 'admit', 'approve', 'complete', 'abandon'] as const;

/** What to do with a worker that waits in its launch hook. Every branch carries its reason. */
export const workerDecision = z.strictObject({
  action: z.enum(workerActions),
  reason: text,
  /** With `approve`: the request that is this worker's own. */
  requestName: z.optional(text),
});
export type WorkerDecision = z.infer<typeof workerDecision>;

const judgeInput = z.strictObject({ observation: workerObservation });
const judgeOutput = z.strictObject({ decision: workerDecision });
export const judgeWorker: Contract<z.infer<typeof judgeInput>, z.infer<typeof judgeOutput>> = {
  name: 'judge-worker',
  input: judgeInput,
  output: judgeOutput,
  errors: ['ClusterUnknown'],
};

const decidedInput = z.strictObject({ observation: workerObservation, decision: workerDecision });
const kubernetesErrors = ['ClusterUnknown', 'KubernetesUnavailable', 'KubernetesRefused'] as const;

const admitOutput = z.strictObject({ tokenId: text, written: z.boolean() });
export const admitWorker: Contract<z.infer<typeof decidedInput>, z.infer<typeof admitOutput>> = {
  name: 'admit-worker',
  input: decidedInput,
  output: admitOutput,
  errors: [...kubernetesErrors, 'ResourceNotReady', 'ProtocolInvalid'],
};

const approveOutput = z.strictObject({ approved: z.boolean() });
export const approveWorker: Contract<z.infer<typeof decidedInput>, z.infer<typeof approveOutput>> = {
  name: 'approve-worker',
  input: decidedInput,
  output: approveOutput,
  errors: [...kubernetesErrors],
};

const revokeOutput = z.strictObject({ revoked: z.boolean() });
export const revokeWorkerToken: Contract<z.infer<typeof decidedInput>, z.infer<typeof revokeOutput>> = {
  name: 'revoke-worker-token',
  input: decidedInput,
  output: revokeOutput,
  errors: [...kubernetesErrors],
};

const completeOutput = z.strictObject({ completed: z.boolean() });
export const completeWorker: Contract<z.infer<typeof decidedInput>, z.infer<typeof completeOutput>> = {
  name: 'complete-worker',
  input: decidedInput,
  output: completeOutput,
  errors: [],
};

const abandonOutput = z.strictObject({ abandoned: z.boolean(), console: text });
export const abandonWorker: Contract<z.infer<typeof decidedInput>, z.infer<typeof abandonOutput>> = {
  name: 'abandon-worker',
  input: decidedInput,
  output: abandonOutput,
  errors: [],
};
