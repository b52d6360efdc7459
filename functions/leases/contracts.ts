import * as z from 'zod/mini';
import { clusterName } from '../clusters/names.ts';
import type { Contract } from '../runtime/task.ts';

/** What a lease guards: the cluster's membership, terminations and restores, or one slot's `resume` (design §5). */
export const leaseScope = z.string().check(z.regex(/^(cluster|slot:[a-f])$/));

/** Proof that an execution may act. `token` grows with each new holder; a stale one is refused before each effect (S14). */
export const lease = z.strictObject({
  cluster: clusterName,
  scope: leaseScope,
  holder: z.string().check(z.minLength(1)),
  token: z.int().check(z.minimum(1)),
});
export type Lease = z.infer<typeof lease>;

const acquireInput = z.strictObject({
  cluster: clusterName,
  scope: leaseScope,
  /** ARN of the execution that wants it. */
  holder: z.string().check(z.minLength(1)),
});
const acquireOutput = z.strictObject({ lease });

export const acquireLease: Contract<z.infer<typeof acquireInput>, z.infer<typeof acquireOutput>> = {
  name: 'acquire-lease',
  input: acquireInput,
  output: acquireOutput,
  errors: ['LeaseHeld', 'RegistryConflict'],
};

const releaseInput = z.strictObject({ lease, outcome: z.optional(z.string()) });
const releaseOutput = z.strictObject({ released: z.boolean() });

export const releaseLease: Contract<z.infer<typeof releaseInput>, z.infer<typeof releaseOutput>> = {
  name: 'release-lease',
  input: releaseInput,
  output: releaseOutput,
  errors: [],
};
