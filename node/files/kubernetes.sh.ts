import { kubeletCertificateHours } from '../kubernetes/flags.ts';
import { apiServerPort } from '../kubernetes/input.ts';
import { instanceIdPlaceholder } from '../kubernetes/kubeadm-configuration.ts';
import { deliveredFiles } from '../kubernetes/paths.ts';

/**
 * /usr/local/lib/trivet/kubernetes.sh: run by trivet-kubernetes.service, which bootstrap.sh starts once etcd is. The same on every
 * control-plane node, none is the first one: all certificates are there already, and kubeadm only writes files and starts the kubelet.
 */
export const kubernetesScript = `#!/bin/bash
# Brings up this control-plane node's Kubernetes with kubeadm's own phases (docs/decisions/0011). Safe to run again at any point.
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
readonly kubelet_pki=$root/var/lib/kubelet/pki
readonly delivered=clusters/$TRIVET_CLUSTER/slots/$TRIVET_SLOT/pki/kubernetes
readonly files=(
${deliveredFiles.map((file) => `  ${file}`).join('\n')}
)

# report STATE [REASON]: beside what bootstrap.sh reports of etcd.
report() {
  {
    line kubernetes "$1"
    line kubernetesVersion "$version"
    line kubernetesReason "\${2:-}"
  } >"$run/report-kubernetes.new"
  mv -f "$run/report-kubernetes.new" "$run/report-kubernetes"
  publish_report || say "The report $1 could not be written; Kubernetes does not wait for it."
  say "Kubernetes: $1 \${2:-}"
}

# Prints which of the programs that the image or the deployment's artifacts bring is not there.
missing_program() {
  local name
  for name in containerd kubelet kubeadm openssl; do
    if ! command -v "$name" >/dev/null; then
      printf '%s' "$name"
      return
    fi
  done
}

# All files of the slot, four at a time; those that are not there yet are awaited.
fetch_files() {
  local name
  install -d -m 0700 "$kubernetes/pki" "$kubernetes/pki/etcd" "$kubernetes/scheduler" "$kubernetes/encryption"
  for name in "\${files[@]}"; do
    fetch_file "$name" &
    if (($(jobs -rp | wc -l) >= 4)); then wait -n; fi
  done
  wait
  # wait says nothing of jobs that ended before.
  for name in "\${files[@]}"; do
    if [[ ! -s $kubernetes/$name ]]; then
      say "The file $name could not be written."
      return 1
    fi
  done
}

fetch_file() {
  umask 077
  until get_object "$delivered/$1" "$kubernetes/$1"; do
    say "The file $1 is not there yet."
    sleep 2
  done
}

prepare_kernel() {
  local module
  for module in overlay br_netfilter; do modprobe "$module"; done
  sysctl -q -p "$root/etc/trivet/kubelet-sysctl.conf"
}

# This node's own identity, signed here with the authority for kubelets alone; the kubelet renews it through the API from then on.
sign_kubelet_client() {
  local current=$kubelet_pki/kubelet-client-current.pem authority=$kubernetes/pki/kubelet-client-ca made work
  if kubelet_client_is_good "$current" "$authority.crt"; then return; fi
  umask 077
  install -d -m 0700 "$kubelet_pki"
  made=$kubelet_pki/kubelet-client-$(date -u +%Y-%m-%d-%H-%M-%S).pem
  work=$(mktemp -d)
  printf 'basicConstraints=critical,CA:FALSE\\nkeyUsage=critical,digitalSignature\\nextendedKeyUsage=clientAuth\\n' >"$work/usage"
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/key" 2>/dev/null
  openssl req -new -key "$work/key" -subj "/O=system:nodes/CN=system:node:$S_instanceId" -out "$work/request"
  openssl x509 -req -in "$work/request" -CA "$authority.crt" -CAkey "$authority.key" -sha256 -days ${kubeletCertificateHours / 24} \\
    -set_serial "0x4$(openssl rand -hex 15)" -extfile "$work/usage" -out "$work/certificate" 2>/dev/null
  cat "$work/certificate" "$work/key" >"$made"
  rm -rf "$work"
  ln -sfn "$made" "$current.new"
  mv -fT "$current.new" "$current"
}

# A certificate of this instance that this authority signed and that has ten days to go.
kubelet_client_is_good() {
  [[ -e $1 ]] || return 1
  openssl x509 -in "$1" -noout -checkend 864000 >/dev/null 2>&1 || return 1
  openssl verify -CAfile "$2" "$1" >/dev/null 2>&1 || return 1
  openssl x509 -in "$1" -noout -subject | grep -q "system:node:$S_instanceId$"
}

start_containerd() {
  install -D -m 0644 "$root/etc/trivet/containerd.toml" "$root/etc/containerd/config.toml"
  systemctl start containerd.service
}

run_phases() {
  sed "s/${instanceIdPlaceholder}/$S_instanceId/" "$root/etc/trivet/kubeadm.yaml" >"$run/kubeadm.yaml"
  install -d -m 0700 "$root/var/log/kubernetes/audit"
  kubeadm init phase control-plane all --config "$run/kubeadm.yaml"
  kubeadm init phase kubelet-start --config "$run/kubeadm.yaml"
  chmod 0600 "$root/var/lib/kubelet/config.yaml" "$root/var/lib/kubelet/kubeadm-flags.env"
}

# The API server of this node, which needs etcd's quorum; images may have to be unpacked first.
await_ready() {
  local attempt
  for ((attempt = 0; attempt < 300; attempt++)); do
    if curl -sS --fail --max-time 3 --cacert "$kubernetes/pki/ca.crt" \\
      "https://$TRIVET_ADDRESS:${apiServerPort}/readyz" >/dev/null 2>&1; then return; fi
    sleep 1
  done
  return 1
}

main() {
  local missing version=''
  install -d -m 0755 "$run"
  S_instanceId=$(instance_id)
  "$root/usr/local/lib/trivet/artifacts.sh" programs
  missing=$(missing_program)
  if [[ -n $missing ]]; then
    report absent "no-$missing"
    return
  fi
  version=$(kubeadm version -o short)
  version=\${version#v}
  if [[ $version != "$TRIVET_KUBERNETES_VERSION" || $(kubelet --version) != "Kubernetes v$version" ]]; then
    report refused version-differs
    return
  fi
  report starting
  fetch_files
  prepare_kernel
  sign_kubelet_client
  start_containerd
  # All before the kubelet, which would look for what it lacks where there is nothing, and then wait.
  "$root/usr/local/lib/trivet/artifacts.sh" images
  run_phases
  if await_ready; then
    report ready
  else
    report starting api-server-not-ready
    return 1
  fi
}

main
`;
