# shellcheck shell=bash
# config.env → CONFIG (by name) → TF_VAR_…. The file is read, never run.

declare -A CONFIG=() TYPES=()
# Keys that only deploy.sh reads; all others are variables of terraform/ in capitals.
DEPLOY_KEYS=(STATE_BUCKET STATE_KEY STATE_REGION STATE_PROFILE)

# Names and types of terraform's variables: the list of what config.env may hold.
read_types() {
  local line name=''
  while IFS= read -r line; do
    if [[ $line =~ ^variable\ \"([a-z0-9_]+)\" ]]; then
      name=${BASH_REMATCH[1]^^}
    elif [[ -n $name && $line =~ ^\ \ type\ *=\ *([a-z]+) ]]; then
      TYPES[$name]=${BASH_REMATCH[1]}
      name=''
    fi
  done < <(cat "$ROOT"/terraform/variables*.tf)
  for name in "${DEPLOY_KEYS[@]}"; do TYPES[$name]=string; done
  unset 'TYPES[DB_PASSWORD]'
}

# KEY=value, KEY="value" or KEY='value', one a line; # begins a comment.
read_config() {
  local file=$1 line number=0 key value
  [[ -r $file ]] || die 2 "There is no $file." "Make one: cp config.env.example $file, then fill it in."
  while IFS= read -r line || [[ -n $line ]]; do
    number=$((number + 1))
    line=${line%$'\r'}
    [[ $line =~ ^[[:space:]]*(#|$) ]] && continue
    if [[ ! $line =~ ^[[:space:]]*(export[[:space:]]+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$ ]]; then
      mistake "$file line $number is not NAME=value: ${line:0:60}"
      continue
    fi
    key=${BASH_REMATCH[2]} value=${BASH_REMATCH[3]}
    if [[ $value =~ ^\"(.*)\"[[:space:]]*(#.*)?$ || $value =~ ^\'(.*)\'[[:space:]]*(#.*)?$ ]]; then
      value=${BASH_REMATCH[1]}
    else
      value=${value%%[[:space:]]#*}
      value=${value%"${value##*[![:space:]]}"}
    fi
    if [[ $key == DB_PASSWORD ]]; then
      mistake "$file line $number: a password does not belong into a file; export DB_PASSWORD, or let deploy.sh ask"
    elif [[ -z ${TYPES[$key]:-} ]]; then
      mistake "$file line $number: there is no $key; see config.env.example"
    elif [[ -n $value ]]; then
      CONFIG[$key]=$value
    else
      unset "CONFIG[$key]"
    fi
  done <"$file"
}

get() { printf '%s' "${CONFIG[$1]:-${2:-}}"; }
is_true() { [[ $(get "$1" "${2:-false}") == true ]]; }

# a,b → ["a","b"]; JSON stays as it is.
as_list() {
  if [[ $1 == \[* ]]; then printf '%s' "$1"; else jq -cn --arg v "$1" '$v | split(",") | map(gsub("^\\s+|\\s+$"; ""))'; fi
}
# The same, one a line.
items() {
  local value
  value=$(get "$1")
  [[ -z $value ]] || as_list "$value" | jq -r '.[]' 2>/dev/null
}

export_variables() {
  local key value
  for key in "${!CONFIG[@]}"; do
    [[ " ${DEPLOY_KEYS[*]} " == *" $key "* ]] && continue
    value=${CONFIG[$key]}
    [[ ${TYPES[$key]} == list ]] && value=$(as_list "$value")
    export "TF_VAR_${key,,}=$value"
  done
  export TF_VAR_package_file TF_VAR_account_a_profile TF_VAR_account_b_profile TF_IN_AUTOMATION=1
  TF_VAR_package_file=$(package_file)
  TF_VAR_account_a_profile=$(profile_a)
  TF_VAR_account_b_profile=$(profile_b)
  [[ -t 1 ]] || export TF_CLI_ARGS="${TF_CLI_ARGS:-} -no-color"
}

package_file() { get PACKAGE_FILE "$ROOT/target/package/rds-data-extractor-$(get ARCHITECTURE arm64).zip"; }

profile_a() { get ACCOUNT_A_PROFILE account-a; }
profile_b() { get ACCOUNT_B_PROFILE account-b; }
region_b() { get ACCOUNT_B_REGION "$(get AWS_REGION)"; }
aws_a() { aws --profile "$(profile_a)" --region "$(get AWS_REGION)" --output json "$@"; }
aws_b() { aws --profile "$(profile_b)" --region "$(region_b)" --output json "$@"; }
