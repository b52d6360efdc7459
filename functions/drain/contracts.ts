import * as z from 'zod/mini';
import { clusterName } from '../clusters/names.ts';
import type { Contract } from '../runtime/task.ts';

const text = z.string().check(z.minLength(1));
const zoneLetter = z.string().check(z.regex(/^[a-f]$/));
const instanceId = z.string().check(z.regex(/^i-[0-9a-f]{8,17}$/));

export const drainCauses = [
  'termination',
  'spot-interruption',
  'rebalance',
  'health-event',
  'scale-down',
  'repair',
  'person',
] as const;
export type DrainCause = (typeof drainCauses)[number];

/** What becomes of the worker once it is drained. */
export const drainEnds = ['complete-hook', 'terminate', 'terminate-and-shrink', 'keep'] as const;
export type DrainEnd = (typeof drainEnds)[number];

/** Why a worker is drained; what is so is observed anew. */
const drainRequest = z.strictObject({
  cluster: clusterName,
  pool: text,
  zone: zoneLetter,
  instanceId,
  cause: z.enum(drainCauses),
  /** ISO 8601; null or absent: the pool's own deadline counts from the drain's beginning. */
  deadlineAt: z.optional(z.nullable(z.iso.datetime())),
  afterwards: z.enum(drainEnds),
});

/** Everything about a worker's leaving that AWS says; `unknown` where EC2 does not. */
const drainObservation = z.extend(drainRequest, {
  observedAt: z.iso.datetime(),
  /** When the execution began. */
  startedAt: z.iso.datetime(),
  autoScalingGroupName: text,
  /** The pool is in the cluster's spec and its group is there. */
  known: z.boolean(),
  /** Why its pods stay where they are: the cluster is being retired. */
  retiring: z.optional(text),
  /** Auto Scaling's word; `none` where the group has no such instance. */
  lifecycleState: text,
  waitingInHook: z.boolean(),
  /** EC2's word. */
  state: text,
  /** Volumes that came to the instance after its launch, as CSI attaches them, and are not detached yet. */
  volumes: z.array(text),
  policy: z.strictObject({
    deadlineSeconds: z.int(),
    atDeadline: z.enum(['terminate', 'keep']),
  }),
});
export type DrainObservation = z.infer<typeof drainObservation>;

const blockedPod = z.strictObject({
  /** `namespace/name`. */
  pod: text,
  /** `namespace/name` of the disruption budget; absent where something else holds the pod. */
  budget: z.optional(text),
  reason: text,
});
export type BlockedPod = z.infer<typeof blockedPod>;

/**
 * The next step of a drain. `none`: nothing is to be drained. `release`: the group terminates the worker now, so that its replacement comes at
 * once. `evict`: its pods are looked at. `wait`: again in `waitSeconds`. `finish`: it goes, by `effect`. `keep`: the drain is given up and the
 * node taken back.
 */
const drainDecision = z.strictObject({
  action: z.enum(['none', 'release', 'evict', 'wait', 'finish', 'keep']),
  reason: text,
  outcome: z.enum(['going', 'foreign', 'gone', 'not-leaving', 'drained', 'expired', 'kept']),
  effect: z.enum(['none', 'complete-hook', 'terminate', 'terminate-and-shrink']),
  waitSeconds: z.int().check(z.minimum(1)),
});
export type DrainDecision = z.infer<typeof drainDecision>;

const observeInput = z.extend(drainRequest, { startedAt: z.iso.datetime() });
const observeOutput = z.strictObject({ observation: drainObservation, decision: drainDecision });
export const observeDrain: Contract<z.infer<typeof observeInput>, z.infer<typeof observeOutput>> = {
  name: 'observe-drain',
  input: observeInput,
  output: observeOutput,
  errors: [],
};

const count = z.int().check(z.minimum(0));

/** `blocked`: what held the drain up when it was tried last. */
const evictInput = z.strictObject({ observation: drainObservation, blocked: z.array(blockedPod) });
const evictOutput = z.strictObject({
  decision: drainDecision,
  blocked: z.array(blockedPod),
  evicted: count,
  deleted: count,
});
export const evictPods: Contract<z.infer<typeof evictInput>, z.infer<typeof evictOutput>> = {
  name: 'evict-pods',
  input: evictInput,
  output: evictOutput,
  errors: ['ClusterUnknown', 'KubernetesUnavailable', 'KubernetesRefused'],
};

const observed = z.strictObject({ observation: drainObservation });
const heartbeatOutput = z.strictObject({ active: z.boolean() });
export const heartbeatDrain: Contract<z.infer<typeof observed>, z.infer<typeof heartbeatOutput>> = {
  name: 'heartbeat-drain',
  input: observed,
  output: heartbeatOutput,
  errors: [],
};

const finishInput = z.strictObject({
  observation: drainObservation,
  decision: drainDecision,
  blocked: z.array(blockedPod),
});
/** `done`: false where the group had nothing to do any more. */
const finishOutput = z.strictObject({ done: z.boolean() });
export const finishDrain: Contract<z.infer<typeof finishInput>, z.infer<typeof finishOutput>> = {
  name: 'finish-drain',
  input: finishInput,
  output: finishOutput,
  errors: [],
};

const uncordonOutput = z.strictObject({ uncordoned: z.boolean() });
export const uncordonNode: Contract<z.infer<typeof observed>, z.infer<typeof uncordonOutput>> = {
  name: 'uncordon-node',
  input: observed,
  output: uncordonOutput,
  errors: ['ClusterUnknown', 'KubernetesUnavailable', 'KubernetesRefused'],
};
