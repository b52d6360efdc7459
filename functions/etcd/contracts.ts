import * as z from 'zod/mini';
import { clusterName, slotName } from '../clusters/names.ts';
import { lease } from '../leases/contracts.ts';
import type { Contract } from '../runtime/task.ts';

const text = z.string();
/** etcd's 64-bit numbers: beyond what a JavaScript number holds, so they stay decimal strings. */
const uint64 = z.string().check(z.regex(/^[0-9]{1,20}$/));
const timestamp = z.iso.datetime();

/** What the registry says of a slot, as far as decisions need it. */
const slotRecord = z.strictObject({
  zone: text,
  address: text,
  memberName: text,
  generation: z.int(),
  filesystemUuid: text,
  phase: z.enum(['forming', 'serving']),
  /** A node reported etcd started on this volume: `form` may never mean "from nothing" again (design §6). */
  startedOnce: z.boolean(),
  volumeId: z.optional(text),
  networkInterfaceId: z.optional(text),
  memberId: z.optional(uint64),
  clusterId: z.optional(uint64),
  /** High-water mark of the member's raft index (S8). */
  raftIndex: z.optional(uint64),
  instanceId: z.optional(text),
});

/** A holder of the slot's network interface or volume: an instance and what EC2 says of it. */
const holder = z.strictObject({
  instanceId: text,
  state: z.enum(['pending', 'running', 'stopping', 'stopped', 'shutting-down', 'terminated', 'unknown']),
  /** Since when it is in `shutting-down`, where that is known. */
  shuttingDownSince: z.optional(timestamp),
});

/** What EC2 says of a slot's volume. `lost` = no such volume or state `error`; `unknown` = EC2 did not say. */
export const volumeStatus = z.enum(['creating', 'available', 'in-use', 'lost', 'unknown']);

/** What the node itself reported for this instance; `none` before its first report. */
const nodeReport = z.strictObject({
  state: z.enum(['none', 'waiting', 'started', 'refused']),
  /** Why it refused: a code of node/decide-boot.ts. */
  refusal: z.optional(text),
  reason: z.optional(text),
});

export const slotObservation = z.strictObject({
  cluster: clusterName,
  slot: slotName,
  observedAt: timestamp,
  formed: z.boolean(),
  /** Why the slot is left alone: its cluster is being retired. */
  retiring: z.optional(text),
  clusterId: z.optional(uint64),
  /** For the directive of a member that forms: etcd's initial-cluster and its token. */
  initialCluster: text,
  initialClusterToken: text,
  record: slotRecord,
  /** The slot group's present instance; `terminating` ones are not present. */
  instance: z.optional(z.strictObject({ ...holder.shape, lifecycleState: text, waitingInHook: z.boolean() })),
  volume: z.strictObject({ status: volumeStatus, holder: z.optional(holder) }),
  networkInterfaceHolder: z.optional(holder),
  report: nodeReport,
  /** Whose data the volume holds, by the registry or, before that knew, by a node's own report of this volume. */
  identity: z.optional(z.strictObject({ clusterId: uint64, memberId: uint64 })),
  /** The other slots: whether their data is there, by EC2. */
  others: z.array(z.strictObject({ slot: slotName, volume: volumeStatus, changing: z.boolean() })),
});
export type SlotObservation = z.infer<typeof slotObservation>;

const memberHealth = z.strictObject({
  /** Absent for a member whose name is no slot's. */
  slot: z.optional(slotName),
  name: text,
  memberId: uint64,
  address: text,
  voter: z.boolean(),
  leader: z.boolean(),
  healthy: z.boolean(),
  reason: z.optional(text),
  raftIndex: z.optional(uint64),
  version: z.optional(text),
});
export type MemberHealth = z.infer<typeof memberHealth>;

export const etcdHealth = z.strictObject({
  observedAt: timestamp,
  /** Whether any member answered a membership list. */
  reachable: z.boolean(),
  clusterId: z.optional(uint64),
  /** Every expected member is a voter, started, in sync, without alarm, and there is one leader. */
  healthy: z.boolean(),
  reason: text,
  members: z.array(memberHealth),
  alarms: z.array(text),
  /** Whether all members' keys hash alike at one revision; 3.4 cannot be asked over its gateway. */
  hash: z.enum(['agrees', 'differs', 'not-comparable']),
});
export type EtcdHealth = z.infer<typeof etcdHealth>;

