import { kubernetesFolder } from '../kubernetes/paths.ts';

/**
 * /etc/systemd/system/etcd.slice: weights count among siblings, and etcd's siblings below system.slice are not whom it must be kept
 * from. In a slice of its own it stands beside the pods' slice, and wins (design §3).
 */
export const etcdSlice = `[Unit]
Description=etcd, before everything else on this node

[Slice]
CPUWeight=1000
IOWeight=1000
MemoryLow=512M
`;

/**
 * /etc/systemd/system/trivet-kubernetes.service: started by bootstrap.sh alone, after etcd, so that a node which refuses its volume runs
 * no API server either. Again for as long as it fails.
 */
export const kubernetesService = `[Unit]
Description=Trivet: brings up this node's Kubernetes control plane
After=network-online.target etcd.service
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=/usr/local/lib/trivet/kubernetes.sh
Restart=on-failure
RestartSec=10
`;

/**
 * /etc/systemd/system/kubelet.service: started by kubeadm, not enabled, since it runs the API server and a reboot goes through
 * bootstrap.sh. It tells systemd that it lives; one that hangs is ended and started again, as it does with the components by their
 * probes (issue 3). The empty environment file is kubeadm's to write.
 */
export const kubeletService = `[Unit]
Description=kubelet of a Trivet control-plane node
Documentation=https://kubernetes.io/docs/
After=network-online.target containerd.service
Wants=network-online.target
Requires=containerd.service
StartLimitIntervalSec=0

[Service]
Type=exec
EnvironmentFile=/var/lib/kubelet/kubeadm-flags.env
ExecStart=/usr/local/bin/kubelet --kubeconfig=${kubernetesFolder}/kubelet.conf --config=/var/lib/kubelet/config.yaml $KUBELET_KUBEADM_ARGS
Restart=always
RestartSec=5
NotifyAccess=main
WatchdogSec=60
CPUAccounting=yes
MemoryAccounting=yes
OOMScoreAdjust=-999
`;
