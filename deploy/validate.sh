# shellcheck shell=bash disable=SC2034
# Checks everything that can be checked before anything is changed. Mistakes are collected and shown at once.

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

# Checks the keys that deploy.sh itself reads; check_settings leaves the rest to terraform's validations.
check_own() {
  local key
  [[ $(get SIDE both) =~ ^(both|a|b)$ ]] || mistake "SIDE is both, a or b, not: $(get SIDE)"
  for key in AWS_REGION ACCOUNT_A_ID ACCOUNT_B_ID; do
    [[ -n $(get "$key") || $PLACEHOLDERS == *" $key "* ]] || mistake "$key is missing; config.env.example says where to find it"
  done
  for key in AWS_REGION ACCOUNT_B_REGION STATE_REGION; do
    [[ $(get "$key" eu-west-1) =~ ^[a-z]{2}(-[a-z]+)+-[0-9]$ ]] || mistake "$key is a region such as eu-west-1, not: $(get "$key")"
  done
  for key in ACCOUNT_A_ID ACCOUNT_B_ID; do
    [[ $(get "$key" 111111111111) =~ ^[0-9]{12}$ ]] || mistake "$key is 12 digits, not: $(get "$key")"
  done
  [[ $(get STATE_BUCKET abc) =~ ^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$ ]] || mistake "STATE_BUCKET is 3 to 63 lower-case letters, digits and hyphens, not: $(get STATE_BUCKET)"
  if [[ -n $(get ACCOUNT_A_ID) && $(get ACCOUNT_A_ID) == "$(get ACCOUNT_B_ID)" ]]; then
    mistake "ACCOUNT_A_ID and ACCOUNT_B_ID are the same: the database's account is another one"
  fi
  if [[ -n $(get DB_SSL_ROOT_CERT) && ! -r $(get DB_SSL_ROOT_CERT) ]]; then
    mistake "DB_SSL_ROOT_CERT is the file of a certificate in PEM, and $(get DB_SSL_ROOT_CERT) cannot be read"
  fi
}

