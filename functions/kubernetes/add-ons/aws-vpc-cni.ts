import { common, imagesOf } from '../../../artifacts/versions.ts';
import { type AddOn, type AddOnInput, stages } from './add-on.ts';
import { awsIdentity, awsServiceAccounts } from './aws-role.ts';
import {
  apiServerEnvironment,
  type Container,
  everywhere,
  fieldOf,
  type Manifest,
  namespace,
  onLinux,
  type PodSpec,
} from './manifest.ts';
import { clusterRole, clusterRoleBinding, daemonSet, labelsOf, make, serviceAccount } from './objects.ts';

const name = awsServiceAccounts.cni;
const labels = labelsOf('aws-vpc-cni');
const selector = { 'k8s-app': name };
const reads = ['get', 'list', 'watch'];
const binMount = { name: 'cni-bin', mountPath: '/host/opt/cni/bin' };
const probe = {
  exec: {
    command: [
      '/app/grpc-health-probe',
      '-addr=unix:///var/run/aws-node/ipamd.sock',
      '-connect-timeout=5s',
      '-rpc-timeout=5s',
    ],
  },
  timeoutSeconds: 10,
};

/**
 * Pods with addresses of the VPC itself, on further network interfaces of each node. It takes addresses from the deployment's subnets and calls
 * EC2 from every node; pods are reached by whoever reaches the VPC. Without the agent for network policies.
 */
export function awsVpcCni(input: AddOnInput): AddOn {
  return {
    name: 'aws-vpc-cni',
    version: common.awsVpcCni,
    stage: stages.nodes,
    awaits: [{ kind: 'DaemonSet', namespace, name }],
    objects: [
      ...customKinds,
      serviceAccount(name, labels),
      clusterRole(name, labels, [
        { apiGroups: ['crd.k8s.amazonaws.com'], resources: ['eniconfigs'], verbs: reads },
        { apiGroups: ['vpcresources.k8s.aws'], resources: ['cninodes'], verbs: [...reads, 'patch'] },
        { apiGroups: [''], resources: ['namespaces', 'nodes', 'pods'], verbs: reads },
        { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'list', 'patch'] },
      ]),
      clusterRoleBinding(name, labels, { role: name, account: name }),
      daemonSet({ name, labels, selector, spec: pod(input) }, '10%'),
    ],
  };
}

/** Kinds that the daemon watches, whether or not anybody makes some. */
const customKinds: readonly Manifest[] = [
  customKind('crd.k8s.amazonaws.com', { plural: 'eniconfigs', singular: 'eniconfig', kind: 'ENIConfig' }),
  customKind('vpcresources.k8s.aws', { plural: 'cninodes', singular: 'cninode', kind: 'CNINode' }),
];

