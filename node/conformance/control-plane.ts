import {
  all,
  areStrong,
  atLeast,
  automated,
  type Check,
  flag,
  has,
  hasNot,
  is,
  isFetchedPrivately,
  isRootsAlone,
  isSet,
  isUnset,
  manual,
} from './check.ts';
import type { RenderedNode } from './rendered-node.ts';

const byKubeadm =
  'kubeadm writes the file on the node; `test/node/kubernetes/kubeadm.test.ts` holds the real kubeadm to 600 and root:root';
const noEtcdPod =
  'there is no such file: etcd is a systemd service, so that it runs before and without the kubelet (ADR 11)';
const byNetwork = 'the network add-on brings the files; its manifest is not part of a node’s';
const noKubeletAuthority =
  'kubelets serve with certificates of their own making: nobody may sign serving certificates unseen, and nothing approves them yet (ADR 11)';

const owns = (line: string) => (node: RenderedNode) =>
  node.content('/usr/local/lib/trivet/volume.sh').includes(line);
const etcdIsOwned = owns('  chown -R "$user:" "$directory/data"\n');
const etcdIsClosed = owns('  chmod 0700 "$directory" "$directory/data"\n');
const noAdministrator = (node: RenderedNode): boolean =>
  node.mode('/etc/kubernetes/admin.conf') === undefined && !node.fetches('/etc/kubernetes/admin.conf');

const files: readonly Check[] = [
  automated('1.1.1', 'API server’s manifest: 600', undefined, byKubeadm),
  automated('1.1.2', 'API server’s manifest: root:root', undefined, byKubeadm),
  automated('1.1.3', 'Controller manager’s manifest: 600', undefined, byKubeadm),
  automated('1.1.4', 'Controller manager’s manifest: root:root', undefined, byKubeadm),
  automated('1.1.5', 'Scheduler’s manifest: 600', undefined, byKubeadm),
  automated('1.1.6', 'Scheduler’s manifest: root:root', undefined, byKubeadm),
  automated('1.1.7', 'etcd’s manifest: 600', undefined, noEtcdPod),
  automated('1.1.8', 'etcd’s manifest: root:root', undefined, noEtcdPod),
  manual('1.1.9', 'Files of the network add-on: 600', undefined, byNetwork),
  manual('1.1.10', 'Files of the network add-on: root:root', undefined, byNetwork),
  automated('1.1.11', 'etcd’s data: 700', etcdIsClosed),
  automated('1.1.12', 'etcd’s data: etcd:etcd', etcdIsOwned),
  automated('1.1.13', 'Administrators’ credentials: 600; nodes have none', noAdministrator),
  automated('1.1.14', 'Administrators’ credentials: root:root; nodes have none', noAdministrator),
  automated('1.1.15', 'scheduler.conf: 600', isRootsAlone('/etc/kubernetes/scheduler.conf')),
  automated('1.1.16', 'scheduler.conf: root:root', isRootsAlone('/etc/kubernetes/scheduler.conf')),
  automated(
    '1.1.17',
    'controller-manager.conf: 600',
    isRootsAlone('/etc/kubernetes/controller-manager.conf'),
  ),
  automated(
    '1.1.18',
    'controller-manager.conf: root:root',
    isRootsAlone('/etc/kubernetes/controller-manager.conf'),
  ),
  automated(
    '1.1.19',
    'Certificates and keys: root:root',
    isFetchedPrivately('/etc/kubernetes/pki/apiserver.key'),
  ),
  manual('1.1.20', 'Certificates: 644 or less', isFetchedPrivately('/etc/kubernetes/pki/apiserver.crt')),
  manual('1.1.21', 'Keys: 600', isFetchedPrivately('/etc/kubernetes/pki/sa.key')),
];

const api = (name: string, fits: (value: string | undefined) => boolean) => flag('apiServer', name, fits);
const plugins = (fits: (value: string | undefined) => boolean) => api('enable-admission-plugins', fits);
const notDisabled = (plugin: string) => api('disable-admission-plugins', hasNot(plugin));

