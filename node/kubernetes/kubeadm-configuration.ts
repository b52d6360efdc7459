import { stringify } from 'yaml';
import type { Flags } from './flags.ts';
import { renderComponentFlags } from './flags.ts';
import { apiServerPort, clusterDomain, type KubernetesInput } from './input.ts';
import { containerRuntimeSocket, controlPlaneTaint, kubeletConfiguration } from './kubelet-configuration.ts';
import { apiServerFolder, auditFolder, encryptionFolder, pki, pkiFolder, schedulerFolder } from './paths.ts';

/** Stands for the instance id, which is known only on the node; kubernetes.sh puts it in. */
export const instanceIdPlaceholder = '@INSTANCE_ID@';

const readOnly = (name: string, path: string) => ({
  name,
  hostPath: path,
  mountPath: path,
  readOnly: true,
  pathType: 'Directory',
});

const listed = (flags: Flags) => Object.entries(flags).map(([name, value]) => ({ name, value }));

/**
 * ClusterConfiguration, InitConfiguration (kubeadm v1beta4) and KubeletConfiguration in one text, for `kubeadm init phase control-plane`
 * and `kubelet-start`: the same on every node of the cluster but for its address and name (reference §6.2, §6.3). kubeadm signs nothing:
 * all certificates are there, and no authority's key that it could use.
 */
export function renderKubeadmConfiguration(input: KubernetesInput): string {
  return [clusterConfiguration(input), initConfiguration(input), kubeletConfiguration(input, 'control-plane')]
    .map((document) => stringify(document, { lineWidth: 0 }))
    .join('---\n');
}

function clusterConfiguration(input: KubernetesInput) {
  const flags = renderComponentFlags(input);
  return {
    apiVersion: 'kubeadm.k8s.io/v1beta4',
    kind: 'ClusterConfiguration',
    clusterName: input.cluster,
    kubernetesVersion: `v${input.version}`,
    controlPlaneEndpoint: `${input.endpointHost}:${apiServerPort}`,
    certificatesDir: pkiFolder,
    networking: { dnsDomain: clusterDomain, podSubnet: input.podCidr, serviceSubnet: input.serviceCidr },
    etcd: {
      external: {
        endpoints: ['https://127.0.0.1:2379'],
        caFile: pki('etcd/ca.crt'),
        certFile: pki('apiserver-etcd-client.crt'),
        keyFile: pki('apiserver-etcd-client.key'),
      },
    },
    apiServer: {
      extraArgs: listed(flags.apiServer),
      extraVolumes: [
        readOnly('policies', apiServerFolder),
        readOnly('encryption', encryptionFolder),
        { name: 'audit', hostPath: auditFolder, mountPath: auditFolder, pathType: 'DirectoryOrCreate' },
      ],
    },
    controllerManager: { extraArgs: listed(flags.controllerManager) },
    scheduler: {
      extraArgs: listed(flags.scheduler),
      extraVolumes: [readOnly('client', schedulerFolder)],
    },
  };
}

function initConfiguration({ address }: KubernetesInput) {
  return {
    apiVersion: 'kubeadm.k8s.io/v1beta4',
    kind: 'InitConfiguration',
    localAPIEndpoint: { advertiseAddress: address, bindPort: apiServerPort },
    nodeRegistration: {
      // Not the host's name: that is the same for every instance of a slot (reference §6.5).
      name: instanceIdPlaceholder,
      criSocket: containerRuntimeSocket,
      taints: [controlPlaneTaint],
      kubeletExtraArgs: listed({ 'cloud-provider': 'external', 'node-ip': address }),
    },
  };
}
