import { beforeAll, describe, expect, test } from 'vitest';
import type { KubernetesClient } from '../../../functions/kubernetes/client.ts';
import { makeKey } from '../../../functions/pki/issue.ts';
import { makeRequest } from '../../../functions/pki/request.ts';
import { findRequests, type SigningRequest } from '../../../functions/workers/find-requests.ts';

const worker = { instanceId: 'i-1', tokenId: 'abcdef' };
const { signal } = new AbortController();
let pem: (commonName: string, organizations: string[]) => Promise<string>;
beforeAll(async () => {
  const key = await makeKey();
  pem = async (commonName, organizations) =>
    Buffer.from(await makeRequest(commonName, organizations, key)).toString('base64');
});

const asked = async (
  spec: Partial<SigningRequest['spec']> = {},
  status?: SigningRequest['status'],
): Promise<SigningRequest> => ({
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'CertificateSigningRequest',
  metadata: { name: 'csr-1', creationTimestamp: '2026-03-01T10:00:00Z' },
  spec: {
    request: await pem('system:node:i-1', ['system:nodes']),
    signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
    username: 'system:bootstrap:abcdef',
    usages: ['digital signature', 'client auth'],
    ...spec,
  },
  ...(status && { status }),
});
const among = (all: readonly SigningRequest[]) =>
  findRequests({ list: async () => all } as unknown as KubernetesClient, worker, signal);

describe('a worker’s request for its certificate', () => {
  test('is its own when token, name, group and usages are', async () => {
    expect(await among([await asked()])).toEqual([{ name: 'csr-1', state: 'pending' }]);
  });

  test.for<[string, () => Promise<Partial<SigningRequest['spec']>>]>([
    ['by another’s token', async () => ({ username: 'system:bootstrap:fedcba' })],
    ['by a node’s certificate', async () => ({ username: 'system:node:i-1' })],
    ['for another node’s name', async () => ({ request: await pem('system:node:i-2', ['system:nodes']) })],
    [
      'for a name that only begins as its own',
      async () => ({ request: await pem('system:node:i-10', ['system:nodes']) }),
    ],
    ['for the administrators', async () => ({ request: await pem('system:node:i-1', ['system:masters']) })],
    [
      'for a second group',
      async () => ({ request: await pem('system:node:i-1', ['system:nodes', 'system:masters']) }),
    ],
    ['for use as a server', async () => ({ usages: ['client auth', 'server auth'] })],
    ['for no use as a client', async () => ({ usages: ['digital signature'] })],
    ['that is no request at all', async () => ({ request: Buffer.from('nonsense').toString('base64') })],
  ])('%s is not', async ([, spec]) => {
    expect(await among([await asked(await spec())])).toEqual([]);
  });

  test('is none without a token', async () => {
    const client = { list: () => Promise.reject(new Error('asked')) } as unknown as KubernetesClient;
    expect(await findRequests(client, { instanceId: 'i-1', tokenId: undefined }, signal)).toEqual([]);
  });

  test('says how far it is, the oldest first', async () => {
    const older = await asked({}, { conditions: [{ type: 'Denied' }] });
    const newer = await asked({}, { conditions: [{ type: 'Approved' }] });
    const issued = await asked({}, { certificate: 'x', conditions: [{ type: 'Approved' }] });
    const at = (one: SigningRequest, name: string, creationTimestamp: string) => ({
      ...one,
      metadata: { name, creationTimestamp },
    });
    expect(
      await among([
        at(issued, 'third', '2026-03-01T10:00:03Z'),
        at(newer, 'second', '2026-03-01T10:00:02Z'),
        at(older, 'first', '2026-03-01T10:00:01Z'),
      ]),
    ).toEqual([
      { name: 'first', state: 'denied' },
      { name: 'second', state: 'approved' },
      { name: 'third', state: 'issued' },
    ]);
  });
});
