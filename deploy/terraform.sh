# shellcheck shell=bash
# plan, deploy, cleanup, terraform. Terraform's own messages are shown; what they mean for the user is added.

WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

tf() { terraform -chdir="$ROOT/terraform" "$@"; }

# output NAME: one of terraform's outputs, read once; empty where there is none.
output() {
  [[ -s $WORK/outputs.json ]] || tf output -json >"$WORK/outputs.json" 2>/dev/null
  jq -r --arg n "$1" '.[$n].value // empty | if type == "string" then . else tojson end' "$WORK/outputs.json"
}

# The state lies in STATE_BUCKET where that is set, else beside the configuration.
init() {
  step 'Preparing terraform'
  local override="$ROOT/terraform/backend_override.tf" options=()
  if [[ -n $(get STATE_BUCKET) ]]; then
    printf 'terraform {\n  backend "s3" {}\n}\n' >"$override"
    options=(
      -backend-config="bucket=$(get STATE_BUCKET)"
      -backend-config="key=$(get STATE_KEY "$(get NAME rds-data-extractor)/$(get ACCOUNT_A_ID).tfstate")"
      -backend-config="region=$(get STATE_REGION "$(get AWS_REGION)")"
      -backend-config="profile=$(get STATE_PROFILE "$(profile_a)")"
      -backend-config=use_lockfile=true -backend-config=encrypt=true
    )
  else
    rm -f "$override"
  fi
  tf init -input=false -no-color "${options[@]}" >"$WORK/init.log" 2>&1 || {
    cat "$WORK/init.log" >&2
    die 1 'terraform init failed; nothing was changed.' \
      'If it cannot reach the registry, check the network or use a mirror (TF_CLI_CONFIG_FILE).' \
      'If the backend changed: terraform -chdir=terraform init -migrate-state'
  }
  ok "state $([[ -n $(get STATE_BUCKET) ]] && echo "in s3://$(get STATE_BUCKET)" || echo 'in terraform/terraform.tfstate (STATE_BUCKET shares it)')"
}

needs_password() {
  [[ $(get CONFIGURATION_STORE parameter) == parameter && $(get DB_AUTH password) == password && -z $(get DB_SECRET_ARN) ]]
}

# From DB_PASSWORD, else from the parameter as it stands, else by asking. It goes to terraform's ephemeral variable only.
find_password() {
  needs_password || return 0
  local password=${DB_PASSWORD:-}
  if [[ -z $password ]]; then
    password=$(aws_a ssm get-parameter --with-decryption --name "$(get DB_CONFIG_PARAM /cross-account/db-config)" 2>/dev/null |
      jq -r '.Parameter.Value | fromjson? | .password // empty')
  fi
  if [[ -z $password && -t 0 ]]; then
    read -r -s -p "Password of $(get DB_USERNAME) at the database: " password
    echo
  fi
  [[ -n $password ]] ||
    die 2 'The database password is missing.' 'export DB_PASSWORD=…, or use DB_AUTH=iam, DB_SECRET_ARN or CONFIGURATION_STORE=secret.'
  export TF_VAR_db_password=$password
}

check_package() {
  [[ -s $TF_VAR_package_file ]] ||
    die 1 "There is no package $TF_VAR_package_file." "Make it: ./deploy.sh package (or make package ARCH=$(get ARCHITECTURE arm64))"
}

# Exit status 0: nothing to do, 2: changes, in $WORK/plan.
make_plan() {
  step 'Planning'
  tf plan -input=false -detailed-exitcode -out="$WORK/plan"
}

plan_or_die() {
  make_plan
  local status=$?
  [[ $status == 0 || $status == 2 ]] && return "$status"
  die 1 'The plan failed; nothing was changed.' 'Fix what terraform says above, then run the same command again.' \
    'If the state is locked by a run that died: ./deploy.sh terraform force-unlock ID'
}

