# shellcheck shell=bash
# Checks the VPCs: which resources exist and whose they are, and whether routes and security groups let the function reach the
# database. `diagnose` tests that it does.

VPC_A='' CIDRS_A=() CIDRS_B=() VPC_CIDRS_A=() SUBNETS=() DB_SUBNETS=() DB_GROUPS=()

ask_A() {
  ! in_vpc || fact A subnets ec2 describe-subnets --filters "Name=subnet-id,Values=$(items ACCOUNT_A_SUBNET_IDS | paste -sd ,)"
  if [[ -n $(get S3_BUCKET_NAME) ]]; then
    fact A bucket s3api head-bucket --bucket "$(get S3_BUCKET_NAME)"
    [[ $(get BUCKET create) == create ]] || fact A lifecycle s3api get-bucket-lifecycle-configuration --bucket "$(get S3_BUCKET_NAME)"
  fi
}

ask_vpc() {
  local side=$1 vpc=$2
  fact "$side" vpc ec2 describe-vpcs --vpc-ids "$vpc"
  fact "$side" dns ec2 describe-vpc-attribute --vpc-id "$vpc" --attribute enableDnsHostnames
  fact "$side" tables ec2 describe-route-tables --filters "Name=vpc-id,Values=$vpc"
  fact "$side" groups ec2 describe-security-groups --filters "Name=vpc-id,Values=$vpc"
  ! goes_by transit_gateway || fact "$side" attachments ec2 describe-transit-gateway-vpc-attachments --filters "Name=vpc-id,Values=$vpc"
}

ask_peerings() {
  local vpcs filters=()
  vpcs="$VPC_A,$(get ACCOUNT_B_VPC_ID)"
  # Account B's side alone does not know the function's VPC, only the peering that it has to accept.
  [[ -z $VPC_A ]] || filters=("Name=requester-vpc-info.vpc-id,Values=$vpcs" "Name=accepter-vpc-info.vpc-id,Values=$vpcs")
  fact "$1" peerings ec2 describe-vpc-peering-connections --filters "${filters[@]}" Name=status-code,Values=pending-acceptance,provisioning,active
}

ask_about_vpc_a() {
  VPC_A=$(fact_of A subnets | jq -r '[.Subnets[].VpcId] | unique | join(" ")')
  [[ $VPC_A == vpc-* && $VPC_A != *' '* ]] || return 0
  ask_vpc A "$VPC_A"
  fact A endpoints ec2 describe-vpc-endpoints --filters "Name=vpc-id,Values=$VPC_A"
  fact A zones route53 list-hosted-zones-by-vpc --vpc-id "$VPC_A" --vpc-region "$(region_a)"
  [[ -z $(get ACCOUNT_B_VPC_ID) ]] || ask_peerings A
  [[ $(get ENDPOINT_POLICY open) != function ]] || fact A interfaces ec2 describe-network-interfaces --filters "Name=vpc-id,Values=$VPC_A"
}

ask_B() {
  local cluster instance proxy groups
  groups=$(items DB_SECURITY_GROUP_IDS | paste -sd ,)
  [[ -z $groups ]] || fact B rules ec2 describe-security-group-rules --filters "Name=group-id,Values=$groups"
  [[ -z $(get ACCOUNT_B_VPC_ID) ]] || ask_vpc B "$(get ACCOUNT_B_VPC_ID)"
  [[ -z $(get ACCOUNT_B_SUBNET_IDS) ]] || fact B subnets ec2 describe-subnets --filters "Name=subnet-id,Values=$(items ACCOUNT_B_SUBNET_IDS | paste -sd ,)"
  cluster=$(get DB_CLUSTER_IDENTIFIER) instance=$(get DB_INSTANCE_IDENTIFIER) proxy=$(get DB_PROXY_NAME)
  [[ -z $proxy ]] || fact B proxy rds describe-db-proxies --db-proxy-name "$proxy"
  [[ -z $cluster ]] || fact B cluster rds describe-db-clusters --db-cluster-identifier "$cluster"
  [[ -z $instance ]] || fact B instance rds describe-db-instances --db-instance-identifier "$instance"
}

