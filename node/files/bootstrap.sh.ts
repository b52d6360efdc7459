/** /usr/local/lib/trivet/bootstrap.sh: run by trivet-bootstrap.service at every boot of Amazon Linux 2023. */
export const bootstrapScript = `#!/bin/bash
# Waits for the directive addressed to this instance, looks at the volume, and starts etcd only if both agree (design §6).
# It never guesses: everything else is reported and left as it is. Safe to run again at any point.
# Most names below are set in volume.sh by printf -v, or read there:
# shellcheck disable=SC2034,SC2154
set -euo pipefail
shopt -s inherit_errexit
root=\${TRIVET_ROOT:-}
# shellcheck source=/dev/null
source "$root/usr/local/lib/trivet/volume.sh"
# shellcheck source=/dev/null
source "$root/usr/local/lib/trivet/aws.sh"
# shellcheck source=/dev/null
source "$root/etc/trivet/node.env"

readonly mount_point=$root/var/lib/etcd
readonly marker=$mount_point/trivet-marker
readonly pki=$root/etc/trivet/pki/etcd
readonly run=$root/run/trivet
readonly carried_out=$root/var/lib/trivet/carried-out
readonly slot_prefix=clusters/$TRIVET_CLUSTER/slots/$TRIVET_SLOT

# report STATE [REASON]: what this node is and what it found; only fields that are known.
report() {
  {
    printf 'instanceId=%s\\nstate=%s\\n' "$S_instanceId" "$1"
    line reason "\${2:-}"
    line etcdVersion "$etcd_version"
    line volumeId "$F_volumeId"
    line filesystemUuid "$F_filesystemUuid"
    if [[ $F_marker == read ]]; then
      line markerVolumeId "$M_volumeId"
      line clusterId "$M_clusterId"
      line memberId "$M_memberId"
      line generation "$M_generation"
      line raftIndex "$M_raftIndex"
    fi
  } >"$run/report.new"
  mv -f "$run/report.new" "$run/report"
  publish_report || say "The report $1 could not be written; etcd does not wait for it."
  say "$1 \${2:-}"
}

# Sets etcd_version, and S_etcdMinor where a rendered configuration fits it.
find_etcd() {
  local minor
  etcd_version=$({ "$TRIVET_ETCD" --version 2>/dev/null || true; } | sed -n 's/^etcd Version: //p')
  minor=$(cut -d. -f1,2 <<<"$etcd_version")
  S_etcdMinor=''
  if [[ -n $minor && -e $root/etc/trivet/etcd-$minor.env ]]; then S_etcdMinor=$minor; fi
}

fetch_certificates() {
  local name
  install -d -m 0750 -o root -g "$TRIVET_ETCD_USER" "$pki"
  for name in ca.crt server.crt server.key peer.crt peer.key client.crt client.key; do
    until get_object "$slot_prefix/pki/$name" "$pki/$name"; do
      say "The certificate file $name is not there yet."
      sleep 2
    done
    chown "root:$TRIVET_ETCD_USER" "$pki/$name"
    chmod 0640 "$pki/$name"
  done
}

# Sets F_* for the directed volume. Mounts it only when its filesystem is the directed one.
inspect() {
  local device
  device=$root$(volume_device "$D_volumeId")
  F_volumeId='' F_filesystem=none F_filesystemUuid='' F_data=no F_marker=none F_logMemberId=''
  [[ -b $device ]] || return 0
  F_volumeId=$D_volumeId
  find_filesystem "$device"
  if [[ $F_filesystem == ext4 && $F_filesystemUuid == "$D_filesystemUuid" ]]; then
    mount_volume "$device" "$mount_point"
    find_data "$mount_point"
  fi
}

# What etcd needs beside its rendered configuration. /run is empty after a reboot, so etcd.service never starts by itself.
write_environment() {
  install -m 0644 "$root/etc/trivet/etcd-$S_etcdMinor.env" "$run/etcd.env"
  {
    printf 'ETCD_INITIAL_CLUSTER_STATE=%s\\n' "\${D_initialClusterState:-existing}"
    line ETCD_INITIAL_CLUSTER "$D_initialCluster"
    line ETCD_INITIAL_CLUSTER_TOKEN "\${D_initialClusterToken:-$TRIVET_CLUSTER_TOKEN}"
  } >"$run/etcd-initial.env"
}

start_etcd() {
  # A member with less room than it was given is better than none.
  grow_filesystem "$mount_point" || say "The filesystem of $D_volumeId stays as small as it is."
  if [[ $F_marker == none ]]; then write_marker "$marker" "$D_volumeId" 0 0 "$D_generation" 0; fi
  own_data "$mount_point" "$TRIVET_ETCD_USER"
  write_environment
  # Before the start: a crash in between leaves an empty data directory, which is this node's own unfinished work.
  install -d -m 0700 "$(dirname "$carried_out")"
  write_durably "$carried_out" "$1"
  systemctl start --no-block etcd.service trivet-marker.timer
  # A node without a Kubernetes part is etcd alone. etcd's report must not wait for the rest.
  if [[ -n \${TRIVET_KUBERNETES_VERSION:-} ]]; then
    systemctl start --no-block trivet-kubernetes.service || say "trivet-kubernetes.service could not be started."
  fi
  started=yes
  parse_marker "$(<"$marker")"
  F_marker="read"
  report started "$2"
  if [[ $M_memberId == 0 ]]; then report_member "$2"; fi
}

# The first marker with ids, at once and not a minute later. Without quorum etcd may need long: the timer goes on.
report_member() {
  local attempt
  for ((attempt = 0; attempt < 120; attempt++)); do
    if "$root/usr/local/lib/trivet/marker.sh" 2>/dev/null; then
      parse_marker "$(<"$marker")"
      report started "$1"
      return
    fi
    sleep 1
  done
}

refuse() {
  refused=$1
  if mountpoint -q "$mount_point" && ! systemctl is-active -q etcd.service; then umount "$mount_point"; fi
  report refused "$2"
}

# consider TEXT: acts on a directive; sets started once etcd runs. A refused one is looked at again only when it changes.
# Never called in a condition: there bash would go on after a failed mkfs or mount.
consider() {
  local text=$1 action reason
  if ! parse_directive "$text"; then
    refuse "$text" directive-unreadable
    return
  fi
  S_carriedOut=no
  if [[ -e $carried_out && $(<"$carried_out") == "$text" ]]; then S_carriedOut=yes; fi
  inspect
  read -r action reason <<<"$(decide_boot)"
  if [[ $action == mkfs-and-start ]]; then
    say "Formatting $D_volumeId, as directed: $reason."
    format_volume "$root$(volume_device "$D_volumeId")" "$D_filesystemUuid"
    inspect
    read -r action reason <<<"$(decide_boot)"
  fi
  case $action in
    wait) report_once "$text" "$reason" ;;
    start) start_etcd "$text" "$reason" ;;
    *) refuse "$text" "$reason" ;;
  esac
}

report_once() {
  if [[ $waited_for != "$1" ]]; then report waiting "$2"; fi
  waited_for=$1
}

main() {
  local directive=$run/directive
  started=no etcd_version='' refused='' waited_for='' F_volumeId='' F_filesystemUuid='' F_marker=none
  install -d -m 0755 "$run"
  S_instanceId=$(instance_id)
  id "$TRIVET_ETCD_USER" >/dev/null 2>&1 || useradd --system --no-create-home --shell /sbin/nologin "$TRIVET_ETCD_USER"
  "$root/usr/local/lib/trivet/artifacts.sh" etcd || say "The pinned etcd could not be installed; the image's counts."
  find_etcd
  fetch_certificates
  report waiting
  while [[ $started == no ]]; do
    if get_object "$slot_prefix/directives/$S_instanceId" "$directive"; then
      if [[ $(<"$directive") != "$refused" ]]; then consider "$(<"$directive")"; fi
    fi
    if [[ $started == no ]]; then sleep 1; fi
  done
}

main
`;
