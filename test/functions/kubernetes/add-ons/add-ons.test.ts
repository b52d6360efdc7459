import { describe, expect, test } from 'vitest';
import { renderAddOns } from '../../../../functions/kubernetes/add-ons/render.ts';
import { addOnInput, objectsOf, podOf } from './input.ts';

/** What matters of each add-on, as literals. */
const addOns = renderAddOns(addOnInput);
const vpcAddOns = renderAddOns({ ...addOnInput, cni: 'aws-vpc-cni' });
const find = (kind: string, name: string, among = addOns) =>
  objectsOf(among).find((one) => one.kind === kind && one.metadata.name === name);
const argsOf = (workload: string) => podOf(addOns, workload).containers[0]?.args ?? [];
const unprivileged = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

describe('CoreDNS', () => {
  test('answers at the tenth address of the services’ range', () => {
    expect(find('Service', 'kube-dns')?.spec).toMatchObject({ clusterIP: '10.96.0.10' });
    expect(find('ConfigMap', 'coredns')?.data?.Corefile).toContain('kubernetes cluster.local in-addr.arpa');
  });

  test('runs twice, apart from each other, on control-plane nodes too, and one at a time may go', () => {
    expect(find('Deployment', 'coredns')?.spec?.replicas).toBe(2);
    expect(podOf(addOns, 'coredns')).toMatchObject({
      dnsPolicy: 'Default',
      tolerations: [
        { key: 'CriticalAddonsOnly', operator: 'Exists' },
        { key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' },
      ],
      topologySpreadConstraints: [
        { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway' },
        { topologyKey: 'kubernetes.io/hostname', maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway' },
      ],
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(find('PodDisruptionBudget', 'coredns')?.spec).toMatchObject({ maxUnavailable: 1 });
  });

  test('may bind its port and do nothing else', () => {
    expect(podOf(addOns, 'coredns').containers[0]?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
    });
  });
});

describe('kube-proxy', () => {
  const configuration = (among = addOns) =>
    JSON.parse(find('ConfigMap', 'kube-proxy', among)?.data?.['config.conf'] ?? '');

  test('asks the API through the load balancer, which works before services do', () => {
    const { clusters } = JSON.parse(find('ConfigMap', 'kube-proxy')?.data?.['kubeconfig.conf'] ?? '');
    expect(clusters[0].cluster.server).toBe('https://trivet-demo-0123.elb.eu-central-1.amazonaws.com:6443');
    expect(podOf(addOns, 'kube-proxy')).toMatchObject({
      hostNetwork: true,
      priorityClassName: 'system-node-critical',
      tolerations: [{ operator: 'Exists' }],
    });
  });

  test('knows pods by their range, but for the VPC’s network, whose pods have none', () => {
    expect(configuration()).toMatchObject({ mode: 'iptables', clusterCIDR: '10.244.0.0/16' });
    expect(configuration(vpcAddOns)).not.toHaveProperty('clusterCIDR');
  });
});

describe('flannel', () => {
  test('speaks VXLAN over the pods’ range', () => {
    expect(JSON.parse(find('ConfigMap', 'kube-flannel')?.data?.['net-conf.json'] ?? '')).toEqual({
      Network: '10.244.0.0/16',
      EnableNFTables: false,
      Backend: { Type: 'vxlan', Port: 8472 },
    });
    expect(argsOf('kube-flannel')).toContain('--kube-subnet-mgr');
  });

  test('is on every node, with two capabilities, and needs no service to find the API', () => {
    const pod = podOf(addOns, 'kube-flannel');
    expect(pod.tolerations).toEqual([{ operator: 'Exists' }]);
    expect(pod.containers[0]?.securityContext).toMatchObject({
      capabilities: { add: ['NET_ADMIN', 'NET_RAW'], drop: ['ALL'] },
    });
    expect(pod.containers[0]?.env).toContainEqual({
      name: 'KUBERNETES_SERVICE_HOST',
      value: 'trivet-demo-0123.elb.eu-central-1.amazonaws.com',
    });
  });
});

describe('the VPC’s own network', () => {
  test('brings its kinds, and no range of pods', () => {
    expect(find('CustomResourceDefinition', 'eniconfigs.crd.k8s.amazonaws.com', vpcAddOns)).toBeDefined();
    expect(vpcAddOns.map(({ name }) => name)).not.toContain('flannel');
    expect(JSON.stringify(vpcAddOns)).not.toContain('10.244.0.0');
  });

  test('comes from a registry that is for everybody', () => {
    const pod = podOf(vpcAddOns, 'aws-node');
    expect(pod.containers.map(({ image }) => image)).toEqual(['public.ecr.aws/eks/amazon-k8s-cni:v1.23.1']);
  });
});

describe('the cloud controller manager', () => {
  test('runs on control-plane nodes that nobody has initialized yet, as nobody in particular', () => {
    expect(podOf(addOns, 'aws-cloud-controller-manager')).toMatchObject({
      hostNetwork: true,
      nodeSelector: { 'node-role.kubernetes.io/control-plane': '' },
      tolerations: expect.arrayContaining([
        { key: 'node.cloudprovider.kubernetes.io/uninitialized', operator: 'Exists', effect: 'NoSchedule' },
      ]),
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [{ securityContext: unprivileged }],
    });
  });

  test('makes no routes and knows its cluster without tags on instances', () => {
    expect(argsOf('aws-cloud-controller-manager')).toEqual(
      expect.arrayContaining([
        '--configure-cloud-routes=false',
        '--allocate-node-cidrs=false',
        '--leader-elect=true',
      ]),
    );
    expect(find('ConfigMap', 'aws-cloud-controller-manager')?.data).toEqual({
      'cloud.conf':
        '[Global]\nRegion = eu-central-1\nVPC = vpc-0123456789abcdef0\nKubernetesClusterID = demo\n',
    });
  });
});

describe('the EBS driver', () => {
  test('has a default class that encrypts and waits for the pod’s zone', () => {
    expect(find('StorageClass', 'gp3')).toMatchObject({
      metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: 'ebs.csi.aws.com',
      parameters: { type: 'gp3', encrypted: 'true', 'csi.storage.k8s.io/fstype': 'ext4' },
      volumeBindingMode: 'WaitForFirstConsumer',
      allowVolumeExpansion: true,
    });
  });

  test('its controller is nobody in particular; a node’s part reads of itself in the API', () => {
    const controller = podOf(addOns, 'ebs-csi-controller');
    expect(controller.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 });
    for (const container of controller.containers) expect(container.securityContext).toEqual(unprivileged);
    expect(argsOf('ebs-csi-node')).toContain('--metadata-sources=kubernetes');
    expect(argsOf('ebs-csi-controller')).toContain('--k8s-tag-cluster-id=demo');
  });

  test.each([
    [1, 1],
    [3, 2],
  ])('with %i control-plane nodes its controller runs %i times', (controlPlanes, replicas) => {
    const rendered = renderAddOns({ ...addOnInput, controlPlanes });
    expect(find('Deployment', 'ebs-csi-controller', rendered)?.spec?.replicas).toBe(replicas);
    expect(find('Deployment', 'metrics-server', rendered)?.spec?.replicas).toBe(replicas);
  });
});

describe('metrics-server', () => {
  test('believes kubelets whose certificates nobody signed, and says who it is for', () => {
    expect(argsOf('metrics-server')).toContain('--kubelet-insecure-tls');
    expect(find('APIService', 'v1beta1.metrics.k8s.io')?.spec).toMatchObject({
      service: { name: 'metrics-server', namespace: 'kube-system' },
      insecureSkipTLSVerify: true,
    });
    expect(podOf(addOns, 'metrics-server')).toMatchObject({
      securityContext: { runAsNonRoot: true, runAsUser: 1000 },
      containers: [{ securityContext: unprivileged }],
    });
    expect(find('PodDisruptionBudget', 'metrics-server')?.spec).toMatchObject({ maxUnavailable: 1 });
  });
});
