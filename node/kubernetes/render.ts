import { kubernetesScript } from '../files/kubernetes.sh.ts';
import { kubeletService, kubernetesService } from '../files/kubernetes-units.ts';
import {
  renderAdmissionConfiguration,
  renderAuditPolicy,
  renderAuthenticationConfiguration,
  renderEventRateLimit,
} from './api-server-files.ts';
import { renderContainerdConfiguration } from './containerd.ts';
import { type KubernetesInput, localServer } from './input.ts';
import { renderKubeadmConfiguration } from './kubeadm-configuration.ts';
import { renderKubeconfig } from './kubeconfig.ts';
import { kernelSettings } from './kubelet-configuration.ts';
import { apiServerFolder, kubeletClientFile, kubernetesFolder, pki, schedulerFolder } from './paths.ts';

/**
 * Every file that the Kubernetes part of a control-plane node adds, by path. Pure. Nothing here is secret: kubeconfigs name key files
 * that the node fetches from its slot's own prefix (`deliveredFiles`) or, the kubelet's, makes itself.
 */
export function renderKubernetesFiles(input: KubernetesInput): Readonly<Record<string, string>> {
  return {
    '/etc/trivet/kubeadm.yaml': renderKubeadmConfiguration(input),
    '/etc/trivet/kubelet-sysctl.conf': kernelSettings,
    '/etc/trivet/containerd.toml': renderContainerdConfiguration(input.version),
    [`${kubernetesFolder}/controller-manager.conf`]: nodeKubeconfig(input, 'system:kube-controller-manager', {
      authority: pki('ca.crt'),
      certificate: pki('controller-manager.crt'),
      key: pki('controller-manager.key'),
    }),
    [`${kubernetesFolder}/scheduler.conf`]: nodeKubeconfig(input, 'system:kube-scheduler', {
      authority: `${schedulerFolder}/ca.crt`,
      certificate: `${schedulerFolder}/client.crt`,
      key: `${schedulerFolder}/client.key`,
    }),
    [`${kubernetesFolder}/kubelet.conf`]: nodeKubeconfig(input, 'kubelet', {
      authority: pki('ca.crt'),
      certificate: kubeletClientFile,
      key: kubeletClientFile,
    }),
    [`${apiServerFolder}/authentication.yaml`]: renderAuthenticationConfiguration(),
    [`${apiServerFolder}/admission.yaml`]: renderAdmissionConfiguration(),
    [`${apiServerFolder}/event-rate-limit.yaml`]: renderEventRateLimit(),
    [`${apiServerFolder}/audit-policy.yaml`]: renderAuditPolicy(),
    '/etc/systemd/system/kubelet.service': kubeletService,
    '/etc/systemd/system/trivet-kubernetes.service': kubernetesService,
    '/usr/local/lib/trivet/kubernetes.sh': kubernetesScript,
  };
}

/**
 * A kubeconfig of a node's own part, to the API server beside it. Upstream says so for controller manager and scheduler, and since 1.31
 * for a control-plane node's kubelet: in an upgrade the load balancer might lead to an API server that is older than its client, and a
 * node whose API server is gone should lose its leases, not hide it.
 */
function nodeKubeconfig(
  { cluster, address }: KubernetesInput,
  user: string,
  files: { readonly authority: string; readonly certificate: string; readonly key: string },
): string {
  return renderKubeconfig({
    cluster,
    server: localServer(address),
    user,
    authority: { file: files.authority },
    certificate: { file: files.certificate },
    key: { file: files.key },
  });
}