# check_in_vpc A|B KEY FACT LIST ID: whether everything that KEY names is in the VPC.
check_in_vpc() {
  local side=$1 key=$2 stray vpc
  [[ $side == A ]] && vpc=$VPC_A || vpc=$(get ACCOUNT_B_VPC_ID)
  is_known "$side" "$3" || return 0
  stray=$(comm -23 <(items "$key" | sort -u) <(fact_of "$side" "$3" | jq -r --arg l "$4" --arg i "$5" '.[$l][][$i]' | sort -u) | paste -sd ' ')
  [[ -z $stray ]] || mistake "$key: not in $vpc of account $(get "ACCOUNT_${side}_ID"): $stray"
}

vpc_cidrs() { fact_of "$1" vpc | jq -r '[.Vpcs[0] | .CidrBlock, .CidrBlockAssociationSet[]?.CidrBlock] | unique | .[]'; }

find_networks() {
  mapfile -t SUBNETS < <(items ACCOUNT_A_SUBNET_IDS)
  mapfile -t CIDRS_A < <(if is_known A subnets; then fact_of A subnets | jq -r '.Subnets[].CidrBlock'; else items ACCOUNT_A_CIDRS; fi)
  mapfile -t VPC_CIDRS_A < <(vpc_cidrs A)
  mapfile -t CIDRS_B < <(if [[ -n $(get ACCOUNT_B_CIDRS) ]]; then items ACCOUNT_B_CIDRS; elif is_known B vpc; then vpc_cidrs B; fi)
}

check_side_A() {
  find_networks
  check_bucket
  in_vpc || return 0
  check_in_vpc A ACCOUNT_A_SUBNET_IDS subnets Subnets SubnetId
  if [[ $VPC_A == *' '* ]]; then
    mistake "ACCOUNT_A_SUBNET_IDS lie in several VPCs: $VPC_A"
  fi
  is_known A vpc || return 0
  ok "$VPC_A has ${VPC_CIDRS_A[*]}; the function's subnets are ${CIDRS_A[*]}"
  check_in_vpc A ACCOUNT_A_ROUTE_TABLE_IDS tables RouteTables RouteTableId
  case $(get CONNECTIVITY peering) in
    peering)
      check_peering A
      check_overlap
      check_tables A "the function's" "${SUBNETS[@]}"
      check_dns A "the database's name is to resolve to its private address"
      ;;
    transit_gateway)
      check_attachments A "$VPC_A"
      check_overlap
      check_tables A "the function's" "${SUBNETS[@]}"
      check_dns A "the database's name is to resolve to its private address"
      ;;
    lattice | privatelink) check_dns A "the database's name is to resolve to its endpoint" ;;
    existing) check_existing_route A "the function's" "${CIDRS_B[*]}" "${SUBNETS[@]}" ;;
  esac
  "check_$(get AWS_API_ACCESS endpoints)"
}

