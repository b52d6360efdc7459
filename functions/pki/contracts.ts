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

const text = z.string().check(z.minLength(1));

/** A day's work by default; a week at the most, since a certificate cannot be taken back. */
export const kubeconfigHours = { default: 12, min: 1, max: 168 } as const;

const kubeconfigInput = z.strictObject({
  cluster: clusterName,
  /** PKCS #10, PEM. */
  request: z.string().check(z.minLength(1), z.maxLength(8192)),
  validityHours: z.int().check(z.minimum(kubeconfigHours.min), z.maximum(kubeconfigHours.max)),
});
const kubeconfigOutput = z.strictObject({ certificate: text, ca: text, endpoint: text, expiresAt: text });
export const issueKubeconfig: Contract<z.infer<typeof kubeconfigInput>, z.infer<typeof kubeconfigOutput>> = {
  name: 'issue-kubeconfig',
  input: kubeconfigInput,
  output: kubeconfigOutput,
  errors: ['ClusterUnknown', 'ResourceNotReady', 'RequestRefused', 'CertificateInvalid'],
};
