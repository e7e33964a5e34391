# shellcheck shell=bash
# The form of each value, before anything is asked of AWS.

REQUIRED=(AWS_REGION ACCOUNT_A_ID ACCOUNT_B_ID EXTERNAL_ID S3_BUCKET_NAME)

# NAME …|pattern|what it should look like; besides, the types of terraform's variables say what is a number, a switch, JSON
FORMS='AWS_REGION ACCOUNT_B_REGION STATE_REGION|^[a-z]{2}(-[a-z]+)+-[0-9]$|a region such as eu-west-1
ACCOUNT_A_ID ACCOUNT_B_ID S3_BUCKET_OWNER|^[0-9]{12}$|12 digits
ACCOUNT_A_VPC_ID ACCOUNT_B_VPC_ID|^vpc-[0-9a-f]{8,17}$|an id such as vpc-0123456789abcdef0
ACCOUNT_A_VPC_CIDR ACCOUNT_B_VPC_CIDR|^[0-9./]+$|a CIDR such as 10.0.0.0/16
NAT_PUBLIC_SUBNET_ID|^subnet-[0-9a-f]{8,17}$|an id such as subnet-0123456789abcdef0
ACCOUNT_A_DEPLOY_ROLE_ARN ACCOUNT_B_DEPLOY_ROLE_ARN FUNCTION_ROLE_ARN|^arn:aws[a-z-]*:iam::[0-9]{12}:role/[^*]+$|the ARN of a role
PERMISSIONS_BOUNDARY_ARN ACCOUNT_B_PERMISSIONS_BOUNDARY_ARN|^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[^*]+$|the ARN of a policy
KMS_KEY_ARN S3_KMS_KEY_ID DB_SECRET_KMS_KEY_ARN|^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/.+$|the ARN of a key
DB_SECRET_ARN|^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[^*]+$|the ARN of a secret
ALARM_TOPIC_ARN ACCOUNT_B_ALARM_TOPIC_ARN|^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:.+$|the ARN of a topic
FAILURE_DESTINATION_ARN|^arn:aws[a-z-]*:(sqs|sns):[a-z0-9-]+:[0-9]{12}:.+$|the ARN of a queue or a topic
CODE_SIGNING_CONFIG_ARN|^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:code-signing-config:.+$|the ARN of a code signing configuration
ORGANIZATION_ID|^o-[a-z0-9]{10,32}$|an id such as o-a1b2c3d4e5
ROLE_PATH|^/([A-Za-z0-9+=,.@_-]+/)*$|a path that begins and ends with a slash, such as /data/
NAME|^[a-z][a-z0-9-]{0,41}$|1 to 42 lower-case letters, digits and hyphens, a letter first
EXTERNAL_ID|^[A-Za-z0-9+=,.@:/_-]{16,255}$|16 or more random characters: openssl rand -hex 16
CROSS_ACCOUNT_ROLE_NAME|^[A-Za-z0-9+=,.@_-]{1,64}$|a name without a path (ROLE_PATH)
S3_BUCKET_NAME BUCKET_LOG_BUCKET STATE_BUCKET|^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$|3 to 63 lower-case letters, digits and hyphens
S3_KEY_PREFIX|^[^/*][^*]*$|a prefix without a slash before it and without *, such as exports/users
DB_INSTANCE_IDENTIFIER DB_CLUSTER_IDENTIFIER|^[A-Za-z][A-Za-z0-9-]{0,62}$|an identifier of letters, digits and hyphens
DB_RESOURCE_ID|^(db|cluster|prx)-[A-Za-z0-9]+$|an id such as db-ABCDEFGHIJKL0123
DB_PORT|^[0-9]{4,5}$|a port such as 5432
DB_CONFIG_PARAM|^/[A-Za-z0-9_./-]+$|a name that begins with a slash, such as /cross-account/db-config
DB_QUERY_PARAM|^/[A-Za-z0-9_./-]+$|a name that begins with a slash, such as /queries/users
CONNECTIVITY|^(peering|none)$|peering or none
AWS_API_ACCESS|^(endpoints|nat|none)$|endpoints, nat or none
DB_ADMIT|^(cidr|security_group)$|cidr or security_group
DB_AUTH|^(password|iam)$|password or iam
DB_ENDPOINT|^(writer|reader)$|writer or reader
DB_SSL_MODE|^(verify-full|verify-ca|require|disable)$|verify-full, verify-ca, require or disable
CONFIGURATION_STORE|^(parameter|secret|existing)$|parameter, secret or existing
BUCKET_ENCRYPTION|^(AES256|aws:kms)$|AES256 or aws:kms
COMPRESSION|^(none|gzip|zstd)$|none, gzip or zstd
IF_EXISTS|^(suffix|fail|skip)$|suffix, fail or skip
ON_EMPTY|^(header|fail|skip)$|header, fail or skip
ARCHITECTURE|^(arm64|x86_64)$|arm64 or x86_64
LOG_LEVEL|^(TRACE|DEBUG|INFO|WARN|ERROR)$|TRACE, DEBUG, INFO, WARN or ERROR
MEMORY_SIZE|^(12[89]|1[3-9][0-9]|[2-9][0-9]{2}|[1-9][0-9]{3}|10[01][0-9]{2}|102[0-3][0-9]|10240)$|128 to 10240 MB
TIMEOUT|^([3-9][0-9]|[1-8][0-9]{2}|900)$|30 to 900 seconds
ASYNC_RETRIES|^[012]$|0, 1 or 2
ALARM_EMAIL|^[^@ ]+@[^@ ]+\.[^@ ]+$|an address such as team@example.com
BUDGET_MONTHLY_USD|^[0-9]+(\.[0-9]+)?$|a number of dollars
SCHEDULE_TIMEZONE|^(UTC|[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+)+)$|a name such as Europe/Berlin or UTC
SCHEDULE_EXPRESSION|^(rate|cron|at)\(.+\)$|cron(0 2 * * ? *), rate(1 day) or at(2025-12-24T14:30:00)'

# By the type of the variable.
check_type() {
  local key=$1 value=$2
  case ${TYPES[$key]} in
    bool) [[ $value == true || $value == false ]] || mistake "$key is true or false, not: $value" ;;
    number) [[ $value =~ ^-?[0-9]+(\.[0-9]+)?$ ]] || mistake "$key is a number, not: $value" ;;
    map | object) jq -e 'type == "object"' <<<"$value" >/dev/null 2>&1 || mistake "$key is a JSON object, as in config.env.example, not: $value" ;;
    list) as_list "$value" | jq -e 'all(.[]; type == "string")' >/dev/null 2>&1 || mistake "$key is a list such as a,b,c, not: $value" ;;
  esac
}

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
  local line said=' '
  while IFS= read -r line; do
    form=${line##*|} pattern=${line#*|}
    pattern=${pattern%|*}
    for key in ${line%%|*}; do
      value=$(get "$key")
      [[ -z $value || $value =~ $pattern ]] || { mistake "$key is $form, not: $value" && said+="$key "; }
    done
  done <<<"$FORMS"
  for key in "${!CONFIG[@]}"; do
    [[ $said == *" $key "* ]] || check_type "$key" "${CONFIG[$key]}"
  done
  for key in ACCOUNT_A_VPC_CIDR ACCOUNT_B_VPC_CIDR; do
    value=$(get "$key")
    [[ -z $value || $said == *" $key "* ]] || network_of "$value" 0 >/dev/null || mistake "$key is a CIDR such as 10.0.0.0/16, not: $value"
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
