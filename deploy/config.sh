# shellcheck shell=bash disable=SC2034
# Reads config.env into CONFIG and writes it as a root module of its own below .deploy/. The file is read, never run.

declare -A CONFIG=() TYPES=()
# Keys that only deploy.sh reads; the others are variables of terraform/ in capitals, or of the function.
DEPLOY_KEYS=(ACCOUNT_A_ID ACCOUNT_A_PROFILE ACCOUNT_B_PROFILE AWS_REGION STATE_BUCKET STATE_KEY STATE_REGION STATE_PROFILE)
FUNCTION_KEYS=(ALLOW_HTTP ALLOW_WRITES AWS_USE_DUALSTACK_ENDPOINT AWS_USE_FIPS_ENDPOINT COMPRESSION COMPRESSION_LEVEL
  CSV_FILENAME_PREFIX FORMAT MAX_FILE_SIZE ON_EMPTY OVERVIEW_TOPIC_ARN PARALLELISM S3_ACL S3_PAYLOAD_SIGNING S3_SSE S3_STORAGE_CLASS S3_TAGS)

# Names and types of terraform's variables, which are the keys that config.env may contain.
read_types() {
  local line name=''
  while IFS= read -r line; do
    if [[ $line =~ ^variable\ \"([a-z0-9_]+)\" ]]; then
      name=${BASH_REMATCH[1]^^}
    elif [[ -n $name && $line =~ ^\ \ type\ *=\ *([a-z]+) ]]; then
      TYPES[$name]=${BASH_REMATCH[1]}
      name=''
    fi
  done < <(cat "$ROOT"/terraform/modules/account_b/variables*.tf "$ROOT"/terraform/variables*.tf)
  for name in "${DEPLOY_KEYS[@]}" "${FUNCTION_KEYS[@]}"; do TYPES[$name]=string; done
  # The first is in no file; the others are what one module tells another.
  unset 'TYPES[DB_PASSWORD]' 'TYPES[WITH_ACCOUNT_A]' 'TYPES[TRANSIT_GATEWAY_OF_A]' 'TYPES[ACCEPTED_TRANSIT_GATEWAY_ID]'
}

# One KEY=value, KEY="value" or KEY='value' per line; # begins a comment.
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
    elif [[ $key != DB_QUERY && $value =~ CHANGE_ME|\<[A-Za-z_\ -]+\>|^your[-_]|x{4,} ]]; then
      PLACEHOLDERS+=" $key "
      CONFIG[$key]=$value
    elif [[ -n $value ]]; then
      CONFIG[$key]=$value
      PLACEHOLDERS=${PLACEHOLDERS// $key /}
    else
      unset "CONFIG[$key]"
    fi
  done <"$file"
  for key in $PLACEHOLDERS; do
    mistake "$key still has its placeholder: ${CONFIG[$key]}"
    unset "CONFIG[$key]"
  done
}
PLACEHOLDERS=''

get() { printf '%s' "${CONFIG[$1]:-${2:-}}"; }
is_true() { [[ $(get "$1" "${2:-false}") == true ]]; }
name() { get NAME rds-data-extractor; }

# a,b becomes ["a","b"]; JSON is left unchanged.
as_list() {
  if [[ $1 == \[* ]]; then printf '%s' "$1"; else jq -cn --arg v "$1" '$v | split(",") | map(gsub("^\\s+|\\s+$"; ""))'; fi
}
items() {
  local value
  value=$(get "$1")
  [[ -z $value ]] || as_list "$value" | jq -r '.[]' 2>/dev/null
}

profile_a() { get ACCOUNT_A_PROFILE account-a; }
profile_b() { get ACCOUNT_B_PROFILE account-b; }
region_a() { get AWS_REGION; }
region_b() { get ACCOUNT_B_REGION "$(get AWS_REGION)"; }
aws_a() { aws --profile "$(profile_a)" --region "$(region_a)" --output json "$@"; }
aws_b() { aws --profile "$(profile_b)" --region "$(region_b)" --output json "$@"; }
# has_side A|B: whether this configuration manages that account.
has_side() { [[ $(get SIDE both) == both || $(get SIDE) == "${1,,}" ]]; }
in_vpc() { [[ -n $(get ACCOUNT_A_SUBNET_IDS) ]]; }
# goes_by WAY: whether that is how the function reaches the database.
goes_by() { [[ $(get CONNECTIVITY peering) == "$1" ]]; }
package_file() { get PACKAGE_FILE "$ROOT/target/package/rds-data-extractor-$(get ARCHITECTURE arm64).zip"; }
# The package of the function that updates the load balancer's targets, which account B needs for one way.
needs_updater() { has_side B && goes_by privatelink; }
updater_file() { get TARGET_UPDATER_PACKAGE_FILE "$ROOT/target/package/nlb-target-updater-$(get ARCHITECTURE arm64).zip"; }

# Each configuration has its own directory, with its root module, providers and state, so that none touches what another deploys.
choose_directory() {
  local file=$1 path name
  path=$(cd "$(dirname "$file")" 2>/dev/null && pwd)/$(basename "$file")
  name=$(basename "$file" .env)
  [[ $(dirname "$path") == "$ROOT" ]] || name+="-$(cksum <<<"$path" | cut -d ' ' -f 1)"
  DIR="$ROOT/.deploy/$name"
}

# The settings of the variables of one module, as JSON. Template sequences of Terraform's JSON are escaped, as values are literal.
settings() {
  local key value known
  known=$(sed -n 's/^variable "\(.*\)" {/\1/p' "$@")
  for key in "${!CONFIG[@]}"; do
    value=${CONFIG[$key]}
    if [[ " ${FUNCTION_KEYS[*]} " == *" $key "* ]]; then
      jq -cn --arg k "$key" --arg v "$value" '{key: "environment", value: {($k): $v}}'
    elif grep -qx "${key,,}" <<<"$known"; then
      case ${TYPES[$key]} in
        list) jq -cn --arg k "${key,,}" --argjson v "$(as_list "$value")" '{key: $k, value: $v}' ;;
        map | object) jq -cn --arg k "${key,,}" --argjson v "$value" '{key: $k, value: $v}' ;;
        *) jq -cn --arg k "${key,,}" --arg v "$value" '{key: $k, value: $v}' ;;
      esac
    fi
  done | jq -cs 'reduce .[] as $s ({}; .[$s.key] = if $s.key == "environment" then (.environment // {}) + $s.value else $s.value end)
    | walk(if type == "string" then gsub("\\$\\{"; "$${") | gsub("%\\{"; "%%{") else . end)'
}

