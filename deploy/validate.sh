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

# check_account A|B: whether the profile belongs to the account; the rest of the checks needs that.
check_account() {
  local side=$1 profile wanted out
  profile=$("profile_${side,,}")
  wanted=$(get "ACCOUNT_${side}_ID")
  if ! out=$("aws_${side,,}" sts get-caller-identity 2>&1); then
    mistake "$(explain "$profile" "$out")"
    return 1
  fi
  out=$(jq -r .Account <<<"$out")
  if [[ -n $wanted && $out != "$wanted" ]]; then
    mistake "ACCOUNT_${side}_ID is $wanted, but profile $profile belongs to account $out: mend the one or the other"
    return 1
  fi
  ok "profile $profile belongs to account $out"
}

# check_vpc A|B
check_vpc() {
  local side=$1 vpc cidr out
  vpc=$(get "ACCOUNT_${side}_VPC_ID") cidr=$(get "ACCOUNT_${side}_VPC_CIDR")
  [[ -n $vpc ]] || return 0
  if ! out=$("aws_${side,,}" ec2 describe-vpcs --vpc-ids "$vpc" 2>&1); then
    mistake "ACCOUNT_${side}_VPC_ID $vpc: not in account $(get "ACCOUNT_${side}_ID") and its region ($(tail -n 1 <<<"$out"))"
    return 1
  fi
  if ! jq -e --arg c "$cidr" '.Vpcs[0] | [.CidrBlock, .CidrBlockAssociationSet[]?.CidrBlock] | index($c)' <<<"$out" >/dev/null; then
    mistake "ACCOUNT_${side}_VPC_CIDR is $cidr, but $vpc has $(jq -r '.Vpcs[0].CidrBlock' <<<"$out")"
    return 1
  fi
  ok "$vpc has $cidr"
}

# check_in_vpc A|B KEY describe-command option json-list
check_in_vpc() {
  local side=$1 key=$2 command=$3 option=$4 list=$5 vpc out
  vpc=$(get "ACCOUNT_${side}_VPC_ID")
  local ids=()
  mapfile -t ids < <(items "$key")
  ((${#ids[@]})) && [[ -n $vpc ]] || return 0
  if ! out=$("aws_${side,,}" ec2 "$command" "$option" "${ids[@]}" 2>&1); then
    mistake "$key: $(tail -n 1 <<<"$out")"
    return 1
  fi
  local stray
  stray=$(jq -r --arg v "$vpc" --arg l "$list" '.[$l][] | select(.VpcId != $v) | .SubnetId // .RouteTableId // .GroupId' <<<"$out" | paste -sd ' ')
  [[ -z $stray ]] || mistake "$key: not in $vpc: $stray"
}

check_bucket() {
  local bucket out
  bucket=$(get S3_BUCKET_NAME)
  out=$(aws_a s3api head-bucket --bucket "$bucket" 2>&1)
  local found=$?
  if is_true CREATE_BUCKET true; then
    if ((found != 0)) && [[ $out == *403* ]]; then
      mistake "S3_BUCKET_NAME $bucket belongs to someone else: bucket names are unique in all of AWS"
    fi
    return
  fi
  if ((found != 0)); then
    mistake "S3_BUCKET_NAME $bucket: CREATE_BUCKET is false, and $(tail -n 1 <<<"$out")"
    return
  fi
  if ! aws_a s3api get-bucket-lifecycle-configuration --bucket "$bucket" 2>/dev/null |
    jq -e '[.Rules[] | select(.Status == "Enabled" and .AbortIncompleteMultipartUpload)] | length > 0' >/dev/null; then
    warn "bucket $bucket has no rule AbortIncompleteMultipartUpload: a function that is killed leaves parts that cost; ask its owner for one"
  fi
}

validate() {
  step 'Checking tools and config.env'
  check_tools
  check_forms
  # Without a region and tools the rest would only repeat these mistakes.
  if [[ -z $(get AWS_REGION) ]] || ! command -v aws >/dev/null; then tell_mistakes; fi
  step 'Checking the accounts'
  local a=false b=false
  check_account A && a=true
  check_account B && b=true
  if $a; then
    check_vpc A
    check_in_vpc A ACCOUNT_A_SUBNET_IDS describe-subnets --subnet-ids Subnets
    check_in_vpc A ACCOUNT_A_ROUTE_TABLE_IDS describe-route-tables --route-table-ids RouteTables
    [[ -z $(get S3_BUCKET_NAME) ]] || check_bucket
  fi
  if $b; then
    check_vpc B
    check_in_vpc B ACCOUNT_B_ROUTE_TABLE_IDS describe-route-tables --route-table-ids RouteTables
    check_in_vpc B DB_SECURITY_GROUP_IDS describe-security-groups --group-ids SecurityGroups
    check_database
  fi
  if $a && $b; then check_way; fi
  tell_mistakes
  ok 'nothing to mend'
}
