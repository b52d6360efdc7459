import { issueFor, type KeyPair } from '../../../../functions/pki/issue.ts';
import { readRequest } from '../../../../functions/pki/request.ts';
import { kubeletCertificateHours } from '../../../../node/kubernetes/flags.ts';
import { at, conditionOf, textOf, withAt } from '../json.ts';
import { resourceOf } from '../resources.ts';
import type { Store } from '../store.ts';

const requests = resourceOf('certificatesigningrequests');
const signer = 'kubernetes.io/kube-apiserver-client-kubelet';

/** What the controller manager's signer does for kubelets: every request that is approved and has no certificate gets one. */
export async function signRequests(store: Store, authority: KeyPair, now: Date): Promise<void> {
  const { items } = await store.list(requests);
  for (const request of items) {
    if (at(request, 'spec', 'signerName') !== signer || !conditionOf(request, 'Approved')) continue;
    if (at(request, 'status', 'certificate') !== undefined || conditionOf(request, 'Denied')) continue;
    const pem = Buffer.from(textOf(at(request, 'spec', 'request')), 'base64').toString('utf8');
    const asked = await readRequest(pem);
    if (!asked) continue;
    const certificate = await issueFor(
      asked.publicKey,
      authority,
      {
        commonName: asked.commonName,
        organizations: asked.organizations,
        usages: ['clientAuth'],
        dnsNames: [],
        addresses: [],
      },
      now,
      kubeletCertificateHours * 3600,
    );
    const encoded = Buffer.from(certificate).toString('base64');
    await store.change(requests, undefined, request.metadata.name ?? '', (current) =>
      withAt(current, ['status', 'certificate'], encoded),
    );
  }
}
