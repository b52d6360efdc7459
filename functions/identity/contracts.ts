import * as z from 'zod/mini';
import { layout } from '../clusters/contracts.ts';
import { clusterName } from '../clusters/names.ts';
import { lease } from '../leases/contracts.ts';
import type { Contract } from '../runtime/task.ts';

const text = z.string().check(z.minLength(1));
const ofCluster = z.strictObject({ lease, cluster: clusterName, layout });

const documentsOutput = z.strictObject({ issuer: text, changed: z.boolean() });
export const publishIssuerDocuments: Contract<z.infer<typeof ofCluster>, z.infer<typeof documentsOutput>> = {
  name: 'publish-issuer-documents',
  input: ofCluster,
  output: documentsOutput,
  errors: [
    'LeaseLost',
    'ClusterUnknown',
    'ClusterRetiring',
    'ResourceNotReady',
    'ObjectConflict',
    'CertificateInvalid',
  ],
};

/** ARNs of the roles that are there now, by the add-on's name. */
const rolesOutput = z.strictObject({
  roles: z.strictObject({
    cloudControllerManager: text,
    ebsCsiDriver: text,
    cni: z.optional(text),
  }),
  changed: z.boolean(),
});
export const ensureAddOnRoles: Contract<z.infer<typeof ofCluster>, z.infer<typeof rolesOutput>> = {
  name: 'ensure-add-on-roles',
  input: ofCluster,
  output: rolesOutput,
  errors: ['LeaseLost', 'ClusterUnknown', 'ClusterRetiring', 'ResourceNotReady', 'ForeignResource'],
};
