/** /usr/local/lib/trivet/aws.sh: functions alone, sourced by bootstrap.sh and kubernetes.sh. */
export const awsScript = `#!/bin/bash
# What a node asks of AWS and says to Trivet. Sourced, never run, after node.env; changes nothing by itself.
# The caller sets run, S_instanceId, and what node.env says:
# shellcheck disable=SC2154

say() { printf '%s\\n' "$*"; }

line() { if [[ -n $2 ]]; then printf '%s=%s\\n' "$1" "$2"; fi; }

instance_id() {
  local metadata=http://169.254.169.254/latest token
  token=$(curl -sS --fail --max-time 5 --retry 10 --retry-connrefused -X PUT \\
    -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$metadata/api/token")
  curl -sS --fail --max-time 5 -H "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/instance-id"
}

said_error=''

# get_object KEY FILE: the whole object or nothing. One that is not there yet is waited for in silence; anything else that S3 or the
# network answers is said once, since a person may have to mend it, and tried again all the same. Returns 2 when there is no such object.
get_object() {
  local error
  if error=$(aws s3api get-object --region "$TRIVET_REGION" --bucket "$TRIVET_BUCKET" --key "$1" "$2.part" 2>&1 >/dev/null); then
    mv -f "$2.part" "$2"
    return
  fi
  error=\${error//$'\\n'/ }
  if [[ $error == *'(NoSuchKey)'* ]]; then return 2; fi
  if [[ $error != "$said_error" ]]; then
    say "$1 could not be read:$error"
    said_error=$error
  fi
  return 1
}

put_object() {
  aws s3api put-object --region "$TRIVET_REGION" --bucket "$TRIVET_BUCKET" --key "$1" --body "$2" >/dev/null
}

# publish_report: etcd's part and Kubernetes' part of this node's report, as both are now. Two scripts write, one at a time.
publish_report() {
  (
    flock 9
    cat "$run/report" "$run/report-kubernetes" >"$run/published" 2>/dev/null || true
    put_object "clusters/$TRIVET_CLUSTER/slots/$TRIVET_SLOT/reports/$S_instanceId" "$run/published"
  ) 9>"$run/report.lock"
}
`;
