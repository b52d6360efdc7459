import * as z from 'zod/mini';
import { clusterName, slotName } from '../clusters/names.ts';
import { drainCauses, drainEnds } from '../drain/contracts.ts';
import { kubernetesHealth } from '../kubernetes/contracts.ts';
import type { Contract } from '../runtime/task.ts';
import { sizeChange } from '../scaling/contracts.ts';

/** What an event names: only this is looked at. Without it, everything is (design §4: an event is only a reason to look now). */
const scope = z.object({
  autoScalingGroupName: z.optional(z.string()),
  instanceId: z.optional(z.string()),
  cluster: z.optional(clusterName),
  /** An object that a watch has written; its cluster is the one that is meant (read-scope.ts). */
  objectKey: z.optional(z.string()),
  /** Several instances that one event of AWS Health names. */
  affectedEntities: z.optional(z.array(z.object({ entityValue: z.string() }))),
  /** What AWS announces for the instance: `spot-interruption`, `rebalance`, `health-event`. */
  cause: z.optional(z.string()),
  /** The event's detail-type, for the log. */
  reason: z.optional(z.string()),
});
export type SweepScope = z.infer<typeof scope>;

export const sweepActions = [
  'none',
  'wait',
  'start-replace',
  'start-join',
  'start-drain',
  'start-scale',
  'start-repair',
  'start-replace-node',
  'mark-unhealthy',
  'resume-launch',
  'kick-launch',
  'next-instance-type',
  'report',
] as const;

/** The latest replacement of a hung node in a cluster (records.ts). */
const hungReplacement = z.strictObject({ slot: slotName, instanceId: z.string(), at: z.string() });

const finding = z.strictObject({
  cluster: clusterName,
  /** Of a slot; a worker has a pool and a zone instead. */
  slot: z.optional(slotName),
  pool: z.optional(z.string()),
  zone: z.optional(z.string()),
  action: z.enum(sweepActions),
  reason: z.string(),
  instanceId: z.optional(z.string()),
  /** Of `start-drain`. */
  cause: z.optional(z.enum(drainCauses)),
  afterwards: z.optional(z.enum(drainEnds)),
  deadlineAt: z.optional(z.string()),
  /** Of `start-scale`: what each group is to have, and when the pods were seen that it is for. */
  changes: z.optional(z.array(sizeChange)),
  observedAt: z.optional(z.string()),
  /** Of `next-instance-type`: the type that had no capacity, and the one that takes its place. */
  failedInstanceType: z.optional(z.string()),
  instanceType: z.optional(z.string()),
  /** Of `start-replace-node`: the node hangs, which is done within an hour of another only by a person. */
  hung: z.optional(z.boolean()),
  /** Of a hung node: the latest replacement of another, as it was when this was decided. */
  lastReplacement: z.optional(hungReplacement),
  /** A person is told as by `report`, though the sweep goes on trying. */
  alarming: z.optional(z.boolean()),
  /** Of `report`: the storm guard of a pool refuses repairs. */
  storm: z.optional(z.boolean()),
});
/** One slot or worker as the sweep judged it. `report` = something for a person that no workflow of today mends. */
export type SweepFinding = z.infer<typeof finding>;

const input = z.object({ scope: z.optional(z.nullable(scope)) });
const output = z.strictObject({
  clusters: z.array(clusterName),
  /** Only what is not `none`. */
  findings: z.array(finding),
  /** Names of the executions that this sweep started. */
  started: z.array(z.string()),
});

export const sweep: Contract<z.infer<typeof input>, z.infer<typeof output>> = {
  name: 'sweep',
  input,
  output,
  errors: [],
};

/** By slot: the instance whose API server or node is not ready, and since when looks found it so one after the other. */
const unreadySince = z.record(slotName, z.strictObject({ instanceId: z.string(), since: z.iso.datetime() }));
export type UnreadySince = z.infer<typeof unreadySince>;

/** The latest look at a cluster's Kubernetes, as the registry keeps it. */
export const kubernetesObservation = z.extend(kubernetesHealth, { unreadySince });
export type KubernetesObservation = z.infer<typeof kubernetesObservation>;

const watchOutput = z.strictObject({
  observed: z.array(z.strictObject({ cluster: clusterName, healthy: z.boolean(), reason: z.string() })),
});
export const watchEtcd: Contract<unknown, z.infer<typeof watchOutput>> = {
  name: 'watch-etcd',
  input: z.unknown(),
  output: watchOutput,
  errors: [],
};

export const watchKubernetes: Contract<unknown, z.infer<typeof watchOutput>> = {
  name: 'watch-kubernetes',
  input: z.unknown(),
  output: watchOutput,
  errors: ['ClusterUnknown', 'ProtocolInvalid', 'KubernetesUnavailable', 'KubernetesRefused'],
};
