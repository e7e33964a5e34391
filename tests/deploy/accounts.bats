#!/usr/bin/env bats
# deploy.sh from two bare accounts to a clean end, on an emulator. The tests build on each other, in this order.

setup_file() {
  . "$BATS_TEST_DIRNAME/lib.sh"
  use_plugins
  export WORLD="$BATS_FILE_TMPDIR"
  start_accounts "$WORLD"
  copy_repository "$WORLD/repository"
  printf '#!/bin/sh\nexit 1\n' >"$WORLD/bootstrap"
  make_package "$WORLD" "$WORLD/bootstrap"
  export DB_PASSWORD='not-in-the-state-1'
  # Everything that the emulator knows, switched on.
  ALL=(SCHEDULE_EXPRESSION='"cron(0 2 * * ? *)"' 'SCHEDULES={"hourly":{"expression":"rate(1 hour)","event":"{\"keyPrefix\":\"exports/users/hourly\"}"}}'
    'EVENT_RULE={"pattern":"{\"source\":[\"my.app\"]}"}' 'EVENT_QUEUE={"visibility_timeout":360}' ALARM_EMAIL=team@example.com BUDGET_MONTHLY_USD=50
    NO_SUCCESS_HOURS=26 FLOW_LOGS=true XRAY=true ALLOW_DISCOVER=true BUCKET_VERSIONING=true BUCKET_EXPIRATION_DAYS=90 CLOUDTRAIL_LOG_GROUP=trail)
  aws --profile account-a --region eu-west-1 logs create-log-group --log-group-name trail
  write_config "$WORLD" "$WORLD/config.env" "${ALL[@]}"
}

teardown_file() {
  kill "$(cat "$WORLD/moto.pid")"
}

setup() { . "$BATS_TEST_DIRNAME/lib.sh"; }

deploy() { run "$WORLD/repository/deploy.sh" "$@" --config "$WORLD/config.env"; }
# with NAME=value …: validate with these settings on top.
with() {
  cp "$WORLD/config.env" "$WORLD/other.env"
  printf '%s\n' "$@" >>"$WORLD/other.env"
  run "$WORLD/repository/deploy.sh" validate --config "$WORLD/other.env"
}
has() { [[ $output == *"$1"* ]] || { printf 'not in the output: %s\n%s\n' "$1" "$output" && false; }; }
succeeded() { [[ $status -eq 0 ]] || { printf 'status %s\n%s\n' "$status" "$output" && false; }; }
tf() { terraform -chdir="$WORLD/repository/terraform" "$@"; }
in_a() { aws --profile account-a --region eu-west-1 --output json "$@"; }
in_b() { aws --profile account-b --region eu-west-1 --output json "$@"; }

@test "validate finds nothing to mend" {
  deploy validate
  succeeded
  has "orders is postgres on port $DB_TEST_PORT, available"
}

@test "validate: wrong account ids, VPC, CIDR, database, port and bucket" {
  with ACCOUNT_B_ID=333333333333
  has 'ACCOUNT_B_ID is 333333333333, but profile account-b belongs to account 222222222222'
  with ACCOUNT_A_VPC_ID=vpc-0123456789abcdef0 ACCOUNT_B_VPC_CIDR=10.2.0.0/16 DB_PORT=1234
  has 'ACCOUNT_A_VPC_ID vpc-0123456789abcdef0: not in account 111111111111'
  has 'ACCOUNT_B_VPC_CIDR is 10.2.0.0/16, but vpc-'
  has "DB_PORT is 1234, but orders listens on $DB_TEST_PORT"
  with DB_INSTANCE_IDENTIFIER=order
  has 'DB_INSTANCE_IDENTIFIER order: not in account 222222222222'
  with CREATE_BUCKET=false S3_BUCKET_NAME=nobodys-bucket
  has 'CREATE_BUCKET is false'
}

@test "validate: a route table that is not named, and a group that admits nobody" {
  other=$(in_a ec2 create-route-table --vpc-id "$(jq -r .ACCOUNT_A_VPC_ID "$WORLD/variables.json")" | jq -r .RouteTable.RouteTableId)
  with ACCOUNT_A_ROUTE_TABLE_IDS="$other" DB_SECURITY_GROUP_IDS=
  has "the function's subnets use route table $(jq -r '.ACCOUNT_A_ROUTE_TABLE_IDS[0]' "$WORLD/variables.json"): add it to ACCOUNT_A_ROUTE_TABLE_IDS"
  has "does not admit 10.0.0.0/16 at $DB_TEST_PORT: name it in DB_SECURITY_GROUP_IDS"
  in_a ec2 delete-route-table --route-table-id "$other"
}

