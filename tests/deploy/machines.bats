#!/usr/bin/env bats
# State machines: what deploy.sh deploys and does with them, on an emulator; the machines themselves run in machines_test.py. The
# tests depend on each other, in this order.

. "$BATS_TEST_DIRNAME/lib.sh"

setup_file() {
  start_world
  # Endpoints have nothing to do with it here.
  gateway=$(in_a ec2 create-nat-gateway --subnet-id "$(setting ACCOUNT_A_SUBNET_IDS)" --connectivity-type private | jq -r .NatGateway.NatGatewayId)
  in_a ec2 create-route --route-table-id "$(setting ACCOUNT_A_ROUTE_TABLE_IDS)" --destination-cidr-block 0.0.0.0/0 --nat-gateway-id "$gateway"
  write_config "$WORLD" "$WORLD/repository/config.env" AWS_API_ACCESS=existing LONG_RUNS=fargate CONTAINER_IMAGE_TAG=v1 \
    'SCHEDULES={"nightly":{"expression":"rate(1 day)","start":"export-all","event":"{\"template\":{},\"forEach\":{\"tables\":[\"public.*\"]}}"}}'
  everything | jq 'del(.a.clusters, .a.task_definitions)' >"$WORLD/before.json"
}

teardown_file() { stop_world; }

setup() { cd "$WORLD/repository"; }

@test "a cluster of somebody else's is not taken over" {
  in_a ecs create-cluster --cluster-name rds-data-extractor
  deploy deploy --yes
  [ "$status" -eq 2 ]
  has 'ecs_cluster rds-data-extractor exists already'
  in_a ecs delete-cluster --cluster rds-data-extractor
}

@test "a setting makes them" {
  deploy deploy --yes
  succeeded
  in_a stepfunctions list-state-machines | jq -e '[.stateMachines[].name] | sort == ["rds-data-extractor-export", "rds-data-extractor-export-all"]'
  in_a ecs describe-task-definition --task-definition rds-data-extractor |
    jq -e '.taskDefinition | .cpu == "1024" and .networkMode == "awsvpc" and .containerDefinitions[0].image == "111111111111.dkr.ecr.eu-west-1.amazonaws.com/rds-data-extractor:v1"'
  in_a scheduler get-schedule --group-name rds-data-extractor --name nightly | jq -e '(.Target.Arn | endswith(":stateMachine:rds-data-extractor-export-all")) and (.Target.Input | fromjson | .event.forEach.tables == ["public.*"])'
}

@test "a second run changes nothing" {
  deploy plan
  succeeded
  has 'nothing to change'
}

@test "the roles may do what the definitions ask for, and nothing else" {
  AWS_PROFILE=account-a terraform -chdir=.deploy/config output -json >"$WORLD/outputs.json"
  "$PYTHON" "$BATS_TEST_DIRNAME/machines_policies_test.py" "$WORLD/outputs.json"
}

@test "an export is started, shown and stopped" {
  echo '{"table": "users"}' >event.json
  deploy export event.json --fargate --name users-1 --dry-run
  succeeded
  has 'would start arn:aws:states:eu-west-1:111111111111:stateMachine:rds-data-extractor-export with {"table": "users"}'
  deploy export event.json --fargate --name users-1
  succeeded
  has 'started users-1'
  has 's3://data-extraction-bucket/exports/users/_runs/users-1/'
  in_a stepfunctions describe-execution --execution-arn arn:aws:states:eu-west-1:111111111111:execution:rds-data-extractor-export:users-1 |
    jq -e '.input | fromjson == {event: {table: "users"}, route: "fargate"}'
  deploy status
  succeeded
  has 'running  users-1, since'
  deploy stop users-1 --dry-run
  succeeded
  has 'would stop arn:aws:states:eu-west-1:111111111111:execution:rds-data-extractor-export:users-1'
  deploy stop users-1 --yes
  succeeded
  has 'stopped users-1'
  deploy stop users-1 --yes
  [ "$status" -eq 1 ]
  has 'There is no running execution users-1.'
}

