/** The sandbox image of each Kubernetes minor, as its kubeadm names it. */
const pauseTags: Readonly<Record<string, string>> = { '1.34': '3.10.1', '1.35': '3.10.1', '1.36': '3.10.2' };

/** Image of the sandbox of every pod. Throws RangeError for a Kubernetes version that Trivet does not run. */
export function pauseImage(kubernetesVersion: string): string {
  const minor = kubernetesVersion.split('.').slice(0, 2).join('.');
  const tag = pauseTags[minor];
  if (tag === undefined)
    throw new RangeError(`no sandbox image is known for Kubernetes ${kubernetesVersion}`);
  return `registry.k8s.io/pause:${tag}`;
}

/** containerd's configuration, in the form that 1.7 and 2.x both read. The same cgroup driver as the kubelet's, or neither works. */
export function renderContainerdConfiguration(kubernetesVersion: string): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2

[${cri}]
  sandbox_image = "${pauseImage(kubernetesVersion)}"

[${cri}.registry]
  config_path = "/etc/containerd/certs.d"

[${cri}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[${cri}.containerd.runtimes.runc.options]
  SystemdCgroup = true
`;
}
