# shellcheck shell=bash
# The database, and whether routes and security groups let the function reach it. That it does, `diagnose` proves.

DB_SUBNETS=() DB_GROUPS=()

check_database() {
  local id out cluster
  id=$(get DB_INSTANCE_IDENTIFIER)
  cluster=$(get DB_CLUSTER_IDENTIFIER)
  if [[ -n $cluster && -z $id ]]; then
    if ! out=$(aws_b rds describe-db-clusters --db-cluster-identifier "$cluster" 2>&1); then
      mistake "DB_CLUSTER_IDENTIFIER $cluster: $(tail -n 1 <<<"$out")"
      return
    fi
    id=$(jq -r '.DBClusters[0].DBClusterMembers[0].DBInstanceIdentifier // empty' <<<"$out")
  fi
  [[ -n $id ]] || return 0
  if ! out=$(aws_b rds describe-db-instances --db-instance-identifier "$id" 2>&1); then
    mistake "DB_INSTANCE_IDENTIFIER $id: not in account $(get ACCOUNT_B_ID), region $(region_b) ($(tail -n 1 <<<"$out"))"
    return
  fi
  out=$(jq '.DBInstances[0]' <<<"$out")
  local engine status vpc port
  engine=$(jq -r .Engine <<<"$out") status=$(jq -r .DBInstanceStatus <<<"$out")
  vpc=$(jq -r '.DBSubnetGroup.VpcId // empty' <<<"$out") port=$(jq -r '.Endpoint.Port // empty' <<<"$out")
  [[ $engine == *postgres* ]] || mistake "$id is $engine; this extractor reads PostgreSQL"
  [[ $status == available ]] || warn "$id is $status; runs fail until it is available"
  if [[ -n $(get ACCOUNT_B_VPC_ID) && -n $vpc && $vpc != "$(get ACCOUNT_B_VPC_ID)" ]]; then
    mistake "ACCOUNT_B_VPC_ID is $(get ACCOUNT_B_VPC_ID), but $id lies in $vpc"
  fi
  if [[ -n $port && $port != "$(get DB_PORT 5432)" ]]; then
    mistake "DB_PORT is $(get DB_PORT 5432), but $id listens on $port"
  fi
  if [[ $(get DB_AUTH password) == iam ]]; then
    [[ $(jq -r .IAMDatabaseAuthenticationEnabled <<<"$out") == true ]] ||
      mistake "DB_AUTH is iam, but IAM authentication is off: aws rds modify-db-instance --db-instance-identifier $id --enable-iam-database-authentication"
    [[ -n $cluster || $(jq -r .DbiResourceId <<<"$out") == "$(get DB_RESOURCE_ID)" ]] ||
      mistake "DB_RESOURCE_ID of $id is $(jq -r .DbiResourceId <<<"$out")"
  fi
  mapfile -t DB_SUBNETS < <(jq -r '.DBSubnetGroup.Subnets[]?.SubnetIdentifier' <<<"$out")
  mapfile -t DB_GROUPS < <(jq -r '.VpcSecurityGroups[]?.VpcSecurityGroupId' <<<"$out")
  ok "$id is $engine on port ${port:-unknown}, $status"
}

