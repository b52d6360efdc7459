/** /usr/local/lib/trivet/marker.sh: each minute by trivet-marker.timer, and once by bootstrap.sh as soon as etcd answers. */
export const markerScript = `#!/bin/bash
# Writes what the local etcd has reached into the volume's marker (design §6). Fails, changing nothing, while etcd does not answer.
# M_* is set in volume.sh by printf -v:
# shellcheck disable=SC2154
set -euo pipefail
root=\${TRIVET_ROOT:-}
# shellcheck source=/dev/null
source "$root/usr/local/lib/trivet/volume.sh"
# shellcheck source=/dev/null
source "$root/etc/trivet/node.env"

readonly marker=$root/var/lib/etcd/trivet-marker
readonly pki=$root/etc/trivet/pki/etcd

# The gateway writes 64-bit numbers as strings, so a digit run between quotes is the whole value.
field() {
  local form="\\"$1\\":\\"([0-9]+)\\""
  [[ $status =~ $form ]] && printf '%s' "\${BASH_REMATCH[1]}"
}

status=$(curl -sS --fail --max-time 5 --cacert "$pki/ca.crt" --cert "$pki/client.crt" --key "$pki/client.key" \\
  -X POST -d '{}' "$TRIVET_LOCAL_ENDPOINT/v3/maintenance/status")
cluster=$(field cluster_id)
member=$(field member_id)
index=$(field raftIndex)

parse_marker "$(<"$marker")"
# A marker never changes hands and never goes back.
[[ $M_memberId == 0 || ($M_memberId == "$member" && $M_clusterId == "$cluster") ]]
if ((index >= M_raftIndex)); then
  write_marker "$marker" "$M_volumeId" "$cluster" "$member" "$M_generation" "$index"
fi
`;
