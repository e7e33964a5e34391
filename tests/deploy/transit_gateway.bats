#!/usr/bin/env bats
# Connectivity transit_gateway by the commands of docs/connectivity.md: each team on its own with a gateway of account A, then both
# accounts at once with an existing gateway that has no default route tables. The tests depend on each other, in this order.

. "$BATS_TEST_DIRNAME/lib.sh"
. "$BATS_TEST_DIRNAME/teams.sh"

setup_file() {
  start_world
  few_retries a a
  few_retries b b
  # The tests read it too.
  export B_SUBNETS
  B_SUBNETS=$(in_b ec2 describe-subnets --filters "Name=vpc-id,Values=$(setting ACCOUNT_B_VPC_ID)" | jq -r '[.Subnets[].SubnetId] | join(",")')
  # What has nothing to do with the way is left out.
  few=(AWS_API_ACCESS=existing CONNECTIVITY=transit_gateway)
  nat=$(in_a ec2 create-nat-gateway --subnet-id "$(setting ACCOUNT_A_SUBNET_IDS)" --connectivity-type private | jq -r .NatGateway.NatGatewayId)
  in_a ec2 create-route --route-table-id "$(setting ACCOUNT_A_ROUTE_TABLE_IDS)" --destination-cidr-block 0.0.0.0/0 --nat-gateway-id "$nat"
  everything >"$WORLD/before.json"
  shown_in transit_gateway >"$WORLD/commands"
  write_config "$WORLD" "$WORLD/repository/a.env" "${few[@]}" SIDE=a ACCOUNT_B_PROFILE=nobody ACCOUNT_B_CIDRS=10.1.0.0/16 DB_ADMIT=security_group
  write_config "$WORLD" "$WORLD/repository/b.env" "${few[@]}" SIDE=b ACCOUNT_A_PROFILE=nobody ACCOUNT_B_SUBNET_IDS="$B_SUBNETS"
  write_config "$WORLD" "$WORLD/repository/config.env" "${few[@]}" ACCOUNT_B_SUBNET_IDS="$B_SUBNETS"
}

teardown_file() { stop_world; }

setup() { cd "$WORLD/repository"; }

# attachment a|b STATE: whether that account's network is attached once, in both zones, in that state.
attachment() {
  "in_$1" ec2 describe-transit-gateway-vpc-attachments | jq -e --arg s "$2" --arg o "$(if [[ $1 == a ]]; then echo 111111111111; else echo 222222222222; fi)" '
    [.TransitGatewayVpcAttachments[] | select(.VpcOwnerId == $o and .State != "deleted")] | length == 1 and .[0].State == $s and (.[0].SubnetIds | length == 2)
    and .[0].Options.DnsSupport == "enable"' >/dev/null
}
# route a|b CIDR: the gateway to which that account's table sends this network.
route() {
  "in_$1" ec2 describe-route-tables --route-table-ids "$(setting "ACCOUNT_${1^^}_ROUTE_TABLE_IDS")" |
    jq -r --arg c "$2" '.RouteTables[].Routes[] | select(.DestinationCidrBlock == $c) | .TransitGatewayId // "another way"'
}

@test "account B's team cannot begin, and is told who does" {
  side b validate
  [ "$status" -eq 2 ]
  has 'TRANSIT_GATEWAY_ID is missing: with TRANSIT_GATEWAY_OWNER a,'
  has "A's side is deployed first and names its gateway"
  has 'RESOURCE_SHARE_ARN is the share that account A'
}

