#!/usr/bin/env bats
# The ways to the database other than a peering, by the commands of docs/connectivity.md: each team on its own, then both accounts at
# once and from one way to another. The tests depend on each other, in this order.

. "$BATS_TEST_DIRNAME/lib.sh"
. "$BATS_TEST_DIRNAME/teams.sh"

setup_file() {
  start_world
  few_retries a a
  few_retries b b
  B_SUBNETS=$(in_b ec2 describe-subnets --filters "Name=vpc-id,Values=$(setting ACCOUNT_B_VPC_ID)" | jq -r '[.Subnets[].SubnetId] | join(",")')
  # What has nothing to do with the way is left out.
  FEW=(AWS_API_ACCESS=existing CONNECTIVITY=lattice)
  gateway=$(in_a ec2 create-nat-gateway --subnet-id "$(setting ACCOUNT_A_SUBNET_IDS)" --connectivity-type private | jq -r .NatGateway.NatGatewayId)
  in_a ec2 create-route --route-table-id "$(setting ACCOUNT_A_ROUTE_TABLE_IDS)" --destination-cidr-block 0.0.0.0/0 --nat-gateway-id "$gateway"
  everything >"$WORLD/before.json"
  shown_in lattice >"$WORLD/commands"
  write_config "$WORLD" "$WORLD/repository/a.env" "${FEW[@]}" SIDE=a ACCOUNT_B_PROFILE=nobody
  write_config "$WORLD" "$WORLD/repository/b.env" "${FEW[@]}" SIDE=b ACCOUNT_A_PROFILE=nobody ACCOUNT_B_SUBNET_IDS="$B_SUBNETS"
  write_config "$WORLD" "$WORLD/repository/config.env" "${FEW[@]}" ACCOUNT_B_SUBNET_IDS="$B_SUBNETS"
}

teardown_file() { stop_world; }

setup() { cd "$WORLD/repository"; }

@test "lattice: account A's team cannot begin, and is told who does" {
  side a validate
  [ "$status" -eq 2 ]
  has "RESOURCE_CONFIGURATION_ARN is what account B's team has shared"
  has "B's side is deployed first and names it"
}

@test "lattice: a subnet without room, and groups that somebody else has to open, are named" {
  small=$(in_b ec2 create-subnet --vpc-id "$(setting ACCOUNT_B_VPC_ID)" --cidr-block 10.1.200.0/28 --availability-zone eu-west-1a | jq -r .Subnet.SubnetId)
  cp "$WORLD/repository/b.env" "$WORLD/kept.env"
  printf '%s\n' ACCOUNT_B_SUBNET_IDS="$small" DB_SECURITY_GROUP_IDS= >>"$WORLD/repository/b.env"
  side b validate
  [ "$status" -eq 2 ]
  has "ACCOUNT_B_SUBNET_IDS: $small has 11 addresses left, and a resource gateway takes 16 of each subnet, in one block: use others"
  has 'their owner has to admit the group of the output entry_security_group_id'
  mv "$WORLD/kept.env" "$WORLD/repository/b.env"
  in_b ec2 delete-subnet --subnet-id "$small"
}

@test "lattice: account B's team shares the database, and is told what account A's needs" {
  step './deploy.sh deploy --config b.env'
  has "Account A's team needs: ACCOUNT_B_ID=222222222222 EXTERNAL_ID RESOURCE_CONFIGURATION_ARN=arn:aws:vpc-lattice:"
  grep -oE 'RESOURCE_(CONFIGURATION|SHARE)_ARN=[^ ]+' <<<"$output" >>"$WORLD/repository/a.env"
  in_b vpc-lattice get-resource-configuration --resource-configuration-identifier "$(sed -n 's/^RESOURCE_CONFIGURATION_ARN=.*\///p' "$WORLD/repository/a.env")" |
    jq -e '.type == "ARN" and .resourceConfigurationDefinition.arnResource.arn == "arn:aws:rds:eu-west-1:222222222222:db:orders"'
  in_b logs describe-log-groups | jq -e '.logGroups[] | select(.logGroupName == "/aws/vendedlogs/vpc-lattice/rds-data-extractor") | .retentionInDays == 30'
  # The database admits the gateway's group and no network.
  group=$(in_b vpc-lattice list-resource-gateways | jq -r '.items[0].securityGroupIds[0]')
  in_b ec2 describe-security-groups --group-ids "$(setting DB_SECURITY_GROUP_IDS)" |
    jq -e --arg g "$group" --argjson p "$DB_TEST_PORT" '[.SecurityGroups[0].IpPermissions[] | [.FromPort, .ToPort, .UserIdGroupPairs[].GroupId, (.IpRanges | length)]] == [[$p, $p, $g, 0]]'
}

