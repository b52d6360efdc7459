import * as z from 'zod/mini';
import { clusterName } from '../clusters/names.ts';
import type { Contract } from '../runtime/task.ts';

const text = z.string().check(z.minLength(1));
const zoneLetter = z.string().check(z.regex(/^[a-f]$/));
const instanceId = z.string().check(z.regex(/^i-[0-9a-f]{8,17}$/));
const count = z.int().check(z.minimum(0));

const repairActions = ['none', 'refuse', 'begin', 'raise', 'wait', 'terminate', 'finish'] as const;

/** The next step of a worker's repair. Every branch carries its reason. */
const repairDecision = z.strictObject({
  action: z.enum(repairActions),
  reason: text,
  /** Of what the registry remembered when this was decided: who acts on it writes only over that. */
  revision: count,
  /** With `begin`. */
  replacement: z.optional(z.enum(['before', 'after'])),
  /** With `raise`: sizes of the worker's group. */
  raise: z.optional(z.strictObject({ from: count, to: count })),
  /** With `terminate`: whether its group is to want one fewer. */
  decrement: z.optional(z.boolean()),
  /** With `finish`. */
  outcome: z.optional(z.enum(['replaced', 'recovered', 'given-up', 'unfinished'])),
});
export type RepairDecision = z.infer<typeof repairDecision>;

const ofWorker = { cluster: clusterName, pool: text, zone: zoneLetter, instanceId };
const judgeInput = z.strictObject(ofWorker);
const judgeOutput = z.strictObject({ decision: repairDecision });
export const judgeRepair: Contract<z.infer<typeof judgeInput>, z.infer<typeof judgeOutput>> = {
  name: 'judge-repair',
  input: judgeInput,
  output: judgeOutput,
  errors: [],
};

const decidedInput = z.strictObject({ ...ofWorker, decision: repairDecision });

const beginOutput = z.strictObject({ begun: z.boolean() });
export const beginRepair: Contract<z.infer<typeof decidedInput>, z.infer<typeof beginOutput>> = {
  name: 'begin-repair',
  input: decidedInput,
  output: beginOutput,
  errors: [],
};

const raiseOutput = z.strictObject({ state: z.enum(['intended', 'done', 'changed']) });
export const raisePool: Contract<z.infer<typeof decidedInput>, z.infer<typeof raiseOutput>> = {
  name: 'raise-pool',
  input: decidedInput,
  output: raiseOutput,
  errors: ['ForeignResource', 'RegistryConflict'],
};

const terminateOutput = z.strictObject({ terminated: z.boolean() });
export const terminateWorker: Contract<z.infer<typeof decidedInput>, z.infer<typeof terminateOutput>> = {
  name: 'terminate-worker',
  input: decidedInput,
  output: terminateOutput,
  errors: ['ForeignResource'],
};

const finishOutput = z.strictObject({ recorded: z.boolean() });
export const finishRepair: Contract<z.infer<typeof decidedInput>, z.infer<typeof finishOutput>> = {
  name: 'finish-repair',
  input: decidedInput,
  output: finishOutput,
  errors: ['RegistryConflict'],
};