# The JSON of lists and maps is checked here, since invalid JSON could not be written to the root module.
check_json() {
  local key
  for key in "${!CONFIG[@]}"; do
    case ${TYPES[$key]} in
      map | object) jq -e 'type == "object"' <<<"${CONFIG[$key]}" >/dev/null 2>&1 && continue
        mistake "$key is a JSON object, as in config.env.example, not: ${CONFIG[$key]}" ;;
      list) as_list "${CONFIG[$key]}" | jq -e 'all(.[]; type == "string")' >/dev/null 2>&1 && continue
        mistake "$key is a list such as a,b,c, not: ${CONFIG[$key]}" ;;
      *) continue ;;
    esac
    unset "CONFIG[$key]"
  done
}

# The root module: providers, the backend, and one call of the module with the settings of config.env.
write_root() {
  local side source providers vars extra='{}'
  side=$(get SIDE both)
  if [[ $side == b ]]; then
    source=../../terraform/modules/account_b providers='{"aws": "aws.b"}'
    vars=$(settings "$ROOT"/terraform/modules/account_b/variables*.tf)
    extra=$(jq -n --arg a "$(get ACCOUNT_A_ID)" --arg c "$(get CONNECTIVITY peering)" --arg n "$(name)" '{account_a_id: $a, connectivity: $c, name: $n, tags: {Application: $n}}')
  else
    source=../../terraform providers="{\"aws.a\": \"aws.a\", \"aws.b\": \"aws.$([[ $side == a ]] && echo a || echo b)\"}"
    vars=$(settings "$ROOT"/terraform/variables*.tf)
    extra=$(jq -n --arg p "$(package_file)" '{package_file: $p, db_password: "${var.db_password}"}')
    if [[ -r $(get DB_SSL_ROOT_CERT) ]]; then extra=$(jq --rawfile c "$(get DB_SSL_ROOT_CERT)" '. + {db_ssl_root_cert: $c}' <<<"$extra"); fi
  fi
  ! needs_updater || extra=$(jq --arg p "$(updater_file)" '. + {target_updater_package_file: $p}' <<<"$extra")
  mkdir -p "$DIR"
  cp "$ROOT/terraform/.terraform.lock.hcl" "$DIR/"
  jq -n --arg source "$source" --argjson providers "$providers" --argjson settings "$vars" --argjson extra "$extra" --argjson backend "$(backend)" \
    --arg pa "$(profile_a)" --arg pb "$(profile_b)" --arg ra "$(region_a)" --arg rb "$(region_b)" --arg a "$(get ACCOUNT_A_ID)" --arg b "$(get ACCOUNT_B_ID)" \
    --arg side "$side" '
    def provider($alias; $profile; $region; $account): {alias: $alias, profile: $profile, region: $region, allowed_account_ids: [$account]};
    {
      "//": "Written by deploy.sh from config.env, at each run.",
      terraform: {required_version: ">= 1.11.0", required_providers: {aws: {source: "hashicorp/aws"}}, backend: $backend},
      provider: {aws: [provider("a"; $pa; $ra; $a), provider("b"; $pb; $rb; $b) | select($side == "both" or .alias == $side)]},
      variable: {db_password: {type: "string", default: null, ephemeral: true}},
      module: {extractor: ({source: $source, providers: $providers} + $settings + $extra)},
      output: {extractor: {value: "${module.extractor}", sensitive: true}}
    }' >"$DIR/main.tf.json"
}
