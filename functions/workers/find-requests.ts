import type { KubernetesClient, KubernetesObject } from '../kubernetes/client.ts';
import { pathOf } from '../kubernetes/paths.ts';
import { readRequest } from '../pki/request.ts';
import { tokenUser } from './bootstrap-token.ts';
import type { WorkerInKubernetes } from './decide-worker.ts';

export const requestsPath = pathOf({
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'CertificateSigningRequest',
});

/** A request for a certificate as the API has it. */
export interface SigningRequest extends KubernetesObject {
  readonly spec: {
    readonly request: string;
    readonly signerName: string;
    readonly username?: string;
    readonly usages?: readonly string[];
  };
  readonly status?: {
    readonly certificate?: string;
    readonly conditions?: readonly { readonly type: string }[];
  };
}

const signer = 'kubernetes.io/kube-apiserver-client-kubelet';

/**
 * A worker's requests for its kubelet's certificate, oldest first: made with its own token, for its own name, by nobody else. A request in
 * which anything is otherwise is not among them, so that it is never approved (ADR 16).
 */
export async function findRequests(
  client: KubernetesClient,
  worker: { readonly instanceId: string; readonly tokenId: string | undefined },
  signal: AbortSignal,
): Promise<WorkerInKubernetes['requests']> {
  if (worker.tokenId === undefined) return [];
  const all = await client.list<SigningRequest>(
    requestsPath,
    { fieldSelector: `spec.signerName=${signer}` },
    signal,
  );
  const user = tokenUser(worker.tokenId);
  const mine: SigningRequest[] = [];
  for (const one of all)
    if (one.spec.username === user && (await isFor(one, worker.instanceId))) mine.push(one);
  return mine
    .toSorted((one, two) => (created(one) < created(two) ? -1 : 1))
    .map(({ metadata, status }) => ({ name: metadata.name, state: stateOf(status) }));
}

function created({ metadata }: SigningRequest): string {
  return metadata.creationTimestamp ?? '';
}

/** As kubelets ask: `O=system:nodes`, `CN=system:node:<instance>`, for use as a client alone. */
async function isFor({ spec }: SigningRequest, instanceId: string): Promise<boolean> {
  const asked = await readRequest(Buffer.from(spec.request, 'base64').toString('utf8'));
  const usages = new Set(spec.usages ?? []);
  const clientAlone =
    usages.has('client auth') &&
    [...usages].every((usage) => /^(client auth|digital signature|key encipherment)$/.test(usage));
  return (
    asked?.commonName === `system:node:${instanceId}` &&
    asked.organizations.join() === 'system:nodes' &&
    clientAlone
  );
}

function stateOf({ certificate, conditions = [] }: NonNullable<SigningRequest['status']> = {}) {
  if (conditions.some(({ type }) => type === 'Denied' || type === 'Failed')) return 'denied' as const;
  if (certificate) return 'issued' as const;
  return conditions.some(({ type }) => type === 'Approved') ? ('approved' as const) : ('pending' as const);
}