export const directive = z.strictObject({
  kind: z.enum(['form', 'resume']),
  instanceId: text,
  generation: z.int(),
  volumeId: text,
  filesystemUuid: text,
  clusterId: z.optional(uint64),
  memberId: z.optional(uint64),
  raftIndexFloor: z.optional(uint64),
  initialCluster: z.optional(text),
  initialClusterState: z.optional(z.enum(['new', 'existing'])),
  initialClusterToken: z.optional(text),
});

export const slotActions = [
  'none',
  'wait',
  'adopt',
  'form',
  'resume',
  'replace-data',
  'break-glass',
  'propose-restore',
  'hold',
] as const;

/** What to do with a slot. Every branch carries its reason; `none` and `wait` are decisions (design §4). */
export const slotDecision = z.strictObject({
  action: z.enum(slotActions),
  reason: text,
  instanceId: z.optional(text),
  /** With `form` and `resume`: exactly what the node is told. */
  directive: z.optional(directive),
});
export type SlotDecision = z.infer<typeof slotDecision>;

const ofSlot = { lease, cluster: clusterName, slot: slotName };

const observeInput = z.strictObject({ cluster: clusterName, slot: slotName });
export const observeSlot: Contract<z.infer<typeof observeInput>, SlotObservation> = {
  name: 'observe-slot',
  input: observeInput,
  output: slotObservation,
  errors: ['ClusterUnknown', 'ProtocolInvalid'],
};

const judgeInput = z.strictObject({ observation: slotObservation });
const judgeOutput = z.strictObject({ decision: slotDecision, etcd: etcdHealth });
export const judgeSlot: Contract<z.infer<typeof judgeInput>, z.infer<typeof judgeOutput>> = {
  name: 'judge-slot',
  input: judgeInput,
  output: judgeOutput,
  errors: ['ClusterUnknown'],
};

const decidedInput = z.strictObject({ ...ofSlot, decision: slotDecision });
const directOutput = z.strictObject({ attached: z.boolean(), directed: z.boolean() });
export const directSlot: Contract<z.infer<typeof decidedInput>, z.infer<typeof directOutput>> = {
  name: 'direct-slot',
  input: decidedInput,
  output: directOutput,
  errors: [
    'LeaseLost',
    'ClusterUnknown',
    'SlotNotReady',
    'VolumeInUse',
    'VolumeFailed',
    'ForeignResource',
    'ProtocolInvalid',
    'DirectiveConflict',
    'ObjectConflict',
  ],
};

const holdOutput = z.strictObject({ completed: z.boolean() });
export const holdSlot: Contract<z.infer<typeof decidedInput>, z.infer<typeof holdOutput>> = {
  name: 'hold-slot',
  input: decidedInput,
  output: holdOutput,
  errors: ['LeaseLost', 'ClusterUnknown', 'RegistryConflict'],
};

const verifyInput = z.strictObject({ cluster: clusterName, slot: z.optional(slotName) });
const verifyOutput = z.strictObject({
  /** What was asked for is there: the slot's member when a slot was named, else the whole cluster. */
  verified: z.boolean(),
  reason: text,
  health: etcdHealth,
});
export const verifyEtcd: Contract<z.infer<typeof verifyInput>, z.infer<typeof verifyOutput>> = {
  name: 'verify-etcd',
  input: verifyInput,
  output: verifyOutput,
  errors: ['ClusterUnknown'],
};

const completeInput = z.strictObject({ ...ofSlot, instanceId: text });
const completeOutput = z.strictObject({ completed: z.boolean() });
export const completeLaunch: Contract<z.infer<typeof completeInput>, z.infer<typeof completeOutput>> = {
  name: 'complete-launch',
  input: completeInput,
  output: completeOutput,
  errors: ['LeaseLost', 'ClusterUnknown'],
};

const recordSlotInput = z.strictObject({ ...ofSlot, instanceId: text, health: etcdHealth });
const recordSlotOutput = z.strictObject({ recorded: z.boolean() });
export const recordSlot: Contract<z.infer<typeof recordSlotInput>, z.infer<typeof recordSlotOutput>> = {
  name: 'record-slot',
  input: recordSlotInput,
  output: recordSlotOutput,
  errors: ['LeaseLost', 'ClusterUnknown', 'RegistryConflict', 'EtcdUnhealthy'],
};
