#!/usr/bin/env bats
# On two empty accounts: the mistakes that validate finds, and every command of docs/deploying-by-hand.md, in that order.

. "$BATS_TEST_DIRNAME/lib.sh"

setup_file() {
  start_world
  mkdir -p "$WORLD/target/package"
  cp "$WORLD/package.zip" "$WORLD/target/package/rds-data-extractor-arm64.zip"
  write_config "$WORLD" "$WORLD/config.env"
  VPC_A=$(in_a ec2 describe-subnets --subnet-ids "$(setting ACCOUNT_A_SUBNET_IDS)" | jq -r '.Subnets[0].VpcId')
  export VPC_A
  echo '{"dbInstanceIdentifier": "orders", "database": "orders", "username": "exporter", "password": "x"}' >"$WORLD/db-config.json"
}

teardown_file() { stop_world; }

# with NAME=value …: runs validate with these settings added.
with() {
  cp "$WORLD/config.env" "$WORLD/repository/config.env"
  printf '%s\n' "$@" >>"$WORLD/repository/config.env"
  run "$WORLD/repository/deploy.sh" validate
}

@test "validate: an account id of someone else" {
  with ACCOUNT_B_ID=333333333333
  [ "$status" -eq 2 ]
  has 'ACCOUNT_B_ID is 333333333333, but profile account-b belongs to account 222222222222'
}

@test "validate: whatever is wrong between the VPCs, at once" {
  other=$(in_a ec2 create-route-table --vpc-id "$VPC_A" | jq -r .RouteTable.RouteTableId)
  mine=$(setting ACCOUNT_A_ROUTE_TABLE_IDS)
  vpc_b=$(setting ACCOUNT_B_VPC_ID)
  in_b ec2 modify-vpc-attribute --vpc-id "$vpc_b" --enable-dns-hostnames Value=false
  with DB_PORT=1234 ACCOUNT_A_ROUTE_TABLE_IDS="$other" DB_SECURITY_GROUP_IDS= BUCKET=existing \
    S3_BUCKET_NAME=nobodys-bucket PEERING_CONNECTION_ID=pcx-0123456789abcdef0 EXISTING_ENDPOINTS=sts,s3
  [ "$status" -eq 2 ]
  has "DB_PORT is 1234, but orders listens on $DB_TEST_PORT"
  has "the function's subnets use route table $mine: add it to ACCOUNT_A_ROUTE_TABLE_IDS"
  has 'does not admit 10.0.1.0/24 10.0.2.0/24 at 1234: name it in DB_SECURITY_GROUP_IDS to have the rule made'
  has "DNS host names are off in $vpc_b"
  has 'PEERING_CONNECTION_ID pcx-0123456789abcdef0 is no peering of'
  has 'EXISTING_ENDPOINTS has sts, but'
  has 'EXISTING_ENDPOINTS has s3, but of the function'"'"'s route tables only these have a gateway endpoint to S3: none'
  has 'S3_BUCKET_NAME nobodys-bucket: BUCKET is existing, and '
  in_b ec2 modify-vpc-attribute --vpc-id "$vpc_b" --enable-dns-hostnames Value=true
  in_a ec2 delete-route-table --route-table-id "$other"
}

