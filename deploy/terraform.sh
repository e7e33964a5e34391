# shellcheck shell=bash
# The commands plan, deploy, cleanup and terraform. Terraform's own messages are shown, with advice added.

WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

tf() { terraform -chdir="$DIR" "$@"; }
# quietly COMMAND …: shows the command's output only if it fails.
quietly() { "$@" >"$WORK/said" 2>&1 || { cat "$WORK/said" >&2 && false; }; }

# The inputs of terraform init: this configuration's backend and module, and the files of the module.
init_inputs() {
  { jq -c '[.terraform, .module.extractor.source]' "$DIR/main.tf.json"; cat "$ROOT"/terraform/{,modules/*/}*.tf "$ROOT/terraform/.terraform.lock.hcl"; } | cksum
}
# needs_init OPTION: whether any of them has changed since terraform init was last run with OPTION.
needs_init() { [[ ! -d $DIR/.terraform/providers || $(cat "$DIR/.terraform/init$1" 2>/dev/null) != "$(init_inputs)" ]]; }
install() {
  quietly tf init -input=false -no-color "$1" ||
    die 1 'terraform init failed; nothing was changed.' 'If it cannot reach the registry, check the network or use a mirror (TF_CLI_CONFIG_FILE).'
  init_inputs >"$DIR/.terraform/init$1"
}

# output NAME: one of the module's outputs, read once; empty if there is none.
output() {
  [[ -s $WORK/outputs.json ]] || tf output -json >"$WORK/outputs.json" 2>/dev/null
  jq -r --arg n "$1" '.extractor.value[$n] | values | if type == "string" then . else tojson end' "$WORK/outputs.json"
}

# -reconfigure, since a state is never moved automatically; check_place says what to do if its location has changed.
init() {
  step 'Preparing terraform'
  check_place
  write_root
  ! needs_init -reconfigure || install -reconfigure
  state_place >"$DIR/place"
  ok "state in $(state_place)$([[ -n $(get STATE_BUCKET) ]] || echo ' (STATE_BUCKET shares it)')"
}

# From DB_PASSWORD, else from the existing parameter, else by asking. It is passed only to terraform's ephemeral variable.
find_password() {
  has_side A && [[ $(get CONFIGURATION_STORE parameter) == parameter && $(get DB_AUTH password) == password && -z $(get DB_SECRET_ARN) ]] || return 0
  local password=${DB_PASSWORD:-} written
  written=$(aws_a ssm get-parameter --with-decryption --name "$(get DB_CONFIG_PARAM "/$(name)/db-config")" 2>/dev/null |
    jq -r '.Parameter.Value | fromjson? | .password // empty')
  if [[ -n $password && -n $written && $password != "$written" ]]; then
    say 'DB_PASSWORD differs from the stored password: to write it, increase DB_PASSWORD_VERSION unless you have done so already.'
  fi
  password=${password:-$written}
  if [[ -z $password && -t 0 ]]; then
    read -r -s -p "Password of $(get DB_USERNAME) at the database: " password
    echo
  fi
  [[ -n $password ]] ||
    die 2 'The database password is missing.' 'export DB_PASSWORD=…, or use DB_AUTH=iam, DB_SECRET_ARN or CONFIGURATION_STORE=secret.'
  export TF_VAR_db_password=$password
}

check_package() {
  local files=() file
  ! has_side A || files+=("$(package_file)")
  ! needs_updater || files+=("$(updater_file)")
  for file in "${files[@]}"; do
    [[ -s $file ]] || die 1 "There is no package $file." "Make it: ./deploy.sh package (or make package ARCH=$(get ARCHITECTURE arm64))"
  done
}

# Exit status 0: nothing to do, 2: changes, in $WORK/plan.
make_plan() {
  step 'Planning'
  tf plan -input=false -detailed-exitcode -out="$WORK/plan"
}

plan_or_die() {
  make_plan
  local status=$?
  if [[ $status == 0 || $status == 2 ]]; then
    refuse_taken
    return "$status"
  fi
  die 1 'The plan failed; nothing was changed.' 'Fix what terraform says above, then run the same command again.' \
    'If the state is locked by a run that died: ./deploy.sh terraform force-unlock ID'
}

plan_json() { [[ -s $WORK/plan.json ]] || tf show -json "$WORK/plan" >"$WORK/plan.json" 2>/dev/null; cat "$WORK/plan.json"; }

# How many resources the plan changes.
planned() { plan_json | jq '[.resource_changes[]? | select(.change.actions != ["no-op"] and .change.actions != ["read"])] | length'; }
# Whether the plan changes nothing in the accounts: a newer release only has other outputs.
only_outputs() { [[ $(planned) == 0 ]]; }

# For some types AWS returns or overwrites an existing resource of the same name, and cleanup would then remove someone else's.
refuse_taken() {
  local type side place names taken role
  while IFS=$'\t' read -r type side place names; do
    # shellcheck disable=SC2086 # several names
    for taken in $(comm -12 <(tr ' ' '\n' <<<"$names" | sort) <(case $type in
      aws_cloudwatch_metric_alarm) "aws_$side" cloudwatch describe-alarms --alarm-names $names | jq -r '.MetricAlarms[].AlarmName' ;;
      aws_cloudwatch_log_metric_filter) "aws_$side" logs describe-metric-filters --log-group-name "$place" | jq -r '.metricFilters[].filterName' ;;
      aws_cloudwatch_dashboard) aws_a cloudwatch list-dashboards --dashboard-name-prefix "$names" | jq -r '.DashboardEntries[].DashboardName' ;;
      aws_cloudwatch_event_rule) "aws_$side" events list-rules --event-bus-name "$place" --name-prefix "$names" | jq -r '.Rules[].Name' ;;
      aws_sns_topic) "aws_$side" sns list-topics | jq -r '.Topics[].TopicArn | split(":")[-1]' ;;
      # Version 1 of the aws CLI ignores AWS_ENDPOINT_URL for SQS.
      aws_sqs_queue) aws_a ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} sqs list-queues --queue-name-prefix "$(name)-" | jq -r '.QueueUrls[]? | split("/")[-1]' ;;
      aws_lambda_function) "aws_$side" lambda get-function-configuration --function-name "$names" | jq -r .FunctionName ;;
      aws_ecs_cluster) aws_a ecs describe-clusters --clusters $names | jq -r '.clusters[] | select(.status == "ACTIVE").clusterName' ;;
      aws_sfn_state_machine) aws_a stepfunctions list-state-machines | jq -r '.stateMachines[].name' ;;
      aws_iam_role) for role in $names; do "aws_$side" iam get-role --role-name "$role" | jq -r .Role.RoleName; done ;;
    esac 2>/dev/null | sort)); do
      mistake "${type#aws_} $taken exists already, and is not this configuration's: choose another NAME, or ./deploy.sh terraform import it if an interrupted run made it"
    done
  done < <(plan_json | jq -r --arg side "$(get SIDE both)" '[.resource_changes[] | select(.change.actions == ["create"]) | .change.after as $new
      | {type, side: (if $side == "b" or (.address | test("account_b")) then "b" else "a" end), place: ($new.log_group_name // $new.event_bus_name // "default"),
         name: ($new.alarm_name // $new.dashboard_name // $new.function_name // $new.name // empty)}]
    | group_by([.type, .side, .place])[] | [(.[0] | .type, .side, .place), (map(.name) | join(" "))] | @tsv')
  tell_mistakes
}

# Ctrl-C during an apply: terraform runs in its own process group and does not receive the first one. If it were interrupted in
# the middle, it would lose the resource that it is creating, so only a second Ctrl-C is passed on.
on_apply_interrupt() {
  PRESSED=$((PRESSED + 1))
  if ((PRESSED == 1)); then
    warn 'Ctrl-C: terraform finishes first, since what is cut off while it is being made gets lost. Again: stop all the same.' >&2
  else
    kill -INT -- "-$GROUP" 2>/dev/null
  fi
}

# apply_plan WHAT: applies the plan and, however that ends, reports what was done and what was not.
apply_plan() {
  local what=$1 planned
  planned=$(planned)
  step "$what ($planned changes)"
  PRESSED=0
  set -m
  {
    trap '' INT
    tf apply -input=false "$WORK/plan"
    echo $? >"$WORK/status"
  } 2>&1 | tee -i "$WORK/apply.log" &
  GROUP=$(jobs -p %+)
  set +m
  trap on_apply_interrupt INT
  trap 'PRESSED=1; on_apply_interrupt' TERM
  while kill -0 -- "-$GROUP" 2>/dev/null; do wait; done
  trap - TERM
  on_interrupt
  rm -f "$WORK/outputs.json"
  local status
  status=$(cat "$WORK/status" 2>/dev/null || echo 1)
  if ((status == 0 && PRESSED > 0)); then
    die 130 "$what was interrupted, but all $planned changes are made." 'Run the same command again to see that nothing is left to do.'
  fi
  ((status == 0)) && return
  local finished
  finished=$(grep -cE '(Creation|Modifications|Destruction) complete' "$WORK/apply.log")
  local why='failed' code=1
  if ((PRESSED > 0)); then why='was interrupted' code=130; fi
  die "$code" "$what $why: $finished of $planned changes are made and kept in the state, $((planned - finished)) are not." \
    "Go on: fix what terraform says above, then ./deploy.sh deploy again; it begins where this ended." \
    'If it then says that something exists already: ./deploy.sh terraform import ADDRESS ID takes it into the state.' \
    "Go back: ./deploy.sh cleanup removes what was made. A running version is not touched until its successor is complete."
}

prepare() {
  cmd_validate
  check_package
  find_password
  init
}

cmd_plan() {
  prepare
  if plan_or_die || only_outputs; then ok 'nothing to change'; fi
}

cmd_deploy() {
  prepare
  if plan_or_die; then
    ok 'nothing to change'
  elif [[ $DRY_RUN == true ]]; then
    say 'That is what deploy would do; nothing was changed.'
    return 0
  elif only_outputs; then
    apply_plan 'Writing the outputs to the state'
    ok 'nothing to change'
  else
    confirm 'Make these changes in both accounts?'
    apply_plan 'Deploying'
  fi
  if ! has_side A; then
    ok "role $(output role_arn)"
    ! goes_by lattice || say "Account A's team needs: ACCOUNT_B_ID=$(get ACCOUNT_B_ID) EXTERNAL_ID RESOURCE_CONFIGURATION_ARN=$(output resource_configuration_arn) RESOURCE_SHARE_ARN=$(output resource_share_arn)"
    ! goes_by transit_gateway || tell_transit_gateway a "ACCOUNT_B_ID=$(get ACCOUNT_B_ID) EXTERNAL_ID"
    ! goes_by privatelink || say "Account A's team needs: ACCOUNT_B_ID=$(get ACCOUNT_B_ID) EXTERNAL_ID ENDPOINT_SERVICE_NAME=$(output endpoint_service_name) DB_HOST=$(output database_host)"
    return 0
  fi
  fill_secret
  step 'Done'
  local live newest
  live=$(output live_version) newest=$(output newest_version)
  ok "function $(output alias_arn) serves version $live"
  [[ $live == "$newest" ]] || warn "version $newest does not serve: LIVE_VERSION in $CONFIG_FILE holds $live (./deploy.sh rollback --undo)"
  if [[ $(get SIDE both) == a ]] && goes_by privatelink; then
    say "Account B's team needs, to accept the endpoint by another deploy: VPC_ENDPOINT_IDS=$(output vpc_endpoint_id)"
  elif [[ $(get SIDE both) == a ]] && ! goes_by lattice; then
    local needs more
    needs="ACCOUNT_A_ID=$(get ACCOUNT_A_ID) NAME=$(name) EXTERNAL_ID ACCOUNT_A_CIDRS=$(output function_cidrs | jq -r 'join(",")')"
    more="$([[ $(get LONG_RUNS off) == off ]] || echo " LONG_RUNS=$(get LONG_RUNS)")$([[ $(get DB_ADMIT cidr) == cidr ]] || echo " FUNCTION_SECURITY_GROUP=$(get ACCOUNT_A_ID)/$(output function_security_group_id)")"
    if goes_by transit_gateway; then tell_transit_gateway b "$needs$more"; else say "Account B's team needs: $needs PEERING_CONNECTION_ID=$(output peering_connection_id)$more"; fi
  elif goes_by transit_gateway; then
    tell_transit_gateway
  fi
  [[ -z $(get ALARM_EMAIL) ]] || say "$(get ALARM_EMAIL) gets a mail to confirm the alarms."
  say 'Next: ./deploy.sh diagnose, then ./deploy.sh invoke'
}

# tell_transit_gateway [a|b NEEDS]: what the other team needs, to which NEEDS belongs, and whose turn it is.
tell_transit_gateway() {
  local owner share
  owner=$(get TRANSIT_GATEWAY_OWNER a) share=$(output resource_share_arn)
  if [[ -n ${1:-} && $owner == "$1" ]]; then
    say "Account ${1^^}'s team needs, to accept the attachment by another deploy: ${2:+$2 }TRANSIT_GATEWAY_ATTACHMENT_IDS=$(output transit_gateway_attachment_id)"
  elif [[ -n ${1:-} ]]; then
    say "Account ${1^^}'s team needs: $2 TRANSIT_GATEWAY_ID=$(output transit_gateway_id) TRANSIT_GATEWAY_OWNER=$owner${share:+ RESOURCE_SHARE_ARN=$share}"
  fi
  [[ $(output transit_gateway_ready) != false ]] ||
    say "The attachment $(output transit_gateway_attachment_id) waits for the owner of $(output transit_gateway_id) to accept it. Then ./deploy.sh deploy again, which makes the routes."
}

# CONFIGURATION_STORE=secret: the value is written here, so that it is in no state.
fill_secret() {
  local secret old password value
  secret=$(output configuration_secret_name)
  [[ -n $secret ]] || return 0
  old=$(aws_a secretsmanager get-secret-value --secret-id "$secret" 2>/dev/null | jq -r .SecretString)
  password=${DB_PASSWORD:-$(jq -r '.password // empty' <<<"$old" 2>/dev/null)}
  if [[ -z $password && $(get DB_AUTH password) == password && -z $(get DB_SECRET_ARN) ]]; then
    [[ -t 0 ]] || die 1 "All is deployed, but the secret $secret is empty." 'export DB_PASSWORD=… and run ./deploy.sh deploy again.'
    read -r -s -p "Password of $(get DB_USERNAME) at the database: " password
    echo
  fi
  value=$(output configuration | PASSWORD=$password jq -cS 'if env.PASSWORD == "" then . else . + {password: env.PASSWORD} end')
  [[ $value != "$(jq -cS . <<<"$old" 2>/dev/null)" ]] || return 0
  step "Filling the secret $secret"
  value=$(aws_a secretsmanager put-secret-value --secret-id "$secret" --secret-string file:///dev/stdin 2>&1 <<<"$value") ||
    die 1 "All is deployed, but the secret $secret was not filled: $(tail -n 1 <<<"$value")" 'Run ./deploy.sh deploy again.'
  ok 'filled'
}

# Prepares a command on an existing state: checks the settings, with placeholders for what only an apply needs.
open_state() {
  check_own
  check_json
  export TF_VAR_db_password=${DB_PASSWORD:-not-needed}
  ! has_side A || [[ -s $(package_file) ]] || CONFIG[PACKAGE_FILE]="$ROOT/deploy.sh"
  ! needs_updater || [[ -s $(updater_file) ]] || CONFIG[TARGET_UPDATER_PACKAGE_FILE]="$ROOT/deploy.sh"
  check_settings
  tell_mistakes
  init
}

# Runs terraform on this state: import, state, force-unlock … Only terraform's output goes to standard output.
cmd_terraform() {
  (($#)) || die 2 'Which command of terraform?' './deploy.sh terraform state list, import ADDRESS ID, force-unlock ID …'
  [[ $1 != apply && $1 != destroy ]] || die 2 "terraform $1 would not ask for the password, nor check anything." \
    './deploy.sh deploy and ./deploy.sh cleanup do it.'
  open_state >&2
  change tf "$@"
}

# The resources that cleanup keeps. They stay in the state, so that the next deploy continues with them.
kept() { grep -E "^module\.extractor\.(data\.|module\.bucket\[0\]\.$([[ $(get BUCKET_ENCRYPTION AES256) == aws:kms ]] && echo '|aws_kms_'))"; }

cmd_cleanup() {
  local bucket all line with_bucket=false options=(-destroy -input=false)
  [[ ${1:-} != --with-bucket ]] || with_bucket=true
  open_state
  bucket=$(get S3_BUCKET_NAME)
  all=$(tf state list 2>/dev/null)
  if $with_bucket; then
    say "Bucket $bucket is removed too, with all its files."
  else
    all=$(grep -vxFf <(kept <<<"$all"; echo none) <<<"$all")
    while IFS= read -r line; do options+=("-target=$line"); done <<<"$all"
  fi
  if [[ -z $all ]]; then
    ok 'nothing is deployed'
    return
  fi
  if $with_bucket && grep -q '^module\.extractor\.module\.bucket\[0\]' <<<"$all"; then
    # shellcheck disable=SC2034 # write_root reads it
    CONFIG[BUCKET_FORCE_DESTROY]=true
    write_root
    [[ $DRY_RUN == true ]] || quietly tf apply -input=false -auto-approve -target='module.extractor.module.bucket[0].aws_s3_bucket.this' ||
      die 1 'The bucket could not be prepared for removal; nothing was removed.'
  fi
  quietly tf plan "${options[@]}" -out="$WORK/plan" ||
    die 1 'The plan to remove failed; nothing was removed.' 'Fix what terraform says above, then ./deploy.sh cleanup again.'
  step 'These resources are removed, and nothing else'
  plan_json | jq -r '.resource_changes[] | select(.change.actions == ["delete"])
    | "  \(.address | ltrimstr("module.extractor.")): \(.change.before.id)"'
  $with_bucket || [[ $(get BUCKET create) == existing ]] || ! has_side A || say "Bucket $bucket stays, with all its files (--with-bucket removes it too)."
  if [[ $DRY_RUN == true ]]; then
    say 'That is what cleanup would remove; nothing was changed.'
    return
  fi
  confirm 'Remove all of these?'
  apply_plan 'Removing'
  ok "removed$(grep -q 'aws_kms_key.*Destruction complete' "$WORK/apply.log" && echo '; the key is pending deletion for 30 days')"
}
