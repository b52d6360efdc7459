/**
 * Makes what is missing of a cluster's certificates and keys: each authority once and never again, each leaf when it is missing, ends soon
 * or says other names than wanted, the service accounts' and the encryption's keys once. They go to the bucket and nowhere else (S22).
 * Comes after the load balancer, whose name is in the API servers' certificates and in the registry.
 *
 * Safe to repeat: every object is created only where there is none, a leaf is issued again for the key that is there already, so that
 * certificate and key fit each other at every moment, and the lease is checked immediately before each write (S14).
 */

import { nthAddress } from '../../node/kubernetes/input.ts';
import { type LoadBalancerAddresses, makeLoadBalancerAddresses } from '../aws/load-balancer-addresses.ts';
import { makeObjects } from '../aws/objects.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { endpointNames } from '../clusters/api-endpoint.ts';
import type { Layout } from '../clusters/contracts.ts';
import { objectKeys } from '../clusters/names.ts';
import { CertificateInvalid, ClusterUnknown, ResourceNotReady } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { ensureCertificates } from './contracts.ts';
import { belongsTogether, doubtLeaf, isUsableAuthority } from './inspect.ts';
import { issueAuthority, issueLeaf, type KeyPair, makeKey } from './issue.ts';
import {
  type KubernetesNames,
  secretPaths,
  slotKubernetesPath,
  wantedKubernetesCopies,
  wantedKubernetesLeaves,
} from './kubernetes-certificates.ts';
import { type LeasedStore, type LeasedStoreDeps, openLeasedStore } from './leased-store.ts';
import {
  encryptionConfigurationOf,
  makeEncryptionKeys,
  makeServiceAccountKey,
  publicKeyOf,
} from './secrets.ts';
import {
  type AuthorityName,
  authorityCopies,
  authorityNames,
  authorityPaths,
  type WantedLeaf,
  wantedLeaves,
} from './slot-certificates.ts';

export interface EnsureCertificatesDeps extends LeasedStoreDeps {
  readonly registry: Pick<Registry, 'getLease' | 'getCluster'>;
  readonly loadBalancerAddresses: LoadBalancerAddresses;
}

type Authorities = Readonly<Record<AuthorityName, KeyPair>>;

export const handler = task(
  ensureCertificates,
  (config): EnsureCertificatesDeps => ({
    registry: makeRegistry(config),
    objects: makeObjects(config),
    loadBalancerAddresses: makeLoadBalancerAddresses(config),
  }),
  async ({ lease, cluster, layout }, deps, { signal, clock, log }) => {
    const names = await namesOfApi(deps, cluster, signal);
    const slots = layout.slots.map(({ slot }) => slot);
    const store = await openLeasedStore(deps, { cluster, slots, lease, now: clock.now() }, signal);
    const [etcd, kubernetes, kubelets, frontProxy] = await Promise.all([
      ensureAuthority(store, cluster, 'etcd-ca'),
      ensureAuthority(store, cluster, 'kubernetes-ca'),
      ensureAuthority(store, cluster, 'kubelet-client-ca'),
      ensureAuthority(store, cluster, 'front-proxy-ca'),
    ]);
    const made = [etcd, kubernetes, kubelets, frontProxy];
    const authorities: Authorities = {
      'etcd-ca': etcd,
      'kubernetes-ca': kubernetes,
      'kubelet-client-ca': kubelets,
      'front-proxy-ca': frontProxy,
    };
    const leaves = [
      ...wantedLeaves(cluster, layout.slots),
      ...wantedKubernetesLeaves(cluster, layout.slots, names),
    ];
    const [reasons] = await Promise.all([
      Promise.all(
        leaves.map(async (leaf) => {
          const reason = await ensureLeaf(store, leaf, authorities[leaf.authority]);
          if (reason) log.info('issued', { path: leaf.certificatePath, reason });
          return reason;
        }),
      ),
      ...authorityCopies(cluster, layout.slots).map((path) =>
        store.ensureText(path, authorities['etcd-ca'].certificate),
      ),
      ensureKubernetesFiles(store, cluster, layout, authorities),
    ]);
    const created = [...reasons, ...made.map((authority) => authority.created)].filter(Boolean).length;
    return { created, unchanged: leaves.length + made.length - created };
  },
);

/**
 * Throws ClusterUnknown for a cluster that is not recorded, ResourceNotReady for one without a load balancer. Addresses that it does not
 * have yet are said by the next run: on AWS clients go by its name.
 */
async function namesOfApi(
  { registry, loadBalancerAddresses }: EnsureCertificatesDeps,
  cluster: string,
  signal: AbortSignal,
): Promise<KubernetesNames> {
  const record = await registry.getCluster(cluster, signal);
  if (!record) throw new ClusterUnknown(`the registry knows no cluster ${cluster}; provision it first`);
  const { endpoint, loadBalancerArn, spec } = record;
  if (endpoint === undefined || loadBalancerArn === undefined)
    throw new ResourceNotReady(`${cluster} has no load balancer yet, whose name its certificates must say`);
  return {
    ...endpointNames(endpoint, await loadBalancerAddresses.find(loadBalancerArn, signal)),
    serviceAddress: nthAddress(spec.network.serviceCidr, 1),
  };
}

