/**
 * Signs a client certificate with which a person administers a cluster for some hours. The private key stays with whoever asks: only its
 * public half comes here, and the authority's key never leaves this task (S22). Who may invoke the task may become an administrator: that is
 * IAM's to say.
 *
 * Safe to repeat: it changes nothing; each call is one more certificate, which ends by itself.
 */
import { getText, makeObjects, type Objects } from '../aws/objects.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { CertificateInvalid, ClusterUnknown, RequestRefused, ResourceNotReady } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { issueKubeconfig } from './contracts.ts';
import { isUsableAuthority } from './inspect.ts';
import { issueFor } from './issue.ts';
import { readRequest } from './request.ts';
import { authorityPaths } from './slot-certificates.ts';

export interface IssueKubeconfigDeps {
  readonly registry: Pick<Registry, 'getCluster'>;
  readonly objects: Objects;
}

/** Users that come from here say so, so that the audit log tells them from Trivet's own and from nodes. */
const userPattern = /^trivet:[A-Za-z0-9][A-Za-z0-9@._+=,-]{0,62}$/;

/** Bound to cluster-admin by the once-per-cluster step (functions/kubernetes/bootstrap-objects.ts). */
const administrators = 'kubeadm:cluster-admins';

export const handler = task(
  issueKubeconfig,
  (config): IssueKubeconfigDeps => ({ registry: makeRegistry(config), objects: makeObjects(config) }),
  async ({ cluster, request, validityHours }, { registry, objects }, { clock, log, signal }) => {
    const record = await registry.getCluster(cluster, signal);
    if (!record) throw new ClusterUnknown(`the registry knows no cluster ${cluster}; provision it first`);
    const { endpoint } = record;
    if (endpoint === undefined)
      throw new ResourceNotReady(`${cluster} has no load balancer yet, through which its API is reached`);
    const asked = await readRequest(request);
    if (!asked)
      throw new RequestRefused(
        'the request is no PKCS #10 request for an ECDSA P-256 key, signed by that key',
      );
    if (!userPattern.test(asked.commonName) || asked.organizations.length > 0)
      throw new RequestRefused(
        `the request asks for the user "${asked.commonName}" in the groups [${asked.organizations.join(', ')}]; users are named trivet:<name> here, and groups are not asked for`,
      );
    const paths = authorityPaths(cluster, 'kubernetes-ca');
    const [ca, key] = await Promise.all([
      getText(objects, paths.certificate, signal),
      getText(objects, paths.key, signal),
    ]);
    if (ca === undefined || key === undefined)
      throw new ResourceNotReady(`${cluster} has no Kubernetes authority yet; provision it to the end`);
    const now = clock.now();
    if (!isUsableAuthority(ca, now)) throw new CertificateInvalid(`${paths.certificate} has ended`);
    const certificate = await issueFor(
      asked.publicKey,
      { certificate: ca, key },
      {
        commonName: asked.commonName,
        organizations: [administrators],
        usages: ['clientAuth'],
        dnsNames: [],
        addresses: [],
      },
      now,
      validityHours * 3600,
    );
    const expiresAt = new Date(now.getTime() + validityHours * 3_600_000).toISOString();
    log.info('issued', { user: asked.commonName, expiresAt });
    return { certificate, ca, endpoint, expiresAt };
  },
);
