import { allStrongSuites, tlsVersionMin } from './ciphers.ts';
import { clusterDomain, type KubernetesInput, nthAddress } from './input.ts';
import { pki } from './paths.ts';

export const containerRuntimeSocket = 'unix:///run/containerd/containerd.sock';

/** Keeps pods of people off the control plane; what belongs there tolerates it. Given at registration: later a kubelet may not. */
export const controlPlaneTaint = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' };

/**
 * KubeletConfiguration v1beta1 (reference aws-etcd-kubeadm-facts §8.1; CIS section 4.2). Memory and CPU are kept for etcd and the system
 * on control-plane nodes, since pods are the first that must give way there.
 */
export function kubeletConfiguration(
  { serviceCidr }: Pick<KubernetesInput, 'serviceCidr'>,
  role: 'control-plane' | 'worker',
): Readonly<Record<string, unknown>> {
  const controlPlane = role === 'control-plane';
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: pki('ca.crt') },
    },
    authorization: { mode: 'Webhook' },
    cgroupDriver: 'systemd',
    clusterDNS: [nthAddress(serviceCidr, 10)],
    clusterDomain,
    containerRuntimeEndpoint: containerRuntimeSocket,
    eventRecordQPS: 50,
    makeIPTablesUtilChains: true,
    podPidsLimit: 4096,
    protectKernelDefaults: true,
    readOnlyPort: 0,
    rotateCertificates: true,
    seccompDefault: true,
    // Nobody approves serving certificates yet: with true, logs and exec would fail (docs/decisions/0011).
    serverTLSBootstrap: false,
    staticPodPath: '/etc/kubernetes/manifests',
    streamingConnectionIdleTimeout: '4h0m0s',
    systemReserved: controlPlane ? { cpu: '500m', memory: '768Mi' } : { cpu: '100m', memory: '256Mi' },
    tlsCipherSuites: [...allStrongSuites],
    tlsMinVersion: tlsVersionMin,
    ...(controlPlane && { registerWithTaints: [controlPlaneTaint] }),
  };
}

/** Kernel settings that a kubelet with protectKernelDefaults demands, and those that pods' networks need. */
export const kernelSettings = `vm.overcommit_memory = 1
vm.panic_on_oom = 0
kernel.panic = 10
kernel.panic_on_oops = 1
kernel.keys.root_maxkeys = 1000000
kernel.keys.root_maxbytes = 25000000
net.ipv4.ip_forward = 1
net.bridge.bridge-nf-call-iptables = 1
`;
