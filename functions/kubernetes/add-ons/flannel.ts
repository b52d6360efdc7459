import { common, imagesOf } from '../../../artifacts/versions.ts';
import { type AddOn, type AddOnInput, stages } from './add-on.ts';
import { vxlanPort } from './cni-ports.ts';
import {
  apiServerEnvironment,
  type Container,
  everywhere,
  fieldOf,
  namespace,
  onLinux,
  type PodSpec,
  runtimeDefault,
  unprivileged,
} from './manifest.ts';
import {
  clusterRole,
  clusterRoleBinding,
  configMap,
  daemonSet,
  labelsOf,
  serviceAccount,
} from './objects.ts';

const name = 'kube-flannel';
const labels = labelsOf('flannel');
const selector = { app: 'flannel' };
const account = 'flannel';

/** What the container runtime runs for each pod: flannel's plugin, which calls `bridge`, then the plugin for host ports. */
const cniConfiguration = {
  name: 'cbr0',
  cniVersion: '0.3.1',
  plugins: [
    { type: 'flannel', delegate: { hairpinMode: true, isDefaultGateway: true } },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
};

/**
 * Pods' network by VXLAN: node to node over UDP, with addresses from the range that kube-controller-manager has given each node. It needs
 * nothing of AWS.
 */
export function flannel(input: AddOnInput): AddOn {
  const network = {
    Network: input.podCidr,
    EnableNFTables: false,
    Backend: { Type: 'vxlan', Port: vxlanPort },
  };
  return {
    name: 'flannel',
    version: common.flannel,
    stage: stages.nodes,
    awaits: [{ kind: 'DaemonSet', namespace, name }],
    objects: [
      serviceAccount(account, labels),
      clusterRole('flannel', labels, [
        { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
        { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch'] },
        { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch'] },
      ]),
      clusterRoleBinding('flannel', labels, { role: 'flannel', account }),
      configMap(name, labels, {
        'cni-conf.json': `${JSON.stringify(cniConfiguration, null, 2)}\n`,
        'net-conf.json': `${JSON.stringify(network, null, 2)}\n`,
      }),
      daemonSet({ name, labels, selector, spec: pod(input) }, '10%'),
    ],
  };
}

function pod(input: AddOnInput): PodSpec {
  return {
    serviceAccountName: account,
    priorityClassName: 'system-node-critical',
    hostNetwork: true,
    dnsPolicy: 'Default',
    nodeSelector: onLinux,
    tolerations: everywhere,
    securityContext: { seccompProfile: runtimeDefault },
    initContainers: installers(input),
    containers: [daemon(input)],
    volumes: [
      { name: 'run', hostPath: { path: '/run/flannel', type: 'DirectoryOrCreate' } },
      { name: 'cni-bin', hostPath: { path: '/opt/cni/bin', type: 'DirectoryOrCreate' } },
      { name: 'cni-conf', hostPath: { path: '/etc/cni/net.d', type: 'DirectoryOrCreate' } },
      { name: 'config', configMap: { name } },
      { name: 'xtables-lock', hostPath: { path: '/run/xtables.lock', type: 'FileOrCreate' } },
    ],
  };
}

/** They put the plugin and its configuration onto the node; the configuration last, since the node is ready from then on. */
function installers({ kubernetesVersion }: AddOnInput): Container[] {
  const images = imagesOf(kubernetesVersion);
  const resources = { requests: { cpu: '10m', memory: '16Mi' } };
  return [
    {
      name: 'install-cni-plugin',
      image: images.flannelCniPlugin,
      imagePullPolicy: 'IfNotPresent',
      command: ['cp'],
      args: ['-f', '/flannel', '/opt/cni/bin/flannel'],
      resources,
      securityContext: unprivileged,
      volumeMounts: [{ name: 'cni-bin', mountPath: '/opt/cni/bin' }],
    },
    {
      name: 'install-cni',
      image: images.flannel,
      imagePullPolicy: 'IfNotPresent',
      command: ['/opt/bin/install-conf'],
      args: ['/etc/kube-flannel/cni-conf.json', '/etc/cni/net.d/10-flannel.conflist'],
      resources,
      securityContext: unprivileged,
      volumeMounts: [
        { name: 'cni-conf', mountPath: '/etc/cni/net.d' },
        { name: 'config', mountPath: '/etc/kube-flannel', readOnly: true },
      ],
    },
  ];
}

function daemon({ kubernetesVersion, endpointHost }: AddOnInput): Container {
  return {
    name,
    image: imagesOf(kubernetesVersion).flannel,
    imagePullPolicy: 'IfNotPresent',
    command: ['/opt/bin/flanneld'],
    args: ['--ip-masq', '--kube-subnet-mgr', '--healthz-ip=127.0.0.1', '--healthz-port=8091'],
    env: [
      ...apiServerEnvironment(endpointHost),
      fieldOf('POD_NAME', 'metadata.name'),
      fieldOf('POD_NAMESPACE', 'metadata.namespace'),
      { name: 'EVENT_QUEUE_DEPTH', value: '5000' },
    ],
    resources: { requests: { cpu: '100m', memory: '50Mi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      // The image's iptables chooses between the kernel's two interfaces at its start and links its choice into the root file system.
      readOnlyRootFilesystem: false,
      capabilities: { add: ['NET_ADMIN', 'NET_RAW'], drop: ['ALL'] },
    },
    livenessProbe: {
      httpGet: { path: '/healthz', port: 8091, host: '127.0.0.1' },
      initialDelaySeconds: 10,
      periodSeconds: 30,
    },
    readinessProbe: {
      httpGet: { path: '/readyz', port: 8091, host: '127.0.0.1' },
      initialDelaySeconds: 5,
      periodSeconds: 10,
    },
    volumeMounts: [
      { name: 'run', mountPath: '/run/flannel' },
      { name: 'config', mountPath: '/etc/kube-flannel', readOnly: true },
      { name: 'xtables-lock', mountPath: '/run/xtables.lock' },
    ],
  };
}