# tables_of A|B SUBNET …: the route tables that decide for these subnets (the VPC's main one where a subnet has none).
tables_of() {
  local side=$1 vpc all
  shift
  vpc=$(get "ACCOUNT_${side}_VPC_ID")
  all=$("aws_${side,,}" ec2 describe-route-tables --filters "Name=vpc-id,Values=$vpc" 2>/dev/null) || return 0
  jq -r --args '
    .RouteTables as $tables
    | ([$tables[] | select(any(.Associations[]?; .Main == true)) | .RouteTableId] | first // empty) as $main
    | $ARGS.positional[] as $subnet
    | ([$tables[] | select(any(.Associations[]?; .SubnetId == $subnet)) | .RouteTableId] | first) // $main' "$@" <<<"$all" | sort -u
}

# check_tables A|B WHOSE SUBNET …: whether those tables are named in config.env, and free for the route.
check_tables() {
  local side=$1 whose=$2 other table named target
  shift 2
  (($#)) || return 0
  [[ $side == A ]] && other=B || other=A
  named=$(items "ACCOUNT_${side}_ROUTE_TABLE_IDS")
  while IFS= read -r table; do
    [[ -n $table ]] || continue
    grep -qx "$table" <<<"$named" ||
      mistake "$whose subnets use route table $table: add it to ACCOUNT_${side}_ROUTE_TABLE_IDS, or packets find no way"
    target=$("aws_${side,,}" ec2 describe-route-tables --route-table-ids "$table" 2>/dev/null |
      jq -r --arg c "$(get "ACCOUNT_${other}_VPC_CIDR")" '.RouteTables[0].Routes[] | select(.DestinationCidrBlock == $c) | .TransitGatewayId // .NatGatewayId // .GatewayId // empty')
    [[ -z $target ]] ||
      mistake "route table $table sends $(get "ACCOUNT_${other}_VPC_CIDR") to $target already: remove that route, or use it with CONNECTIVITY=none"
  done < <(tables_of "$side" "$@")
}

# Does one of the database's groups admit A's network, or will it?
check_groups() {
  ((${#DB_GROUPS[@]})) || return 0
  local group out admitted
  for group in $(items DB_SECURITY_GROUP_IDS); do
    [[ " ${DB_GROUPS[*]} " == *" $group "* ]] && return 0
  done
  out=$(aws_b ec2 describe-security-groups --group-ids "${DB_GROUPS[@]}" 2>/dev/null) || return 0
  admitted=$(jq --argjson p "$(get DB_PORT 5432)" '[.SecurityGroups[].IpPermissions[]
    | select(.IpProtocol == "-1" or ((.FromPort // 0) <= $p and (.ToPort // 0) >= $p)) | .IpRanges[].CidrIp, (.UserIdGroupPairs[] | .GroupId)]' <<<"$out")
  local range
  for range in $(jq -r '.[]' <<<"$admitted"); do
    [[ $range == */* ]] && overlap "$range" "$(get ACCOUNT_A_VPC_CIDR)" && return 0
  done
  mistake "the database's security group (${DB_GROUPS[*]}) does not admit $(get ACCOUNT_A_VPC_CIDR) at $(get DB_PORT 5432): name it in DB_SECURITY_GROUP_IDS to have the rule made"
}

check_way() {
  local subnets=()
  mapfile -t subnets < <(items ACCOUNT_A_SUBNET_IDS)
  if [[ $(get CONNECTIVITY peering) == peering ]]; then
    check_tables A "the function's" "${subnets[@]}"
    check_tables B "the database's" "${DB_SUBNETS[@]}"
    check_groups
  elif [[ $(get FUNCTION_IN_VPC true) == true && -n $(get ACCOUNT_B_VPC_CIDR) ]]; then
    check_existing_route "${subnets[@]}"
    check_groups
  fi
}

# CONNECTIVITY=none: someone else's way, so at least a route must be there.
check_existing_route() {
  local table routes range found
  while IFS= read -r table; do
    [[ -n $table ]] || continue
    routes=$(aws_a ec2 describe-route-tables --route-table-ids "$table" 2>/dev/null |
      jq -r '.RouteTables[0].Routes[] | select(.State == "active" and .GatewayId != "local") | .DestinationCidrBlock // empty')
    found=false
    for range in $routes; do
      if overlap "$range" "$(get ACCOUNT_B_VPC_CIDR)"; then found=true; fi
    done
    $found || mistake "route table $table of the function's subnets has no route to $(get ACCOUNT_B_VPC_CIDR): CONNECTIVITY=none expects one"
  done < <(tables_of A "$@")
}
