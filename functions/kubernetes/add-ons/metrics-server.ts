import { common, imagesOf } from '../../../artifacts/versions.ts';
import { type AddOn, type AddOnInput, stages } from './add-on.ts';
import {
  alsoOnControlPlane,
  type Manifest,
  namespace,
  onLinux,
  type PodSpec,
  runtimeDefault,
  unprivileged,
} from './manifest.ts';
import {
  clusterRole,
  clusterRoleBinding,
  deployment,
  disruptionBudget,
  labelsOf,
  make,
  roleBinding,
  serviceAccount,
  spread,
} from './objects.ts';

const name = 'metrics-server';
const labels = labelsOf(name);
const selector = { 'k8s-app': name };
const reads = ['get', 'list', 'watch'];
const port = 10_250;

/** Memory and processor use of nodes and pods, for `kubectl top` and for autoscalers. */
export function metricsServer(input: AddOnInput): AddOn {
  const replicas = input.controlPlanes > 1 ? 2 : 1;
  return {
    name,
    version: common.metricsServer,
    stage: stages.services,
    awaits: [{ kind: 'Deployment', namespace, name }],
    objects: [
      serviceAccount(name, labels),
      clusterRole(
        'system:aggregated-metrics-reader',
        {
          ...labels,
          'rbac.authorization.k8s.io/aggregate-to-view': 'true',
          'rbac.authorization.k8s.io/aggregate-to-edit': 'true',
          'rbac.authorization.k8s.io/aggregate-to-admin': 'true',
        },
        [{ apiGroups: ['metrics.k8s.io'], resources: ['nodes', 'pods'], verbs: reads }],
      ),
      clusterRole('system:metrics-server', labels, [
        { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
        { apiGroups: [''], resources: ['nodes', 'pods'], verbs: reads },
      ]),
      clusterRoleBinding('system:metrics-server', labels, { role: 'system:metrics-server', account: name }),
      clusterRoleBinding('metrics-server:system:auth-delegator', labels, {
        role: 'system:auth-delegator',
        account: name,
      }),
      roleBinding('metrics-server-auth-reader', labels, {
        role: 'extension-apiserver-authentication-reader',
        account: name,
      }),
      service,
      deployment(
        { name, labels, selector, spec: pod(imagesOf(input.kubernetesVersion).metricsServer) },
        replicas,
      ),
      disruptionBudget(name, labels, selector),
      // Last, so that the API does not announce a group that nobody serves for longer than pods need to start.
      apiService,
    ],
  };
}

const service: Manifest = make(
  { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace, labels } },
  {
    selector,
    ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 'https', appProtocol: 'https' }],
  },
  'spec',
);

const apiService: Manifest = make(
  {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: 'v1beta1.metrics.k8s.io', labels },
  },
  {
    group: 'metrics.k8s.io',
    version: 'v1beta1',
    groupPriorityMinimum: 100,
    versionPriority: 100,
    service: { name, namespace, port: 443 },
    // It signs itself a certificate at each start. The API server proves itself to it by the front proxy's; the figures are no secret.
    insecureSkipTLSVerify: true,
  },
  'spec',
);

function pod(image: string): PodSpec {
  return {
    serviceAccountName: name,
    priorityClassName: 'system-cluster-critical',
    nodeSelector: onLinux,
    tolerations: alsoOnControlPlane,
    ...spread(selector),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 1_000,
      runAsGroup: 1_000,
      seccompProfile: runtimeDefault,
    },
    containers: [
      {
        name,
        image,
        imagePullPolicy: 'IfNotPresent',
        args: [
          '--cert-dir=/tmp',
          `--secure-port=${port}`,
          '--kubelet-preferred-address-types=InternalIP',
          '--kubelet-use-node-status-port',
          // Kubelets serve with certificates that they signed themselves, until somebody approves better ones (ADR 11).
          '--kubelet-insecure-tls',
          '--metric-resolution=15s',
        ],
        ports: [{ name: 'https', containerPort: port, protocol: 'TCP' }],
        resources: { requests: { cpu: '100m', memory: '200Mi' } },
        securityContext: unprivileged,
        volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
        livenessProbe: { httpGet: { path: '/livez', port: 'https', scheme: 'HTTPS' }, periodSeconds: 10 },
        readinessProbe: {
          httpGet: { path: '/readyz', port: 'https', scheme: 'HTTPS' },
          initialDelaySeconds: 20,
          periodSeconds: 10,
        },
      },
    ],
    volumes: [{ name: 'tmp', emptyDir: {} }],
  };
}