function customKind(
  group: string,
  names: { readonly plural: string; readonly singular: string; readonly kind: string },
): Manifest {
  const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return make(
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${names.plural}.${group}`, labels },
    },
    {
      group,
      names,
      scope: 'Cluster',
      versions: [{ name: 'v1alpha1', served: true, storage: true, schema: { openAPIV3Schema: anything } }],
    },
    'spec',
  );
}

function pod(input: AddOnInput): PodSpec {
  const identity = awsIdentity(input.region, input.roles.cni);
  return {
    serviceAccountName: name,
    priorityClassName: 'system-node-critical',
    hostNetwork: true,
    dnsPolicy: 'Default',
    nodeSelector: onLinux,
    tolerations: everywhere,
    terminationGracePeriodSeconds: 10,
    initContainers: [
      {
        name: 'aws-vpc-cni-init',
        image: imagesOf(input.kubernetesVersion).awsVpcCniInit,
        imagePullPolicy: 'IfNotPresent',
        env: settings({ DISABLE_TCP_EARLY_DEMUX: 'false', ENABLE_IPv6: 'false' }),
        resources: { requests: { cpu: '25m', memory: '32Mi' } },
        // It sets kernel parameters of the node's interfaces.
        securityContext: { privileged: true },
        volumeMounts: [binMount],
      },
    ],
    containers: [daemon(input, identity)],
    volumes: [
      { name: 'cni-bin', hostPath: { path: '/opt/cni/bin', type: 'DirectoryOrCreate' } },
      { name: 'cni-conf', hostPath: { path: '/etc/cni/net.d', type: 'DirectoryOrCreate' } },
      { name: 'log', hostPath: { path: '/var/log/aws-routed-eni', type: 'DirectoryOrCreate' } },
      { name: 'run', hostPath: { path: '/var/run/aws-node', type: 'DirectoryOrCreate' } },
      { name: 'xtables-lock', hostPath: { path: '/run/xtables.lock', type: 'FileOrCreate' } },
      ...identity.volumes,
    ],
  };
}

function daemon(input: AddOnInput, identity: ReturnType<typeof awsIdentity>): Container {
  return {
    name,
    image: imagesOf(input.kubernetesVersion).awsVpcCni,
    imagePullPolicy: 'IfNotPresent',
    env: [
      ...apiServerEnvironment(input.endpointHost),
      ...identity.env,
      ...settings({
        // Whose the interfaces are that it makes. Trivet's own tags stay Trivet's.
        ADDITIONAL_ENI_TAGS: JSON.stringify({ [`kubernetes.io/cluster/${input.cluster}`]: 'owned' }),
        CLUSTER_NAME: input.cluster,
        VPC_ID: input.vpcId,
        AWS_VPC_CNI_NODE_PORT_SUPPORT: 'true',
        AWS_VPC_ENI_MTU: '9001',
        AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: 'false',
        AWS_VPC_K8S_CNI_EXTERNALSNAT: 'false',
        AWS_VPC_K8S_CNI_LOGLEVEL: 'INFO',
        AWS_VPC_K8S_CNI_LOG_FILE: '/host/var/log/aws-routed-eni/ipamd.log',
        AWS_VPC_K8S_CNI_RANDOMIZESNAT: 'prng',
        AWS_VPC_K8S_CNI_VETHPREFIX: 'eni',
        AWS_VPC_K8S_PLUGIN_LOG_FILE: '/var/log/aws-routed-eni/plugin.log',
        AWS_VPC_K8S_PLUGIN_LOG_LEVEL: 'INFO',
        DISABLE_METRICS: 'false',
        // Its diagnosis listens on the node's localhost for any pod of the host's network.
        DISABLE_INTROSPECTION: 'true',
        ENABLE_IPv4: 'true',
        ENABLE_IPv6: 'false',
        ENABLE_POD_ENI: 'false',
        ENABLE_PREFIX_DELEGATION: 'false',
        ENABLE_SUBNET_DISCOVERY: 'false',
        NETWORK_POLICY_ENFORCING_MODE: 'standard',
        WARM_ENI_TARGET: '0',
        WARM_IP_TARGET: '2',
        MINIMUM_IP_TARGET: '4',
      }),
      fieldOf('MY_NODE_NAME', 'spec.nodeName'),
      fieldOf('MY_POD_NAME', 'metadata.name'),
    ],
    resources: { requests: { cpu: '25m', memory: '64Mi' } },
    securityContext: { capabilities: { add: ['NET_ADMIN', 'NET_RAW'] } },
    livenessProbe: { ...probe, initialDelaySeconds: 60 },
    readinessProbe: { ...probe, initialDelaySeconds: 1 },
    volumeMounts: [
      binMount,
      { name: 'cni-conf', mountPath: '/host/etc/cni/net.d' },
      { name: 'log', mountPath: '/host/var/log/aws-routed-eni' },
      { name: 'run', mountPath: '/var/run/aws-node' },
      { name: 'xtables-lock', mountPath: '/run/xtables.lock' },
      ...identity.volumeMounts,
    ],
  };
}

function settings(values: Readonly<Record<string, string>>) {
  return Object.entries(values).map(([key, value]) => ({ name: key, value }));
}
