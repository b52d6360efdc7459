import * as z from 'zod/mini';
import { clusterName, slotName } from '../clusters/names.ts';
import { volumeStatus } from '../etcd/contracts.ts';
import { lease } from '../leases/contracts.ts';
import type { Contract } from '../runtime/task.ts';

const text = z.string().check(z.minLength(1));
/** etcd's 64-bit numbers: beyond what a JavaScript number holds, so they stay decimal strings. */
const uint64 = z.string().check(z.regex(/^[0-9]{1,20}$/));
const count = z.int().check(z.minimum(0));

/** One slot of the control plane, by the registry, its group and EC2. */
const slotSeen = z.strictObject({
  slot: slotName,
  phase: z.enum(['forming', 'serving']),
  /** The instance on which the registry last saw the member. */
  recordedInstanceId: z.optional(text),
  memberId: z.optional(uint64),
  verdict: z.optional(z.strictObject({ action: text, reason: text, at: text })),
  /** The group's present one; what leaves is not present. */
  instance: z.optional(z.strictObject({ instanceId: text, lifecycleState: text, state: text })),
  /** Another execution that runs holds the slot's lease. */
  inHand: z.boolean(),
});

/** What AWS and the registry say of a control plane, one of whose instances is to be replaced. */
export const replacementObservation = z.strictObject({
  cluster: clusterName,
  slot: slotName,
  observedAt: z.iso.datetime(),
  formed: z.boolean(),
  /** The pods' network is the user's to install: nodes are not ready before that. */
  ownNetwork: z.boolean(),
  /** There while the cluster is left alone: its automation is paused, until when and why, or it is being retired. */
  leftAlone: z.optional(text),
  /** Another execution that runs holds the cluster's lease. */
  inHand: z.boolean(),
  /** Every slot. */
  slots: z.array(slotSeen),
  /** The slot's own; absent where there is none. */
  group: z.optional(z.strictObject({ launchSuspended: z.boolean() })),
  /** The instance to which the slot's network interface is attached. */
  networkInterfaceHolder: z.optional(text),
  volume: z.strictObject({ status: volumeStatus, holder: z.optional(text) }),
});
export type ReplacementObservation = z.infer<typeof replacementObservation>;

/** What is replaced: settled when everything was first found to be well, and kept to the end. */
const target = z.strictObject({
  instanceId: text,
  memberId: z.optional(uint64),
  /** When it was settled. */
  since: z.iso.datetime(),
});
export type ReplacementTarget = z.infer<typeof target>;

/** The leases that the execution holds: none, the slot's, or the cluster's as well. */
const guard = z.enum(['none', 'slot', 'cluster']);

export const replacementActions = [
  'none',
  'refuse',
  'guard',
  'suspend',
  'move-leader',
  'terminate',
  'let-go',
  'resume',
  'wait',
  'held',
  'finish',
] as const;

/** The next step of a planned replacement. Every branch carries its reason. */
const replacementDecision = z.strictObject({
  action: z.enum(replacementActions),
  reason: text,
  /** With `move-leader`: whose member leads, and which is to. */
  move: z.optional(z.strictObject({ from: slotName, to: slotName, toMemberId: uint64 })),
});
export type ReplacementDecision = z.infer<typeof replacementDecision>;

const observeInput = z.strictObject({
  cluster: clusterName,
  slot: slotName,
  /** ARN of the execution that asks: what it holds is in nobody else's hand. */
  holder: text,
});
export const observeReplacement: Contract<z.infer<typeof observeInput>, ReplacementObservation> = {
  name: 'observe-replacement',
  input: observeInput,
  output: replacementObservation,
  errors: ['ClusterUnknown'],
};

/** What is asked for, and how far it has come. */
const wish = {
  /** Null before it is settled. */
  target: z.nullable(target),
  /** Only this instance is meant: where the slot has another by now, nothing is to be done. Null: whichever it has. */
  instanceId: z.nullable(text),
  /** Why, for people. */
  reason: text,
  /** The only slot of a cluster is replaced only so. */
  acceptDowntime: z.boolean(),
  guard,
  /** How often leadership was asked to move. */
  moves: count,
};
const judgeInput = z.strictObject({ observation: replacementObservation, ...wish });
const judgeOutput = z.strictObject({ decision: replacementDecision, target: z.nullable(target) });
export const judgeReplacement: Contract<z.infer<typeof judgeInput>, z.infer<typeof judgeOutput>> = {
  name: 'judge-replacement',
  input: judgeInput,
  output: judgeOutput,
  errors: ['ClusterUnknown', 'ProtocolInvalid'],
};

const ofGroup = z.strictObject({ lease, cluster: clusterName, slot: slotName });

const suspendOutput = z.strictObject({ suspended: z.boolean() });
export const suspendLaunch: Contract<z.infer<typeof ofGroup>, z.infer<typeof suspendOutput>> = {
  name: 'suspend-launch',
  input: ofGroup,
  output: suspendOutput,
  errors: ['LeaseLost', 'ClusterUnknown', 'ClusterRetiring', 'ForeignResource'],
};

const resumeOutput = z.strictObject({ resumed: z.boolean() });
export const resumeLaunch: Contract<z.infer<typeof ofGroup>, z.infer<typeof resumeOutput>> = {
  name: 'resume-launch',
  input: ofGroup,
  output: resumeOutput,
  errors: ['LeaseLost', 'ClusterUnknown', 'ClusterRetiring', 'ForeignResource'],
};

const moveInput = z.strictObject({ lease, cluster: clusterName, decision: replacementDecision });
/** `moved: false`: etcd did not do it, and why. It is judged anew. */
const moveOutput = z.strictObject({ moved: z.boolean(), reason: text });
export const moveLeader: Contract<z.infer<typeof moveInput>, z.infer<typeof moveOutput>> = {
  name: 'move-leader',
  input: moveInput,
  output: moveOutput,
  errors: ['LeaseLost', 'ClusterUnknown', 'ClusterRetiring'],
};

const terminateInput = z.strictObject({ ...ofGroup.shape, target, decision: replacementDecision });
/** `terminated: false`: the group has it no more. */
const terminateOutput = z.strictObject({ terminated: z.boolean() });
export const terminateNode: Contract<z.infer<typeof terminateInput>, z.infer<typeof terminateOutput>> = {
  name: 'terminate-node',
  input: terminateInput,
  output: terminateOutput,
  errors: ['LeaseLost', 'ClusterUnknown', 'ClusterRetiring', 'ForeignResource'],
};
