/** Where kubeadm expects a node's Kubernetes files. */
export const kubernetesFolder = '/etc/kubernetes';
export const pkiFolder = `${kubernetesFolder}/pki`;
/** The scheduler's own: its static pod gets this folder and none of the other keys. */
export const schedulerFolder = `${kubernetesFolder}/scheduler`;
/** What the API server reads beside keys: policies that are no secret. */
export const apiServerFolder = `${kubernetesFolder}/apiserver`;
/** Keys for what lies encrypted in etcd. */
export const encryptionFolder = `${kubernetesFolder}/encryption`;
export const auditFolder = '/var/log/kubernetes/audit';

/** The certificate and key with which a node's kubelet speaks to its API server; the kubelet renews it. */
export const kubeletClientFile = '/var/lib/kubelet/pki/kubelet-client-current.pem';

/** File in `pkiFolder`. */
export const pki = (name: string): string => `${pkiFolder}/${name}`;

const pairs = [
  'pki/apiserver',
  'pki/apiserver-kubelet-client',
  'pki/apiserver-etcd-client',
  'pki/front-proxy-client',
  'pki/controller-manager',
  'pki/kubelet-client-ca',
  'scheduler/client',
];

/**
 * Every file that functions/pki makes for a slot's Kubernetes, relative to /etc/kubernetes on the node and to `pki/kubernetes/` below the
 * slot's prefix in the bucket. kubernetes.sh and the embedded region fetch exactly these. Of the authorities' keys only the one that signs
 * kubelets is among them (design §3).
 */
export const deliveredFiles: readonly string[] = [
  'pki/ca.crt',
  'pki/client-ca.crt',
  'pki/etcd/ca.crt',
  'pki/front-proxy-ca.crt',
  'pki/sa.key',
  'pki/sa.pub',
  'scheduler/ca.crt',
  'encryption/config.yaml',
  ...pairs.flatMap((pair) => [`${pair}.crt`, `${pair}.key`]),
].sort();
