import { pauseImage } from '../node/kubernetes/containerd.ts';

/**
 * Every version that a cluster is made of, in one place: what goes with a Kubernetes minor, and what goes with all of them. The lock holds the
 * hashes of exactly these. Imports nothing but the node's sandbox image, so that tasks, nodes' files and the command line may import it.
 */

/** What changes with the Kubernetes minor. CoreDNS is the one that its kubeadm names, cri-tools and cloud controller follow the minor. */
export interface Release {
  /** The patch release whose programs and images are locked; a cluster of another one lives on what its node image brings. */
  readonly kubernetes: string;
  readonly crictl: string;
  readonly coreDns: string;
  readonly cloudControllerManager: string;
}

export const releases: Readonly<Record<string, Release>> = {
  '1.34': { kubernetes: '1.34.6', crictl: '1.34.0', coreDns: '1.12.1', cloudControllerManager: '1.34.3' },
  '1.35': { kubernetes: '1.35.4', crictl: '1.35.0', coreDns: '1.13.1', cloudControllerManager: '1.35.2' },
  '1.36': { kubernetes: '1.36.1', crictl: '1.36.0', coreDns: '1.14.2', cloudControllerManager: '1.36.1' },
};

/** What is the same for every Kubernetes minor. */
export const common = {
  etcd: '3.6.14',
  containerd: '2.2.7',
  runc: '1.4.3',
  cniPlugins: '1.9.1',
  flannel: '0.28.9',
  flannelCniPlugin: '1.9.1-flannel3',
  awsVpcCni: '1.23.1',
  metricsServer: '0.9.0',
  ebsCsiDriver: '1.64.0',
  csiProvisioner: '6.3.0-eksbuild.4',
  csiAttacher: '4.12.0-eksbuild.5',
  csiResizer: '2.2.1-eksbuild.3',
  csiNodeDriverRegistrar: '2.17.0-eksbuild.5',
  csiLivenessProbe: '2.19.0-eksbuild.5',
} as const;

/** The Kubernetes minor of a full version. Throws RangeError for one that Trivet does not run. */
export function releaseOf(kubernetesVersion: string): Release {
  const release = releases[kubernetesVersion.split('.').slice(0, 2).join('.')];
  if (!release) throw new RangeError(`no versions are pinned for Kubernetes ${kubernetesVersion}`);
  return release;
}

/** Every image of a cluster of this full Kubernetes version, by tag: what pods name, and what the lock pins by digest. */
export function imagesOf(kubernetesVersion: string) {
  const { coreDns, cloudControllerManager } = releaseOf(kubernetesVersion);
  const kubernetes = (name: string) => `registry.k8s.io/${name}:v${kubernetesVersion}`;
  const csi = (name: string, version: string) => `public.ecr.aws/csi-components/${name}:v${version}`;
  return {
    apiServer: kubernetes('kube-apiserver'),
    controllerManager: kubernetes('kube-controller-manager'),
    scheduler: kubernetes('kube-scheduler'),
    kubeProxy: kubernetes('kube-proxy'),
    pause: pauseImage(kubernetesVersion),
    coreDns: `registry.k8s.io/coredns/coredns:v${coreDns}`,
    cloudControllerManager: `registry.k8s.io/provider-aws/cloud-controller-manager:v${cloudControllerManager}`,
    metricsServer: `registry.k8s.io/metrics-server/metrics-server:v${common.metricsServer}`,
    flannel: `ghcr.io/flannel-io/flannel:v${common.flannel}`,
    flannelCniPlugin: `ghcr.io/flannel-io/flannel-cni-plugin:v${common.flannelCniPlugin}`,
    // The charts name a registry of the account that EKS runs in, which asks for credentials; this one is for everybody.
    awsVpcCni: `public.ecr.aws/eks/amazon-k8s-cni:v${common.awsVpcCni}`,
    awsVpcCniInit: `public.ecr.aws/eks/amazon-k8s-cni-init:v${common.awsVpcCni}`,
    ebsCsiDriver: `public.ecr.aws/ebs-csi-driver/aws-ebs-csi-driver:v${common.ebsCsiDriver}`,
    csiProvisioner: csi('csi-provisioner', common.csiProvisioner),
    csiAttacher: csi('csi-attacher', common.csiAttacher),
    csiResizer: csi('csi-resizer', common.csiResizer),
    csiNodeDriverRegistrar: csi('csi-node-driver-registrar', common.csiNodeDriverRegistrar),
    csiLivenessProbe: csi('livenessprobe', common.csiLivenessProbe),
  } as const;
}
