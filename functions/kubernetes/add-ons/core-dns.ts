import { imagesOf, releaseOf } from '../../../artifacts/versions.ts';
import { clusterDomain, nthAddress } from '../../../node/kubernetes/input.ts';
import { type AddOn, type AddOnInput, stages } from './add-on.ts';
import {
  alsoOnControlPlane,
  type Manifest,
  namespace,
  onLinux,
  type PodSpec,
  runtimeDefault,
} from './manifest.ts';
import {
  clusterRole,
  clusterRoleBinding,
  configMap,
  deployment,
  disruptionBudget,
  labelsOf,
  make,
  serviceAccount,
  spread,
} from './objects.ts';

const name = 'coredns';
const labels = labelsOf(name);
/** The field's own label: dashboards and network policies look for it. */
const selector = { 'k8s-app': 'kube-dns' };
const watches = ['list', 'watch'];

/** The cluster's names are answered from the API, all others by the resolver of the node that a pod runs on. */
const corefile = `.:53 {
    errors
    health {
        lameduck 5s
    }
    ready
    kubernetes ${clusterDomain} in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
        max_concurrent 1000
    }
    cache 30 {
        disable success ${clusterDomain}
        disable denial ${clusterDomain}
    }
    loop
    reload
    loadbalance
}
`;

/** DNS inside the cluster, at the tenth address of the services' range, where every kubelet sends its pods. */
export function coreDns(input: AddOnInput): AddOn {
  const { kubernetesVersion, serviceCidr } = input;
  return {
    name,
    version: releaseOf(kubernetesVersion).coreDns,
    stage: stages.names,
    awaits: [{ kind: 'Deployment', namespace, name }],
    objects: [
      serviceAccount(name, labels),
      clusterRole('system:coredns', labels, [
        { apiGroups: [''], resources: ['endpoints', 'namespaces', 'pods', 'services'], verbs: watches },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: watches },
      ]),
      clusterRoleBinding('system:coredns', labels, { role: 'system:coredns', account: name }),
      configMap(name, labels, { Corefile: corefile }),
      service(serviceCidr),
      // Two also where there is one control-plane node: a resolver that is being replaced is a cluster without names.
      deployment({ name, labels, selector, spec: pod(imagesOf(kubernetesVersion).coreDns) }, 2),
      disruptionBudget(name, labels, selector),
    ],
  };
}

function service(serviceCidr: string): Manifest {
  return make(
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: 'kube-dns',
        namespace,
        labels: { ...labels, ...selector, 'kubernetes.io/cluster-service': 'true' },
      },
    },
    {
      clusterIP: nthAddress(serviceCidr, 10),
      selector,
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
        { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 },
      ],
    },
    'spec',
  );
}

function pod(image: string): PodSpec {
  return {
    serviceAccountName: name,
    priorityClassName: 'system-cluster-critical',
    // The node's resolver, or it would ask itself.
    dnsPolicy: 'Default',
    nodeSelector: onLinux,
    tolerations: alsoOnControlPlane,
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 100,
            podAffinityTerm: {
              labelSelector: { matchLabels: selector },
              topologyKey: 'kubernetes.io/hostname',
            },
          },
        ],
      },
    },
    ...spread(selector),
    securityContext: { seccompProfile: runtimeDefault },
    containers: [
      {
        name,
        image,
        imagePullPolicy: 'IfNotPresent',
        args: ['-conf', '/etc/coredns/Corefile'],
        ports: [
          { name: 'dns', containerPort: 53, protocol: 'UDP' },
          { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
          { name: 'metrics', containerPort: 9153, protocol: 'TCP' },
        ],
        resources: { requests: { cpu: '100m', memory: '70Mi' }, limits: { memory: '170Mi' } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
        },
        volumeMounts: [{ name: 'config', mountPath: '/etc/coredns', readOnly: true }],
        livenessProbe: {
          httpGet: { path: '/health', port: 8080 },
          initialDelaySeconds: 60,
          timeoutSeconds: 5,
          failureThreshold: 5,
        },
        readinessProbe: { httpGet: { path: '/ready', port: 8181 } },
      },
    ],
    volumes: [{ name: 'config', configMap: { name, items: [{ key: 'Corefile', path: 'Corefile' }] } }],
  };
}
