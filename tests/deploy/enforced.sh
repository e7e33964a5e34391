#!/usr/bin/env bash
# Runs a deployed function (real bootstrap, PostgreSQL with TLS) with the policies of the deployed roles enforced:
# a run succeeds, and without any one statement a certain run fails. enforced.sh WORLD CONFIG, called by accounts.bats.
set -euo pipefail
# shellcheck source=tests/deploy/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
WORLD=$1 CONFIG=$2
DIR="$WORLD/enforced"
mkdir -p "$DIR"

# shellcheck disable=SC2317 # the trap runs it
stop() {
  curl -s -X POST -H 'Content-Type: text/plain' -d 1000000000 "$AWS_ENDPOINT_URL/moto-api/reset-auth" >/dev/null || true
  stop_database
}
trap stop EXIT

in_a() { aws --profile account-a --region eu-west-1 --output json "$@"; }
in_b() { aws --profile account-b --region eu-west-1 --output json "$@"; }

# run_with EVENT: prints the answer.
run_with() {
  in_a lambda invoke --function-name rds-data-extractor:live --cli-read-timeout 90 --payload "fileb://"<(printf '%s' "$1") "$DIR/answer.json" >/dev/null
  cat "$DIR/answer.json"
}

# Large enough for a multipart upload with any part size that the function may choose.
LARGE='{"query": "SELECT i, repeat(md5(i::text), 40) FROM generate_series(1, 60000) i", "fileName": "large-{requestId}.csv"}'
FAILED=0

# expect NAME EVENT WANTED: statusCode 200, or that errorType.
expect() {
  local answer got
  answer=$(run_with "$2")
  got=$(jq -r 'if .statusCode == 200 then "200" else (.body.errorType // .errorType) end' <<<"$answer")
  if [[ " $3 " == *" $got "* ]]; then
    printf 'ok: %s: %s\n' "$1" "$got"
  else
    printf 'FAILED: %s: wanted %s, got %s\n%s\n' "$1" "$3" "$got" "$answer"
    FAILED=1
  fi
}

# without SIDE POLICY ROLE SIDS EVENT WANTED: a run with these statements, usually one, removed from the role's policy.
without() {
  local side=$1 name=$2 role=$3 sids=$4 whole
  whole=$("in_$side" iam get-role-policy --role-name "$role" --policy-name "$name" | jq -c .PolicyDocument)
  jq -e --arg s "$sids" '($s | split(" ")) - [.Statement[].Sid] == []' <<<"$whole" >/dev/null || { echo "FAILED: no statement $sids"; FAILED=1; return; }
  "in_$side" iam put-role-policy --role-name "$role" --policy-name "$name" \
    --policy-document "$(jq -c --arg s "$sids" '.Statement |= map(select(.Sid | IN($s | splits(" ")) | not)) | if .Statement == [] then .Statement = [$nothing] else . end' \
      --argjson nothing '{"Sid":"Nothing","Effect":"Deny","Action":"iam:*","Resource":"*"}' <<<"$whole")"
  expect "without $sids" "$5" "$6"
  "in_$side" iam put-role-policy --role-name "$role" --policy-name "$name" --policy-document "$whole"
}

# refused ACTION: checks that the previous run was denied ACTION.
refused() {
  if jq -es --arg a "$1" 'any(.[]; .action == $a and .verdict != "allow")' "$CALLS" >/dev/null; then
    printf 'ok: it was refused %s\n' "$1"
  else
    printf 'FAILED: it never asked for %s\n' "$1"
    FAILED=1
  fi
  # Calls that were denied on purpose must not count in the evaluation at the end.
  jq -c 'select(.verdict == "allow")' "$CALLS" >"$CALLS.allowed" && mv "$CALLS.allowed" "$CALLS"
}

start_database "$WORLD"
: >"$CALLS"
curl -s -X POST -H 'Content-Type: text/plain' -d 0 "$AWS_ENDPOINT_URL/moto-api/reset-auth" >/dev/null
expect 'a small run' '{}' 200
jq -e '.body.recordsProcessed == 1500' "$DIR/answer.json" >/dev/null || { echo 'FAILED: not 1500 rows'; FAILED=1; }
location=$(jq -r '.body.s3Location' "$DIR/answer.json")
[[ $(in_a s3 cp "$location" - | wc -l) == 1501 ]] || { echo "FAILED: $location does not have 1501 lines"; FAILED=1; }
expect 'a large run' "$LARGE" 200

