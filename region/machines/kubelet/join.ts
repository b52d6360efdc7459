import { createKubernetesClient } from '../../../functions/kubernetes/client.ts';
import { pathOf } from '../../../functions/kubernetes/paths.ts';
import { makeKey } from '../../../functions/pki/issue.ts';
import { makeRequest } from '../../../functions/pki/request.ts';
import type { Clock } from '../../kernel/clock.ts';
import { type KubeletIdentity, keepIdentity, nodeUser } from './identity.ts';

export interface Joining {
  readonly instanceId: string;
  /** The machine's root, where the certificate is kept. */
  readonly root: string;
  /** Bootstrap token, `<id>.<secret>`. */
  readonly token: string;
  readonly ca: string;
  readonly servers: readonly string[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

interface SigningRequest {
  readonly metadata: { readonly name: string };
  readonly status?: {
    readonly certificate?: string;
    readonly conditions?: readonly { readonly type: string; readonly message?: string }[];
  };
}

const requests = pathOf({ apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest' });
const pollMilliseconds = 500;

/** Asks for the kubelet's certificate with the bootstrap token, as a kubelet does, and waits until it is issued. Rejects when it is denied. */
export async function requestIdentity(joining: Joining): Promise<KubeletIdentity> {
  const { ca, clock, instanceId, root, servers, signal, token } = joining;
  const client = createKubernetesClient({ endpoints: servers, ca, token });
  try {
    const key = await makeKey();
    const request = await makeRequest(nodeUser(instanceId), ['system:nodes'], key);
    const { metadata } = await client.create<SigningRequest>(
      requests,
      {
        apiVersion: 'certificates.k8s.io/v1',
        kind: 'CertificateSigningRequest',
        metadata: { generateName: 'node-csr-' },
        spec: {
          request: Buffer.from(request).toString('base64'),
          signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
          usages: ['digital signature', 'client auth'],
        },
      },
      signal,
    );
    for (;;) {
      const found = await client.get<SigningRequest>(`${requests}/${metadata.name}`, signal);
      const denied = found?.status?.conditions?.find(({ type }) => type === 'Denied' || type === 'Failed');
      if (!found || denied)
        throw new Error(
          `the certificate request ${metadata.name} was refused: ${denied?.message ?? 'it is gone'}`,
        );
      const { certificate } = found.status ?? {};
      if (certificate)
        return keepIdentity(root, { certificate: Buffer.from(certificate, 'base64').toString('utf8'), key });
      await clock.sleep(pollMilliseconds, signal);
    }
  } finally {
    client.close();
  }
}
