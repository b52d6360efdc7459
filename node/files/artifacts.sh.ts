/**
 * /usr/local/lib/trivet/artifacts.sh: run by bootstrap.sh for etcd, by kubernetes.sh (and by a worker's script) for all else. The list that it
 * follows is a file of the manifest, so what is installed is pinned by the launch template as everything is.
 */
export const artifactsScript = `#!/bin/bash
# artifacts.sh etcd | programs | images: installs what /etc/trivet/artifacts pins of it, from artifacts/<sha256> in the deployment's bucket.
# What is installed is left alone, what is not in the bucket is said and left to the image. Safe to run again at any point.
# Most names below are set in node.env and aws.sh:
# shellcheck disable=SC2154
set -euo pipefail
shopt -s inherit_errexit
root=\${TRIVET_ROOT:-}
# shellcheck source=/dev/null
source "$root/usr/local/lib/trivet/aws.sh"
# shellcheck source=/dev/null
source "$root/etc/trivet/node.env"

readonly list=$root/etc/trivet/artifacts
readonly installed=$root/var/lib/trivet/artifacts
readonly bin=$root/usr/local/bin

# read_list: the whole list or nothing of it.
read_list() {
  local line count=''
  kinds=() hashes=() names=()
  while IFS= read -r line; do
    if [[ -z $count && $line =~ ^artifacts\\ ([0-9]+)$ ]]; then
      count=\${BASH_REMATCH[1]}
      continue
    fi
    if [[ ! $line =~ ^(package|image)\\ ([0-9a-f]{64})\\ ([A-Za-z0-9][A-Za-z0-9._:/@-]*)$ ]]; then
      say "The list of artifacts has a line that is not one: $line"
      return 1
    fi
    kinds+=("\${BASH_REMATCH[1]}") hashes+=("\${BASH_REMATCH[2]}") names+=("\${BASH_REMATCH[3]}")
  done <"$list"
  if [[ \${#names[@]} != "$count" ]]; then
    say "The list of artifacts has \${#names[@]} of \${count:-an unknown number}."
    return 1
  fi
}

# is_chosen KIND NAME: whether this run is for it.
is_chosen() {
  case $what in
    etcd) [[ $1 == package && $2 == etcd ]] ;;
    programs) [[ $1 == package && $2 != etcd ]] ;;
    images) [[ $1 == image ]] ;;
  esac
}

# fetch HASH FILE: until it is here and is what its hash says. Fails only when the bucket does not have it.
fetch() {
  local status
  while :; do
    status=0
    get_object "artifacts/$1" "$2" || status=$?
    if ((status == 0)); then
      if sha256sum --check --status <<<"$1  $2"; then return; fi
      say "What came for artifacts/$1 is something else; it is fetched again."
      rm -f "$2"
    elif ((status == 2)); then
      return 1
    fi
    sleep 2
  done
}

# place SOURCE TARGET: an executable, whole or not at all, also over one that runs.
place() {
  install -D -o root -g root -m 0755 "$1" "$2.new"
  mv -fT "$2.new" "$2"
}

# place_all FOLDER TARGET: every file of a folder.
place_all() {
  local file
  for file in "$1"/*; do
    if [[ -f $file ]]; then place "$file" "$2/\${file##*/}"; fi
  done
}

# install_package NAME FILE
install_package() {
  local unpacked=$work/unpacked program
  rm -rf "$unpacked"
  mkdir "$unpacked"
  case $1 in
    etcd | containerd | cni-plugins | crictl) tar -xzf "$2" --no-same-owner -C "$unpacked" ;;
  esac
  case $1 in
    etcd)
      for program in etcd etcdctl etcdutl; do place "$unpacked"/etcd-*/"$program" "$bin/$program"; done
      ;;
    containerd)
      place_all "$unpacked/bin" "$bin"
      install -D -m 0644 "$root/etc/trivet/containerd.service" "$root/etc/systemd/system/containerd.service"
      systemctl daemon-reload
      ;;
    cni-plugins) place_all "$unpacked" "$root/opt/cni/bin" ;;
    crictl) place "$unpacked/crictl" "$bin/crictl" ;;
    runc) place "$2" "$root/usr/local/sbin/runc" ;;
    kubelet | kubeadm | kubectl) place "$2" "$bin/$1" ;;
    *)
      say "There is no place for a package $1."
      return 1
      ;;
  esac
}

# install_image NAME FILE. Pinned, or the kubelet would remove it when the disk is full, and there is no registry to have it from again.
install_image() {
  ctr -n k8s.io images import "$2" >/dev/null
  ctr -n k8s.io images label "$1" io.cri-containerd.pinned=pinned >/dev/null
}

# is_there KIND HASH RECORD NAME: a record says what was installed; an image may have been removed since.
is_there() {
  [[ -e $3 && $(<"$3") == "$2" ]] || return 1
  [[ $1 == package || -n $(ctr -n k8s.io images ls -q "name==$4") ]]
}

main() {
  local index kind hash name record
  if [[ $what != etcd && $what != programs && $what != images ]]; then
    say "artifacts.sh takes etcd, programs or images."
    return 1
  fi
  read_list
  if ((\${#names[@]} == 0)); then
    say "No artifacts are pinned for this node; it goes on with the $what of its image."
    return
  fi
  install -d -m 0755 "$installed"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  for index in "\${!names[@]}"; do
    kind=\${kinds[index]} hash=\${hashes[index]} name=\${names[index]}
    if ! is_chosen "$kind" "$name"; then continue; fi
    record=$installed/$kind-\${name//[\\/:@]/_}
    if is_there "$kind" "$hash" "$record" "$name"; then continue; fi
    if ! fetch "$hash" "$work/artifact"; then
      say "The $kind $name is not in the bucket (artifacts/$hash); trivet artifacts mirror brings it. Until then the image's counts."
      continue
    fi
    "install_$kind" "$name" "$work/artifact"
    rm -f "$work/artifact"
    printf '%s\\n' "$hash" >"$record.new"
    mv -f "$record.new" "$record"
    say "Installed the $kind $name."
  done
}

readonly what=\${1:-}
work=''
main
`;

/**
 * /etc/trivet/containerd.service: put in place with the pinned containerd alone, since one that the image brings has a unit of its own. Killing
 * its own process only, so that a new containerd finds its containers running.
 */
export const containerdService = `[Unit]
Description=containerd container runtime
Documentation=https://containerd.io
After=network.target local-fs.target

[Service]
Type=notify
ExecStartPre=-/sbin/modprobe overlay
ExecStart=/usr/local/bin/containerd
Restart=always
RestartSec=5
Delegate=yes
KillMode=process
OOMScoreAdjust=-999
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity

[Install]
WantedBy=multi-user.target
`;
