#!/usr/bin/env bats
# Connectivity privatelink, each team on its own, by the commands of docs/connectivity.md. The updater is the real one. The tests
# depend on each other, in this order.

. "$BATS_TEST_DIRNAME/lib.sh"
. "$BATS_TEST_DIRNAME/teams.sh"
. "$BATS_TEST_DIRNAME/privatelink.sh"

setup_file() {
  start_privatelink_world
  few_retries a a
  few_retries b b
  # Those of the section about each team on its own.
  shown_in privatelink --config >"$WORLD/commands"
  write_config "$WORLD" "$WORLD/repository/a.env" "${FEW[@]}" ACCOUNT_B_SUBNET_IDS= SIDE=a ACCOUNT_B_PROFILE=nobody
  write_config "$WORLD" "$WORLD/repository/b.env" "${FEW[@]}" SIDE=b ACCOUNT_A_PROFILE=nobody ACCOUNT_A_CIDRS=10.0.1.0/24,10.0.2.0/24
}

teardown_file() { stop_world; }

setup() { cd "$WORLD/repository"; }

# group_of NAME: the security group whose name begins so, of account B.
group_of() { in_b ec2 describe-security-groups | jq -r --arg n "$1" '.SecurityGroups[] | select(.GroupName | startswith($n)) | .GroupId'; }

@test "account A's team cannot begin, and is told who does" {
  side a validate
  [ "$status" -eq 2 ]
  has "ENDPOINT_SERVICE_NAME is what account B's team offers"
  has "B's side is deployed first and names it"
}

@test "without the updater's package, deploy says how to build it" {
  cp b.env "$WORLD/kept.env"
  echo "TARGET_UPDATER_PACKAGE_FILE=$WORLD/none.zip" >>b.env
  side b plan
  [ "$status" -eq 2 ]
  has 'TARGET_UPDATER_PACKAGE_FILE is missing, which connectivity privatelink needs'
  echo TARGET_UPDATER_PACKAGE_FILE= >>b.env
  side b plan
  [ "$status" -eq 1 ]
  has "There is no package $WORLD/repository/target/package/nlb-target-updater-x86_64.zip."
  mv "$WORLD/kept.env" b.env
}

@test "account B's team offers the database, the updater registers it, and account A's team is told what it needs" {
  step './deploy.sh deploy --config b.env'
  has "Account A's team needs: ACCOUNT_B_ID=222222222222 EXTERNAL_ID ENDPOINT_SERVICE_NAME=com.amazonaws.vpce.eu-west-1.vpce-svc-"
  grep -oE '(ENDPOINT_SERVICE_NAME|DB_HOST)=[^ ]+' <<<"$output" >>a.env
  grep -qx 'DB_HOST=10.1.1.10' a.env
  [ "$(registered)" = "[[\"10.1.1.10\",$DB_TEST_PORT]]" ]
  # The database admits the load balancer's group and no network; the load balancer admits the function's subnets.
  group=$(group_of rds-data-extractor-entry-)
  in_b ec2 describe-security-groups --group-ids "$(setting DB_SECURITY_GROUP_IDS)" "$group" | jq -e --arg g "$group" --argjson p "$DB_TEST_PORT" '
    (.SecurityGroups[] | select(.GroupId != $g) | [.IpPermissions[] | [.FromPort, .ToPort, .UserIdGroupPairs[].GroupId, (.IpRanges | length)]] == [[$p, $p, $g, 0]])
    and (.SecurityGroups[] | select(.GroupId == $g) | [.IpPermissions[].IpRanges[].CidrIp] | sort == ["10.0.1.0/24", "10.0.2.0/24"])' >/dev/null
  in_b rds describe-event-subscriptions | jq -e '.EventSubscriptionsList[0] | .SourceType == "db-instance" and .SourceIdsList == ["orders"]' >/dev/null
  in_b logs filter-log-events --log-group-name /aws/lambda/rds-data-extractor-targets | jq -e '.events | map(.message | fromjson) | length == 1 and .[0].outcome == "agrees"
    and .[0].Wanted == 1 and .[0].FunctionName == "rds-data-extractor-targets"' >/dev/null
}

@test "another address of the database is registered by the next run, before the old one goes" {
  in_b elbv2 register-targets --target-group-arn "$(in_b elbv2 describe-target-groups | jq -r '.TargetGroups[0].TargetGroupArn')" --targets "Id=10.1.1.9,Port=$DB_TEST_PORT"
  in_b lambda invoke --function-name rds-data-extractor-targets --payload '{}' "$WORLD/answer" >/dev/null
  jq -e '.outcome == "agrees" and .registered == ["10.1.1.10"]' "$WORLD/answer"
  [ "$(registered)" = "[[\"10.1.1.10\",$DB_TEST_PORT]]" ]
}

@test "account A's team makes the endpoint, which is pending until account B's team accepts it" {
  step './deploy.sh deploy --config a.env'
  has "Account B's team needs, to accept the endpoint by another deploy: VPC_ENDPOINT_IDS=vpce-"
  in_a ec2 describe-vpc-endpoints | jq -e '[.VpcEndpoints[] | select(.VpcEndpointType == "Interface") | .State] == ["pendingAcceptance"]' >/dev/null
  grep -oE 'VPC_ENDPOINT_IDS=[^ ]+' <<<"$output" >>b.env
  in_a ssm get-parameter --with-decryption --name /rds-data-extractor/db-config | jq -e '.Parameter.Value | fromjson | .tlsServerName == "10.1.1.10" and (.host | startswith("vpce-"))' >/dev/null
  in_a lambda get-function-configuration --function-name rds-data-extractor | jq -e '.Environment.Variables.CONNECTIVITY == "privatelink"' >/dev/null
  step './deploy.sh plan --config b.env'
  has '1 to add, 0 to change, 0 to destroy'
  side b deploy --yes
  succeeded
  in_a ec2 describe-vpc-endpoints | jq -e '[.VpcEndpoints[] | select(.VpcEndpointType == "Interface") | .State] == ["available"]' >/dev/null
  side b plan
  has 'nothing to change'
  side a plan
  has 'nothing to change'
}

@test "each cleans up its own, the function's side first, and all is as it was" {
  step './deploy.sh cleanup --config a.env' --with-bucket
  step './deploy.sh cleanup --config b.env'
  [ ! -s "$WORLD/commands" ]
  everything >"$WORLD/after.json"
  diff "$WORLD/before.json" "$WORLD/after.json"
}