@test "validate: what lies elsewhere, and a bucket of someone else without the abort rule" {
  in_a s3api create-bucket --bucket theirs --create-bucket-configuration LocationConstraint=eu-west-1
  in_a organizations create-organization >/dev/null
  with ACCOUNT_A_SUBNET_IDS="$(setting ACCOUNT_A_SUBNET_IDS),subnet-0123456789abcdef0" DB_INSTANCE_IDENTIFIER=order \
    AWS_API_ACCESS=existing CONNECTIVITY=existing BUCKET=existing S3_BUCKET_NAME=theirs ORGANIZATION_ID=o-a1b2c3d4e5
  [ "$status" -eq 2 ]
  has 'ACCOUNT_A_SUBNET_IDS: not in vpc-'
  has 'ORGANIZATION_ID is o-a1b2c3d4e5, but account 111111111111 belongs to o-'
  has 'has no route to 10.1.0.0/16: CONNECTIVITY=existing expects one'
  has 'DB_INSTANCE_IDENTIFIER order: not in account 222222222222'
  has 'has no way out, and'
  has 'bucket theirs has no rule AbortIncompleteMultipartUpload'
  in_a s3api put-bucket-lifecycle-configuration --bucket theirs --lifecycle-configuration \
    '{"Rules":[{"ID":"abort","Status":"Enabled","Filter":{},"AbortIncompleteMultipartUpload":{"DaysAfterInitiation":1}}]}'
  with ACCOUNT_B_VPC_ID=vpc-0123456789abcdef0 BUCKET=existing S3_BUCKET_NAME=theirs
  has 'ACCOUNT_B_VPC_ID vpc-0123456789abcdef0: not in account 222222222222'
  [[ $output != *AbortIncomplete* ]]
  vpc_a=$(in_a ec2 create-vpc --cidr-block 10.3.0.0/16 | jq -r .Vpc.VpcId)
  subnet=$(in_a ec2 create-subnet --vpc-id "$vpc_a" --cidr-block 10.3.1.0/24 | jq -r .Subnet.SubnetId)
  vpc_b=$(in_b ec2 create-vpc --cidr-block 10.4.0.0/16 | jq -r .Vpc.VpcId)
  with S3_BUCKET_NAME=theirs ACCOUNT_A_SUBNET_IDS="$(setting ACCOUNT_A_SUBNET_IDS),$subnet" ACCOUNT_B_VPC_ID="$vpc_b"
  has 'ACCOUNT_A_SUBNET_IDS lie in several VPCs: vpc-'
  has "ACCOUNT_B_VPC_ID is $vpc_b, but orders lies in $(setting ACCOUNT_B_VPC_ID)"
  has "S3_BUCKET_NAME theirs exists already, and is not this configuration's: BUCKET=existing uses it as it is"
  in_a s3api delete-bucket --bucket theirs
  in_a ec2 delete-subnet --subnet-id "$subnet"
  in_a ec2 delete-vpc --vpc-id "$vpc_a"
  in_b ec2 delete-vpc --vpc-id "$vpc_b"
}

@test "validate: a database that is not PostgreSQL, and one that does not let it log in" {
  in_b rds create-db-instance --db-instance-identifier legacy --db-instance-class db.t4g.micro --engine mysql --allocated-storage 20 --port "$DB_TEST_PORT" \
    --master-username master --master-user-password not-used-here --db-subnet-group-name private >/dev/null
  in_b rds stop-db-instance --db-instance-identifier legacy >/dev/null
  with DB_INSTANCE_IDENTIFIER=legacy DB_AUTH=iam DB_RESOURCE_ID=db-ANOTHER
  [ "$status" -eq 2 ]
  has 'legacy is mysql; this extractor reads PostgreSQL'
  has 'legacy is stopped; runs fail until it is available'
  has 'IAM authentication is off: aws rds modify-db-instance --db-instance-identifier legacy --enable-iam-database-authentication'
  has 'DB_RESOURCE_ID of legacy is db-'
  with DB_INSTANCE_IDENTIFIER= DB_CLUSTER_IDENTIFIER=orders
  [ "$status" -eq 2 ]
  has 'DB_CLUSTER_IDENTIFIER orders: '
}

@test "validate: a proxy" {
  with DB_INSTANCE_IDENTIFIER= DB_PROXY_NAME=shop
  [ "$status" -eq 2 ]
  has 'DB_PROXY_NAME shop: not in account 222222222222'
  subnet=$(in_b ec2 describe-subnets --filters "Name=vpc-id,Values=$(setting ACCOUNT_B_VPC_ID)" | jq -r '.Subnets[0].SubnetId')
  for family in POSTGRESQL MYSQL; do
    in_b rds create-db-proxy --db-proxy-name "${family,,}" --engine-family $family --auth '[{"AuthScheme":"SECRETS"}]' \
      --role-arn arn:aws:iam::222222222222:role/x --vpc-subnet-ids "$subnet" >/dev/null
  done
  with DB_INSTANCE_IDENTIFIER= DB_PROXY_NAME=mysql DB_PORT=6543 ACCOUNT_B_VPC_ID=vpc-0123456789abcdef0
  [ "$status" -eq 2 ]
  has 'mysql is a proxy of MYSQL; this extractor reads PostgreSQL'
  has 'DB_PORT is 6543, but proxies of PostgreSQL listen on 5432'
  has "ACCOUNT_B_VPC_ID is vpc-0123456789abcdef0, but mysql lies in $(setting ACCOUNT_B_VPC_ID)"
  with DB_INSTANCE_IDENTIFIER= DB_PROXY_NAME=postgresql DB_PORT=5432
  has 'postgresql is a proxy of PostgreSQL, available'
  [[ $output != *'postgresql lies'* ]]
}

