import { workerKubeletConfiguration } from '../render.ts';
import {
  all,
  areStrong,
  automated,
  type Check,
  etcd,
  flag,
  is,
  isFetchedPrivately,
  isRootsAlone,
  isSet,
  kubelet,
  manual,
} from './check.ts';
import type { RenderedNode } from './rendered-node.ts';

const notTrue = (value: string | undefined): boolean => value !== 'true';
const isValue =
  (wanted: unknown) =>
  (value: unknown): boolean =>
    value === wanted;
const isKept = (node: RenderedNode): boolean =>
  node
    .content('/usr/local/lib/trivet/kubernetes.sh')
    .includes('chmod 0600 "$root/var/lib/kubelet/config.yaml" "$root/var/lib/kubelet/kubeadm-flags.env"\n');

const etcdChecks: readonly Check[] = [
  automated('2.1', 'A serving certificate', all(etcd('ETCD_CERT_FILE', isSet), etcd('ETCD_KEY_FILE', isSet))),
  automated('2.2', 'Clients must show a certificate', etcd('ETCD_CLIENT_CERT_AUTH', is('true'))),
  automated('2.3', 'No certificate of its own making', etcd('ETCD_AUTO_TLS', notTrue)),
  automated(
    '2.4',
    'A certificate among peers',
    all(etcd('ETCD_PEER_CERT_FILE', isSet), etcd('ETCD_PEER_KEY_FILE', isSet)),
  ),
  automated('2.5', 'Peers must show a certificate', etcd('ETCD_PEER_CLIENT_CERT_AUTH', is('true'))),
  automated('2.6', 'No peer certificate of its own making', etcd('ETCD_PEER_AUTO_TLS', notTrue)),
  manual(
    '2.7',
    'An authority of etcd’s own',
    ({ etcd: variables, apiServer }) =>
      isSet(variables.ETCD_TRUSTED_CA_FILE) && apiServer['etcd-cafile'] !== apiServer['client-ca-file'],
  ),
];

const people = 'who uses which credentials is for the cluster’s owners to say';

const controlPlaneConfiguration: readonly Check[] = [
  manual(
    '3.1.1',
    'People do not use client certificates',
    undefined,
    `${people}; \`trivet kubeconfig\` gives short-lived ones`,
  ),
  manual('3.1.2', 'People do not use service accounts’ tokens', undefined, people),
  manual('3.1.3', 'People do not use bootstrap tokens', undefined, people),
  manual('3.2.1', 'An audit policy', flag('apiServer', 'audit-policy-file', isSet)),
  manual(
    '3.2.2',
    'The audit policy covers what matters',
    undefined,
    'a judgement; `test/node/kubernetes/rendered.test.ts` has a table of what is written down of what',
  ),
];

const byAddOn = 'kube-proxy is an add-on with a manifest of its own, which is not part of a node’s';
const kubeletConf = '/etc/kubernetes/kubelet.conf';
const kubeletUnit = '/etc/systemd/system/kubelet.service';
const authority = '/etc/kubernetes/pki/ca.crt';

const nodeFiles: readonly Check[] = [
  automated('4.1.1', 'kubelet.service: 600', isRootsAlone(kubeletUnit)),
  automated('4.1.2', 'kubelet.service: root:root', isRootsAlone(kubeletUnit)),
  manual('4.1.3', 'kube-proxy’s kubeconfig: 600', undefined, byAddOn),
  manual('4.1.4', 'kube-proxy’s kubeconfig: root:root', undefined, byAddOn),
  automated('4.1.5', 'kubelet.conf: 600', isRootsAlone(kubeletConf)),
  automated('4.1.6', 'kubelet.conf: root:root', isRootsAlone(kubeletConf)),
  manual('4.1.7', 'The authority’s certificate: 644 or less', isFetchedPrivately(authority)),
  manual('4.1.8', 'The authority’s certificate: root:root', isFetchedPrivately(authority)),
  automated('4.1.9', 'The kubelet’s configuration: 600', isKept),
  automated('4.1.10', 'The kubelet’s configuration: root:root', isKept),
];

const byKubelet =
  'the kubelet writes it, as root, into a folder that worker.sh makes for root alone; its mode is client-go’s 0600';
