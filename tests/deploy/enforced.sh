#!/usr/bin/env bash
# A deployed function, run for real (bootstrap, PostgreSQL with TLS) under the deployed roles' policies, enforced:
# a run passes, and without any one statement a named run fails. enforced.sh WORLD PROGRAM, within accounts.bats.
set -euo pipefail
# shellcheck source=tests/deploy/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
WORLD=$1 PROGRAM=$2
DIR="$WORLD/enforced"
mkdir -p "$DIR"
PG=$(postgres_bin)

# PostgreSQL refuses to run as root.
unprivileged() { if [[ $(id -u) == 0 ]]; then runuser -u nobody -- "$@"; else "$@"; fi; }

start_postgres() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=tests -keyout "$DIR/ca.key" -out "$DIR/ca.pem" 2>/dev/null
  openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout "$DIR/server.key" -out "$DIR/server.csr" 2>/dev/null
  openssl x509 -req -in "$DIR/server.csr" -CA "$DIR/ca.pem" -CAkey "$DIR/ca.key" -CAcreateserial -days 2 \
    -extfile <(echo subjectAltName=DNS:localhost) -out "$DIR/server.pem" 2>/dev/null
  DATA=$(mktemp -d)
  cp "$DIR"/server.{pem,key} "$DATA/"
  if [[ $(id -u) == 0 ]]; then chown -R nobody "$DATA"; fi
  chmod 600 "$DATA/server.key"
  unprivileged "$PG/initdb" -D "$DATA/db" -U postgres -A trust >"$DIR/initdb.log"
  printf 'local all all trust\nhostssl all exporter 127.0.0.1/32 scram-sha-256\n' | unprivileged tee "$DATA/db/pg_hba.conf" >/dev/null
  unprivileged "$PG/pg_ctl" -D "$DATA/db" -w -l "$DATA/log" \
    -o "-p $DB_TEST_PORT -h 127.0.0.1 -k $DATA -c ssl=on -c ssl_cert_file=$DATA/server.pem -c ssl_key_file=$DATA/server.key" start >/dev/null
  "$PG/psql" -q -h "$DATA" -p "$DB_TEST_PORT" -U postgres postgres <<SQL
CREATE TABLE users (id int, name text);
INSERT INTO users SELECT i, 'user ' || i FROM generate_series(1, 1500) i;
CREATE ROLE exporter LOGIN PASSWORD '$DB_PASSWORD';
GRANT SELECT ON users TO exporter;
SQL
}

# shellcheck disable=SC2317 # the trap runs it
stop() {
  curl -s -X POST -H 'Content-Type: text/plain' -d 1000000000 "$AWS_ENDPOINT_URL/moto-api/reset-auth" >/dev/null || true
  [[ -z ${DATA:-} ]] || unprivileged "$PG/pg_ctl" -D "$DATA/db" -m immediate stop >/dev/null || true
}
trap stop EXIT

in_a() { aws --profile account-a --region eu-west-1 --output json "$@"; }
in_b() { aws --profile account-b --region eu-west-1 --output json "$@"; }

# run_with EVENT: the answer.
run_with() {
  in_a lambda invoke --function-name rds-data-extractor:live --cli-read-timeout 90 --payload "fileb://"<(printf '%s' "$1") "$DIR/answer.json" >/dev/null
  cat "$DIR/answer.json"
}

# Large enough for a multipart upload on any part size that the function may choose.
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

# without SIDE POLICY ROLE SID EVENT WANTED: the run with this one statement taken out of the role's policy.
without() {
  local side=$1 name=$2 role=$3 sid=$4 whole
  whole=$("in_$side" iam get-role-policy --role-name "$role" --policy-name "$name" | jq -c .PolicyDocument)
  jq -e --arg s "$sid" 'any(.Statement[]; .Sid == $s)' <<<"$whole" >/dev/null || { echo "FAILED: no statement $sid"; FAILED=1; return; }
  "in_$side" iam put-role-policy --role-name "$role" --policy-name "$name" \
    --policy-document "$(jq -c --arg s "$sid" '.Statement |= map(select(.Sid != $s)) | if .Statement == [] then .Statement = [$nothing] else . end' \
      --argjson nothing '{"Sid":"Nothing","Effect":"Deny","Action":"iam:*","Resource":"*"}' <<<"$whole")"
  expect "without $sid" "$5" "$6"
  "in_$side" iam put-role-policy --role-name "$role" --policy-name "$name" --policy-document "$whole"
}

# refused ACTION: the run before was refused it.
refused() {
  if jq -es --arg a "$1" 'any(.[]; .action == $a and .verdict != "allow")' "$CALLS" >/dev/null; then
    printf 'ok: it was refused %s\n' "$1"
  else
    printf 'FAILED: it never asked for %s\n' "$1"
    FAILED=1
  fi
  # What is left out on purpose is no evidence for the evaluation at the end.
  jq -c 'select(.verdict == "allow")' "$CALLS" >"$CALLS.allowed" && mv "$CALLS.allowed" "$CALLS"
}

start_postgres
make_package "$WORLD" "$PROGRAM"
cp "$WORLD/config.env" "$DIR/config.env"
# Without discover, whose statement covers the one database too.
printf 'DB_CONFIG_VERSION=2\nDB_SSL_MODE=verify-full\nALLOW_DISCOVER=false\n' >>"$DIR/config.env"
TF_VAR_db_ssl_root_cert=$(cat "$DIR/ca.pem") "$WORLD/repository/deploy.sh" deploy --yes --config "$DIR/config.env" >"$DIR/deploy.log" 2>&1 ||
  { cat "$DIR/deploy.log"; exit 1; }

: >"$CALLS"
curl -s -X POST -H 'Content-Type: text/plain' -d 0 "$AWS_ENDPOINT_URL/moto-api/reset-auth" >/dev/null
expect 'a small run' '{}' 200
jq -e '.body.recordsProcessed == 1500' "$DIR/answer.json" >/dev/null || { echo 'FAILED: not 1500 rows'; FAILED=1; }
location=$(jq -r '.body.s3Location' "$DIR/answer.json")
[[ $(in_a s3 cp "$location" - | wc -l) == 1501 ]] || { echo "FAILED: $location does not have 1501 lines"; FAILED=1; }
expect 'a large run' "$LARGE" 200

F=rds-data-extractor R=CrossAccountRDSAccessRole
without a extract $F ReadConfiguration '{}' ParameterAccessDenied
without a extract $F AssumeAccountB '{}' AssumeRoleDenied
without a extract $F WriteObjects '{}' BucketAccessDenied
# These two serve the claim of a name among rivals; without them the conditional write alone decides, and the run passes.
without a extract $F ListObjects "$LARGE" 200
refused s3:ListBucket
without a extract $F FindUploads "$LARGE" 200
refused s3:ListBucketMultipartUploads
without b database $R DescribeInstance '{}' DescribeDenied

trust=$(in_b iam get-role --role-name $R | jq -c .Role.AssumeRolePolicyDocument)
in_b iam update-assume-role-policy --role-name $R --policy-document "${trust//0123456789abcdef0123456789abcdef/fedcba9876543210fedcba9876543210}"
expect 'with another external id at B' '{}' AssumeRoleDenied
in_b iam update-assume-role-policy --role-name $R --policy-document "$trust"
expect 'with everything again' '{}' 200

terraform -chdir="$WORLD/repository/terraform" output -json >"$DIR/outputs.json"
"$PYTHON" "$REPO/tests/deploy/recorded_calls.py" "$CALLS" "$DIR/outputs.json" || FAILED=1
exit $FAILED