/** An authority, made from nothing only where neither its key nor its certificate is there. */
async function ensureAuthority(
  store: LeasedStore,
  cluster: string,
  name: AuthorityName,
): Promise<KeyPair & { created: boolean }> {
  const paths = authorityPaths(cluster, name);
  const [keyThere, certificateThere] = [await store.read(paths.key), await store.read(paths.certificate)];
  if (keyThere === undefined && certificateThere !== undefined)
    throw new CertificateInvalid(
      `${paths.certificate} is there and its key is not: nothing can be signed by it any more`,
    );
  const key = await store.readOrCreate(paths.key, makeKey);
  const certificate = await store.readOrCreate(paths.certificate, () =>
    issueAuthority(`${cluster} ${commonNames[name]}`, key.text, store.now),
  );
  if (!belongsTogether(certificate.text, key.text))
    throw new CertificateInvalid(`${paths.certificate} and ${paths.key} do not belong together`);
  if (!isUsableAuthority(certificate.text, store.now))
    throw new CertificateInvalid(
      `${paths.certificate} has ended or is not an authority's; it is never replaced here`,
    );
  return { certificate: certificate.text, key: key.text, created: certificate.created };
}

/** Different for each: verifiers look an issuer up by its name. */
const commonNames: Readonly<Record<AuthorityName, string>> = {
  'etcd-ca': 'etcd',
  'kubernetes-ca': 'kubernetes',
  'kubelet-client-ca': 'kubelet clients',
  'front-proxy-ca': 'front proxy',
};

/** What a slot's Kubernetes reads beside its own leaves: copies, and what is made from the keys of which there is one per cluster. */
async function ensureKubernetesFiles(
  store: LeasedStore,
  cluster: string,
  layout: Layout,
  authorities: Authorities,
): Promise<void> {
  const paths = secretPaths(cluster);
  const [account, encryption] = await Promise.all([
    store.readOrCreate(paths.serviceAccountKey, makeServiceAccountKey),
    store.readOrCreate(paths.encryptionKey, () => makeEncryptionKeys(store.now)),
  ]);
  const sources = new Map([[paths.serviceAccountKey, account.text]]);
  for (const name of authorityNames) {
    sources.set(authorityPaths(cluster, name).certificate, authorities[name].certificate);
    sources.set(authorityPaths(cluster, name).key, authorities[name].key);
  }
  const derived: Readonly<Record<string, string>> = {
    'pki/sa.pub': publicKeyOf(account.text),
    // People's and components' certificates are signed by one authority, kubelets' by the other: API servers believe both.
    'pki/client-ca.crt':
      endLine(authorities['kubernetes-ca'].certificate) +
      endLine(authorities['kubelet-client-ca'].certificate),
    'encryption/config.yaml': encryptionConfigurationOf(encryption.text),
  };
  await Promise.all([
    // For everybody who verifies tokens, who must not come near the key that signs them.
    ensurePublicKey(store, objectKeys(cluster).serviceAccountKeys, publicKeyOf(account.text)),
    ...wantedKubernetesCopies(cluster, layout.slots).map(({ from, to }) => {
      const text = sources.get(from);
      if (text === undefined) throw new RangeError(`nothing is known of ${from}`);
      return store.ensureText(to, text);
    }),
    ...layout.slots.flatMap(({ slot }) =>
      Object.entries(derived).map(([file, text]) =>
        store.ensureText(slotKubernetesPath(cluster, slot, file), text),
      ),
    ),
  ]);
}

/** Adds a public key to a list of them, first; those that are there stay: tokens that they verify may be in use. */
async function ensurePublicKey(store: LeasedStore, path: string, publicKey: string): Promise<void> {
  const present = await store.readOrCreate(path, async () => publicKey);
  if (!present.text.includes(publicKey))
    await store.write(path, publicKey + present.text, { ifMatch: present.etag });
}

function endLine(pem: string): string {
  return pem.endsWith('\n') ? pem : `${pem}\n`;
}

/** Returns why a certificate was issued; undefined when the one that is there is as wanted. */
async function ensureLeaf(
  store: LeasedStore,
  leaf: WantedLeaf,
  authority: KeyPair,
): Promise<string | undefined> {
  const { text: key } = await store.readOrCreate(leaf.keyPath, makeKey);
  const issue = () => issueLeaf(authority, leaf.subject, key, store.now);
  const present = await store.readOrCreate(leaf.certificatePath, issue);
  if (present.created) return 'there was none';
  const wanted = { key, authority: authority.certificate, subject: leaf.subject };
  const doubt = doubtLeaf(present.text, wanted, store.now);
  if (doubt) await store.write(leaf.certificatePath, await issue(), { ifMatch: present.etag });
  return doubt;
}
