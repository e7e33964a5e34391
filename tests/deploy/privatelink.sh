# shellcheck shell=bash
# Two accounts with an updater's package, for the tests of connectivity privatelink.

# start_privatelink_world: starts them. The database has an address of its network, which the updater may register; FEW has the settings
# of the way, without what has nothing to do with it.
start_privatelink_world() {
  local updater gateway
  export RDS_ADDRESS=10.1.1.10
  start_world
  updater=$(built nlb-target-updater)
  [[ -n $updater ]] || { echo 'cargo build --workspace --bins first' >&2 && return 1; }
  make_package "$WORLD" "$updater" updater.zip
  B_SUBNETS=$(in_b ec2 describe-subnets --filters "Name=vpc-id,Values=$(setting ACCOUNT_B_VPC_ID)" | jq -r '[.Subnets[].SubnetId] | join(",")')
  # shellcheck disable=SC2034 # the tests read it
  FEW=(AWS_API_ACCESS=existing CONNECTIVITY=privatelink TARGET_UPDATER_PACKAGE_FILE="$WORLD/updater.zip" ACCOUNT_B_SUBNET_IDS="$B_SUBNETS")
  gateway=$(in_a ec2 create-nat-gateway --subnet-id "$(setting ACCOUNT_A_SUBNET_IDS)" --connectivity-type private | jq -r .NatGateway.NatGatewayId)
  in_a ec2 create-route --route-table-id "$(setting ACCOUNT_A_ROUTE_TABLE_IDS)" --destination-cidr-block 0.0.0.0/0 --nat-gateway-id "$gateway"
  everything >"$WORLD/before.json"
}

# registered: the addresses and ports of the load balancer's targets.
registered() {
  in_b elbv2 describe-target-health --target-group-arn "$(in_b elbv2 describe-target-groups | jq -r '.TargetGroups[0].TargetGroupArn')" |
    jq -c '[.TargetHealthDescriptions[].Target | [.Id, .Port]]'
}
