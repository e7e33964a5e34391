#!/usr/bin/env bats
# deploy.sh on an emulator, from two empty accounts to a complete cleanup. The tests depend on each other, in this order.

. "$BATS_TEST_DIRNAME/lib.sh"

setup_file() {
  start_world
  make_certificates "$WORLD"
  export DB_PASSWORD='not-in-the-state-1'
  # All features that the emulator supports are enabled; the state is in a bucket, as examples/state creates it.
  ALL=(SCHEDULE_EXPRESSION='"cron(0 2 * * ? *)"' 'SCHEDULES={"hourly":{"expression":"rate(1 hour)","event":"{\"keyPrefix\":\"exports/users/hourly\"}"}}'
    'EVENT_RULE={"pattern":"{\"source\":[\"my.app\"]}"}' 'EVENT_QUEUE={"visibility_timeout":360}' ALARM_EMAIL=team@example.com ENDPOINT_POLICY=function
    NO_SUCCESS_HOURS=26 XRAY=true ALLOW_DISCOVER=true BUCKET_VERSIONING=true BUCKET_EXPIRATION_DAYS=90 CLOUDTRAIL_LOG_GROUP=trail
    STATE_BUCKET=acme-terraform-state)
  in_a logs create-log-group --log-group-name trail
  write_config "$WORLD" "$WORLD/repository/config.env" "${ALL[@]}"
}

teardown_file() { stop_world; }

tf() { AWS_PROFILE=account-a terraform -chdir="$WORLD/repository/.deploy/config" "$@"; }

@test "validate finds nothing to fix" {
  deploy validate
  succeeded
  has "orders is postgres on port $DB_TEST_PORT, available"
}

@test "the bucket of the state is made by its example" {
  cd "$WORLD/repository/terraform/examples/state"
  AWS_PROFILE=account-a terraform init -input=false >/dev/null
  AWS_PROFILE=account-a run terraform apply -input=false -auto-approve -var name=acme-terraform-state
  succeeded
}

# interrupted TIMES WHAT COMMAND …: presses Ctrl-C that many times once WHAT appears in the output.
interrupted() {
  local times=$1 what=$2 log="$WORLD/interrupted.log" job
  shift 2
  # A separate process group that handles SIGINT, like a job of a terminal.
  "$PYTHON" -c 'import os, signal, sys; os.setsid(); signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])' \
    "$WORLD/repository/deploy.sh" "$@" --yes >"$log" 2>&1 3>&- &
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
  tf state pull >"$WORLD/state.json"
  jq -e '.resources | length > 40' "$WORLD/state.json"
  run grep -c "$DB_PASSWORD" "$WORLD/state.json"
  [ "$output" -eq 0 ]
  [ ! -s "$WORLD/repository/.deploy/config/terraform.tfstate" ]
  in_a s3api head-object --bucket acme-terraform-state --key rds-data-extractor/111111111111/eu-west-1/config.tfstate
  in_a ssm get-parameter --with-decryption --name /rds-data-extractor/db-config | jq -e --arg p "$DB_PASSWORD" '.Parameter.Value | fromjson | .password == $p'
}