@test "lattice: account A's team accepts and reaches it, and nothing is to do then on either side" {
  step './deploy.sh deploy --config a.env'
  hasnt "Account B's team needs"
  in_a ec2 describe-vpc-endpoints | jq -e '[.VpcEndpoints[] | select(.State == "available")] | length == 1 and .[0].VpcEndpointType == "Resource" and (.[0].SubnetIds | length == 2) and .[0].PrivateDnsEnabled'
  # The function reaches the endpoint's group, which admits it, and no network of account B's.
  group=$(in_a lambda get-function-configuration --function-name rds-data-extractor | jq -r '.VpcConfig.SecurityGroupIds[0]')
  to=$(in_a ec2 describe-vpc-endpoints | jq -r '.VpcEndpoints[] | select(.VpcEndpointType == "Resource") | .Groups[0].GroupId')
  in_a ec2 describe-security-groups --group-ids "$group" "$to" | jq -e --arg f "$group" --arg e "$to" --argjson p "$DB_TEST_PORT" '(.SecurityGroups[] | select(.GroupId == $f)
    | [.IpPermissionsEgress[] | select(.FromPort == $p) | .UserIdGroupPairs[].GroupId] == [$e]) and (.SecurityGroups[] | select(.GroupId == $e)
    | [.IpPermissions[] | .FromPort, .ToPort, .UserIdGroupPairs[].GroupId] == [$p, $p, $f])'
  hasnt 'jq: error'
  side b plan
  has 'nothing to change'
  side a plan
  has 'nothing to change'
  hasnt 'jq: error'
}

@test "lattice: each cleans up its own, the function's side first, and all is as it was" {
  side b cleanup --yes
  [ "$status" -eq 1 ]
  has 'has endpoints'
  step './deploy.sh cleanup --config a.env' --with-bucket
  step './deploy.sh cleanup --config b.env'
  everything >"$WORLD/after.json"
  diff "$WORLD/before.json" "$WORLD/after.json"
}

@test "both accounts at once" {
  step './deploy.sh deploy'
  [ ! -s "$WORLD/commands" ]
  # The state of a release that did not have this output: nothing changes in the accounts, and nothing is asked.
  state="$WORLD/repository/.deploy/config/terraform.tfstate"
  jq '.outputs.extractor |= (del(.value.way) | .type[1] |= del(.way))' "$state" >"$WORLD/older"
  cp "$WORLD/older" "$state"
  DB_PASSWORD='' deploy deploy
  succeeded
  has 'nothing to change'
  jq -e '.outputs.extractor.value.way.admit.security_group | startswith("sg-")' "$state"
}

@test "from lattice to the others is a plan that touches neither bucket nor configuration" {
  set_to CONNECTIVITY=peering
  deploy plan
  succeeded
  has 'aws_vpc_peering_connection.this[0] will be created'
  has 'aws_vpclattice_resource_gateway.this[0] will be destroyed'
  only_the_way
}

@test "cleanup of both, and all is as it was" {
  set_to CONNECTIVITY=lattice
  deploy cleanup --with-bucket --yes
  succeeded
  everything >"$WORLD/after.json"
  diff "$WORLD/before.json" "$WORLD/after.json"
}