@test "validate: networks that share addresses, a central private zone, and others in a VPC whose endpoints would be for one" {
  zone=$(in_a route53 create-hosted-zone --name ssm.eu-west-1.amazonaws.com --caller-reference x --hosted-zone-config PrivateZone=true --vpc VPCRegion=eu-west-1,VPCId="$VPC_A" | jq -r .HostedZone.Id)
  interface=$(in_a ec2 create-network-interface --subnet-id "$(setting ACCOUNT_A_SUBNET_IDS)" | jq -r .NetworkInterface.NetworkInterfaceId)
  with ACCOUNT_B_CIDRS=10.2.0.0/16,10.0.128.0/20 ENDPOINT_POLICY=function
  [ "$status" -eq 2 ]
  has "$VPC_A (10.0.0.0/16) and the database's network (10.0.128.0/20) overlap"
  has 'has endpoints or private zones for ssm that are not'
  has "has 1 network interfaces of others, and ENDPOINT_POLICY=function cuts all of them off"
  in_a ec2 delete-network-interface --network-interface-id "$interface"
  in_a route53 delete-hosted-zone --id "$zone"
}

@test "every command by hand works" {
  # The document has placeholders such as vpc-… for the reader's own ids.
  sed -n '/^```sh$/,/^```$/{//!p}' "$BATS_TEST_DIRNAME/../../docs/deploying-by-hand.md" |
    sed "$(jq -r '"s/VPC_A=[^ ]*/VPC_A=\(env.VPC_A)/; s/VPC_B=[^ ]*/VPC_B=\(.ACCOUNT_B_VPC_ID)/; s/TABLE_A=[^ ]*/TABLE_A=\(.ACCOUNT_A_ROUTE_TABLE_IDS[0])/;
      s/TABLE_B=[^ ]*/TABLE_B=\(.ACCOUNT_B_ROUTE_TABLE_IDS[0])/; s/SUBNETS_A=[^ ]*/SUBNETS_A=\(.ACCOUNT_A_SUBNET_IDS | join(","))/; s/GROUP_B=[^ ]*/GROUP_B=\(.DB_SECURITY_GROUP_IDS[0])/"' "$WORLD/variables.json")" >"$WORLD/by-hand.sh"
  [ "$(grep -cE '^ *(a|b|alarm) |=\$\((a|b) ' "$WORLD/by-hand.sh")" -gt 45 ]
  cd "$WORLD"
  # Version 1 of the aws CLI ignores AWS_ENDPOINT_URL for SQS.
  sed -i '1i aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }' by-hand.sh
  run bash -euo pipefail by-hand.sh
  [ "$status" -eq 0 ] || { echo "$output" && false; }
}

@test "and makes what the modules make" {
  [ "$(in_a lambda get-alias --function-name rds-data-extractor --name live | jq -r .FunctionVersion)" = 1 ]
  in_a scheduler get-schedule --group-name rds-data-extractor --name default | jq -e '.Target.Input | fromjson | .raiseOnError'
  [ "$(in_a cloudwatch describe-alarms | jq '.MetricAlarms | length')" -eq 7 ]
  trust=$(in_b iam get-role --role-name CrossAccountRDSAccessRole | jq -c .Role.AssumeRolePolicyDocument)
  external=$(jq -r '.Statement[0].Condition.StringEquals["sts:ExternalId"]' <<<"$trust")
  cd "$BATS_TEST_DIRNAME"
  python3 - "$trust" "$external" <<'PY'
import json, sys
from iam_eval import may_assume
trust, external = json.loads(sys.argv[1]), sys.argv[2]
role = "arn:aws:iam::111111111111:role/rds-data-extractor"
assert may_assume(trust, role, external)
assert not may_assume(trust, role) and not may_assume(trust, role + "2", external) and not may_assume(trust, role, external + "0")
PY
}
