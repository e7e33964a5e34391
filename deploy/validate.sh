# shellcheck shell=bash
# Everything that can be known before anything is changed; mistakes are collected, not told one by one.

# at_least HAVE WANTED
at_least() { [[ $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]; }

check_tools() {
  local have
  for tool in terraform aws jq; do
    command -v "$tool" >/dev/null || mistake "$tool is not installed"
  done
  if command -v terraform >/dev/null; then
    have=$(terraform version -json 2>/dev/null | jq -r .terraform_version 2>/dev/null)
    at_least "${have:-0}" 1.11.0 || mistake "terraform is ${have:-unknown}, 1.11.0 or newer is needed (write-only arguments)"
  fi
  if command -v aws >/dev/null; then
    have=$(aws --version 2>&1 | sed -n 's|^aws-cli/\([0-9.]*\).*|\1|p')
    at_least "${have:-0}" 1.32.0 || mistake "aws is ${have:-unknown}, 1.32 or any 2.x is needed"
  fi
}

# explain PROFILE OUTPUT: one sentence for what the AWS CLI said.
explain() {
  case $2 in
    *ExpiredToken* | *'token has expired'* | *'Token has expired'* | *'session associated with this profile has expired'*)
      echo "the credentials of profile $1 have expired: aws sso login --profile $1, or renew them as you got them" ;;
    *'Could not connect'* | *'Failed to connect'* | *'Connect timeout'* | *EndpointConnectionError* | *'Connection was closed'* | *'Max retries exceeded'*)
      echo "no network: AWS could not be reached with profile $1; check the connection, a proxy (HTTPS_PROXY), a VPN" ;;
    *'could not be found'* | *'config profile'*)
      echo "there is no profile $1: aws configure --profile $1 (or aws configure sso)" ;;
    *'Unable to locate credentials'*) echo "profile $1 has no credentials: aws configure --profile $1" ;;
    *InvalidClientTokenId* | *SignatureDoesNotMatch* | *AuthFailure*)
      echo "AWS does not know the credentials of profile $1: check its key" ;;
    *AccessDenied* | *UnauthorizedOperation* | *'not authorized'*) echo "profile $1 may not do that: $(tail -n 1 <<<"$2")" ;;
    *) echo "profile $1: $(tail -n 1 <<<"$2")" ;;
  esac
}

# fact A|B NAME COMMAND …: asks in the background; fact_of SIDE NAME is the answer once all are in, why_not what went wrong.
fact() {
  local file="$WORK/$1.$2" side=${1,,}
  shift 2
  rm -f "$file"
  { "aws_$side" "$@" >"$file.part" 2>"$file.error" && mv "$file.part" "$file"; } &
}
is_known() { [[ -e $WORK/$1.$2 ]]; }
fact_of() { cat "$WORK/$1.$2" 2>/dev/null; }
why_not() { tail -n 1 "$WORK/$1.$2.error"; }

# check_account A|B: whether the profile belongs to the account; the rest of the checks needs that.
check_account() {
  local side=$1 profile wanted out
  profile=$("profile_${side,,}")
  wanted=$(get "ACCOUNT_${side}_ID")
  if ! is_known "$side" account; then
    mistake "$(explain "$profile" "$(cat "$WORK/$side.account.error")")"
    return 1
  fi
  out=$(fact_of "$side" account | jq -r .Account)
  if [[ -n $wanted && $out != "$wanted" ]]; then
    mistake "ACCOUNT_${side}_ID is $wanted, but profile $profile belongs to account $out: fix the one or the other"
    return 1
  fi
  ok "profile $profile belongs to account $out"
}

# All that the checks look at, asked at the same time.
ask_about() {
  local side=$1 vpc filter
  vpc=$(get "ACCOUNT_${side}_VPC_ID")
  filter="Name=vpc-id,Values=$vpc"
  if [[ -n $vpc ]]; then
    fact "$side" vpc ec2 describe-vpcs --vpc-ids "$vpc"
    fact "$side" dns ec2 describe-vpc-attribute --vpc-id "$vpc" --attribute enableDnsHostnames
    fact "$side" tables ec2 describe-route-tables --filters "$filter"
  fi
  if [[ $side == A ]]; then
    if [[ -n $vpc ]]; then
      fact A subnets ec2 describe-subnets --filters "$filter"
      fact A endpoints ec2 describe-vpc-endpoints --filters "$filter"
    fi
    if [[ -n $(get S3_BUCKET_NAME) ]]; then
      fact A bucket s3api head-bucket --bucket "$(get S3_BUCKET_NAME)"
      is_true CREATE_BUCKET true || fact A lifecycle s3api get-bucket-lifecycle-configuration --bucket "$(get S3_BUCKET_NAME)"
    fi
  else
    [[ -z $vpc ]] || fact B groups ec2 describe-security-groups --filters "$filter"
    if [[ -n $(get DB_CLUSTER_IDENTIFIER) ]]; then
      fact B cluster rds describe-db-clusters --db-cluster-identifier "$(get DB_CLUSTER_IDENTIFIER)"
    fi
    if [[ -n $(get DB_INSTANCE_IDENTIFIER) ]]; then
      fact B instance rds describe-db-instances --db-instance-identifier "$(get DB_INSTANCE_IDENTIFIER)"
    fi
  fi
}

