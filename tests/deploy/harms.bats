#!/usr/bin/env bats
# Two accounts with existing resources of others: a peering of the same VPCs with its routes, endpoints, a NAT gateway, another
# extractor. All of these must be unchanged afterwards. The tests depend on each other, in this order.

. "$BATS_TEST_DIRNAME/lib.sh"

setup_file() {
  start_world
  write_config "$WORLD" "$WORLD/repository/config.env" NO_SUCCESS_HOURS=26
  local subnet vpc_a vpc_b table_a group
  subnet=$(setting ACCOUNT_A_SUBNET_IDS) vpc_b=$(setting ACCOUNT_B_VPC_ID) table_a=$(setting ACCOUNT_A_ROUTE_TABLE_IDS)
  id_in_a() { in_a --output text "$@"; }
  vpc_a=$(id_in_a ec2 describe-subnets --subnet-ids "$subnet" --query 'Subnets[0].VpcId')
  PCX=$(id_in_a ec2 create-vpc-peering-connection --vpc-id "$vpc_a" --peer-vpc-id "$vpc_b" --peer-owner-id 222222222222 --query VpcPeeringConnection.VpcPeeringConnectionId)
  in_b ec2 accept-vpc-peering-connection --vpc-peering-connection-id "$PCX" >/dev/null
  until [ "$(in_b --output text ec2 describe-vpc-peering-connections --vpc-peering-connection-ids "$PCX" --query 'VpcPeeringConnections[0].Status.Code')" = active ]; do sleep 1; done
  in_b ec2 modify-vpc-peering-connection-options --vpc-peering-connection-id "$PCX" --accepter-peering-connection-options AllowDnsResolutionFromRemoteVpc=true >/dev/null
  in_a ec2 create-route --route-table-id "$table_a" --destination-cidr-block 10.9.0.0/16 --vpc-peering-connection-id "$PCX" >/dev/null
  group=$(id_in_a ec2 create-security-group --group-name others-endpoints --description others --vpc-id "$vpc_a" --query GroupId)
  in_a ec2 authorize-security-group-ingress --group-id "$group" --protocol tcp --port 443 --cidr 10.0.0.0/16 >/dev/null
  in_a ec2 create-vpc-endpoint --vpc-id "$vpc_a" --vpc-endpoint-type Interface --service-name com.amazonaws.eu-west-1.ssm \
    --subnet-ids "$subnet" --security-group-ids "$group" --private-dns-enabled >/dev/null
  in_a ec2 create-vpc-endpoint --vpc-id "$vpc_a" --vpc-endpoint-type Gateway --service-name com.amazonaws.eu-west-1.s3 --route-table-ids "$table_a" >/dev/null
  in_a ec2 create-route --route-table-id "$table_a" --destination-cidr-block 0.0.0.0/0 --nat-gateway-id \
    "$(id_in_a ec2 create-nat-gateway --subnet-id "$subnet" --connectivity-type private --query NatGateway.NatGatewayId)" >/dev/null
  export PCX
  everything >"$WORLD/before.json"
  # The other extractor, from the same checkout, uses that peering and those endpoints.
  write_config "$WORLD" "$WORLD/repository/other.env" NAME=others S3_BUCKET_NAME=others-bucket PEERING_CONNECTION_ID="$PCX" EXISTING_ENDPOINTS=ssm,s3
}

teardown_file() { stop_world; }

other() { run "$WORLD/repository/deploy.sh" "$@" --config "$WORLD/repository/other.env"; }
set_to() { printf '%s\n' "$@" >>"$WORLD/repository/config.env"; }
same() { diff "$1" "$2" || { echo 'something else than before' && false; }; }

@test "the resources of others are found and named" {
  deploy validate
  [ "$status" -eq 2 ]
  has "are peered already by $PCX, which is not this configuration's: PEERING_CONNECTION_ID=$PCX to have the routes made, CONNECTIVITY=existing"
  has "has endpoints or private zones for ssm s3 that are not this configuration's: EXISTING_ENDPOINTS=ssm,s3"
  has 'reach the internet by a NAT gateway already: AWS_API_ACCESS=existing saves the endpoints'
}

@test "an extractor over a peering and with endpoints of others" {
  other deploy --yes
  succeeded
  everything >"$WORLD/others.json"
  [ "$(in_a ec2 describe-vpc-peering-connections | jq '.VpcPeeringConnections | length')" -eq 1 ]
}

@test "beside it, its routes and its rule are someone else's" {
  set_to PEERING_CONNECTION_ID="$PCX" EXISTING_ENDPOINTS=ssm,s3
  resolve() { in_b ec2 modify-vpc-peering-connection-options --vpc-peering-connection-id "$PCX" --accepter-peering-connection-options "AllowDnsResolutionFromRemoteVpc=$1"; }
  resolve false
  deploy validate
  [ "$status" -eq 2 ]
  resolve true
  has "the database's name resolves to no private address over $PCX; its owner sets that: aws ec2 modify-vpc-peering-connection-options"
  has "sends 10.1.0.0/16 to $PCX already, which is not this configuration's: CONNECTIVITY=existing uses that route"
  has "already, by a rule that is not this configuration's: take the group out of DB_SECURITY_GROUP_IDS"
  has 'has endpoints or private zones for sts rds'
}

