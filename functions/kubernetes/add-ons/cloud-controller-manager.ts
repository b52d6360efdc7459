import { imagesOf, releaseOf } from '../../../artifacts/versions.ts';
import { type AddOn, type AddOnInput, stages } from './add-on.ts';
import { awsIdentity, awsServiceAccounts } from './aws-role.ts';
import {
  alsoOnControlPlane,
  apiServerEnvironment,
  namespace,
  onLinux,
  type PodSpec,
  type PolicyRule,
  runtimeDefault,
  unprivileged,
} from './manifest.ts';
import {
  clusterRole,
  clusterRoleBinding,
  configMap,
  daemonSet,
  labelsOf,
  roleBinding,
  serviceAccount,
} from './objects.ts';

const name = 'aws-cloud-controller-manager';
const labels = labelsOf(name);
const selector = { 'k8s-app': name };
const account = awsServiceAccounts.cloudControllerManager;
const folder = '/etc/kubernetes/cloud';

/** What its controllers for nodes, services and their leases do; none is given a token of its own. */
const rules: readonly PolicyRule[] = [
  { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'update'] },
  { apiGroups: [''], resources: ['nodes'], verbs: ['delete', 'get', 'list', 'patch', 'update', 'watch'] },
  { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch'] },
  { apiGroups: [''], resources: ['services'], verbs: ['get', 'list', 'patch', 'update', 'watch'] },
  { apiGroups: [''], resources: ['services/status'], verbs: ['patch', 'update'] },
  { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create', 'get', 'update'] },
  { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
  { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
];

/**
 * What tells Kubernetes of EC2: zones, addresses and provider IDs of nodes, nodes whose instance is gone, load balancers of services. It runs
 * on control-plane nodes, on their own network: without it no node takes a pod, so it may wait for nothing, the pods' network included.
 */
export function cloudControllerManager(input: AddOnInput): AddOn {
  return {
    name,
    version: releaseOf(input.kubernetesVersion).cloudControllerManager,
    stage: stages.nodes,
    awaits: [{ kind: 'DaemonSet', namespace, name }],
    objects: [
      serviceAccount(account, labels),
      clusterRole('system:cloud-controller-manager', labels, rules),
      clusterRoleBinding('system:cloud-controller-manager', labels, {
        role: 'system:cloud-controller-manager',
        account,
      }),
      roleBinding('cloud-controller-manager:apiserver-authentication-reader', labels, {
        role: 'extension-apiserver-authentication-reader',
        account,
      }),
      configMap(name, labels, { 'cloud.conf': configuration(input) }),
      daemonSet({ name, labels, selector, spec: pod(input) }, 1),
    ],
  };
}

/** With cluster and VPC said, it need not find itself in EC2, and instances need no tag of the legacy kind. */
function configuration({ cluster, region, vpcId }: AddOnInput): string {
  return `[Global]\nRegion = ${region}\nVPC = ${vpcId}\nKubernetesClusterID = ${cluster}\n`;
}

function pod(input: AddOnInput): PodSpec {
  const identity = awsIdentity(input.region, input.roles.cloudControllerManager);
  return {
    serviceAccountName: account,
    priorityClassName: 'system-cluster-critical',
    hostNetwork: true,
    dnsPolicy: 'Default',
    nodeSelector: { ...onLinux, 'node-role.kubernetes.io/control-plane': '' },
    tolerations: [
      ...alsoOnControlPlane,
      // What it is here to take away, and what stays until the pods' network is there.
      { key: 'node.cloudprovider.kubernetes.io/uninitialized', operator: 'Exists', effect: 'NoSchedule' },
      { key: 'node.kubernetes.io/not-ready', operator: 'Exists' },
    ],
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65_532,
      runAsGroup: 65_532,
      seccompProfile: runtimeDefault,
    },
    containers: [
      {
        name,
        image: imagesOf(input.kubernetesVersion).cloudControllerManager,
        imagePullPolicy: 'IfNotPresent',
        args: [
          '--v=2',
          '--cloud-provider=aws',
          `--cloud-config=${folder}/cloud.conf`,
          `--cluster-name=${input.cluster}`,
          '--leader-elect=true',
          '--use-service-account-credentials=false',
          // The pods' network is flannel's, or the VPC's own; neither needs routes in the VPC.
          '--configure-cloud-routes=false',
          '--allocate-node-cidrs=false',
          '--bind-address=127.0.0.1',
        ],
        env: [...apiServerEnvironment(input.endpointHost), ...identity.env],
        resources: { requests: { cpu: '100m', memory: '64Mi' } },
        securityContext: unprivileged,
        livenessProbe: {
          httpGet: { path: '/healthz', port: 10258, scheme: 'HTTPS', host: '127.0.0.1' },
          initialDelaySeconds: 20,
          timeoutSeconds: 15,
          failureThreshold: 8,
        },
        volumeMounts: [{ name: 'config', mountPath: folder, readOnly: true }, ...identity.volumeMounts],
      },
    ],
    volumes: [{ name: 'config', configMap: { name } }, ...identity.volumes],
  };
}