check_side_B() {
  local vpc
  vpc=$(get ACCOUNT_B_VPC_ID)
  find_networks
  if [[ -n $vpc ]]; then
    if is_known B vpc; then
      ok "$vpc has ${CIDRS_B[*]}"
    else
      mistake "ACCOUNT_B_VPC_ID $vpc: not in account $(get ACCOUNT_B_ID) and region $(region_b) ($(why_not B vpc))"
    fi
  fi
  check_in_vpc B ACCOUNT_B_ROUTE_TABLE_IDS tables RouteTables RouteTableId
  check_in_vpc B DB_SECURITY_GROUP_IDS groups SecurityGroups GroupId
  check_database
  ! goes_by lattice || check_entry rgw- 16 'a resource gateway'
  ! goes_by privatelink || check_entry vpce-svc- 8 'a load balancer'
  is_known B vpc || return 0
  if goes_by peering; then
    if ! has_side A; then
      ask_peerings B
      wait
      check_peering B
    fi
    check_tables B "the database's" "${DB_SUBNETS[@]}"
    check_dns B "the database's name is to resolve to its private address"
    check_groups
  elif goes_by transit_gateway; then
    check_attachments B "$vpc"
    check_zones
    check_tables B "the database's" "${DB_SUBNETS[@]}"
    check_dns B "the database's name is to resolve to its private address"
    check_groups
  elif goes_by existing && in_vpc && ((${#CIDRS_A[@]})); then
    check_existing_route B "the database's" "${CIDRS_A[*]}" "${DB_SUBNETS[@]}"
    check_groups
  fi
}

# A proxy has no port of its own: it listens on the usual one of its engine.
check_proxy() {
  local name out family status vpc
  name=$(get DB_PROXY_NAME)
  if ! is_known B proxy; then
    mistake "DB_PROXY_NAME $name: not in account $(get ACCOUNT_B_ID), region $(region_b) ($(why_not B proxy))"
    return
  fi
  out=$(fact_of B proxy | jq '.DBProxies[0]')
  family=$(jq -r .EngineFamily <<<"$out") status=$(jq -r .Status <<<"$out") vpc=$(jq -r '.VpcId // empty' <<<"$out")
  [[ $family == POSTGRESQL ]] || mistake "$name is a proxy of $family; this extractor reads PostgreSQL"
  [[ $status == available ]] || warn "$name is $status; runs fail until it is available"
  if [[ -n $(get ACCOUNT_B_VPC_ID) && -n $vpc && $vpc != "$(get ACCOUNT_B_VPC_ID)" ]]; then
    mistake "ACCOUNT_B_VPC_ID is $(get ACCOUNT_B_VPC_ID), but $name lies in $vpc"
  fi
  [[ $(get DB_PORT 5432) == 5432 ]] || mistake "DB_PORT is $(get DB_PORT 5432), but proxies of PostgreSQL listen on 5432"
  mapfile -t DB_SUBNETS < <(jq -r '.VpcSubnetIds[]?' <<<"$out")
  mapfile -t DB_GROUPS < <(jq -r '.VpcSecurityGroupIds[]?' <<<"$out")
  ok "$name is a proxy of PostgreSQL, $status"
}

check_database() {
  local id out cluster engine status vpc port
  id=$(get DB_INSTANCE_IDENTIFIER)
  cluster=$(get DB_CLUSTER_IDENTIFIER)
  if [[ -n $(get DB_PROXY_NAME) && -z $id$cluster ]]; then
    check_proxy
    return
  fi
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
  out=$(fact_of B instance | jq '.DBInstances[0]')
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

# check_entry OURS ROOM WHAT: the subnets of the resource gateway or the load balancer, and the groups that have to admit it. What a plan
# refuses is not repeated here: only how much room a subnet has left cannot be told by one, once the gateway itself has taken its part.
check_entry() {
  local subnet free group
  check_in_vpc B ACCOUNT_B_SUBNET_IDS subnets Subnets SubnetId
  grep -q "^$1" <<<"$OURS" || while read -r subnet free; do
    ((free >= $2)) || mistake "ACCOUNT_B_SUBNET_IDS: $subnet has $free addresses left, and $3 takes $2 of each subnet, in one block: use others"
  done < <(fact_of B subnets | jq -r '.Subnets[] | "\(.SubnetId) \(.AvailableIpAddressCount)"')
  for group in $(items DB_SECURITY_GROUP_IDS); do
    [[ " ${DB_GROUPS[*]} " == *" $group "* ]] && return 0
  done
  ((${#DB_GROUPS[@]} == 0)) ||
    warn "the database's security groups (${DB_GROUPS[*]}) are not in DB_SECURITY_GROUP_IDS: their owner has to admit the group of the output entry_security_group_id at $(get DB_PORT 5432)"
}

# A second peering between two VPCs would be the first one, or fail: someone else's is used by its id, or not at all.
check_peering() {
  local side=$1 wanted id between what
  is_known "$side" peerings || return 0
  wanted=$(get PEERING_CONNECTION_ID)
  between=$(fact_of "$side" peerings | jq -r '.VpcPeeringConnections[].VpcPeeringConnectionId')
  if [[ -n $wanted ]]; then
    if ! grep -qx "$wanted" <<<"$between"; then
      mistake "PEERING_CONNECTION_ID $wanted is no peering of ${VPC_A:-this account} and $(get ACCOUNT_B_VPC_ID)"
    elif [[ $side == B ]]; then
      what=$(fact_of B peerings | jq -r --arg id "$wanted" '.VpcPeeringConnections[] | select(.VpcPeeringConnectionId == $id) | .Status.Code')
      [[ $what == pending-acceptance ]] || ours "$wanted" || [[ $(get ACCEPT_PEERING true) == false ]] ||
        mistake "PEERING_CONNECTION_ID $wanted is accepted already, and not by this configuration: ACCEPT_PEERING=false makes just the routes"
    else
      what=$(fact_of A peerings | jq -r --arg id "$wanted" --arg b "$(get ACCOUNT_B_VPC_ID)" '.VpcPeeringConnections[] | select(.VpcPeeringConnectionId == $id)
        | if .Status.Code != "active" then "status" elif ([.RequesterVpcInfo, .AccepterVpcInfo][] | select(.VpcId == $b) | .PeeringOptions.AllowDnsResolutionFromRemoteVpc) == false
          then (if .AccepterVpcInfo.VpcId == $b then "accepter" else "requester" end) else "" end')
      case $what in
        status) mistake "PEERING_CONNECTION_ID $wanted is not active: its owners accept it first" ;;
        accepter | requester) mistake "the database's name resolves to no private address over $wanted; its owner sets that: aws ec2 modify-vpc-peering-connection-options --vpc-peering-connection-id $wanted --$what-peering-connection-options AllowDnsResolutionFromRemoteVpc=true --profile $(profile_b)" ;;
      esac
    fi
    return
  fi
  for id in $(foreign <<<"$between"); do
    mistake "$VPC_A and $(get ACCOUNT_B_VPC_ID) are peered already by $id, which is not this configuration's: PEERING_CONNECTION_ID=$id to have the routes made, CONNECTIVITY=existing where they are there too"
  done
}

# check_attachments A|B VPC: a VPC has one attachment to a gateway. Someone else's is not touched.
check_attachments() {
  local side=$1 vpc=$2 id gateway
  while read -r id gateway; do
    [[ $gateway != "$(get TRANSIT_GATEWAY_ID)" ]] || ours "$id" ||
      mistake "$vpc is attached to $gateway already by $id, which is not this configuration's: CONNECTIVITY=existing goes by it, with routes of its owner's"
  done < <(fact_of "$side" attachments | jq -r '.TransitGatewayVpcAttachments[]? | select(.State | IN("deleted", "deleting", "rejected", "failed") | not) | "\(.TransitGatewayAttachmentId) \(.TransitGatewayId)"')
}

# Only what lies in a zone of the attachment reaches the gateway, and the database may move to any zone of its own.
check_zones() {
  local missing
  check_in_vpc B ACCOUNT_B_SUBNET_IDS subnets Subnets SubnetId
  is_known B subnets && is_known B instance || return 0
  missing=$(comm -23 <(fact_of B instance | jq -r '.DBInstances[0].DBSubnetGroup.Subnets[]?.SubnetAvailabilityZone.Name' | sort -u) \
    <(fact_of B subnets | jq -r '.Subnets[].AvailabilityZone' | sort -u) | paste -sd ' ')
  [[ -z $missing ]] || mistake "ACCOUNT_B_SUBNET_IDS has no subnet in $missing, where the database may be: the transit gateway would not reach it there"
}

check_overlap() {
  local one other
  for one in "${VPC_CIDRS_A[@]}"; do
    for other in "${CIDRS_B[@]}"; do
      ! overlap "$one" "$other" ||
        mistake "$VPC_A ($one) and the database's network ($other) overlap: neither a peering nor a transit gateway joins networks that share addresses; use another VPC, or CONNECTIVITY=lattice"
    done
  done
}

# tables_of A|B SUBNET …: the route tables of these subnets (the VPC's main one for a subnet without).
tables_of() {
  local side=$1
  shift
  fact_of "$side" tables | jq -r --args '
    .RouteTables as $tables
    | ([$tables[] | select(any(.Associations[]?; .Main == true)) | .RouteTableId] | first // empty) as $main
    | $ARGS.positional[] as $subnet
    | ([$tables[] | select(any(.Associations[]?; .SubnetId == $subnet)) | .RouteTableId] | first) // $main' "$@" | sort -u
}

# routes A|B TABLE: its routes, as DESTINATION TARGET STATE.
routes() {
  fact_of "$1" tables | jq -r --arg t "$2" '.RouteTables[] | select(.RouteTableId == $t) | .Routes[] | select(.DestinationCidrBlock)
    | [.DestinationCidrBlock, .VpcPeeringConnectionId // .TransitGatewayId // .NatGatewayId // .NetworkInterfaceId // .InstanceId // .VpcEndpointId // .CoreNetworkArn // .GatewayId // "nowhere", .State] | join(" ")'
}

# check_tables A|B WHOSE SUBNET …: whether those tables are named in config.env and have no conflicting routes.
check_tables() {
  local side=$1 whose=$2 table named destination target networks
  shift 2
  (($#)) || return 0
  [[ $side == A ]] && networks=" ${CIDRS_B[*]} " || networks=" ${CIDRS_A[*]} "
  named=$(items "ACCOUNT_${side}_ROUTE_TABLE_IDS")
  for table in $(tables_of "$side" "$@"); do
    grep -qx "$table" <<<"$named" ||
      mistake "$whose subnets use route table $table: add it to ACCOUNT_${side}_ROUTE_TABLE_IDS, or packets find no way"
  done
  for table in $named; do
    while read -r destination target _; do
      [[ $networks == *" $destination "* ]] || continue
      ours "$table $destination" ||
      mistake "route table $table sends $destination to $target already, which is not this configuration's: CONNECTIVITY=existing uses that route"
    done < <(routes "$side" "$table")
  done
}

# CONNECTIVITY=existing: the connection belongs to someone else, but at least a route must exist.
check_existing_route() {
  local side=$1 whose=$2 networks=$3 table network destination target state found
  shift 3
  for table in $(tables_of "$side" "$@"); do
    for network in $networks; do
      found=false
      while read -r destination target state; do
        if [[ $state == active && $target != local ]] && overlap "$destination" "$network"; then found=true; fi
      done < <(routes "$side" "$table")
      $found || mistake "route table $table of $whose subnets has no route to $network: CONNECTIVITY=existing expects one"
    done
  done
}

# check_dns A|B WHY
check_dns() {
  local vpc
  is_known "$1" dns && [[ $(fact_of "$1" dns | jq -r .EnableDnsHostnames.Value) != true ]] || return 0
  vpc=$(fact_of "$1" dns | jq -r .VpcId)
  mistake "DNS host names are off in $vpc, and $2: aws ec2 modify-vpc-attribute --vpc-id $vpc --enable-dns-hostnames Value=true --profile $("profile_${1,,}")"
}

# admits A|B PORT NETWORKS GROUP …: whether one of these groups admits one of the networks.
admits() {
  local side=$1 port=$2 networks=$3 range network
  shift 3
  for range in $(fact_of "$side" groups | jq -r --argjson p "$port" '.SecurityGroups[] | select(.GroupId | IN($ARGS.positional[])) | .IpPermissions[]
    | select(.IpProtocol == "-1" or ((.FromPort // 0) <= $p and (.ToPort // 0) >= $p)) | .IpRanges[].CidrIp' --args "$@"); do
    for network in $networks; do ! overlap "$range" "$network" || return 0; done
  done
  return 1
}

# Checks that one of the database's groups admits the function, or will do so. An existing rule cannot be created again.
check_groups() {
  local group network
  [[ $(get DB_ADMIT cidr) != cidr || -n $(get FUNCTION_SECURITY_GROUP) ]] || for network in "${CIDRS_A[@]}"; do
    while read -r group _; do
      mistake "the database's security group $group admits $network at $(get DB_PORT 5432) already, by a rule that is not this configuration's: take the group out of DB_SECURITY_GROUP_IDS"
    done < <(fact_of B rules | jq -r --arg c "$network" --argjson p "$(get DB_PORT 5432)" '.SecurityGroupRules[]?
      | select(.IsEgress == false and .CidrIpv4 == $c and .FromPort == $p and .ToPort == $p) | "\(.SecurityGroupRuleId) \(.GroupId)"' |
      while read -r rule group; do ours "$rule" || echo "$group"; done)
  done
  ((${#DB_GROUPS[@]})) && is_known B groups || return 0
  for group in $(items DB_SECURITY_GROUP_IDS); do
    [[ " ${DB_GROUPS[*]} " == *" $group "* ]] && return 0
  done
  admits B "$(get DB_PORT 5432)" "${CIDRS_A[*]}" "${DB_GROUPS[@]}" ||
    mistake "the database's security group (${DB_GROUPS[*]}) does not admit ${CIDRS_A[*]} at $(get DB_PORT 5432): name it in DB_SECURITY_GROUP_IDS to have the rule made"
}

# The services that the function calls, as in terraform/endpoints.tf.
needed_services() {
  echo 'ssm sts'
  { [[ -n $(get DB_HOST) ]] || { goes_by privatelink && ! is_true PRIVATELINK_PRIVATE_ZONE; }; } && ! is_true ALLOW_DISCOVER || echo rds
  [[ -z $(get DB_SECRET_ARN) ]] || echo secretsmanager
  ! is_true ALLOW_DISCOVER || echo monitoring
  [[ $(get LONG_RUNS off) != fargate ]] || echo 'ecr.api ecr.dkr logs'
}

# interface_endpoints SERVICE: others' endpoints whose private name is valid in the function's VPC, and central private zones.
interface_endpoints() {
  fact_of A endpoints | jq -r --arg s ".$1" '.VpcEndpoints[]? | select((.ServiceName // "" | endswith($s)) and .VpcEndpointType == "Interface"
    and (.State | ascii_downcase | IN("deleted", "deleting", "rejected", "failed") | not) and .PrivateDnsEnabled) | .VpcEndpointId' | foreign
  fact_of A zones | jq -r --arg r "$(region_a)" --arg s "$1" '.HostedZoneSummaries[]? | select(.Owner.OwningService != "vpce.amazonaws.com")
    | select((.Name | rtrimstr(".")) as $n | "\($s).\($r).amazonaws.com" | . == $n or endswith("." + $n)) | "zone \(.Name | rtrimstr("."))"' | sort -u
}

# The function's route tables that have someone else's gateway endpoint to S3: a table can have only one.
gateway_endpoints() {
  # shellcheck disable=SC2046 # one argument per table
  fact_of A endpoints | jq -r '.VpcEndpoints[]? | select((.ServiceName // "" | endswith(".s3")) and .VpcEndpointType == "Gateway" and (.State | ascii_downcase) != "deleted")
    | .VpcEndpointId as $id | .RouteTableIds[]? | select(IN($ARGS.positional[])) | "\($id) \(.)"' --args $(items ACCOUNT_A_ROUTE_TABLE_IDS) |
    while read -r id table; do ours "$id" || echo "$table"; done
}

check_endpoints() {
  local service found tables named=' ' list='' group
  named=" $(items EXISTING_ENDPOINTS | paste -sd ' ') "
  check_dns A "interface endpoints need them"
  for service in $(needed_services); do
    found=$(interface_endpoints "$service" | paste -sd ' ')
    if [[ -n $found ]]; then list+="$service,"; fi
    if [[ $named == *" $service "* ]]; then
      [[ -n $found ]] || mistake "EXISTING_ENDPOINTS has $service, but $VPC_A has neither an endpoint nor a private zone for it"
      for id in $found; do
        group=$(fact_of A endpoints | jq -r --arg id "$id" '.VpcEndpoints[] | select(.VpcEndpointId == $id) | .Groups[]?.GroupId' | paste -sd ' ')
        # shellcheck disable=SC2086 # several groups
        [[ -z $group ]] || admits A 443 "${CIDRS_A[*]}" $group || mistake "the endpoint $id for $service admits none of ${CIDRS_A[*]} at 443 ($group): its owner has to"
      done
    fi
  done
  tables=$(gateway_endpoints | sort -u | paste -sd ' ')
  if [[ -n $tables ]]; then list+=s3; fi
  if [[ $named == *' s3 '* && $tables != "$(items ACCOUNT_A_ROUTE_TABLE_IDS | sort -u | paste -sd ' ')" ]]; then
    mistake "EXISTING_ENDPOINTS has s3, but of the function's route tables only these have a gateway endpoint to S3: ${tables:-none}"
  fi
  found=$(tr , '\n' <<<"$list" | grep -vxFf <(tr ' ' '\n' <<<"$named" | grep .) | grep . | paste -sd ' ')
  [[ -z $found ]] ||
    mistake "$VPC_A has endpoints or private zones for $found that are not this configuration's: EXISTING_ENDPOINTS=${list%,}, if their policies and security groups admit the function"
  if grep -q ' nat-' < <(for table in $(tables_of A "${SUBNETS[@]}"); do routes A "$table"; done); then
    warn "the function's subnets reach the internet by a NAT gateway already: AWS_API_ACCESS=existing saves the endpoints"
  fi
  if [[ $(get ENDPOINT_POLICY open) == function ]]; then
    found=$(fact_of A interfaces | jq --arg n "AWS Lambda VPC ENI-$(name)-" '[.NetworkInterfaces[]? | select((.Description // "") | (startswith($n) or startswith("VPC Endpoint Interface")) | not)] | length')
    [[ ${found:-0} == 0 ]] || warn "$VPC_A has $found network interfaces of others, and ENDPOINT_POLICY=function cuts all of them off from these services"
  fi
}

# AWS_API_ACCESS=existing: endpoints or a default route must exist.
check_existing() {
  local table service missing=''
  for service in $(needed_services); do [[ -n $(interface_endpoints "$service") ]] || missing+=" $service"; done
  for table in $(tables_of A "${SUBNETS[@]}"); do
    [[ -z $missing ]] || grep -q '^0\.0\.0\.0/0 ' <(routes A "$table") ||
      mistake "AWS_API_ACCESS=existing, but route table $table of the function's subnets has no way out, and $VPC_A no endpoint for$missing"
  done
}

# overlap CIDR CIDR: whether they share addresses; false unless both are IPv4 CIDRs.
overlap() {
  local one other form='^([0-9]+\.){3}[0-9]+/[0-9]+$'
  [[ $1 =~ $form && $2 =~ $form ]] || return 1
  IFS=./ read -ra one <<<"$1"
  IFS=./ read -ra other <<<"$2"
  local differ=$(((one[0] ^ other[0]) << 24 | (one[1] ^ other[1]) << 16 | (one[2] ^ other[2]) << 8 | (one[3] ^ other[3])))
  ((differ >> (32 - (one[4] < other[4] ? one[4] : other[4])) == 0))
}
