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

/** A node whose pods fit elsewhere, and since when each decision has found so, ISO 8601. */
export interface Unneeded {
  readonly node: string;
  readonly since: string;
}

const text = z.string().check(z.minLength(1));
const count = z.int().check(z.minimum(0));
export const sizeChange = z.strictObject({
  pool: text,
  zone: z.string().check(z.regex(/^[a-f]$/)),
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
  /** With `fall-back`: those whose zone gives no instance. */
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
