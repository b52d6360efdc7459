import { imagesOf } from '../../../artifacts/versions.ts';
import { apiServerPort } from '../../../node/kubernetes/input.ts';
import { type AddOn, type AddOnInput, stages } from './add-on.ts';
import { everywhere, fieldOf, namespace, onLinux, type PodSpec } from './manifest.ts';
import { clusterRoleBinding, configMap, daemonSet, labelsOf, serviceAccount } from './objects.ts';

const name = 'kube-proxy';
const labels = labelsOf(name);
const selector = { 'k8s-app': name };
const folder = '/var/lib/kube-proxy';
const account = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Services' addresses on every node. It asks the API through the load balancer: it is what makes the service `kubernetes` work, and so cannot
 * use it. ConfigMaps hold JSON, which is YAML.
 */
export function kubeProxy(input: AddOnInput): AddOn {
  const { kubernetesVersion } = input;
  return {
    name,
    version: kubernetesVersion,
    stage: stages.nodes,
    awaits: [{ kind: 'DaemonSet', namespace, name }],
    objects: [
      serviceAccount(name, labels),
      clusterRoleBinding('trivet:node-proxier', labels, { role: 'system:node-proxier', account: name }),
      configMap(name, labels, {
        'config.conf': `${JSON.stringify(configuration(input), null, 2)}\n`,
        'kubeconfig.conf': `${JSON.stringify(kubeconfig(input), null, 2)}\n`,
      }),
      daemonSet({ name, labels, selector, spec: pod(imagesOf(kubernetesVersion).kubeProxy) }, '10%'),
    ],
  };
}

function configuration({ cni, podCidr }: AddOnInput) {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    clientConnection: { kubeconfig: `${folder}/kubeconfig.conf` },
    // Without it, kube-proxy cannot tell a pod from a stranger; pods of the VPC's own CNI have addresses of the VPC.
    ...(cni !== 'aws-vpc-cni' && { detectLocalMode: 'ClusterCIDR', clusterCIDR: podCidr }),
    healthzBindAddress: '0.0.0.0:10256',
    metricsBindAddress: '127.0.0.1:10249',
  };
}

function kubeconfig({ cluster, endpointHost }: AddOnInput) {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: cluster,
        cluster: {
          server: `https://${endpointHost}:${apiServerPort}`,
          'certificate-authority': `${account}/ca.crt`,
        },
      },
    ],
    users: [{ name, user: { tokenFile: `${account}/token` } }],
    contexts: [{ name, context: { cluster, user: name } }],
    'current-context': name,
  };
}

function pod(image: string): PodSpec {
  return {
    serviceAccountName: name,
    priorityClassName: 'system-node-critical',
    hostNetwork: true,
    dnsPolicy: 'Default',
    nodeSelector: onLinux,
    tolerations: everywhere,
    containers: [
      {
        name,
        image,
        imagePullPolicy: 'IfNotPresent',
        command: ['/usr/local/bin/kube-proxy'],
        args: [`--config=${folder}/config.conf`, '--hostname-override=$(NODE_NAME)'],
        env: [fieldOf('NODE_NAME', 'spec.nodeName')],
        resources: { requests: { cpu: '50m', memory: '64Mi' } },
        // It sets the node's own conntrack limits, which no capability allows.
        securityContext: { privileged: true },
        livenessProbe: {
          httpGet: { path: '/livez', port: 10256 },
          initialDelaySeconds: 30,
          periodSeconds: 30,
        },
        readinessProbe: { httpGet: { path: '/healthz', port: 10256 } },
        volumeMounts: [
          { name: 'config', mountPath: folder, readOnly: true },
          { name: 'xtables-lock', mountPath: '/run/xtables.lock' },
          { name: 'modules', mountPath: '/lib/modules', readOnly: true },
        ],
      },
    ],
    volumes: [
      { name: 'config', configMap: { name } },
      { name: 'xtables-lock', hostPath: { path: '/run/xtables.lock', type: 'FileOrCreate' } },
      { name: 'modules', hostPath: { path: '/lib/modules' } },
    ],
  };
}
