import * as z from 'zod/mini';
import { clusterName } from '../clusters/names.ts';
import type { Contract } from '../runtime/task.ts';

/** One group that is to have another number of workers. */
export interface SizeChange {
  readonly pool: string;
  /** The zone's letter. */
  readonly zone: string;
  /** How many it was to have when this was decided: where it is another number by now, nothing is changed. */
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** A worker that is to go, its group becoming one smaller. */
export interface Removal {
  readonly pool: string;
  readonly zone: string;
  readonly instanceId: string;
  readonly reason: string;
  /** That have to move; absent where they were not counted. */
  readonly pods?: number;
}

/** An instance type that a pool's group in one zone could not get, and until when it is not counted on. */
export interface BackOff {
  readonly pool: string;
  readonly zone: string;
  readonly instanceType: string;
  /** ISO 8601. */
  readonly until: string;
  /** How long this one is. */
  readonly seconds: number;
}

/** Workers of one kind that a plan asked for, and why. */
export interface PlannedWorkers {
  readonly pool: string;
  /** In full: `us-east-1a`. */
  readonly zone: string;
  readonly instanceType: string;
  readonly workers: number;
  /** That they are for. */
  readonly pods: number;
  /** Of the first of them. */
  readonly reason: string;
}

/** A node whose pods fit elsewhere, and since when each decision has found so, ISO 8601. */
export interface Unneeded {
  readonly node: string;
  readonly since: string;
}

const text = z.string().check(z.minLength(1));
const count = z.int().check(z.minimum(0));
const zoneLetter = z.string().check(z.regex(/^[a-f]$/));
export const sizeChange = z.strictObject({
  pool: text,
  zone: zoneLetter,
  from: count,
  to: count,
  reason: text,
});
const changes = z.array(sizeChange).check(z.minLength(1));

const resizeInput = z.strictObject({ cluster: clusterName, changes });
const resizeOutput = z.strictObject({
  /** `none`: every group was resized by somebody else. */
  action: z.enum(['verify', 'none']),
  /** Those that were carried out, now or by an earlier call. */
  resized: z.array(sizeChange),
  skipped: z.array(z.strictObject({ pool: text, zone: text, reason: text })),
});
export const resizePools: Contract<z.infer<typeof resizeInput>, z.infer<typeof resizeOutput>> = {
  name: 'resize-pools',
  input: resizeInput,
  output: resizeOutput,
  errors: ['ClusterUnknown', 'ForeignResource'],
};

const verdict = z.strictObject({
  action: z.enum(['done', 'wait', 'fall-back']),
  reason: text,
  /** With `fall-back`: those whose zone gives no instance, each with what AWS says as its reason. */
  failed: z.array(sizeChange),
});
/** What has become of the workers that were asked for. */
export type ScalingVerdict = z.infer<typeof verdict>;

const verifyInput = z.strictObject({
  cluster: clusterName,
  changes,
  /** When they were asked for, ISO 8601: launches that failed before are none of theirs. */
  since: text,
});
export const verifyScaling: Contract<z.infer<typeof verifyInput>, ScalingVerdict> = {
  name: 'verify-scaling',
  input: verifyInput,
  output: verdict,
  errors: ['ClusterUnknown', 'ProtocolInvalid'],
};

const fallBackInput = z.strictObject({ cluster: clusterName, failed: changes });
const fallBackOutput = z.strictObject({ givenBack: count });
export const fallBackScaling: Contract<z.infer<typeof fallBackInput>, z.infer<typeof fallBackOutput>> = {
  name: 'fall-back-scaling',
  input: fallBackInput,
  output: fallBackOutput,
  errors: ['ClusterUnknown', 'ForeignResource', 'RegistryConflict'],
};

const removal = z.strictObject({
  pool: text,
  zone: zoneLetter,
  instanceId: text,
  reason: text,
  pods: z.optional(count),
});
/** Where a person's size lies from what is there. */
const personDirection = z.enum(['grow', 'shrink', 'none']);
export type PersonDirection = z.infer<typeof personDirection>;

const personInput = z.strictObject({
  /** As the person gave it: read-person-request.ts says what is wrong with it. */
  request: z.unknown(),
  /** What the first look decided; null or absent: this is the first. */
  direction: z.optional(z.nullable(personDirection)),
  /** Groups whose zone has given no instance since this was asked for, each with what AWS says as its reason. */
  tried: z.optional(z.array(sizeChange)),
});
const personOutput = z.strictObject({
  /** `resize`: by `changes`; what goes beyond them is decided by another look. `remove`: `removals` are drained. */
  action: z.enum(['none', 'resize', 'remove']),
  direction: personDirection,
  reason: text,
  /** Every group of the pool, by zone. */
  sizes: z.array(z.strictObject({ zone: zoneLetter, from: count, to: count })),
  changes: z.array(sizeChange),
  removals: z.array(removal),
});
/** What a person's size of a pool takes. */
export type PersonSizes = z.infer<typeof personOutput>;
export const planPersonSizes: Contract<z.infer<typeof personInput>, PersonSizes> = {
  name: 'plan-person-sizes',
  input: personInput,
  output: personOutput,
  errors: [
    'ScalingRefused',
    'ScalingUnfinished',
    'ClusterUnknown',
    'KubernetesUnavailable',
    'ProtocolInvalid',
  ],
};

/** A worker's drain, by the execution that carries it out. */
const startedDrain = z.strictObject({ pool: text, zone: zoneLetter, instanceId: text, executionArn: text });
export type StartedDrain = z.infer<typeof startedDrain>;

const startDrainsInput = z.strictObject({
  cluster: clusterName,
  removals: z.array(removal).check(z.minLength(1)),
});
const startDrainsOutput = z.strictObject({ drains: z.array(startedDrain) });
export const startDrains: Contract<z.infer<typeof startDrainsInput>, z.infer<typeof startDrainsOutput>> = {
  name: 'start-drains',
  input: startDrainsInput,
  output: startDrainsOutput,
  errors: ['ResourceNotReady'],
};

const drainsVerdict = z.strictObject({ action: z.enum(['done', 'wait', 'stay']), reason: text });
/** What has become of drains. `stay`: all have ended, and not every worker goes. */
export type DrainsVerdict = z.infer<typeof drainsVerdict>;

const verifyDrainsInput = z.strictObject({
  cluster: clusterName,
  drains: z.array(startedDrain).check(z.minLength(1)),
});
export const verifyDrains: Contract<z.infer<typeof verifyDrainsInput>, DrainsVerdict> = {
  name: 'verify-drains',
  input: verifyDrainsInput,
  output: drainsVerdict,
  errors: [],
};