@test "account A's team makes the gateway and shares it, and is told what account B's needs" {
  step './deploy.sh deploy --config a.env'
  has "Account B's team needs: ACCOUNT_A_ID=111111111111 NAME=rds-data-extractor EXTERNAL_ID ACCOUNT_A_CIDRS=10.0.1.0/24,10.0.2.0/24 FUNCTION_SECURITY_GROUP=111111111111/sg-"
  grep -oE '(ACCOUNT_A_CIDRS|FUNCTION_SECURITY_GROUP|TRANSIT_GATEWAY_ID|TRANSIT_GATEWAY_OWNER|RESOURCE_SHARE_ARN)=[^ ]+' <<<"$output" >>b.env
  hasnt 'waits for the owner'
  in_a ec2 describe-transit-gateways | jq -e '.TransitGateways | length == 1 and (.[0].Options | .AutoAcceptSharedAttachments == "disable" and .SecurityGroupReferencingSupport == "enable" and .DnsSupport == "enable")'
  in_b ram get-resource-share-invitations | jq -e '[.resourceShareInvitations[] | .receiverAccountId, .status] == ["222222222222", "PENDING"]'
  attachment a available
  [ "$(route a 10.1.0.0/16)" = "$(sed -n 's/^TRANSIT_GATEWAY_ID=//p' b.env)" ]
  in_a lambda get-function-configuration --function-name rds-data-extractor | jq -e '.Environment.Variables.CONNECTIVITY == "transit_gateway"'
}

@test "account B's team attaches its network, which waits until account A's team accepts it" {
  printf 'ACCOUNT_B_SUBNET_IDS=%s\n' "$(cut -d , -f 1 <<<"$B_SUBNETS")" | cat b.env - >"$WORLD/one.env"
  run ./deploy.sh validate --config "$WORLD/one.env"
  [ "$status" -eq 2 ]
  has 'ACCOUNT_B_SUBNET_IDS has no subnet in eu-west-1b, where the database may be'
  step './deploy.sh deploy --config b.env'
  has "Account A's team needs, to accept the attachment by another deploy: ACCOUNT_B_ID=222222222222 EXTERNAL_ID TRANSIT_GATEWAY_ATTACHMENT_IDS=tgw-attach-"
  has 'to accept it. Then ./deploy.sh deploy again, which makes the routes'
  grep -oE 'TRANSIT_GATEWAY_ATTACHMENT_IDS=[^ ]+' <<<"$output" >>a.env
  attachment b pendingAcceptance
  [ -z "$(route b 10.0.1.0/24)" ]
  # Before the acceptance there is nothing more to do here.
  side b deploy --yes
  has 'nothing to change'
  has 'waits for the owner of tgw-'
}

@test "account A's team accepts it, account B's makes the routes, and nothing is to do then on either side" {
  step './deploy.sh plan --config a.env'
  has '1 to add, 0 to change, 0 to destroy'
  side a deploy --yes
  succeeded
  attachment b available
  step './deploy.sh plan --config b.env'
  has '3 to add, 0 to change, 0 to destroy'
  side b deploy --yes
  succeeded
  hasnt 'waits for the owner'
  for cidr in 10.0.1.0/24 10.0.2.0/24; do [ "$(route b $cidr)" = "$(sed -n 's/^TRANSIT_GATEWAY_ID=//p' b.env)" ]; done
  # The database admits the function's group and no network.
  group=$(in_a lambda get-function-configuration --function-name rds-data-extractor | jq -r '.VpcConfig.SecurityGroupIds[0]')
  in_b ec2 describe-security-groups --group-ids "$(setting DB_SECURITY_GROUP_IDS)" | jq -e --arg g "$group" --argjson p "$DB_TEST_PORT" '
    [.SecurityGroups[0].IpPermissions[] | [.FromPort, .ToPort, (.UserIdGroupPairs[] | .UserId, .GroupId), (.IpRanges | length)]] == [[$p, $p, "111111111111", $g, 0]]'
  # The gateway's table has both attachments.
  table=$(in_a ec2 describe-transit-gateways | jq -r '.TransitGateways[0].Options.AssociationDefaultRouteTableId')
  in_a ec2 get-transit-gateway-route-table-associations --transit-gateway-route-table-id "$table" | jq -e '.Associations | length == 2'
  in_a ec2 get-transit-gateway-route-table-propagations --transit-gateway-route-table-id "$table" | jq -e '.TransitGatewayRouteTablePropagations | length == 2'
  side b plan
  has 'nothing to change'
  side a plan
  has 'nothing to change'
}

