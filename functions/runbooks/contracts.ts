import * as z from 'zod/mini';
import { clusterName, slotName } from '../clusters/names.ts';
import { pauseMinutesMax } from '../clusters/pause.ts';
import type { Contract } from '../runtime/task.ts';

const text = z.string().check(z.minLength(1));
const count = z.int().check(z.minimum(0));

/** What an automation passes on: its runbook's name, its own ID and what it was asked. */
const request = z.strictObject({
  runbook: text,
  automation: text,
  parameters: z.record(z.string(), z.unknown()),
});
export type RunbookRequest = z.infer<typeof request>;

export const runbookWorkflows = [
  'provision-cluster',
  'replace-etcd-member',
  'replace-control-plane-node',
  'scale-workers',
  'drain-worker',
  'repair-worker',
  'retire-cluster',
] as const;

/** Every branch carries its reason; what cannot be done is no decision but `RunbookRefused`. */
const decision = z.discriminatedUnion('action', [
  z.strictObject({
    action: z.literal('start'),
    reason: text,
    cluster: clusterName,
    workflow: z.enum(runbookWorkflows),
    /** Of the execution's name: two people who ask for the same get one execution. */
    prefix: text,
    input: z.record(z.string(), z.unknown()),
  }),
  z.strictObject({
    action: z.literal('pause'),
    reason: text,
    cluster: clusterName,
    minutes: z.int().check(z.minimum(1), z.maximum(pauseMinutesMax)),
  }),
  z.strictObject({ action: z.literal('resume'), reason: text, cluster: clusterName }),
  z.strictObject({ action: z.literal('kick'), reason: text, cluster: clusterName, slot: slotName }),
]);
export type RunbookDecision = z.infer<typeof decision>;

const checkOutput = z.strictObject({ decision });
export const checkRunbook: Contract<RunbookRequest, z.infer<typeof checkOutput>> = {
  name: 'check-runbook',
  input: request,
  output: checkOutput,
  errors: ['RunbookRefused'],
};

const startInput = z.strictObject({
  workflow: z.enum(runbookWorkflows),
  prefix: text,
  input: z.record(z.string(), z.unknown()),
});
const startOutput = z.strictObject({
  executionArn: text,
  /** Somebody else had started the same. */
  joined: z.boolean(),
  /** To the execution in the console. */
  link: text,
  reason: text,
});
export const startWorkflow: Contract<z.infer<typeof startInput>, z.infer<typeof startOutput>> = {
  name: 'start-workflow',
  input: startInput,
  output: startOutput,
  errors: ['RunbookRefused'],
};

const observeInput = z.strictObject({ executionArn: text });
const observeOutput = z.strictObject({
  decision: z.strictObject({
    action: z.enum(['wait', 'succeeded', 'failed']),
    reason: text,
    waitSeconds: z.int().check(z.minimum(1)),
  }),
  /** What the workflow gave, JSON. */
  output: z.optional(z.string()),
});
export type WorkflowSeen = z.infer<typeof observeOutput>;
export const observeWorkflow: Contract<z.infer<typeof observeInput>, WorkflowSeen> = {
  name: 'observe-workflow',
  input: observeInput,
  output: observeOutput,
  errors: ['RunbookRefused'],
};

const pauseInput = z.strictObject({
  cluster: clusterName,
  minutes: count,
  reason: text,
  by: text,
});
const pauseOutput = z.strictObject({ until: z.iso.datetime(), reason: text });
export const pauseCluster: Contract<z.infer<typeof pauseInput>, z.infer<typeof pauseOutput>> = {
  name: 'pause-cluster',
  input: pauseInput,
  output: pauseOutput,
  errors: ['RegistryConflict'],
};

const resumeInput = z.strictObject({ cluster: clusterName });
const resumeOutput = z.strictObject({ resumed: z.boolean(), reason: text });
export const resumeCluster: Contract<z.infer<typeof resumeInput>, z.infer<typeof resumeOutput>> = {
  name: 'resume-cluster',
  input: resumeInput,
  output: resumeOutput,
  errors: ['RegistryConflict'],
};

const kickInput = z.strictObject({ cluster: clusterName, slot: slotName });
const kickOutput = z.strictObject({ kicked: z.boolean(), reason: text });
export const kickSlot: Contract<z.infer<typeof kickInput>, z.infer<typeof kickOutput>> = {
  name: 'kick-slot',
  input: kickInput,
  output: kickOutput,
  errors: ['ForeignResource', 'RunbookRefused'],
};