@test "every trigger goes through the alias" {
  alias=$(tf output -json | jq -r .extractor.value.alias_arn)
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

@test "a new release goes live: the extractor itself, against a database with a certificate of its own" {
  printf 'DB_SSL_MODE=verify-full\nDB_SSL_ROOT_CERT=%s\n' "$WORLD/ca.pem" >>"$WORLD/repository/config.env"
  program=$(extractor)
  if [ -n "$program" ]; then make_package "$WORLD" "$program"; else make_stand_in 2; fi
  deploy deploy --yes
  succeeded
  has 'serves version 2'
}

@test "with the extractor itself: a run passes under the deployed roles, and fails without any one statement" {
  [ -n "$(extractor)" ] || skip 'no extractor binary: build it, or name one in EXTRACTOR'
  [ -n "$(postgres_bin)" ] || skip 'no PostgreSQL server on this machine'
  run "$BATS_TEST_DIRNAME/enforced.sh" "$WORLD" "$WORLD/repository/config.env"
  succeeded
}

# shown FILE BEGINNING: the commands of a document that begin with BEGINNING, with their continuation lines.
shown() {
  awk -v begin="$2" '{ line = $0; sub(/^ +/, "", line) } index(line, begin) == 1 || more { print line; more = line ~ /\\$/ }' "$REPO/docs/$1"
}

@test "terraform's own commands: what exists is imported as the documents show, and nothing is to do then" {
  deploy terraform apply
  [ "$status" -eq 2 ]
  commands=$(shown deploying.md './deploy.sh terraform import' | sed 's/acme-data-extraction/data-extraction-bucket/')
  [ "$(wc -l <<<"$commands")" -eq 3 ]
  tf state rm 'module.extractor.module.bucket[0].aws_s3_bucket.this' 'module.extractor.aws_cloudwatch_log_group.this[0]' 'module.extractor.module.account_b[0].aws_iam_role.this'
  cd "$WORLD/repository"
  run bash -euo pipefail -c "$commands"
  succeeded
  deploy terraform state list
  has 'module.extractor.module.bucket[0].aws_s3_bucket.this'
  deploy plan
  succeeded
  has 'nothing to change'
}

@test "rollback serves the version before, and deploying the same release does not undo it" {
  deploy rollback --undo --yes
  has 'Nothing is rolled back.'
  deploy rollback 7 --yes
  [ "$status" -eq 2 ]
  has 'There is no version 7.'
  has 'There are: 1 2'
  deploy rollback --dry-run --yes
  has 'would run'
  [ "$(in_a lambda get-alias --function-name rds-data-extractor --name live | jq -r .FunctionVersion)" = 2 ]
  deploy rollback --yes
  succeeded
  has 'version 1 serves'
  grep -x LIVE_VERSION=1 "$WORLD/repository/config.env"
  deploy rollback --yes
  has 'Version 1 is the first; there is nothing to go back to.'
  deploy deploy --yes
  succeeded
  has 'version 2 does not serve: LIVE_VERSION in '
  [ "$(in_a lambda get-alias --function-name rds-data-extractor --name live | jq -r .FunctionVersion)" = 1 ]
}

@test "a function that dies fails the invoke, with advice" {
  deploy invoke
  [ "$status" -eq 1 ]
  has 'The extraction failed'
  has './deploy.sh diagnose'
  deploy diagnose
  [ "$status" -eq 1 ]
  has 'The function did not answer as diagnose does'
}

@test "rollback --undo serves the newest again; invoke and diagnose do nothing with --dry-run" {
  deploy rollback --undo --yes
  has 'version 2 serves'
  run grep LIVE_VERSION "$WORLD/repository/config.env"
  [ "$status" -eq 1 ]
  deploy invoke --dry-run
  has 'would invoke arn:aws:lambda:eu-west-1:111111111111:function:rds-data-extractor:live with {}'
  deploy diagnose --dry-run
  has 'with {"action":"diagnose"}'
}

@test "status shows version, schedules and alarms" {
  deploy status
  succeeded
  has 'serves version 2 of 2'
  has 'rds-data-extractor/hourly'
  has 'rds-data-extractor-no-success'
  has 'rds-data-extractor-assume-role'
  has 'rds-data-extractor-failures: 0'
}

@test "the commands of the aws CLI in the documents" {
  cd "$WORLD"
  commands=$(shown diagnose.md 'aws lambda'; shown operations.md 'aws lambda'; shown operations.md 'aws s3 cp'; shown operations.md 'cmp ')
  # Version 1 of the aws CLI takes raw payloads and has no such option.
  [[ $(aws --version 2>&1) != aws-cli/1.* ]] || commands=${commands//--cli-binary-format raw-in-base64-out/}
  [ "$(grep -c '^\(aws\|cmp\) ' <<<"$commands")" -eq 5 ]
  for key in java/data_export_20241225_143022.csv rust/orders.csv; do echo '"id"' | in_a s3 cp - "s3://data-extraction-bucket/compare/$key"; done
  AWS_PROFILE=account-a AWS_DEFAULT_REGION=eu-west-1 run bash -euo pipefail -c "$commands"
  succeeded
  has 'the same bytes'
  [ -s answer.json ]
  in_a lambda delete-function-concurrency --function-name rds-data-extractor
  in_a s3 rm --recursive s3://data-extraction-bucket/compare/
}

@test "CONFIGURATION_STORE=secret: deploy fills it once, and again with another password or another setting" {
  in_a secretsmanager create-secret --name cross-account/db-config
  fill() {
    run env DB_PASSWORD="$1" bash -c 'set -uo pipefail; ROOT=$1; DRY_RUN=false; ASSUME_YES=true
      . "$ROOT/deploy/ui.sh"; . "$ROOT/deploy/config.sh"; . "$ROOT/deploy/terraform.sh"; read_types; read_config "$2"
      jq -n --arg c "{\"database\":\"$3\"}" "{extractor: {value: {configuration_secret_name: \"cross-account/db-config\", configuration: \$c}}}" >"$WORK/outputs.json"
      fill_secret </dev/null' _ "$WORLD/repository" "$WORLD/repository/config.env" "$2"
  }
  value() { in_a secretsmanager get-secret-value --secret-id cross-account/db-config | jq -r .SecretString; }
  fill '' orders
  [ "$status" -eq 1 ]
  has 'is empty'
  fill one-password orders
  succeeded
  [ "$(value)" = '{"database":"orders","password":"one-password"}' ]
  fill '' orders
  succeeded
  [[ $output != *Filling* ]]
  fill '' customers
  succeeded
  [ "$(value)" = '{"database":"customers","password":"one-password"}' ]
  fill another-password customers
  [ "$(value)" = '{"database":"customers","password":"another-password"}' ]
  in_a secretsmanager delete-secret --secret-id cross-account/db-config --force-delete-without-recovery
}

@test "Ctrl-C twice in the middle of a cleanup stops it, with advice" {
  interrupted 2 'Destruction complete' cleanup
  has 'Removing was interrupted: '
  has 'changes are made and kept in the state'
  [ -n "$(tf state list)" ]
}

@test "cleanup keeps the bucket and leaves nothing else" {
  deploy cleanup --yes
  succeeded
  has 'removed'
  [ -z "$(tf state list | grep -v 'module.bucket\|^module.extractor.data')" ]
  run "$PYTHON" "$BATS_TEST_DIRNAME/leftovers.py" "$AWS_ENDPOINT_URL"
  succeeded
  [ "$output" = $'account-a s3 acme-terraform-state\naccount-a s3 data-extraction-bucket' ]
}