@test "what AWS would overwrite, or give in place of a new one, is refused by its name" {
  set_to PEERING_CONNECTION_ID= CONNECTIVITY=existing AWS_API_ACCESS=existing EXISTING_ENDPOINTS= DB_SECURITY_GROUP_IDS= CLOUDTRAIL_LOG_GROUP=trail
  cp "$WORLD/repository/config.env" "$WORLD/kept.env"
  in_a() { aws --profile account-a --region eu-west-1 --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }
  everything >"$WORLD/others.json"
  in_a logs create-log-group --log-group-name trail
  in_a logs put-metric-filter --log-group-name trail --filter-name rds-data-extractor-assume-role --filter-pattern theirs --metric-transformations metricName=a,metricNamespace=b,metricValue=1
  in_a cloudwatch put-metric-alarm --alarm-name rds-data-extractor-errors --namespace theirs --metric-name a --statistic Sum --period 60 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanThreshold
  in_a cloudwatch put-dashboard --dashboard-name rds-data-extractor --dashboard-body '{"widgets": []}'
  in_a events create-event-bus --name theirs
  in_a events put-rule --event-bus-name theirs --name rds-data-extractor --event-pattern '{"source":["theirs"]}'
  topic=$(in_a sns create-topic --name rds-data-extractor-alarms --output text)
  queue=$(in_a sqs create-queue --queue-name rds-data-extractor-failures --output text)
  set_to 'EVENT_RULE={"pattern":"{\"source\":[\"my.app\"]}","bus":"theirs"}'
  deploy plan
  [ "$status" -eq 2 ]
  for taken in 'cloudwatch_log_metric_filter rds-data-extractor-assume-role' 'cloudwatch_metric_alarm rds-data-extractor-errors' 'cloudwatch_dashboard rds-data-extractor' \
    'cloudwatch_event_rule rds-data-extractor' 'sns_topic rds-data-extractor-alarms' 'sqs_queue rds-data-extractor-failures'; do
    has "$taken exists already, and is not this configuration's: choose another NAME"
  done
  in_a logs delete-log-group --log-group-name trail
  in_a cloudwatch delete-alarms --alarm-names rds-data-extractor-errors
  in_a cloudwatch delete-dashboards --dashboard-names rds-data-extractor
  in_a events delete-rule --event-bus-name theirs --name rds-data-extractor
  in_a events delete-event-bus --name theirs
  in_a sns delete-topic --topic-arn "$topic"
  in_a sqs delete-queue --queue-url "$queue"
  cp "$WORLD/kept.env" "$WORLD/repository/config.env"
  set_to CLOUDTRAIL_LOG_GROUP=
  everything >"$WORLD/after.json"
  same "$WORLD/others.json" "$WORLD/after.json"
}

@test "deploying beside it twice: the second time nothing is to do" {
  deploy deploy --yes
  succeeded
  DB_PASSWORD='' deploy deploy --yes
  succeeded
  has 'No changes.'
}

@test "another DB_HOST arrives with the next deploy, without the password" {
  set_to DB_HOST=db.example.com
  DB_PASSWORD='' deploy deploy --yes
  succeeded
  in_a ssm get-parameter --with-decryption --name /rds-data-extractor/db-config |
    jq -e '.Parameter.Value | fromjson | .host == "db.example.com" and .password == "a-password"'
}

@test "another key alone arrives everywhere, and the configuration is written under it" {
  in_a kms create-key | jq -r .KeyMetadata.Arn >"$WORLD/key"
  set_to KMS_KEY_ARN="$(cat "$WORLD/key")"
  DB_PASSWORD='' deploy deploy --yes
  succeeded
  in_a ssm describe-parameters | jq -e --arg k "$(cat "$WORLD/key")" '.Parameters[] | select(.Name == "/rds-data-extractor/db-config") | .KeyId == $k'
  in_a ssm get-parameter --with-decryption --name /rds-data-extractor/db-config |
    jq -e '.Parameter.Value | fromjson | .host == "db.example.com" and .password == "a-password"'
  DB_PASSWORD='' deploy plan
  has 'nothing to change'
}

@test "cleanup names what goes, and the other extractor is as it was" {
  deploy cleanup --yes
  succeeded
  has 'aws_lambda_function.this: rds-data-extractor'
  [[ $output != *others-* ]]
  [ "$(in_a kms describe-key --key-id "$(cat "$WORLD/key")" | jq -r .KeyMetadata.KeyState)" = Enabled ]
  # Lambda needs the role's policy to release the group's network interfaces.
  [ "$(grep -n 'aws_security_group.function\[0\]: Destruction complete' <<<"$output" | cut -d : -f 1)" -lt "$(grep -n 'aws_iam_role_policy.function\[0\]: Destroying' <<<"$output" | cut -d : -f 1)" ]
  everything | jq -S 'del(.a.buckets[] | select(.Name == "data-extraction-bucket"))' >"$WORLD/after.json"
  same <(jq -S . "$WORLD/others.json") "$WORLD/after.json"
}

@test "cleanup, then deploy: what stayed is used again" {
  deploy deploy --yes
  succeeded
}

@test "a configuration that names another place for its state is refused" {
  deploy validate --config "$WORLD/repository/config.env"
  cp "$WORLD/repository/config.env" "$WORLD/kept.env"
  set_to STATE_BUCKET=acme-terraform-state
  deploy status
  [ "$status" -eq 2 ]
  has "The state of $WORLD/repository/config.env lies at"
  [[ $output != *migrate-state* ]]
  cp "$WORLD/kept.env" "$WORLD/repository/config.env"
}

@test "cleanup of both with their buckets: what was there before is there after" {
  deploy cleanup --with-bucket --yes
  succeeded
  other cleanup --with-bucket --yes
  succeeded
  everything >"$WORLD/after.json"
  same "$WORLD/before.json" "$WORLD/after.json"
}