/** worker.sh puts the authority's certificate under a mask that leaves it to root alone. */
const isWrittenPrivately = ({ content }: RenderedNode): boolean =>
  /write_bootstrap\(\) \{\n {2}umask 077\n.* >"\$kubernetes\/pki\/ca\.crt"\n/.test(
    content('/usr/local/lib/trivet/worker.sh'),
  );

const workerFiles: readonly Check[] = [
  automated('4.1.1', 'kubelet.service: 600', isRootsAlone(kubeletUnit)),
  automated('4.1.2', 'kubelet.service: root:root', isRootsAlone(kubeletUnit)),
  manual('4.1.3', 'kube-proxy’s kubeconfig: 600', undefined, byAddOn),
  manual('4.1.4', 'kube-proxy’s kubeconfig: root:root', undefined, byAddOn),
  automated('4.1.5', 'kubelet.conf: 600', undefined, byKubelet),
  automated('4.1.6', 'kubelet.conf: root:root', undefined, byKubelet),
  manual('4.1.7', 'The authority’s certificate: 644 or less', isWrittenPrivately),
  manual('4.1.8', 'The authority’s certificate: root:root', isWrittenPrivately),
  automated('4.1.9', 'The kubelet’s configuration: 600', isRootsAlone(workerKubeletConfiguration)),
  automated('4.1.10', 'The kubelet’s configuration: root:root', isRootsAlone(workerKubeletConfiguration)),
];

const kubeletChecks: readonly Check[] = [
  automated('4.2.1', 'No anonymous requests', kubelet('authentication.anonymous.enabled', isValue(false))),
  automated('4.2.2', 'Not everything is allowed', kubelet('authorization.mode', isValue('Webhook'))),
  automated(
    '4.2.3',
    'Clients’ certificates are verified',
    kubelet('authentication.x509.clientCAFile', isValue(authority)),
  ),
  manual('4.2.4', 'No port without authentication', kubelet('readOnlyPort', isValue(0))),
  manual(
    '4.2.5',
    'Idle streams end',
    kubelet('streamingConnectionIdleTimeout', (value) => value !== '0' && value !== 0),
  ),
  automated(
    '4.2.6',
    'The kubelet keeps its packet filter rules',
    kubelet('makeIPTablesUtilChains', isValue(true)),
  ),
  manual(
    '4.2.7',
    'No name but the host’s',
    ({ content }) =>
      !content('/etc/trivet/kubeadm.yaml').includes('name: "@INSTANCE_ID@"') &&
      !content(kubeletUnit).includes(' --hostname-override='),
    'nodes are named by instance id: the host’s name is the same for every instance of a slot, and the cloud provider finds instances by id (reference facts §6.5). The name cannot be chosen by the node: NodeRestriction and the certificate hold it to its own',
  ),
  manual(
    '4.2.8',
    'Events are recorded',
    kubelet('eventRecordQPS', (value) => Number(value) >= 0),
  ),
  manual(
    '4.2.9',
    'A serving certificate of an authority',
    kubelet('tlsCertFile', (value) => typeof value === 'string'),
    'as 1.2.5: the kubelet makes its own, RSA and valid for a year',
  ),
  automated('4.2.10', 'Client certificates are renewed', kubelet('rotateCertificates', isValue(true))),
  manual(
    '4.2.11',
    'Renewal of serving certificates is not switched off',
    kubelet('featureGates.RotateKubeletServerCertificate', (value) => value !== false),
  ),
  manual(
    '4.2.12',
    'Strong cipher suites',
    kubelet('tlsCipherSuites', (value) => Array.isArray(value) && areStrong(value)),
  ),
  manual(
    '4.2.13',
    'A limit on processes of a pod',
    kubelet('podPidsLimit', (value) => Number(value) > 0),
  ),
  manual('4.2.14', 'seccomp by default', kubelet('seccompDefault', isValue(true))),
];

const kubeProxy = {
  title: '4.3 kube-proxy',
  checks: [automated('4.3.1', 'Metrics on localhost alone', undefined, byAddOn)],
};

interface Section {
  readonly title: string;
  readonly checks: readonly Check[];
}

/** Sections 2 to 4 of the benchmark, for a control-plane node. */
export const nodeSections: readonly Section[] = [
  { title: '2 etcd', checks: etcdChecks },
  { title: '3 Control plane configuration', checks: controlPlaneConfiguration },
  { title: '4.1 Files of a node', checks: nodeFiles },
  { title: '4.2 kubelet', checks: kubeletChecks },
  kubeProxy,
];

/** Section 4 for a worker: its files come otherwise, its kubelet is judged by the same checks. */
export const workerSections: readonly Section[] = [
  { title: '4.1 Files of a worker', checks: workerFiles },
  { title: '4.2 kubelet of a worker', checks: kubeletChecks },
  { ...kubeProxy, title: '4.3 kube-proxy of a worker' },
];
