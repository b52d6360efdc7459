import type { imagesOf } from '../../../artifacts/versions.ts';
import type { AddOnInput } from './add-on.ts';
import { awsIdentity } from './aws-role.ts';
import {
  alsoOnControlPlane,
  type Container,
  fieldOf,
  onLinux,
  type PodSpec,
  runtimeDefault,
  unprivileged,
} from './manifest.ts';
import { spread } from './objects.ts';

type Images = ReturnType<typeof imagesOf>;

const sockets = '/var/lib/csi/sockets/pluginproxy';
const socketMount = { name: 'socket-dir', mountPath: sockets };
const sidecarResources = { requests: { cpu: '10m', memory: '40Mi' }, limits: { memory: '256Mi' } };
/** Requests to the API: each sidecar's own budget, as the driver's charts set it. */
const paced = ['--kube-api-qps=20', '--kube-api-burst=100'];

/** The EBS driver's controller: one of its replicas leads, and makes, attaches and grows volumes with the driver's role in AWS. */
export function ebsController(
  input: AddOnInput,
  images: Images,
  { account, selector }: { readonly account: string; readonly selector: Readonly<Record<string, string>> },
): PodSpec {
  const identity = awsIdentity(input.region, input.roles.ebsCsiDriver);
  return {
    serviceAccountName: account,
    priorityClassName: 'system-cluster-critical',
    nodeSelector: onLinux,
    tolerations: [
      ...alsoOnControlPlane,
      // Longer than a reboot, shorter than a person's patience.
      { operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
    ],
    ...spread(selector),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 1_000,
      runAsGroup: 1_000,
      fsGroup: 1_000,
      seccompProfile: runtimeDefault,
    },
    containers: [
      driver(input, images, identity),
      sidecar('csi-provisioner', images.csiProvisioner, [
        '--timeout=60s',
        '--feature-gates=Topology=true',
        '--extra-create-metadata',
        '--default-fstype=ext4',
        '--worker-threads=100',
        '--retry-interval-max=30m',
      ]),
      sidecar('csi-attacher', images.csiAttacher, [
        '--timeout=6m',
        '--worker-threads=100',
        '--retry-interval-max=5m',
      ]),
      sidecar('csi-resizer', images.csiResizer, [
        '--timeout=60s',
        '--handle-volume-inuse-error=false',
        '--workers=100',
        '--retry-interval-max=30m',
      ]),
      livenessProbe(images),
    ],
    volumes: [{ name: 'socket-dir', emptyDir: {} }, ...identity.volumes],
  };
}

function driver(
  { cluster }: AddOnInput,
  images: Images,
  identity: ReturnType<typeof awsIdentity>,
): Container {
  const probe = {
    httpGet: { path: '/healthz', port: 'healthz' },
    initialDelaySeconds: 10,
    timeoutSeconds: 60,
  };
  return {
    name: 'ebs-plugin',
    image: images.ebsCsiDriver,
    imagePullPolicy: 'IfNotPresent',
    args: [
      'controller',
      '--endpoint=$(CSI_ENDPOINT)',
      '--batching=true',
      '--logging-format=text',
      // Tags of the volumes that it makes: whose they are. Trivet's own tags stay Trivet's.
      `--k8s-tag-cluster-id=${cluster}`,
      '--v=2',
    ],
    env: [
      { name: 'CSI_ENDPOINT', value: `unix://${sockets}/csi.sock` },
      fieldOf('CSI_NODE_NAME', 'spec.nodeName'),
      ...identity.env,
    ],
    ports: [{ name: 'healthz', containerPort: 9808, protocol: 'TCP' }],
    resources: sidecarResources,
    securityContext: unprivileged,
    terminationMessagePolicy: 'FallbackToLogsOnError',
    livenessProbe: { ...probe, periodSeconds: 10, failureThreshold: 10 },
    readinessProbe: { ...probe, periodSeconds: 10, failureThreshold: 5 },
    volumeMounts: [socketMount, ...identity.volumeMounts],
  };
}

function sidecar(name: string, image: string, args: readonly string[]): Container {
  return {
    name,
    image,
    imagePullPolicy: 'IfNotPresent',
    args: ['--csi-address=$(ADDRESS)', '--v=2', '--leader-election=true', ...paced, ...args],
    env: [{ name: 'ADDRESS', value: `${sockets}/csi.sock` }],
    resources: sidecarResources,
    securityContext: unprivileged,
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [socketMount],
  };
}

function livenessProbe(images: Images): Container {
  return {
    name: 'liveness-probe',
    image: images.csiLivenessProbe,
    imagePullPolicy: 'IfNotPresent',
    args: ['--csi-address=/csi/csi.sock', '--probe-timeout=60s'],
    resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '64Mi' } },
    securityContext: unprivileged,
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [{ name: 'socket-dir', mountPath: '/csi' }],
  };
}
