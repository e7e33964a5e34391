#!/usr/bin/env bats
# Each account is deployed by its own team, with a profile of that account only. The tests depend on each other, in this order.

. "$BATS_TEST_DIRNAME/lib.sh"

setup_file() {
  start_world
  few_retries a a
  few_retries b b
  everything >"$WORLD/before.json"
}

teardown_file() { stop_world; }

side() {
  local side=$1
  shift
  run "$WORLD/repository/deploy.sh" "$@" --config "$WORLD/repository/$side.env"
}

@test "account A's team asks for the peering, and is told what account B's needs" {
  write_config "$WORLD" "$WORLD/repository/a.env" SIDE=a ACCOUNT_B_PROFILE=nobody ACCOUNT_B_CIDRS=10.1.0.0/16 DB_ADMIT=security_group OVERVIEW=true OVERVIEW_EMAILS=team@example.com
  side a deploy --yes
  succeeded
  has "Account B's team needs: ACCOUNT_A_ID=111111111111 NAME=rds-data-extractor EXTERNAL_ID ACCOUNT_A_CIDRS=10.0.1.0/24,10.0.2.0/24 PEERING_CONNECTION_ID=pcx-"
  grep -oE '(ACCOUNT_A_CIDRS|PEERING_CONNECTION_ID|FUNCTION_SECURITY_GROUP)=[^ ]+' <<<"$output" >"$WORLD/lines"
  [ "$(wc -l <"$WORLD/lines")" -eq 3 ]
}

@test "account B's team accepts it, and nothing is to do then on either side" {
  write_config "$WORLD" "$WORLD/repository/b.env" SIDE=b ACCOUNT_A_PROFILE=nobody OVERVIEW=true
  cat "$WORLD/lines" >>"$WORLD/repository/b.env"
  side b deploy --yes
  succeeded
  has 'role arn:aws:iam::222222222222:role/rds-data-extractor-database'
  in_b ec2 describe-vpc-peering-connections | jq -e '.VpcPeeringConnections[0].Status.Code == "active"'
  group=$(in_a lambda get-function-configuration --function-name rds-data-extractor | jq -r '.VpcConfig.SecurityGroupIds[0]')
  in_b ec2 describe-security-groups --group-ids "$(setting DB_SECURITY_GROUP_IDS)" |
    jq -e --arg g "$group" '[.SecurityGroups[0].IpPermissions[] | .UserIdGroupPairs[] | .UserId, .GroupId] == ["111111111111", $g] and all(.SecurityGroups[0].IpPermissions[]; .IpRanges == [])'
  in_b iam get-role --role-name rds-data-extractor-database |
    jq -e '.Role.AssumeRolePolicyDocument.Statement[0].Condition.StringEquals["aws:PrincipalArn"] == "arn:aws:iam::111111111111:role/rds-data-extractor"'
  side b plan
  has 'nothing to change'
  side a plan
  has 'nothing to change'
}

@test "only the overview's function may assume the role that account B's team created" {
  local event trust
  event=$(in_a scheduler get-schedule --name rds-data-extractor-overview | jq -r .Target.Input)
  jq -e '.action == "overview" and .keyPrefix == "overview" and .exports == [{prefix: "exports/users/"}] and .raiseOnError
    and .roles == [{roleArn: "arn:aws:iam::222222222222:role/rds-data-extractor-overview", externalId: "0123456789abcdef0123456789abcdef", region: "eu-west-1"}]' <<<"$event"
  trust=$(in_b iam get-role --role-name rds-data-extractor-overview | jq -r '.Role.AssumeRolePolicyDocument.Statement[0].Condition.StringEquals["aws:PrincipalArn"]')
  [ "$trust" = "$(in_a lambda get-function-configuration --function-name rds-data-extractor-overview | jq -r .Role)" ]
  in_a sns list-subscriptions | jq -e '.Subscriptions[] | select(.Endpoint == "team@example.com" and (.TopicArn | endswith(":rds-data-extractor-overview")))'
}

@test "a link to the overview's page, for an hour" {
  side a overview --open
  [ "$status" -eq 1 ]
  has 'There is no page at s3://data-extraction-bucket/overview/index.html yet.'
  echo '<title>the page</title>' | in_a s3 cp - s3://data-extraction-bucket/overview/index.html
  link=$("$WORLD/repository/deploy.sh" overview --open --config "$WORLD/repository/a.env" 2>/dev/null)
  [ "$(wc -l <<<"$link")" -eq 1 ]
  [[ $link == *X-Amz-Algorithm=AWS4-HMAC-SHA256*X-Amz-Expires=3600* ]]
  [ "$(curl -s "$link")" = '<title>the page</title>' ]
  side a overview --open --dry-run
  succeeded
  has 'would sign a link to s3://data-extraction-bucket/overview/index.html'
  side a overview --close
  [ "$status" -eq 2 ]
  has 'overview does not take --close.'
  side b overview --open
  [ "$status" -eq 2 ]
}

@test "each cleans up its own, and all is as it was" {
  side b cleanup --yes
  succeeded
  side a cleanup --with-bucket --yes
  succeeded
  everything >"$WORLD/after.json"
  diff "$WORLD/before.json" "$WORLD/after.json"
}
