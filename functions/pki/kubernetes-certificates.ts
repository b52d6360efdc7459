import type { EndpointNames } from '../clusters/api-endpoint.ts';
import type { SlotLayout } from '../clusters/contracts.ts';
import { objectKeys } from '../clusters/names.ts';
import type { LeafSubject } from './issue.ts';
import { type AuthorityName, authorityPaths, type WantedLeaf } from './slot-certificates.ts';

/** What a cluster's API servers are called beside what the layout has: the load balancer's names. */
export interface KubernetesNames extends EndpointNames {
  /** First address of the services' range: the API inside the cluster. */
  readonly serviceAddress: string;
}

/** A text that lies at one place and is copied, byte by byte, to where it is read. */
export interface WantedCopy {
  readonly from: string;
  readonly to: string;
}

/** Keys of a cluster that are no certificate's. Read by ensure-certificates alone; copies go to the slots. */
export function secretPaths(cluster: string) {
  const folder = `${objectKeys(cluster).root}pki/private`;
  return { serviceAccountKey: `${folder}/service-account.key`, encryptionKey: `${folder}/encryption.key` };
}

/** Where a file of /etc/kubernetes lies in the bucket before a node of this slot fetches it (node/kubernetes/paths.ts). */
export function slotKubernetesPath(cluster: string, slot: string, file: string): string {
  return `${objectKeys(cluster).slot(slot)}pki/kubernetes/${file}`;
}

const group = { clusterAdmins: 'kubeadm:cluster-admins', masters: 'system:masters' };

/**
 * Every leaf of a cluster's Kubernetes. Pure. Users, groups and names are those that kubeadm gives, so that its RBAC and everybody's tools
 * fit, with one exception: the API server's client to kubelets is in no group, since administrators' rights are more than it needs; it
 * is bound to `system:kubelet-api-admin` by name.
 */
export function wantedKubernetesLeaves(
  cluster: string,
  slots: readonly SlotLayout[],
  names: KubernetesNames,
): WantedLeaf[] {
  const places = objectKeys(cluster).kubernetes;
  const administrator = (user: keyof typeof places, organization: string): WantedLeaf => ({
    authority: 'kubernetes-ca',
    certificatePath: places[user].certificate,
    keyPath: places[user].key,
    subject: client(user, organization),
  });
  return [
    administrator('kubernetes-admin', group.clusterAdmins),
    // Beyond RBAC: for the one task that makes the first binding, and for repair.
    administrator('kubernetes-super-admin', group.masters),
    ...slots.flatMap((slot) => slotLeaves(cluster, slot, names)),
  ];
}

function slotLeaves(cluster: string, { slot, address }: SlotLayout, names: KubernetesNames): WantedLeaf[] {
  const leaf = (
    file: string,
    subject: LeafSubject,
    authority: AuthorityName = 'kubernetes-ca',
  ): WantedLeaf => ({
    authority,
    certificatePath: slotKubernetesPath(cluster, slot, `${file}.crt`),
    keyPath: slotKubernetesPath(cluster, slot, `${file}.key`),
    subject,
  });
  return [
    leaf('pki/apiserver', apiServer(address, names)),
    leaf('pki/apiserver-kubelet-client', client('kube-apiserver-kubelet-client')),
    leaf('pki/apiserver-etcd-client', client('kube-apiserver-etcd-client'), 'etcd-ca'),
    leaf('pki/front-proxy-client', client('front-proxy-client'), 'front-proxy-ca'),
    leaf('pki/controller-manager', client('system:kube-controller-manager')),
    leaf('scheduler/client', client('system:kube-scheduler')),
  ];
}

/** Every name under which an API server is met: by its node, by pods, through the load balancer. */
function apiServer(address: string, { dnsNames, addresses, serviceAddress }: KubernetesNames): LeafSubject {
  return {
    commonName: 'kube-apiserver',
    organizations: [],
    usages: ['serverAuth'],
    dnsNames: [
      'localhost',
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      'kubernetes.default.svc.cluster.local',
      ...dnsNames,
    ],
    addresses: [address, '127.0.0.1', serviceAddress, ...addresses],
  };
}

function client(commonName: string, ...organizations: string[]): LeafSubject {
  return { commonName, organizations, usages: ['clientAuth'], dnsNames: [], addresses: [] };
}

/** What slots and Trivet's own tasks get of the authorities: certificates, and the one key with which nodes sign kubelets. */
export function wantedKubernetesCopies(cluster: string, slots: readonly SlotLayout[]): WantedCopy[] {
  const of = (name: AuthorityName) => authorityPaths(cluster, name);
  const places = objectKeys(cluster).kubernetes;
  const copy = (from: string, ...to: string[]): WantedCopy[] => to.map((each) => ({ from, to: each }));
  return [
    ...copy(
      of('kubernetes-ca').certificate,
      places['kubernetes-admin'].ca,
      places['kubernetes-super-admin'].ca,
    ),
    ...slots.flatMap(({ slot }) => {
      const path = (file: string) => slotKubernetesPath(cluster, slot, file);
      return [
        ...copy(of('kubernetes-ca').certificate, path('pki/ca.crt'), path('scheduler/ca.crt')),
        ...copy(of('etcd-ca').certificate, path('pki/etcd/ca.crt')),
        ...copy(of('front-proxy-ca').certificate, path('pki/front-proxy-ca.crt')),
        ...copy(of('kubelet-client-ca').certificate, path('pki/kubelet-client-ca.crt')),
        ...copy(of('kubelet-client-ca').key, path('pki/kubelet-client-ca.key')),
        ...copy(secretPaths(cluster).serviceAccountKey, path('pki/sa.key')),
      ];
    }),
  ];
}
