import { kubeletClientFile } from '../kubernetes/paths.ts';

/**
 * /usr/local/lib/trivet/worker.sh: run by trivet-worker.service at every boot of a worker. All that it needs to join comes under this very
 * instance's prefix once Trivet has seen it wait (docs/decisions/0016).
 */
export const workerScript = `#!/bin/bash
# Joins this worker: waits for what Trivet writes for this instance alone, and starts the kubelet. Safe to run again at any point: a kubelet
# that has its certificate needs nothing of it any more.
# Most names below are set in node.env and aws.sh:
# shellcheck disable=SC2154
set -euo pipefail
shopt -s inherit_errexit
root=\${TRIVET_ROOT:-}
# shellcheck source=/dev/null
source "$root/usr/local/lib/trivet/aws.sh"
# shellcheck source=/dev/null
source "$root/etc/trivet/node.env"

readonly run=$root/run/trivet
readonly kubernetes=$root/etc/kubernetes
readonly client=$root${kubeletClientFile}
readonly bootstrap=$run/bootstrap-kubelet.conf

# report STATE [REASON]: written when it changes, under this instance's own prefix.
report() {
  {
    line instanceId "$S_instanceId"
    line state "$1"
    line reason "\${2:-}"
    line kubernetesVersion "$version"
  } >"$run/report"
  put_object "$own/report" "$run/report" || say "The report $1 could not be written; the node does not wait for it."
  say "$1 \${2:-}"
}

missing_program() {
  local name
  for name in containerd kubelet; do
    if ! command -v "$name" >/dev/null; then
      printf '%s' "$name"
      return
    fi
  done
}

prepare_kernel() {
  local module
  for module in overlay br_netfilter; do modprobe "$module"; done
  sysctl -q -p "$root/etc/trivet/kubelet-sysctl.conf"
}

start_containerd() {
  install -D -m 0644 "$root/etc/trivet/containerd.toml" "$root/etc/containerd/config.toml"
  systemctl start containerd.service
  "$root/usr/local/lib/trivet/artifacts.sh" images
}

# parse_join FILE: sets J_* for the fields, each of a known form and once; fails for anything else.
parse_join() {
  local text key value seen=' '
  J_instanceId='' J_endpoint='' J_token='' J_ca='' J_expiresAt=''
  while read -r text; do
    key=\${text%%=*} value=\${text#*=}
    [[ $seen != *" $key "* ]] || return 1
    seen+="$key "
    case $key in
      instanceId) [[ $value =~ ^i-[0-9a-f]{8,17}$ ]] || return 1 ;;
      endpoint) [[ $value =~ ^https://[A-Za-z0-9.-]+:[0-9]{1,5}$ ]] || return 1 ;;
      token) [[ $value =~ ^[a-z0-9]{6}\\.[a-z0-9]{16}$ ]] || return 1 ;;
      ca) [[ $value =~ ^[A-Za-z0-9+/]+={0,2}$ ]] || return 1 ;;
      expiresAt) [[ $value =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$ ]] || return 1 ;;
      *) return 1 ;;
    esac
    printf -v "J_$key" '%s' "$value"
  done <"$1"
  [[ -n $J_instanceId && -n $J_endpoint && -n $J_token && -n $J_ca && -n $J_expiresAt ]]
}

# The token is in a file of memory that only root reads, and goes with it.
write_bootstrap() {
  umask 077
  base64 -d <<<"$J_ca" >"$kubernetes/pki/ca.crt"
  printf 'apiVersion: v1\\nkind: Config\\nclusters:\\n- name: cluster\\n  cluster: {server: "%s", certificate-authority: "%s"}\\nusers:\\n- name: bootstrap\\n  user: {token: "%s"}\\ncontexts:\\n- name: bootstrap\\n  context: {cluster: cluster, user: bootstrap}\\ncurrent-context: bootstrap\\n' \\
    "$J_endpoint" "$kubernetes/pki/ca.crt" "$J_token" >"$bootstrap"
}

start_kubelet() {
  printf 'TRIVET_INSTANCE_ID=%s\\n' "$S_instanceId" >"$run/kubelet.env"
  systemctl start kubelet.service
}

# Waits for the join object of this instance; one of another, or one that cannot be read, is waited over.
await_join() {
  local refused='' text
  # The token comes in it: from here on, files are root's alone.
  umask 077
  while :; do
    if get_object "$own/join" "$run/join"; then
      text=$(<"$run/join")
      if parse_join "$run/join" && [[ $J_instanceId == "$S_instanceId" ]]; then return; fi
      if [[ $text != "$refused" ]]; then report refused join-unreadable; fi
      refused=$text
    fi
    sleep 2
  done
}

await_certificate() {
  local attempt
  for ((attempt = 0; attempt < 300; attempt++)); do
    if [[ -s $client ]]; then return; fi
    sleep 1
  done
  return 1
}

main() {
  local missing version=''
  install -d -m 0755 "$run"
  install -d -m 0700 "$kubernetes" "$kubernetes/pki"
  S_instanceId=$(instance_id)
  own=clusters/$TRIVET_CLUSTER/workers/$TRIVET_ROLE_ID:$S_instanceId
  "$root/usr/local/lib/trivet/artifacts.sh" programs
  missing=$(missing_program)
  if [[ -n $missing ]]; then
    report refused "no-$missing"
    return
  fi
  version=$(kubelet --version)
  version=\${version#Kubernetes v}
  if [[ $version != "$TRIVET_KUBERNETES_VERSION" ]]; then
    report refused version-differs
    return
  fi
  prepare_kernel
  start_containerd
  if [[ -s $client && -s $kubernetes/pki/ca.crt ]]; then
    start_kubelet
    report joined
    return
  fi
  report waiting
  await_join
  report joining
  write_bootstrap
  start_kubelet
  if await_certificate; then
    rm -f "$bootstrap" "$run/join"
    report joined
  else
    report joining no-certificate
    return 1
  fi
}

main
`;

/** /etc/systemd/system/trivet-worker.service: at every boot, and again for as long as it fails. */
export const workerService = `[Unit]
Description=Trivet: joins this worker to its cluster
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/lib/trivet/worker.sh
Restart=on-failure
RestartSec=10

[Install]
WantedBy=multi-user.target
`;

/**
 * /etc/systemd/system/kubelet.service of a worker: started by worker.sh, not enabled, since a reboot goes through it. The bootstrap
 * kubeconfig is used until there is a certificate, and may be gone then.
 */
export const workerKubeletService = `[Unit]
Description=kubelet of a Trivet worker
Documentation=https://kubernetes.io/docs/
After=network-online.target containerd.service
Wants=network-online.target
Requires=containerd.service
StartLimitIntervalSec=0

[Service]
Type=exec
EnvironmentFile=/etc/trivet/node.env
EnvironmentFile=/run/trivet/kubelet.env
ExecStart=/usr/local/bin/kubelet --bootstrap-kubeconfig=/run/trivet/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf --config=/etc/trivet/kubelet.yaml --cert-dir=/var/lib/kubelet/pki --cloud-provider=external --hostname-override=\${TRIVET_INSTANCE_ID} --node-labels=\${TRIVET_NODE_LABELS}
Restart=always
RestartSec=5
NotifyAccess=main
WatchdogSec=60
CPUAccounting=yes
MemoryAccounting=yes
OOMScoreAdjust=-999
`;