# check_vpc A|B
check_vpc() {
  local side=$1 vpc cidr
  vpc=$(get "ACCOUNT_${side}_VPC_ID") cidr=$(get "ACCOUNT_${side}_VPC_CIDR")
  [[ -n $vpc ]] || return 0
  if ! is_known "$side" vpc; then
    mistake "ACCOUNT_${side}_VPC_ID $vpc: not in account $(get "ACCOUNT_${side}_ID") and its region ($(why_not "$side" vpc))"
    return 1
  fi
  if ! fact_of "$side" vpc | jq -e --arg c "$cidr" '.Vpcs[0] | [.CidrBlock, .CidrBlockAssociationSet[]?.CidrBlock] | index($c)' >/dev/null; then
    mistake "ACCOUNT_${side}_VPC_CIDR is $cidr, but $vpc has $(fact_of "$side" vpc | jq -r '.Vpcs[0].CidrBlock')"
    return 1
  fi
  ok "$vpc has $cidr"
}

# check_in_vpc A|B KEY FACT LIST ID: whether all that KEY names lies in the VPC.
check_in_vpc() {
  local side=$1 key=$2 fact=$3 stray
  is_known "$side" vpc && is_known "$side" "$fact" || return 0
  stray=$(comm -23 <(items "$key" | sort -u) <(fact_of "$side" "$fact" | jq -r --arg l "$4" --arg i "$5" '.[$l][][$i]' | sort -u) | paste -sd ' ')
  [[ -z $stray ]] || mistake "$key: not in $(get "ACCOUNT_${side}_VPC_ID") of account $(get "ACCOUNT_${side}_ID"): $stray"
}

check_bucket() {
  local bucket
  bucket=$(get S3_BUCKET_NAME)
  [[ -n $bucket ]] || return 0
  if is_true CREATE_BUCKET true; then
    if ! is_known A bucket && [[ $(why_not A bucket) == *403* ]]; then
      mistake "S3_BUCKET_NAME $bucket belongs to someone else: bucket names are unique in all of AWS"
    fi
    return
  fi
  if ! is_known A bucket; then
    if [[ $(why_not A bucket) == *403* && $(get S3_BUCKET_OWNER "$(get ACCOUNT_A_ID)") != "$(get ACCOUNT_A_ID)" ]]; then
      warn "bucket $bucket of account $(get S3_BUCKET_OWNER) is not shown to profile $(profile_a); its policy must admit the function's role, and its lifecycle should have AbortIncompleteMultipartUpload"
    else
      mistake "S3_BUCKET_NAME $bucket: CREATE_BUCKET is false, and $(why_not A bucket)"
    fi
    return
  fi
  fact_of A lifecycle | jq -e '[.Rules[] | select(.Status == "Enabled" and .AbortIncompleteMultipartUpload)] | length > 0' >/dev/null 2>&1 ||
    warn "bucket $bucket has no rule AbortIncompleteMultipartUpload: a function that is killed leaves parts that cost; ask its owner for one"
}

validate() {
  step 'Checking tools and config.env'
  check_tools
  check_forms
  # Without a region and tools the rest would only repeat these mistakes.
  if [[ -z $(get AWS_REGION) ]] || ! command -v aws >/dev/null; then tell_mistakes; fi
  step 'Checking the accounts'
  local a=false b=false
  fact A account sts get-caller-identity
  fact B account sts get-caller-identity
  wait
  check_account A && a=true
  check_account B && b=true
  ! $a || ask_about A
  ! $b || ask_about B
  wait
  if $a; then
    check_vpc A
    check_in_vpc A ACCOUNT_A_SUBNET_IDS subnets Subnets SubnetId
    check_in_vpc A NAT_PUBLIC_SUBNET_ID subnets Subnets SubnetId
    check_in_vpc A ACCOUNT_A_ROUTE_TABLE_IDS tables RouteTables RouteTableId
    check_bucket
  fi
  if $b; then
    check_vpc B
    check_in_vpc B ACCOUNT_B_ROUTE_TABLE_IDS tables RouteTables RouteTableId
    check_in_vpc B DB_SECURITY_GROUP_IDS groups SecurityGroups GroupId
    check_database
  fi
  if $a && $b; then check_way; fi
  tell_mistakes
  ok 'nothing to fix'
}