const apiServer: readonly Check[] = [
  manual(
    '1.2.1',
    'No anonymous requests',
    api('anonymous-auth', is('false')),
    'anonymous requests are let in to /livez, /readyz and /healthz alone (AuthenticationConfiguration): the load balancer’s and the kubelet’s health checks bring no certificate',
  ),
  automated('1.2.2', 'No file of static tokens', api('token-auth-file', isUnset)),
  manual('1.2.3', 'DenyServiceExternalIPs', plugins(has('DenyServiceExternalIPs'))),
  automated(
    '1.2.4',
    'A client certificate towards kubelets',
    all(api('kubelet-client-certificate', isSet), api('kubelet-client-key', isSet)),
  ),
  automated(
    '1.2.5',
    'Kubelets’ certificates are verified',
    api('kubelet-certificate-authority', isSet),
    noKubeletAuthority,
  ),
  automated('1.2.6', 'Not everything is allowed', api('authorization-mode', hasNot('AlwaysAllow'))),
  automated('1.2.7', 'Authorization by Node', api('authorization-mode', has('Node'))),
  automated('1.2.8', 'Authorization by RBAC', api('authorization-mode', has('RBAC'))),
  manual('1.2.9', 'EventRateLimit', plugins(has('EventRateLimit'))),
  automated('1.2.10', 'Not AlwaysAdmit', plugins(hasNot('AlwaysAdmit'))),
  manual(
    '1.2.11',
    'AlwaysPullImages',
    plugins(has('AlwaysPullImages')),
    'nodes boot from images that are mirrored onto them, with no way to a registry (ADR 4): a pull at each start would make the registry a part of every boot. Private images of several tenants on one node need it: a policy of the cluster can demand it',
  ),
  automated('1.2.12', 'ServiceAccount stays on', notDisabled('ServiceAccount')),
  automated('1.2.13', 'NamespaceLifecycle stays on', notDisabled('NamespaceLifecycle')),
  automated('1.2.14', 'NodeRestriction', plugins(has('NodeRestriction'))),
  automated('1.2.15', 'No profiling', api('profiling', is('false'))),
  automated('1.2.16', 'An audit log', api('audit-log-path', isSet)),
  automated('1.2.17', 'Audit log kept for 30 days', api('audit-log-maxage', atLeast(30))),
  automated('1.2.18', 'Audit log kept in 10 files', api('audit-log-maxbackup', atLeast(10))),
  automated('1.2.19', 'Audit log in files of 100 MB', api('audit-log-maxsize', atLeast(100))),
  manual('1.2.20', 'Time-out of requests as by default, 60 s', api('request-timeout', isUnset)),
  automated('1.2.21', 'Deleted service accounts’ tokens end', api('service-account-lookup', is('true'))),
  automated('1.2.22', 'A key of its own for service accounts', api('service-account-key-file', isSet)),
  automated(
    '1.2.23',
    'A client certificate towards etcd',
    all(api('etcd-certfile', isSet), api('etcd-keyfile', isSet)),
  ),
  automated(
    '1.2.24',
    'A serving certificate',
    all(api('tls-cert-file', isSet), api('tls-private-key-file', isSet)),
  ),
  automated('1.2.25', 'Clients’ certificates are verified', api('client-ca-file', isSet)),
  automated('1.2.26', 'etcd’s certificate is verified', api('etcd-cafile', isSet)),
  manual('1.2.27', 'Secrets are encrypted at rest', api('encryption-provider-config', isSet)),
  manual('1.2.28', 'What encrypts is secretbox, KMS or aescbc', ({ encryption }) =>
    /providers:\n\s+- (secretbox|kms|aescbc):/.test(encryption),
  ),
  manual('1.2.29', 'Strong cipher suites', ({ apiServer }) =>
    areStrong((apiServer['tls-cipher-suites'] ?? '').split(',')),
  ),
  automated(
    '1.2.30',
    'Service accounts’ tokens are not extended',
    api('service-account-extend-token-expiration', is('false')),
  ),
];

const manager = (name: string, fits: (value: string | undefined) => boolean) =>
  flag('controllerManager', name, fits);

const controllerManager: readonly Check[] = [
  manual('1.3.1', 'Ended pods are collected', manager('terminated-pod-gc-threshold', atLeast(1))),
  automated('1.3.2', 'No profiling', manager('profiling', is('false'))),
  automated(
    '1.3.3',
    'An account for each controller',
    manager('use-service-account-credentials', is('true')),
  ),
  automated(
    '1.3.4',
    'A key for service accounts’ tokens',
    manager('service-account-private-key-file', isSet),
  ),
  automated('1.3.5', 'Pods get the authority to verify the API', manager('root-ca-file', isSet)),
  automated(
    '1.3.6',
    'Rotation of kubelets’ serving certificates is not switched off',
    manager('feature-gates', hasNot('RotateKubeletServerCertificate=false')),
  ),
  automated('1.3.7', 'Listens on localhost alone', manager('bind-address', is('127.0.0.1'))),
];

const scheduler: readonly Check[] = [
  automated('1.4.1', 'No profiling', flag('scheduler', 'profiling', is('false'))),
  automated('1.4.2', 'Listens on localhost alone', flag('scheduler', 'bind-address', is('127.0.0.1'))),
];

/** Section 1 of the benchmark. */
export const controlPlaneSections: readonly { readonly title: string; readonly checks: readonly Check[] }[] =
  [
    { title: '1.1 Files of the control plane', checks: files },
    { title: '1.2 API server', checks: apiServer },
    { title: '1.3 Controller manager', checks: controllerManager },
    { title: '1.4 Scheduler', checks: scheduler },
  ];
