# shellcheck shell=bash
# The form of each value, before anything is asked of AWS.

REQUIRED=(AWS_REGION ACCOUNT_A_ID ACCOUNT_B_ID EXTERNAL_ID S3_BUCKET_NAME)

# NAME|pattern|what it should look like
FORMS='AWS_REGION|^[a-z]{2}(-[a-z]+)+-[0-9]$|a region such as eu-west-1
ACCOUNT_B_REGION|^[a-z]{2}(-[a-z]+)+-[0-9]$|a region such as eu-west-1
ACCOUNT_A_ID|^[0-9]{12}$|12 digits
ACCOUNT_B_ID|^[0-9]{12}$|12 digits
ACCOUNT_A_VPC_ID|^vpc-[0-9a-f]{8,17}$|an id such as vpc-0123456789abcdef0
ACCOUNT_B_VPC_ID|^vpc-[0-9a-f]{8,17}$|an id such as vpc-0123456789abcdef0
NAT_PUBLIC_SUBNET_ID|^subnet-[0-9a-f]{8,17}$|an id such as subnet-0123456789abcdef0
EXTERNAL_ID|^[A-Za-z0-9+=,.@:/_-]{16,255}$|16 or more random characters: openssl rand -hex 16
S3_BUCKET_NAME|^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$|3 to 63 lower-case letters, digits and hyphens
DB_PORT|^[0-9]{4,5}$|a port such as 5432
CONNECTIVITY|^(peering|none)$|peering or none
AWS_API_ACCESS|^(endpoints|nat|none)$|endpoints, nat or none
DB_AUTH|^(password|iam)$|password or iam
CONFIGURATION_STORE|^(parameter|secret|existing)$|parameter, secret or existing
ARCHITECTURE|^(arm64|x86_64)$|arm64 or x86_64
ALARM_EMAIL|^[^@ ]+@[^@ ]+\.[^@ ]+$|an address such as team@example.com
BUDGET_MONTHLY_USD|^[0-9]+(\.[0-9]+)?$|a number of dollars
SCHEDULE_EXPRESSION|^(rate|cron|at)\(.+\)$|cron(0 2 * * ? *), rate(1 day) or at(2025-12-24T14:30:00)'

check_forms() {
  local key pattern form value
  for key in "${REQUIRED[@]}"; do
    [[ -n $(get "$key") ]] || mistake "$key is missing; config.env.example says where to find it"
  done
  if [[ $(get FUNCTION_IN_VPC true) == true ]]; then
    for key in ACCOUNT_A_VPC_ID ACCOUNT_A_VPC_CIDR ACCOUNT_A_SUBNET_IDS; do
      [[ -n $(get "$key") ]] || mistake "$key is missing: the function lies in a VPC unless FUNCTION_IN_VPC=false"
    done
  fi
  if [[ $(get CONNECTIVITY peering) == peering ]]; then
    for key in ACCOUNT_B_VPC_ID ACCOUNT_B_VPC_CIDR ACCOUNT_B_ROUTE_TABLE_IDS ACCOUNT_A_ROUTE_TABLE_IDS; do
      [[ -n $(get "$key") ]] || mistake "$key is missing: a peering needs it (CONNECTIVITY=none where a way exists already)"
    done
  fi
  for key in "${!CONFIG[@]}"; do
    value=${CONFIG[$key]}
    if [[ $value =~ CHANGE_ME|\<[A-Za-z_\ -]+\>|^your[-_]|x{4,} && $key != DB_QUERY ]]; then
      mistake "$key still has its placeholder: $value"
      unset "CONFIG[$key]"
    fi
  done
  local line
  while IFS= read -r line; do
    key=${line%%|*} form=${line##*|} pattern=${line#*|}
    pattern=${pattern%|*}
    value=$(get "$key")
    [[ -z $value || $value =~ $pattern ]] || mistake "$key is $form, not: $value"
  done <<<"$FORMS"
  for key in ACCOUNT_A_VPC_CIDR ACCOUNT_B_VPC_CIDR; do
    value=$(get "$key")
    [[ -z $value ]] || network_of "$value" 0 >/dev/null || mistake "$key is a CIDR such as 10.0.0.0/16, not: $value"
  done
  if [[ -n $(get ACCOUNT_A_ID) && $(get ACCOUNT_A_ID) == "$(get ACCOUNT_B_ID)" ]]; then
    mistake "ACCOUNT_A_ID and ACCOUNT_B_ID are the same: the database's account is another one"
  fi
  if [[ $(get CONNECTIVITY peering) == peering ]] && overlap "$(get ACCOUNT_A_VPC_CIDR)" "$(get ACCOUNT_B_VPC_CIDR)"; then
    mistake "ACCOUNT_A_VPC_CIDR $(get ACCOUNT_A_VPC_CIDR) and ACCOUNT_B_VPC_CIDR $(get ACCOUNT_B_VPC_CIDR) overlap: VPC peering cannot join networks that share addresses; use another VPC, or PrivateLink with CONNECTIVITY=none and DB_HOST"
  fi
  if [[ $(get CONFIGURATION_STORE parameter) != existing ]]; then
    [[ -n $(get DB_INSTANCE_IDENTIFIER)$(get DB_CLUSTER_IDENTIFIER)$(get DB_HOST) ]] ||
      mistake "DB_INSTANCE_IDENTIFIER is missing (or DB_CLUSTER_IDENTIFIER, or DB_HOST)"
    [[ -n $(get DB_NAME) ]] || mistake "DB_NAME is missing: the database to connect to"
    [[ -n $(get DB_USERNAME)$(get DB_SECRET_ARN) ]] || mistake "DB_USERNAME is missing: the user to log in as"
  fi
}

# network_of CIDR BITS: its address as a number, cut to BITS (0: its own length). Fails on what is no CIDR.
network_of() {
  [[ $1 =~ ^([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})/([0-9]{1,2})$ ]] || return 1
  local bits=${BASH_REMATCH[5]} part number=0
  for part in "${BASH_REMATCH[@]:1:4}"; do
    ((10#$part <= 255)) || return 1
    number=$((number * 256 + 10#$part))
  done
  ((bits <= 32)) || return 1
  (($2 > 0 && $2 < bits)) && bits=$2
  echo $((bits == 0 ? 0 : number >> (32 - bits)))
}

overlap() {
  [[ $1 == */* && $2 == */* ]] || return 1
  local shorter=$((${1##*/} < ${2##*/} ? ${1##*/} : ${2##*/})) one other
  one=$(network_of "$1" "$shorter") && other=$(network_of "$2" "$shorter") && [[ $one == "$other" ]]
}
