import * as z from 'zod/mini';
import { layout } from '../clusters/contracts.ts';
import { clusterName } from '../clusters/names.ts';
import { lease } from '../leases/contracts.ts';
import type { Contract } from '../runtime/task.ts';

const ensureInput = z.strictObject({ lease, cluster: clusterName, layout });
/** Counts of certificates alone: neither keys nor certificates leave the bucket (S22). */
const count = z.int().check(z.minimum(0));
const ensureOutput = z.strictObject({ created: count, unchanged: count });

export const ensureCertificates: Contract<z.infer<typeof ensureInput>, z.infer<typeof ensureOutput>> = {
  name: 'ensure-certificates',
  input: ensureInput,
  output: ensureOutput,
  errors: ['LeaseLost', 'ClusterUnknown', 'ResourceNotReady', 'ObjectConflict', 'CertificateInvalid'],
};
