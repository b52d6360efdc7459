import type { imagesOf } from '../../../artifacts/versions.ts';
import { type Container, everywhere, fieldOf, onLinux, type PodSpec, unprivileged } from './manifest.ts';

type Images = ReturnType<typeof imagesOf>;

const kubelet = '/var/lib/kubelet';
const pluginFolder = `${kubelet}/plugins/ebs.csi.aws.com/`;
const pluginMount = { name: 'plugin-dir', mountPath: '/csi' };
const smallResources = { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '64Mi' } };
/** Root without anything else: they speak over sockets that the kubelet, as root, has made. */
const rootAlone = { ...unprivileged, runAsUser: 0 } as const;

/** The EBS driver on a node: formats and mounts what the controller has attached. It calls nothing of AWS and has no role there. */
export function ebsNode(images: Images, account: string): PodSpec {
  return {
    serviceAccountName: account,
    priorityClassName: 'system-node-critical',
    nodeSelector: onLinux,
    tolerations: everywhere,
    terminationGracePeriodSeconds: 30,
    containers: [driver(images), registrar(images), livenessProbe(images)],
    volumes: [
      { name: 'kubelet-dir', hostPath: { path: kubelet, type: 'Directory' } },
      { name: 'plugin-dir', hostPath: { path: pluginFolder, type: 'DirectoryOrCreate' } },
      {
        name: 'registration-dir',
        hostPath: { path: `${kubelet}/plugins_registry/`, type: 'DirectoryOrCreate' },
      },
      { name: 'device-dir', hostPath: { path: '/dev', type: 'Directory' } },
    ],
  };
}

function driver(images: Images): Container {
  const probe = { httpGet: { path: '/healthz', port: 'healthz' }, timeoutSeconds: 3 };
  return {
    name: 'ebs-plugin',
    image: images.ebsCsiDriver,
    imagePullPolicy: 'IfNotPresent',
    args: [
      'node',
      '--endpoint=$(CSI_ENDPOINT)',
      `--csi-mount-point-prefix=${kubelet}/plugins/kubernetes.io/csi/ebs.csi.aws.com/`,
      // With one hop the metadata service cannot be reached from a pod: what it would tell stands in the Node.
      '--metadata-sources=kubernetes',
      '--logging-format=text',
      '--v=2',
    ],
    env: [{ name: 'CSI_ENDPOINT', value: 'unix:/csi/csi.sock' }, fieldOf('CSI_NODE_NAME', 'spec.nodeName')],
    ports: [{ name: 'healthz', containerPort: 9808, protocol: 'TCP' }],
    resources: { requests: { cpu: '10m', memory: '40Mi' }, limits: { memory: '256Mi' } },
    // It mounts on the node, for the node to see.
    securityContext: { privileged: true, readOnlyRootFilesystem: true },
    terminationMessagePolicy: 'FallbackToLogsOnError',
    lifecycle: { preStop: { exec: { command: ['/bin/aws-ebs-csi-driver', 'pre-stop-hook'] } } },
    livenessProbe: { ...probe, initialDelaySeconds: 10, periodSeconds: 10, failureThreshold: 5 },
    readinessProbe: { ...probe, periodSeconds: 5, failureThreshold: 3 },
    volumeMounts: [
      { name: 'kubelet-dir', mountPath: kubelet, mountPropagation: 'Bidirectional' },
      pluginMount,
      { name: 'device-dir', mountPath: '/dev' },
    ],
  };
}

function registrar(images: Images): Container {
  return {
    name: 'node-driver-registrar',
    image: images.csiNodeDriverRegistrar,
    imagePullPolicy: 'IfNotPresent',
    args: ['--csi-address=/csi/csi.sock', `--kubelet-registration-path=${pluginFolder}csi.sock`, '--v=2'],
    resources: smallResources,
    securityContext: rootAlone,
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [pluginMount, { name: 'registration-dir', mountPath: '/registration' }],
  };
}

function livenessProbe(images: Images): Container {
  return {
    name: 'liveness-probe',
    image: images.csiLivenessProbe,
    imagePullPolicy: 'IfNotPresent',
    args: ['--csi-address=/csi/csi.sock'],
    resources: smallResources,
    securityContext: rootAlone,
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [pluginMount],
  };
}