# deploy NAME COMMAND STATUS TEXT: runs deploy.sh while the policies are enforced.
deploy() {
  local status=0 words
  read -ra words <<<"$2"
  "$WORLD/repository/deploy.sh" "${words[@]}" --config "$CONFIG" >"$DIR/deploy.log" 2>&1 || status=$?
  if [[ $status == "$3" ]] && grep -qF "$4" "$DIR/deploy.log"; then
    printf 'ok: %s\n' "$1"
  else
    printf 'FAILED: %s: status %s\n' "$1" "$status"
    cat "$DIR/deploy.log"
    FAILED=1
  fi
}
deploy 'deploy.sh invoke' invoke 0 '"recordsProcessed": 1500'
deploy 'deploy.sh logs' logs 0 'extraction completed'
echo '{"query": "SELECT id FROM users"}' >"$DIR/event.json"
cd "$DIR"
deploy 'deploy.sh diagnose' 'diagnose event.json' 0 'every hop works'

F=rds-data-extractor R=rds-data-extractor-database
without a extract $F ReadConfiguration '{}' ParameterAccessDenied
without a extract $F AssumeAccountB '{}' AssumeRoleDenied
without a extract $F WriteObjects '{}' BucketAccessDenied
# Without the list, the conditional write decides: the run succeeds, although the list was denied.
without a extract $F ListObjects "$LARGE" 200
refused s3:ListBucket
# Another upload to this name has been started: only a run that can see it leaves the name alone.
in_a s3api create-multipart-upload --bucket data-extraction-bucket --key exports/users/rival.csv >/dev/null
RIVAL="${LARGE/large-{requestId\}/rival}"
place() { jq -r '.body.s3Location | sub(".*/"; "")' "$DIR/answer.json"; }
expect 'a name that a rival has begun to write' "$RIVAL" 200
[[ $(place) == rival?*.csv ]] || { echo "FAILED: it took the rival's name: $(place)"; FAILED=1; }
without a extract $F FindUploads "$RIVAL" 200
if [[ $(place) == rival.csv ]]; then echo "ok: without FindUploads it takes the rival's name"; else echo "FAILED: $(place)"; FAILED=1; fi
refused s3:ListBucketMultipartUploads
# Permission to list all databases includes describing one.
without b database $R 'DescribeInstance DiscoverDatabases' '{}' DescribeDenied

# found WHAT JQ: checks the answer of the previous discovery.
found() { if jq -e "$2" "$DIR/answer.json" >/dev/null; then echo "ok: $1"; else echo "FAILED: $1"; cat "$DIR/answer.json"; FAILED=1; fi; }
expect 'discover' '{"action": "discover", "metrics": true}' 200
found 'it sees the database' '[.body.databases[].identifier] == ["orders"] and .body.errors == []'
without b database $R DiscoverDatabases '{"action": "discover"}' DescribeDenied
without b database $R ReadFigures '{"action": "discover", "metrics": true}' 200
found 'without ReadFigures it sees the database and says what it does not see' '[.body.databases[].identifier] == ["orders"] and (.body.errors | length) == 1'

trust=$(in_b iam get-role --role-name $R | jq -c .Role.AssumeRolePolicyDocument)
in_b iam update-assume-role-policy --role-name $R --policy-document "${trust//0123456789abcdef0123456789abcdef/fedcba9876543210fedcba9876543210}"
expect 'with another external id at B' '{}' AssumeRoleDenied
deploy 'deploy.sh diagnose says which hop fails, and what fixes it' diagnose 1 'fix'
in_b iam update-assume-role-policy --role-name $R --policy-document "$trust"
expect 'with everything again' '{}' 200

AWS_PROFILE=account-a terraform -chdir="$WORLD/repository/.deploy/config" output -json >"$DIR/outputs.json"
"$PYTHON" "$REPO/tests/deploy/recorded_calls.py" "$CALLS" "$DIR/outputs.json" || FAILED=1
exit $FAILED
