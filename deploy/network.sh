# shellcheck shell=bash
# The database, and whether routes and security groups let the function reach it. That it does, `diagnose` proves.

DB_SUBNETS=() DB_GROUPS=()

check_database() {
  local id out cluster
  id=$(get DB_INSTANCE_IDENTIFIER)
  cluster=$(get DB_CLUSTER_IDENTIFIER)
  if [[ -n $cluster && -z $id ]]; then
    if ! is_known B cluster; then
      mistake "DB_CLUSTER_IDENTIFIER $cluster: $(why_not B cluster)"
      return
    fi
    id=$(fact_of B cluster | jq -r '.DBClusters[0].DBClusterMembers[0].DBInstanceIdentifier // empty')
    [[ -n $id ]] || return 0
    fact B instance rds describe-db-instances --db-instance-identifier "$id"
    wait
  fi
  [[ -n $id ]] || return 0
  if ! is_known B instance; then
    mistake "DB_INSTANCE_IDENTIFIER $id: not in account $(get ACCOUNT_B_ID), region $(region_b) ($(why_not B instance))"
    return
  fi
  out=$(fact_of B instance)
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
  local side=$1
  shift
  fact_of "$side" tables | jq -r --args '
    .RouteTables as $tables
    | ([$tables[] | select(any(.Associations[]?; .Main == true)) | .RouteTableId] | first // empty) as $main
    | $ARGS.positional[] as $subnet
    | ([$tables[] | select(any(.Associations[]?; .SubnetId == $subnet)) | .RouteTableId] | first) // $main' "$@" | sort -u
}

# routes A|B TABLE FILTER [--arg …]: what jq finds in the routes of one table.
routes() {
  local side=$1 table=$2 filter=$3
  shift 3
  fact_of "$side" tables | jq -r --arg t "$table" "$@" ".RouteTables[] | select(.RouteTableId == \$t) | .Routes[] | $filter"
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
    # shellcheck disable=SC2016 # $c is jq's
    target=$(routes "$side" "$table" 'select(.DestinationCidrBlock == $c) | .TransitGatewayId // .NatGatewayId // .GatewayId // empty' \
      --arg c "$(get "ACCOUNT_${other}_VPC_CIDR")")
    [[ -z $target ]] ||
      mistake "route table $table sends $(get "ACCOUNT_${other}_VPC_CIDR") to $target already: remove that route, or use it with CONNECTIVITY=none"
  done < <(tables_of "$side" "$@")
}

# check_dns A|B WHY
check_dns() {
  local vpc
  vpc=$(get "ACCOUNT_$1_VPC_ID")
  is_known "$1" dns && [[ $(fact_of "$1" dns | jq -r .EnableDnsHostnames.Value) != true ]] || return 0
  mistake "DNS host names are off in $vpc, and $2: aws ec2 modify-vpc-attribute --vpc-id $vpc --enable-dns-hostnames Value=true --profile $("profile_${1,,}")"
}

# Does one of the database's groups admit A's network, or will it?
check_groups() {
  ((${#DB_GROUPS[@]})) || return 0
  local group admitted
  for group in $(items DB_SECURITY_GROUP_IDS); do
    [[ " ${DB_GROUPS[*]} " == *" $group "* ]] && return 0
  done
  is_known B groups || return 0
  admitted=$(fact_of B groups | jq --argjson p "$(get DB_PORT 5432)" '[.SecurityGroups[] | select(.GroupId | IN($ARGS.positional[])) | .IpPermissions[]
    | select(.IpProtocol == "-1" or ((.FromPort // 0) <= $p and (.ToPort // 0) >= $p)) | .IpRanges[].CidrIp]' --args "${DB_GROUPS[@]}")
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
    check_dns A "the database's name is to resolve to its private address"
    check_dns B "the database's name is to resolve to its private address"
    check_groups
  elif is_true FUNCTION_IN_VPC true && [[ -n $(get ACCOUNT_B_VPC_CIDR) ]]; then
    check_existing_route "${subnets[@]}"
    check_groups
  fi
  if is_true FUNCTION_IN_VPC true; then "check_$(get AWS_API_ACCESS endpoints)" "${subnets[@]}"; fi
}

# CONNECTIVITY=none: someone else's way, so at least a route must be there.
check_existing_route() {
  local table range found
  while IFS= read -r table; do
    [[ -n $table ]] || continue
    found=false
    for range in $(routes A "$table" 'select(.State == "active" and .GatewayId != "local") | .DestinationCidrBlock // empty'); do
      if overlap "$range" "$(get ACCOUNT_B_VPC_CIDR)"; then found=true; fi
    done
    $found || mistake "route table $table of the function's subnets has no route to $(get ACCOUNT_B_VPC_CIDR): CONNECTIVITY=none expects one"
  done < <(tables_of A "$@")
}

# endpoints_for SERVICE: endpoints of the function's VPC that were not made here.
endpoints_for() {
  fact_of A endpoints | jq -r --arg s ".$1" --arg mine "$(get NAME rds-data-extractor)-$1" '.VpcEndpoints[]
    | select((.ServiceName | endswith($s)) and .State != "deleted" and all(.Tags[]?; .Key != "Name" or .Value != $mine)) | .VpcEndpointId'
}

# A VPC has room for one private name a service, a route table for one gateway to S3.
check_endpoints() {
  local service found
  check_dns A "interface endpoints need them"
  for service in ssm sts rds; do
    found=$(endpoints_for "$service" | paste -sd ' ')
    [[ -z $found ]] ||
      mistake "$(get ACCOUNT_A_VPC_ID) has an endpoint for $service already ($found): AWS_API_ACCESS=none, once it has those for ssm, sts and rds, and their policies and security groups admit the function"
  done
  is_true S3_GATEWAY true || return 0
  found=$(endpoints_for s3 | paste -sd ' ')
  [[ -z $found ]] || mistake "$(get ACCOUNT_A_VPC_ID) has an endpoint for s3 already ($found): S3_GATEWAY=false, if the function's subnets use it"
}

check_nat() {
  local table
  table=$(tables_of A "$(get NAT_PUBLIC_SUBNET_ID)")
  [[ -n $table && -n $(get NAT_PUBLIC_SUBNET_ID) ]] || return 0
  [[ -n $(routes A "$table" 'select(.DestinationCidrBlock == "0.0.0.0/0" and ((.GatewayId // "") | startswith("igw-"))) | .GatewayId') ]] ||
    mistake "NAT_PUBLIC_SUBNET_ID $(get NAT_PUBLIC_SUBNET_ID) is not public: its route table $table sends 0.0.0.0/0 to no internet gateway"
}

# AWS_API_ACCESS=none: endpoints or a way out must be there.
check_none() {
  local table service missing=''
  for service in ssm sts; do [[ -n $(endpoints_for "$service") ]] || missing+=" $service"; done
  while IFS= read -r table; do
    [[ -z $missing || -z $table || -n $(routes A "$table" 'select(.DestinationCidrBlock == "0.0.0.0/0") | .State') ]] ||
      mistake "AWS_API_ACCESS=none, but route table $table of the function's subnets has no way out, and $(get ACCOUNT_A_VPC_ID) no endpoint for$missing"
  done < <(tables_of A "$@")
}