# Runs terraform's validations of the variables, and shows the names as in config.env.
check_settings() {
  local names side line checked key
  command -v terraform >/dev/null || return 0
  # The packages may not exist yet.
  [[ -n $(get PACKAGE_FILE) ]] || CONFIG[PACKAGE_FILE]=$([[ -s $(package_file) ]] && package_file || echo "$ROOT/deploy.sh")
  ! needs_updater || [[ -n $(get TARGET_UPDATER_PACKAGE_FILE) ]] || CONFIG[TARGET_UPDATER_PACKAGE_FILE]=$([[ -s $(updater_file) ]] && updater_file || echo "$ROOT/deploy.sh")
  write_root
  for key in PACKAGE_FILE TARGET_UPDATER_PACKAGE_FILE; do [[ $(get "$key") != "$ROOT/deploy.sh" ]] || unset "CONFIG[$key]"; done
  # Valid settings are not checked again until something that they depend on changes.
  checked="$(init_inputs) $(cksum <"$DIR/main.tf.json") $(ls "$(package_file)" "$(updater_file)" 2>/dev/null)"
  [[ $(cat "$DIR/checked" 2>/dev/null) != "$checked" ]] || return 0
  ! needs_init -reconfigure || ! needs_init -backend=false || install -backend=false
  # A plan with mocks makes no calls; `terraform validate` skips validations that refer to two variables.
  for side in a b; do
    [[ $(get SIDE both) != both && $(get SIDE) != "$side" ]] || printf 'mock_provider "aws" {\n  alias  = "%s"\n  source = "../../terraform/tests/mocks_%s"\n}\n' $side $side
  done >"$DIR/settings.tftest.hcl"
  printf 'run "settings" {\n  command = plan\n  variables {\n    db_password = "not-needed"\n  }\n}\n' >>"$DIR/settings.tftest.hcl"
  TF_CLI_ARGS='' tf test -json >"$WORK/test" 2>/dev/null
  jq -c '.diagnostic // empty | select(.severity == "error" and .summary != "Resource precondition failed")' "$WORK/test" >"$WORK/diagnostics"
  [[ -s $WORK/diagnostics ]] || ! grep -q '"type":"test_summary"' "$WORK/test" || echo "$checked" >"$DIR/checked"
  names=$(printf '%s\n' "${!TYPES[@]}" | jq -Rsc 'split("\n") | map(select(. != "") | ascii_downcase)')
  while IFS= read -r line; do
    [[ -z $line || ($line == *' is missing;'* && $PLACEHOLDERS == *" ${line%% *} "*) ]] || mistake "$line"
  done < <(jq -r --argjson names "$names" '(.detail // "") as $d | .summary as $s
    | if $s == "Missing required argument" then ($d | capture("argument \"(?<n>[a-z0-9_]+)\"") | "\(.n) is missing; config.env.example says where to find it")
      elif $d | test("var\\.[a-z0-9_]+ declared at") then ($d | gsub("\n"; " ") | capture("var\\.(?<n>[a-z0-9_]+) declared at [^ ]+: (?<why>.*)$") | "\(.n): \(.why)")
      else ($d | split("\n\nThis was checked")[0] | gsub("\n"; " ")) + (if $s | test("^Invalid value for") then "" else " (\($s))" end) end
    | gsub("(?<n>[a-z0-9_]+)"; .n as $n | if ($names | index($n)) and ($n | test("_")) then ($n | ascii_upcase) else $n end)
    | . as $text | (capture("^(?<n>[a-z]+)").n // "") as $n | if $names | index($n) then ($n | ascii_upcase) + ($text | ltrimstr($n)) else $text end' "$WORK/diagnostics" | sort -u)
}

# explain PROFILE OUTPUT: one sentence for the AWS CLI's error.
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

# fact A|B NAME COMMAND …: runs the command in the background; after wait, fact_of SIDE NAME has its output, why_not its error.
fact() {
  local file="$WORK/$1.$2" side=${1,,}
  shift 2
  rm -f "$file"
  { "aws_$side" "$@" >"$file.part" 2>"$file.error" && mv "$file.part" "$file"; } &
}
is_known() { [[ -e $WORK/$1.$2 ]]; }
fact_of() { cat "$WORK/$1.$2" 2>/dev/null; }
why_not() { tail -n 1 "$WORK/$1.$2.error"; }

# check_account A|B: whether the profile belongs to the account, which all other checks require.
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

# A bucket policy with the id of another organisation would lock everyone out.
check_organization() {
  local wanted id
  wanted=$(get ORGANIZATION_ID)
  [[ -n $wanted ]] || return 0
  if ! is_known "$1" organization; then
    warn "ORGANIZATION_ID $wanted could not be compared with account $(get "ACCOUNT_${1}_ID")'s ($(why_not "$1" organization))"
    return
  fi
  id=$(fact_of "$1" organization | jq -r .Organization.Id)
  [[ $id == "$wanted" ]] || mistake "ORGANIZATION_ID is $wanted, but account $(get "ACCOUNT_${1}_ID") belongs to $id: nobody could use the role and the bucket"
}

check_bucket() {
  local bucket
  bucket=$(get S3_BUCKET_NAME)
  [[ -n $bucket ]] || return 0
  if [[ $(get BUCKET create) == create ]]; then
    if is_known A bucket && ! ours "$bucket"; then
      mistake "S3_BUCKET_NAME $bucket exists already, and is not this configuration's: BUCKET=existing uses it as it is"
    elif ! is_known A bucket && [[ $(why_not A bucket) == *403* ]]; then
      mistake "S3_BUCKET_NAME $bucket belongs to someone else: bucket names are unique in all of AWS"
    fi
    return
  fi
  if ! is_known A bucket; then
    if [[ $(why_not A bucket) == *403* && $(get S3_BUCKET_OWNER "$(get ACCOUNT_A_ID)") != "$(get ACCOUNT_A_ID)" ]]; then
      warn "bucket $bucket of account $(get S3_BUCKET_OWNER) is not shown to profile $(profile_a); its policy must admit the function's role, and its lifecycle should have AbortIncompleteMultipartUpload"
    else
      mistake "S3_BUCKET_NAME $bucket: BUCKET is existing, and $(why_not A bucket)"
    fi
    return
  fi
  local days hours
  days=$(fact_of A lifecycle | jq -r '[.Rules[] | select(.Status == "Enabled") | .AbortIncompleteMultipartUpload.DaysAfterInitiation // empty] | min // empty' 2>/dev/null)
  hours=$(get LONG_RUN_HOURS 23)
  [[ $(get LONG_RUNS off) != fargate || -z $days ]] || ((hours < days * 24)) ||
    mistake "LONG_RUN_HOURS is $hours, but bucket $bucket aborts incomplete uploads after $days days: a run that takes this long would lose its upload"
  fact_of A lifecycle | jq -e '[.Rules[] | select(.Status == "Enabled" and .AbortIncompleteMultipartUpload)] | length > 0' >/dev/null 2>&1 ||
    warn "bucket $bucket has no rule AbortIncompleteMultipartUpload: a function that is killed leaves parts that cost; ask its owner for one"
}

cmd_validate() {
  step 'Checking tools and config.env'
  check_tools
  check_own
  check_json
  if ((${#MISTAKES[@]} == 0)) || [[ $(get SIDE both) =~ ^(both|a|b)$ ]]; then check_settings; fi
  # Without a region and the tools, the other checks would only repeat these mistakes.
  if [[ -z $(get AWS_REGION) ]] || ! command -v aws >/dev/null; then tell_mistakes; fi
  check_place
  step 'Checking the accounts'
  local side known=()
  for side in A B; do ! has_side "$side" || fact "$side" account sts get-caller-identity; done
  wait
  for side in A B; do
    if has_side "$side" && check_account "$side"; then known+=("$side"); fi
  done
  ((${#known[@]})) && read_state
  for side in "${known[@]}"; do
    [[ -z $(get ORGANIZATION_ID) ]] || fact "$side" organization organizations describe-organization
    "ask_$side"
  done
  wait
  [[ " ${known[*]} " != *' A '* ]] || ask_about_vpc_a
  wait
  for side in "${known[@]}"; do
    check_organization "$side"
    "check_side_$side"
  done
  tell_mistakes
  ok 'nothing to fix'
}