# interrupted TIMES WHAT COMMAND …: presses Ctrl-C so often once WHAT stands in the output.
interrupted() {
  local times=$1 what=$2 log="$WORLD/interrupted.log" job
  shift 2
  # A process group of its own that listens to SIGINT, as a terminal's job is.
  "$PYTHON" -c 'import os, signal, sys; os.setsid(); signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])' \
    "$WORLD/repository/deploy.sh" "$@" --yes --config "$WORLD/config.env" >"$log" 2>&1 3>&- &
  job=$!
  for _ in $(seq 480); do
    grep -q "$what" "$log" && break
    sleep 0.5
  done
  for _ in $(seq "$times"); do
    kill -INT -- "-$job"
    sleep 1
  done
  status=0
  wait "$job" || status=$?
  output=$(cat "$log")
  [[ $status -eq 130 ]] || { printf 'status %s\n%s\n' "$status" "$(tail -n 40 "$log")" && false; }
}

@test "Ctrl-C in the middle of an apply: nothing is cut off, and it says so" {
  interrupted 1 'Creation complete' deploy
  has 'Ctrl-C: terraform finishes first'
  has 'was interrupted, but all'
  has 'Run the same command again'
}

@test "deploy again changes nothing, and needs no password" {
  DB_PASSWORD='' deploy deploy --yes
  succeeded
  has 'No changes.'
  has 'serves version 1'
}

@test "the state holds no password" {
  run grep -c "$DB_PASSWORD" "$WORLD/repository/terraform/terraform.tfstate"
  [ "$output" -eq 0 ]
  in_a ssm get-parameter --with-decryption --name /cross-account/db-config | jq -e --arg p "$DB_PASSWORD" '.Parameter.Value | fromjson | .password == $p'
}

@test "every trigger goes through the alias" {
  alias=$(tf output -raw alias_arn)
  [[ $alias == *:live ]]
  [ "$(in_a scheduler get-schedule --group-name rds-data-extractor --name hourly | jq -r .Target.Arn)" = "$alias" ]
  in_a scheduler get-schedule --group-name rds-data-extractor --name hourly | jq -e '.Target.Input | fromjson | .raiseOnError == true'
  [ "$(in_a events list-targets-by-rule --rule rds-data-extractor | jq -r '.Targets[0].Arn')" = "$alias" ]
  [ "$(in_a lambda list-event-source-mappings | jq -r '.EventSourceMappings[0].FunctionArn')" = "$alias" ]
}

@test "trust and policies, as applied, decide as they should" {
  run "$PYTHON" "$BATS_TEST_DIRNAME/applied_policies_test.py" <(tf output -json)
  succeeded
}

@test "rollback serves the version before, and deploying the same release does not undo it" {
  printf '#!/bin/sh\nexit 2\n' >"$WORLD/bootstrap"
  make_package "$WORLD" "$WORLD/bootstrap"
  deploy deploy --yes
  has 'serves version 2'
  deploy rollback --dry-run --yes
  has 'would run'
  [ "$(in_a lambda get-alias --function-name rds-data-extractor --name live | jq -r .FunctionVersion)" = 2 ]
  deploy rollback --yes
  succeeded
  has 'version 1 serves'
  deploy deploy --yes
  succeeded
  has 'version 2 is withdrawn'
  [ "$(in_a lambda get-alias --function-name rds-data-extractor --name live | jq -r .FunctionVersion)" = 1 ]
  deploy rollback --undo --yes
  has 'version 2 serves again'
}

@test "status shows version, schedules and alarms" {
  deploy status
  succeeded
  has 'serves version 2 of 2'
  has 'rds-data-extractor/hourly'
  has 'rds-data-extractor-no-success'
}

@test "a function that dies fails the invoke, with a way on" {
  deploy invoke
  [ "$status" -eq 1 ]
  has 'The extraction failed'
  has './deploy.sh diagnose'
}

@test "with the extractor itself: a run passes under the deployed roles, and fails without any one statement" {
  program=$(extractor)
  [ -n "$program" ] || skip 'no extractor binary: build it, or name one in EXTRACTOR'
  [ -n "$(postgres_bin)" ] || skip 'no PostgreSQL server on this machine'
  run "$BATS_TEST_DIRNAME/enforced.sh" "$WORLD" "$program"
  succeeded
}

@test "Ctrl-C twice in the middle of a cleanup stops it, with the way on" {
  interrupted 2 'Destruction complete' cleanup
  has 'Removing was interrupted: '
  has 'changes are made and kept in the state'
  [ -n "$(tf state list)" ]
}

@test "cleanup keeps the bucket and leaves nothing else" {
  deploy cleanup --yes
  succeeded
  has 'removed'
  [ -z "$(tf state list)" ]
  run "$PYTHON" "$BATS_TEST_DIRNAME/leftovers.py" "$AWS_ENDPOINT_URL"
  succeeded
  [ "$output" = 'account-a s3 data-extraction-bucket' ]
}
