import { allStrongSuites, ecdsaSuites, tlsVersionMin } from './ciphers.ts';
import { apiServerPort, type KubernetesInput } from './input.ts';
import { apiServerFolder, auditFolder, encryptionFolder, kubernetesFolder, pki } from './paths.ts';

/** Flags of a component without their dashes, in alphabetical order. */
export type Flags = Readonly<Record<string, string>>;

export interface ComponentFlags {
  readonly apiServer: Flags;
  readonly controllerManager: Flags;
  readonly scheduler: Flags;
}

/** How long a kubelet's client certificate lives, hours: a month, renewed by the kubelet itself. */
export const kubeletCertificateHours = 720;

/**
 * Controller manager and scheduler lead again within 12 s of the loss of the one that led, and not within the default 17 s (a lease and a
 * retry). An election of etcd (1 s to 3 s) and a restart of the API server beside them still fit into the 8 s that a leader tries to renew.
 */
const leaderElection = {
  'leader-elect': 'true',
  'leader-elect-lease-duration': '10s',
  'leader-elect-renew-deadline': '8s',
  'leader-elect-retry-period': '2s',
} as const;

/** Plugins beside those that are on by default. Why AlwaysPullImages is not among them: docs/decisions/0011. */
const admissionPlugins = ['NodeRestriction', 'EventRateLimit', 'DenyServiceExternalIPs'];

/**
 * Every flag of the three components: what kubeadm would set by itself too, so that one table says all, static pods and the embedded
 * region's processes run the same, and a kubeadm with other defaults changes nothing. Pure. Sources: kubeadm's own defaults, design §3,
 * reference aws-etcd-kubeadm-facts §6.2 and §8.1.
 */
export function renderComponentFlags(input: KubernetesInput): ComponentFlags {
  return {
    apiServer: sorted({
      ...apiServerIdentity(input),
      ...apiServerTrust(),
      ...apiServerPolicy(input),
    }),
    controllerManager: sorted(controllerManagerFlags(input)),
    scheduler: sorted({
      ...clientOf('scheduler'),
      'bind-address': '127.0.0.1',
      ...leaderElection,
      profiling: 'false',
      'tls-cipher-suites': allStrongSuites.join(','),
      'tls-min-version': tlsVersionMin,
    }),
  };
}

/** A component's command line, program first. */
export function commandOf(program: string, flags: Flags): string[] {
  return [program, ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)];
}

/** Where an API server is and what it says of itself. */
function apiServerIdentity({ address, serviceCidr, serviceAccountIssuer }: KubernetesInput): Flags {
  return {
    'advertise-address': address,
    // The slot's address alone: whoever is on the node uses it too, and machines of the embedded region share one host.
    'bind-address': address,
    'secure-port': String(apiServerPort),
    'service-cluster-ip-range': serviceCidr,
    'service-account-issuer': serviceAccountIssuer,
    'service-account-jwks-uri': `${serviceAccountIssuer}/openid/v1/jwks`,
    'service-account-key-file': pki('sa.pub'),
    'service-account-signing-key-file': pki('sa.key'),
    'service-account-lookup': 'true',
    'service-account-extend-token-expiration': 'false',
    'tls-cert-file': pki('apiserver.crt'),
    'tls-private-key-file': pki('apiserver.key'),
    'tls-cipher-suites': ecdsaSuites.join(','),
    'tls-min-version': tlsVersionMin,
  };
}

/** Whom an API server believes, and as whom it speaks to others. */
function apiServerTrust(): Flags {
  return {
    // The local member alone: etcd's own quorum makes it as good as all of them, and its loss shows in /readyz (design §3).
    'etcd-servers': 'https://127.0.0.1:2379',
    'etcd-cafile': pki('etcd/ca.crt'),
    'etcd-certfile': pki('apiserver-etcd-client.crt'),
    'etcd-keyfile': pki('apiserver-etcd-client.key'),
    'client-ca-file': pki('client-ca.crt'),
    'kubelet-client-certificate': pki('apiserver-kubelet-client.crt'),
    'kubelet-client-key': pki('apiserver-kubelet-client.key'),
    'kubelet-preferred-address-types': 'InternalIP,ExternalIP,Hostname',
    'requestheader-client-ca-file': pki('front-proxy-ca.crt'),
    'requestheader-allowed-names': 'front-proxy-client',
    'requestheader-username-headers': 'X-Remote-User',
    'requestheader-group-headers': 'X-Remote-Group',
    'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
    'proxy-client-cert-file': pki('front-proxy-client.crt'),
    'proxy-client-key-file': pki('front-proxy-client.key'),
    'enable-bootstrap-token-auth': 'true',
  };
}

/** What an API server lets happen, and what it writes down. */
function apiServerPolicy({ apiServers }: KubernetesInput): Flags {
  return {
    'allow-privileged': 'true',
    'authentication-config': `${apiServerFolder}/authentication.yaml`,
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': admissionPlugins.join(','),
    'admission-control-config-file': `${apiServerFolder}/admission.yaml`,
    'encryption-provider-config': `${encryptionFolder}/config.yaml`,
    'encryption-provider-config-automatic-reload': 'true',
    'audit-policy-file': `${apiServerFolder}/audit-policy.yaml`,
    'audit-log-path': `${auditFolder}/audit.log`,
    'audit-log-maxage': '30',
    'audit-log-maxbackup': '10',
    'audit-log-maxsize': '100',
    profiling: 'false',
    // Long connections spread over the API servers again after one was away.
    ...(apiServers > 1 && { 'goaway-chance': '0.001' }),
  };
}

function controllerManagerFlags({ cluster, podCidr, serviceCidr }: KubernetesInput): Flags {
  return {
    ...clientOf('controller-manager'),
    'bind-address': '127.0.0.1',
    ...leaderElection,
    'cloud-provider': 'external',
    'cluster-name': cluster,
    'allocate-node-cidrs': 'true',
    'cluster-cidr': podCidr,
    'service-cluster-ip-range': serviceCidr,
    controllers: '*,bootstrapsigner,tokencleaner',
    'use-service-account-credentials': 'true',
    'service-account-private-key-file': pki('sa.key'),
    'root-ca-file': pki('ca.crt'),
    'client-ca-file': pki('client-ca.crt'),
    'requestheader-client-ca-file': pki('front-proxy-ca.crt'),
    // Kubelets' client certificates and nothing else, with an authority of their own: the Kubernetes authority's key is not on nodes.
    // Empty, as kubeadm writes them for an authority without a key: one general pair would forbid the special one.
    'cluster-signing-cert-file': '',
    'cluster-signing-key-file': '',
    'cluster-signing-kubelet-client-cert-file': pki('kubelet-client-ca.crt'),
    'cluster-signing-kubelet-client-key-file': pki('kubelet-client-ca.key'),
    'cluster-signing-duration': `${kubeletCertificateHours}h0m0s`,
    'terminated-pod-gc-threshold': '1000',
    profiling: 'false',
    'tls-cipher-suites': allStrongSuites.join(','),
    'tls-min-version': tlsVersionMin,
  };
}

function clientOf(component: string): Flags {
  const file = `${kubernetesFolder}/${component}.conf`;
  return { kubeconfig: file, 'authentication-kubeconfig': file, 'authorization-kubeconfig': file };
}

function sorted(flags: Flags): Flags {
  return Object.fromEntries(Object.entries(flags).sort(([left], [right]) => (left < right ? -1 : 1)));
}
