import type { Manifest } from './add-ons/manifest.ts';

const rbac = 'rbac.authorization.k8s.io/v1';

/** Group of the tokens with which workers join; every token names it (functions/workers). */
export const workerBootstrapGroup = 'system:bootstrappers:trivet:workers';

interface Binding {
  readonly name: string;
  readonly role: string;
  readonly subject: { readonly kind: 'User' | 'Group'; readonly name: string };
}

const bindings: readonly Binding[] = [
  {
    // Trivet's own administrator is of this group, as kubeadm's is; super-admin, beyond RBAC, is for this very step alone.
    name: 'kubeadm:cluster-admins',
    role: 'cluster-admin',
    subject: { kind: 'Group', name: 'kubeadm:cluster-admins' },
  },
  {
    // By name, since the API servers' client is in no group (docs/decisions/0011).
    name: 'trivet:kubelet-api-admin',
    role: 'system:kubelet-api-admin',
    subject: { kind: 'User', name: 'kube-apiserver-kubelet-client' },
  },
  {
    // A joining worker may ask for its certificate. Nobody approves unseen: a task does, by the instance's id.
    name: 'trivet:worker-bootstrap',
    role: 'system:node-bootstrapper',
    subject: { kind: 'Group', name: workerBootstrapGroup },
  },
  {
    // A kubelet renews its own certificate: the controller manager approves that by itself.
    name: 'trivet:kubelet-certificate-rotation',
    role: 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient',
    subject: { kind: 'Group', name: 'system:nodes' },
  },
];

/** What a cluster's API needs once before anything else is applied: who may do what. Pure; the same for every cluster. */
export function bootstrapObjects(): Manifest[] {
  return bindings.map(({ name, role, subject }) => ({
    apiVersion: rbac,
    kind: 'ClusterRoleBinding',
    metadata: { name, labels: { 'app.kubernetes.io/managed-by': 'trivet' } },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', ...subject }],
  }));
}
