/**
 * /usr/local/lib/trivet/volume.sh: functions alone, sourced by bootstrap.sh, by marker.sh and by the tests.
 * `decide_boot` is node/decide-boot.ts in bash; test/node/decide-boot.test.ts holds the two against each other.
 */
export const volumeScript = `#!/bin/bash
# Volume and protocol functions of a Trivet control-plane node. Sourced, never run; changes nothing by itself.
# Globals: D_* is the directive, F_* what was found on the disk, M_* the marker, S_* the node itself.
# Most of these are set by printf -v or by the caller, which shellcheck cannot see:
# shellcheck disable=SC2034,SC2154
LC_ALL=C

# parse_lines PREFIX FIELDS TEXT: sets PREFIX_field for each strict key=value line, after clearing all FIELDS.
# FIELDS are lines of "name regex". Fails on an unknown, doubled or malformed field.
parse_lines() {
  local into=$1 fields=$2 text=$3 name form line key value
  local -A forms=() seen=()
  while read -r name form; do
    forms[$name]=$form
    printf -v "$into"_"$name" '%s' ''
  done <<<"$fields"
  while IFS= read -r line; do
    [[ -n $line ]] || continue
    [[ $line == *=* ]] || return 1
    key=\${line%%=*} value=\${line#*=}
    [[ -n $key && -n \${forms[$key]:-} && -z \${seen[$key]:-} ]] || return 1
    [[ $value =~ \${forms[$key]} ]] || return 1
    seen[$key]=1
    printf -v "$into"_"$key" '%s' "$value"
  done <<<"$text"
}

readonly index_form='^(0|[1-9][0-9]{0,17})$'
readonly etcd_id_form='^(0|[1-9][0-9]{0,19})$'
readonly generation_form='^(0|[1-9][0-9]{0,8})$'
readonly volume_form='^vol-[0-9a-f]{8,17}$'
readonly word_form='^[A-Za-z0-9._:/,=@+-]+$'
readonly directive_fields="kind ^(form|resume|join|restore)$
instanceId ^i-[0-9a-f]{8,17}$
generation $generation_form
volumeId $volume_form
filesystemUuid ^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$
clusterId $etcd_id_form
memberId $etcd_id_form
raftIndexFloor $index_form
initialCluster $word_form
initialClusterState ^(new|existing)$
initialClusterToken $word_form"
readonly marker_fields="volumeId $volume_form
clusterId $etcd_id_form
memberId $etcd_id_form
generation $generation_form
raftIndex $index_form"

# parse_directive TEXT: sets D_*. Fails on a text that node/protocol.ts would refuse.
parse_directive() {
  local name
  parse_lines D "$directive_fields" "$1" || return 1
  for name in D_kind D_instanceId D_generation D_volumeId D_filesystemUuid; do
    [[ -n \${!name} ]] || return 1
  done
  if [[ $D_kind != form ]]; then [[ -n $D_clusterId && -n $D_memberId ]] || return 1; fi
  if [[ $D_kind != resume ]]; then [[ -n $D_initialCluster && -n $D_initialClusterState ]] || return 1; fi
  case $D_kind:$D_initialClusterState in form:existing | join:new) return 1 ;; esac
}

# parse_marker TEXT: sets M_*; all fields are required.
parse_marker() {
  local name
  parse_lines M "$marker_fields" "$1" || return 1
  for name in M_volumeId M_clusterId M_memberId M_generation M_raftIndex; do
    [[ -n \${!name} ]] || return 1
  done
}

# write_durably FILE TEXT: a reader sees the old text or the new, also after a power cut.
write_durably() {
  local file=$1 text=$2
  printf '%s' "$text" >"$file.new"
  sync "$file.new"
  mv -f "$file.new" "$file"
  sync "$(dirname "$file")"
}

# write_marker FILE VOLUME CLUSTER MEMBER GENERATION INDEX
write_marker() {
  write_durably "$1" "volumeId=$2
clusterId=$3
memberId=$4
generation=$5
raftIndex=$6
"
}

# volume_device VOLUME: the by-id path of an attached EBS volume. Kernel names are in no order (reference facts §3).
volume_device() {
  printf '/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol%s\\n' "\${1#vol-}"
}

# find_filesystem DEVICE: sets F_filesystem and F_filesystemUuid. "none" only when blkid proves that nothing is there:
# anything else that it recognises (a partition table, LVM, another filesystem, an ambiguous mix) is somebody's data.
find_filesystem() {
  local device=$1 status=0 found
  F_filesystem=unknown F_filesystemUuid=''
  found=$(blkid -p -o export "$device" 2>/dev/null) || status=$?
  if ((status == 2)) && [[ -b $device ]] && is_readable "$device"; then
    F_filesystem=none
  elif ((status == 0)); then
    F_filesystem=$(sed -n 's/^TYPE=//p' <<<"$found")
    F_filesystemUuid=$(sed -n 's/^UUID=//p' <<<"$found")
    [[ -n $F_filesystem ]] || F_filesystem=unknown
  fi
}

# blkid answers 2 for "nothing found" and for "cannot be read" alike; only the first may ever lead to mkfs.
is_readable() {
  dd if="$1" of=/dev/null bs=64K count=1 status=none 2>/dev/null
}

# find_data DIRECTORY: sets F_data, F_marker and the marker's M_*, and what etcd's log says, of a mounted volume.
find_data() {
  local directory=$1 log
  F_data=no F_marker=none F_logClusterId='' F_logMemberId='' F_logRaftIndex=''
  if [[ -n $(ls -A "$directory/data" 2>/dev/null) ]]; then F_data=yes; fi
  if [[ -e $directory/trivet-marker ]]; then
    F_marker=unreadable
    if parse_marker "$(head -c 4096 "$directory/trivet-marker")"; then F_marker="read"; fi
  fi
  if [[ $F_data == yes ]] && log=$(last_log_index "$directory/data"); then
    read -r F_logClusterId F_logMemberId F_logRaftIndex <<<"$log"
  fi
}

# last_log_index DATA: "cluster member index" from etcd's write-ahead log; fails where it cannot be read.
last_log_index() {
  local here
  here=$(dirname "\${BASH_SOURCE[0]}")
  command -v python3 >/dev/null && python3 -I "$here/last-log-index.py" "$1/member/wal" 2>/dev/null
}

decided() { printf '%s %s\\n' "$1" "$2"; }

# decide_boot: prints "action reason" from D_*, F_*, M_*, S_instanceId, S_etcdMinor, S_carriedOut (design §6).
decide_boot() {
  local doubt
  if [[ $D_instanceId != "$S_instanceId" ]]; then decided refuse wrong-instance; return; fi
  if [[ $D_kind == restore ]]; then decided refuse kind-not-played; return; fi
  if [[ -z $S_etcdMinor ]]; then decided refuse no-fitting-etcd; return; fi
  if [[ -z $F_volumeId ]]; then decided wait volume-not-attached; return; fi
  if [[ $F_volumeId != "$D_volumeId" ]]; then decided refuse wrong-volume; return; fi
  if [[ $F_filesystem == none ]]; then
    if [[ $D_kind == resume || $S_carriedOut == yes ]]; then decided refuse volume-is-blank; return; fi
    decided mkfs-and-start volume-is-fresh
    return
  fi
  if [[ $F_filesystem != ext4 || $F_filesystemUuid != "$D_filesystemUuid" ]]; then
    decided refuse foreign-filesystem
    return
  fi
  doubt=$(doubt_marker)
  if [[ -n $doubt ]]; then decided refuse "$doubt"; return; fi
  if [[ $D_kind == resume ]]; then decide_resume; else decide_beginning; fi
}

doubt_marker() {
  case $F_marker in
    none)
      if [[ $F_data == yes ]]; then echo marker-missing; fi
      return
      ;;
    unreadable) echo marker-unreadable; return ;;
  esac
  if [[ $M_volumeId != "$D_volumeId" ]]; then echo marker-of-another-volume; return; fi
  if [[ $M_generation != "$D_generation" ]]; then echo wrong-generation; return; fi
  if [[ $F_data == no ]]; then
    if [[ $M_memberId != 0 ]]; then echo data-missing; fi
    return
  fi
  if [[ -z $F_logMemberId ]]; then return; fi
  if [[ $M_memberId != 0 && $F_logClusterId != "$M_clusterId" ]]; then echo wrong-cluster; return; fi
  if [[ $M_memberId != 0 && $F_logMemberId != "$M_memberId" ]]; then echo wrong-member; return; fi
  if ((F_logRaftIndex < M_raftIndex)); then echo log-behind-marker; fi
}

decide_beginning() {
  if [[ $F_data == no ]]; then
    decided start own-unfinished-work
  elif [[ $S_carriedOut == yes ]]; then
    decided start same-directive-again
  else
    decided refuse data-present
  fi
}

decide_resume() {
  local cluster=$M_clusterId member=$M_memberId index=$M_raftIndex
  if [[ $F_data == no || $F_marker != read ]]; then decided refuse data-missing; return; fi
  if [[ -n $F_logMemberId ]]; then
    cluster=$F_logClusterId member=$F_logMemberId index=$F_logRaftIndex
  fi
  if [[ $member == 0 ]]; then decided refuse member-unknown; return; fi
  if [[ $cluster != "$D_clusterId" ]]; then decided refuse wrong-cluster; return; fi
  if [[ $member != "$D_memberId" ]]; then decided refuse wrong-member; return; fi
  if ((index < \${D_raftIndexFloor:-0})); then decided refuse disk-behind-registry; return; fi
  decided start disk-agrees
}

# format_volume DEVICE UUID: mkfs with the directed UUID, and only where blkid still finds nothing.
format_volume() {
  find_filesystem "$1"
  [[ $F_filesystem == none ]] || return 1
  mkfs.ext4 -q -m 0 -E lazy_itable_init=1,nodiscard -U "$2" "$1"
  sync "$1"
}

# mount_volume DEVICE DIRECTORY [OPTIONS]: mounts once; a mount that is already there must be of this very device.
mount_volume() {
  local device=$1 directory=$2 options=\${3:-}
  install -d -m 0755 "$directory"
  if mountpoint -q "$directory"; then
    [[ $(findmnt -n -o SOURCE --target "$directory") == "$(readlink -f "$device")" ]]
    return
  fi
  mount -t ext4 -o "noatime,nodev,nosuid,noexec\${options:+,$options}" "$device" "$directory"
}

# grow_filesystem DIRECTORY: brings a mounted ext4 to the size of its volume, which may have been enlarged since; done before, it
# changes nothing. Fails, and says why, where it cannot.
grow_filesystem() {
  local device said=''
  if device=$(findmnt -n -o SOURCE --mountpoint "$1") && said=$(resize2fs "$device" 2>&1); then return; fi
  printf '%s\\n' "\${said:-nothing is mounted on $1}" >&2
  return 1
}

# own_data DIRECTORY USER: etcd's alone (CIS 1.1.11, 1.1.12). The user's number may differ between images, so every file.
own_data() {
  local directory=$1 user=$2
  install -d -m 0700 "$directory/data"
  chown -R "$user:" "$directory/data"
  chown "$user:" "$directory"
  chmod 0700 "$directory" "$directory/data"
}
`;