@test "each cleans up its own, the owner's side last, and all is as it was" {
  step './deploy.sh cleanup --config b.env'
  step './deploy.sh cleanup --config a.env' --with-bucket
  everything >"$WORLD/after.json"
  diff "$WORLD/before.json" "$WORLD/after.json"
}

@test "an existing gateway without default tables is refused, unless one of its own is named" {
  gateway=$(in_a ec2 create-transit-gateway --options DefaultRouteTableAssociation=disable,DefaultRouteTablePropagation=disable | jq -r .TransitGateway.TransitGatewayId)
  set_to TRANSIT_GATEWAY_ID="$gateway"
  everything >"$WORLD/before.json"
  deploy plan
  [ "$status" -eq 1 ]
  [[ $(tr -s '│\n ' ' ' <<<"$output") == *"name one of its route tables in transit_gateway_route_table_id"* ]]
  set_to TRANSIT_GATEWAY_ROUTE_TABLE_ID="$(in_a ec2 create-transit-gateway-route-table --transit-gateway-id "$gateway" | jq -r .TransitGatewayRouteTable.TransitGatewayRouteTableId)"
}

@test "both accounts at once, and nothing is to do then" {
  step './deploy.sh deploy'
  [ ! -s "$WORLD/commands" ]
  hasnt 'waits for the owner'
  gateway=$(sed -n 's/^TRANSIT_GATEWAY_ID=//p' config.env)
  attachment a available
  attachment b available
  [ "$(route a 10.1.0.0/16)" = "$gateway" ]
  for cidr in 10.0.1.0/24 10.0.2.0/24; do [ "$(route b $cidr)" = "$gateway" ]; done
  table=$(sed -n 's/^TRANSIT_GATEWAY_ROUTE_TABLE_ID=//p' config.env)
  in_a ec2 get-transit-gateway-route-table-associations --transit-gateway-route-table-id "$table" | jq -e '.Associations | length == 2'
  in_b ec2 describe-security-groups --group-ids "$(setting DB_SECURITY_GROUP_IDS)" | jq -e '[.SecurityGroups[0].IpPermissions[].IpRanges[].CidrIp] | sort == ["10.0.1.0/24", "10.0.2.0/24"]'
  deploy plan
  succeeded
  has 'nothing to change'
}

@test "to another way and from it is a plan that touches neither bucket nor configuration" {
  set_to CONNECTIVITY=peering TRANSIT_GATEWAY_ID= TRANSIT_GATEWAY_ROUTE_TABLE_ID=
  deploy plan
  succeeded
  has 'aws_vpc_peering_connection.this[0] will be created'
  has 'module.transit_gateway[0].aws_ec2_transit_gateway_vpc_attachment.this will be destroyed'
  hasnt 'aws_ec2_transit_gateway.this'
  only_the_way
}

@test "a network that someone else has attached is left alone" {
  write_config "$WORLD" other.env AWS_API_ACCESS=existing CONNECTIVITY=transit_gateway NAME=another S3_BUCKET_NAME=another-bucket \
    ACCOUNT_B_SUBNET_IDS="$B_SUBNETS" TRANSIT_GATEWAY_ID="$(in_a ec2 describe-transit-gateways | jq -r '.TransitGateways[-1].TransitGatewayId')"
  deploy validate --config other.env
  [ "$status" -eq 2 ]
  has 'which is not this configuration'\''s: CONNECTIVITY=existing goes by it'
}

@test "cleanup of both leaves the gateway, and all is as it was" {
  set_to CONNECTIVITY=transit_gateway TRANSIT_GATEWAY_ID="$(in_a ec2 describe-transit-gateways | jq -r '.TransitGateways[-1].TransitGatewayId')"
  deploy cleanup --with-bucket --yes
  succeeded
  everything >"$WORLD/after.json"
  diff "$WORLD/before.json" "$WORLD/after.json"
}