@test "lists of exports: a file, an object, a plan" {
  echo '[{"table": "users"}]' >list.json
  echo '{"template": {}, "forEach": {"tables": ["public.*"]}}' >plan.json
  deploy export-all list.json --name list-1
  succeeded
  started() { in_a stepfunctions describe-execution --execution-arn "arn:aws:states:eu-west-1:111111111111:execution:rds-data-extractor-export-all:$1" | jq -e ".input | fromjson == $2"; }
  started list-1 '{bucket: "data-extraction-bucket", key: "exports/users/_runs/list-1/plan.json", route: "function"}'
  [ "$(in_a s3 cp s3://data-extraction-bucket/exports/users/_runs/list-1/plan.json -)" = '[{"table": "users"}]' ]
  deploy export-all s3://data-extraction-bucket/exports/users/2026-11-30/plan.json --name list-2 --fargate
  succeeded
  started list-2 '{bucket: "data-extraction-bucket", key: "exports/users/2026-11-30/plan.json", folder: "exports/users/2026-11-30", route: "fargate"}'
  deploy export-all plan.json --name list-3
  succeeded
  started list-3 '{event: {template: {}, forEach: {tables: ["public.*"]}}, route: "function"}'
  deploy export-all list.json --dry-run
  succeeded
  has 'would copy list.json to s3://data-extraction-bucket/exports/users/_runs/list-'
}

@test "what is wrong with the commands is said" {
  # wrong STATUS COMMAND …
  wrong() {
    deploy "${@:2}"
    [ "$status" -eq "$1" ]
  }
  wrong 2 export-all
  has 'export-all needs a list of events'
  wrong 2 export-all s3://data-extraction-bucket/
  has 's3://data-extraction-bucket/ is not the address of an object.'
  wrong 2 export-all event.txt
  has 'event.txt is neither a JSON array of events nor the event of a plan.'
  wrong 2 export event.json --name 'a b'
  has '--name needs a name'
  wrong 2 export event.json plan.json
  has 'export takes one file, not also plan.json.'
  wrong 2 stop
  has 'stop needs the name of an execution.'
  wrong 1 export plan.json --name users-1
  has 'The execution could not be started: profile account-a: '
  AWS_ENDPOINT_URL_S3=http://127.0.0.1:1 wrong 1 export-all list.json --name list-4
  has 'list.json could not be copied to s3://data-extraction-bucket/exports/users/_runs/list-4/plan.json.'
  # An existing bucket whose rule would abort the upload of a long run.
  in_a s3api put-bucket-lifecycle-configuration --bucket data-extraction-bucket --lifecycle-configuration \
    '{"Rules":[{"ID":"abort","Status":"Enabled","Filter":{},"AbortIncompleteMultipartUpload":{"DaysAfterInitiation":1}}]}'
  cp config.env existing.env
  printf '%s\n' BUCKET=existing LONG_RUN_HOURS=30 BUCKET_ABORT_DAYS=2 >>existing.env
  wrong 2 validate --config existing.env
  has 'LONG_RUN_HOURS is 30, but bucket data-extraction-bucket aborts incomplete uploads after 1 days'
  in_a s3 rm --quiet --recursive s3://data-extraction-bucket
  in_a stepfunctions list-executions --state-machine-arn arn:aws:states:eu-west-1:111111111111:stateMachine:rds-data-extractor-export-all >"$WORLD/executions.json"
  started=$(jq -r '.executions[0].executionArn' "$WORLD/executions.json")
  in_a stepfunctions stop-execution --execution-arn "$started"
}

@test "the setting removes them and nothing else, and the commands then say how to get them" {
  printf '%s\n' LONG_RUNS=off SCHEDULES= >>config.env
  deploy deploy --yes
  succeeded
  local theirs='module.long_runs\|aws_scheduler_\|aws_iam_role.*scheduler\|aws_sqs_queue.this\["undelivered"\]\|metric_alarm.this\["\(export\|queue-undelivered\)'
  others=$(grep 'will be destroyed\|must be replaced' <<<"$output" | grep -v "$theirs" || true)
  [ -z "$others" ] || { printf '%s\n' "$others" && false; }
  in_a stepfunctions list-state-machines | jq -e '.stateMachines == []'
  deploy export
  [ "$status" -eq 1 ]
  has 'There are no state machines.'
  has 'LONG_RUNS=fargate'
}

@test "all is as it was in the end" {
  deploy cleanup --with-bucket --yes
  succeeded
  # ECS keeps the descriptions of clusters and task definitions that were removed.
  everything | jq 'del(.a.clusters, .a.task_definitions)' >"$WORLD/after.json"
  diff "$WORLD/before.json" "$WORLD/after.json"
}