# A request that Ctrl-C cut off may have been carried out: what this run was creating, and what is there now, goes into the
# state, so that the next run does not stumble over it. Not where something was there before.
adopt() {
  local address id
  sed -i 's/\x1b\[[0-9;]*m//g' "$WORK/apply.log"
  ! grep -qE 'AlreadyExists|AlreadyOwned|ResourceConflict' "$WORK/apply.log" || return 0
  while IFS=$'\t' read -r address id; do
    grep -qF "$address: Creating..." "$WORK/apply.log" || continue
    ! grep -qF "$address: Creation complete" "$WORK/apply.log" || continue
    tf import -input=false "$address" "$id" >/dev/null 2>&1 && say "made, though cut off, and noted now: $address"
  done < <(tf show -json "$WORK/plan" | jq -r '.resource_changes[] | select(.change.actions == ["create"]) | .change.after as $new
    | {aws_s3_bucket: $new.bucket, aws_iam_role: $new.name, aws_cloudwatch_log_group: $new.name, aws_lambda_function: $new.function_name,
       aws_ssm_parameter: $new.name, aws_scheduler_schedule_group: $new.name}[.type] as $id
    | select($id != null) | [.address, $id] | @tsv')
}

# Ctrl-C while terraform works: it runs in a process group of its own and hears nothing of the first. Cut off in the middle
# it would forget what it is making, so it takes a second one.
on_apply_interrupt() {
  PRESSED=$((PRESSED + 1))
  if ((PRESSED == 1)); then
    warn 'Ctrl-C: terraform finishes first, since what is cut off while it is being made gets lost. Again: stop all the same.' >&2
  else
    kill -INT -- "-$GROUP" 2>/dev/null
  fi
}

# apply_plan WHAT: with an account of what was done and what not, however it ends.
apply_plan() {
  local what=$1 planned
  planned=$(tf show -json "$WORK/plan" 2>/dev/null | jq '[.resource_changes[] | select(.change.actions != ["no-op"] and .change.actions != ["read"])] | length')
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
  if ((PRESSED > 1)); then adopt; fi
  local finished
  finished=$(grep -cE '(Creation|Modifications|Destruction) complete' "$WORK/apply.log")
  local why='failed' code=1
  if ((PRESSED > 0)); then why='was interrupted' code=130; fi
  die "$code" "$what $why: $finished of $planned changes are made and kept in the state, $((planned - finished)) are not." \
    "Go on: fix what terraform says above, then ./deploy.sh deploy again; it begins where this ended." \
    'If it then says that something exists already: ./deploy.sh terraform import ADDRESS ID takes it into the state.' \
    "Go back: ./deploy.sh cleanup removes what was made. A running version is not touched until its successor is complete."
}

cmd_plan() {
  validate
  export_variables
  check_package
  find_password
  init
  plan_or_die && ok 'nothing to change'
  return 0
}

cmd_deploy() {
  validate
  export_variables
  check_package
  find_password
  init
  if plan_or_die; then
    ok 'nothing to change'
  elif [[ $DRY_RUN == true ]]; then
    say 'That is what deploy would do; nothing was changed.'
    return 0
  else
    confirm 'Make these changes in both accounts?'
    apply_plan 'Deploying'
  fi
  fill_secret
  step 'Done'
  local advice live newest
  live=$(output live_version) newest=$(output newest_version)
  ok "function $(output alias_arn) serves version $live"
  [[ $live == "$newest" ]] ||
    warn "version $newest is withdrawn by a rollback: deploy another release, or ./deploy.sh rollback --undo"
  advice=$(output bucket_advice)
  [[ -z $advice ]] || warn "$advice"
  [[ -z $(get ALARM_EMAIL) ]] || say "$(get ALARM_EMAIL) gets a mail to confirm the alarms."
  say 'Next: ./deploy.sh diagnose, then ./deploy.sh invoke'
}

# CONFIGURATION_STORE=secret: the value is put here, so that it is in no state.
fill_secret() {
  local name password out
  name=$(output configuration_secret_name)
  [[ -n $name ]] || return 0
  if [[ -z ${DB_PASSWORD:-} ]] && aws_a secretsmanager get-secret-value --secret-id "$name" >/dev/null 2>&1; then
    return
  fi
  step "Filling the secret $name"
  password=${DB_PASSWORD:-}
  if [[ -z $password && $(get DB_AUTH password) == password && -z $(get DB_SECRET_ARN) ]]; then
    [[ -t 0 ]] || die 1 "All is deployed, but the secret $name is empty." 'export DB_PASSWORD=… and run ./deploy.sh deploy again.'
    read -r -s -p "Password of $(get DB_USERNAME) at the database: " password
    echo
  fi
  out=$(output configuration |
    PASSWORD=$password jq -c 'if env.PASSWORD == "" then . else . + {password: env.PASSWORD} end' |
    aws_a secretsmanager put-secret-value --secret-id "$name" --secret-string file:///dev/stdin 2>&1) ||
    die 1 "All is deployed, but the secret $name was not filled: $(tail -n 1 <<<"$out")" 'Run ./deploy.sh deploy again.'
  ok 'filled'
}

# What only applying needs the value of.
export_stand_ins() {
  export TF_VAR_db_password=${DB_PASSWORD:-not-needed}
  [[ -s $TF_VAR_package_file ]] || export TF_VAR_package_file="$ROOT/terraform/main.tf"
}

# terraform's own commands on this state: import, state, force-unlock … Its output alone is on standard output.
cmd_terraform() {
  (($#)) || die 2 'Which command of terraform?' './deploy.sh terraform state list, import ADDRESS ID, force-unlock ID …'
  [[ $1 != apply && $1 != destroy ]] || die 2 "terraform $1 would not ask for the password, nor check anything." \
    './deploy.sh deploy and ./deploy.sh cleanup do it.'
  check_forms
  tell_mistakes
  export_variables
  export_stand_ins
  init >&2
  change tf "$@"
}

cmd_cleanup() {
  local with_bucket=false
  if [[ ${1:-} == --with-bucket ]]; then with_bucket=true; fi
  check_forms
  tell_mistakes
  export_variables
  export_stand_ins
  init
  local bucket key kept=()
  bucket=$(get S3_BUCKET_NAME)
  if [[ -z $(tf state list 2>/dev/null) ]]; then
    ok 'nothing is deployed'
    return
  fi
  if $with_bucket; then
    say "Bucket $bucket goes too, with all its files."
  else
    say "Bucket $bucket stays, with all its files (--with-bucket removes it too)."
  fi
  if [[ $DRY_RUN == true ]]; then
    tf plan -destroy -input=false
    say 'That is what cleanup would remove (the bucket only with --with-bucket); nothing was changed.'
    return
  fi
  confirm "Remove the function and all that belongs to it from both accounts?"
  if $with_bucket; then
    TF_VAR_bucket_force_destroy=true tf apply -input=false -auto-approve -target='module.bucket.aws_s3_bucket.this' >"$WORK/empty.log" 2>&1 ||
      { cat "$WORK/empty.log" >&2; die 1 'The bucket could not be prepared for removal; nothing was removed.'; }
  else
    key=$(output kms_key_arn)
    mapfile -t kept < <(tf state list | grep -E "^module\.bucket\.aws_$(is_kms_bucket && echo '|^module\.key\[0\]\.aws_')")
    ((${#kept[@]} == 0)) || tf state rm "${kept[@]}" >/dev/null || die 1 'The bucket could not be taken out of the state; nothing was removed.'
  fi
  tf plan -destroy -input=false -out="$WORK/plan" >"$WORK/destroy.log" 2>&1 ||
    { cat "$WORK/destroy.log" >&2; die 1 'The plan to remove failed; nothing was removed.' 'Fix what terraform says above, then ./deploy.sh cleanup again.'; }
  apply_plan 'Removing'
  if ((${#kept[@]})); then
    ok 'removed'
    say "Kept: bucket $bucket. To deploy again with it: CREATE_BUCKET=false in config.env."
    is_kms_bucket && say "Kept: the key that its files need. To deploy again with it: KMS_KEY_ARN=$key"
  else
    ok 'removed; the key is pending deletion for 30 days'
  fi
  return 0
}

is_kms_bucket() { [[ $(get BUCKET_ENCRYPTION AES256) == aws:kms && -z $(get S3_KMS_KEY_ID) && -z $(get KMS_KEY_ARN) ]]; }
