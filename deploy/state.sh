# shellcheck shell=bash
# The location of a configuration's state, and the resources in it. Everything else belongs to someone else.

state_side() { if has_side A; then echo A; else echo B; fi; }
state_key() { get STATE_KEY "$(name)/$(get "ACCOUNT_$(state_side)_ID")/$(region_a)/$(basename "$CONFIG_FILE" .env).tfstate"; }
state_region() { get STATE_REGION "$(region_a)"; }
state_profile() { get STATE_PROFILE "$("profile_$(state_side | tr AB ab)")"; }
state_place() { [[ -n $(get STATE_BUCKET) ]] && echo "s3://$(get STATE_BUCKET)/$(state_key)" || echo "$DIR/terraform.tfstate"; }

backend() {
  if [[ -n $(get STATE_BUCKET) ]]; then
    jq -n --arg bucket "$(get STATE_BUCKET)" --arg key "$(state_key)" --arg region "$(state_region)" --arg profile "$(state_profile)" \
      '{s3: ($ARGS.named + {use_lockfile: true, encrypt: true})}'
  else
    echo '{"local": {}}'
  fi
}

# The location is recorded, so that another STATE_BUCKET, NAME or region does not silently start with an empty state.
check_place() {
  local place noted
  place=$(state_place)
  noted=$(cat "$DIR/place" 2>/dev/null)
  if [[ -n $noted && $noted != "$place" ]]; then
    die 2 "The state of $CONFIG_FILE lies at $noted; with what it says now it would lie at $place." \
      'For another deployment beside this one use a configuration file of its own: --config OTHER.env' \
      "To go on with this one elsewhere, copy the state there and remove $DIR/place."
  fi
  if [[ -z $noted && -n $(get STATE_BUCKET) && -s $DIR/terraform.tfstate ]]; then
    die 2 "There is a state at $DIR/terraform.tfstate, and STATE_BUCKET names another place." "Copy it first: aws s3 cp $DIR/terraform.tfstate $place, then remove it."
  fi
}

# The state as JSON; {} if there is none yet.
read_state() {
  local state="$WORK/state.json"
  if [[ -n $(get STATE_BUCKET) ]]; then
    # terraform init reports a bucket that cannot be read.
    aws --profile "$(state_profile)" --region "$(state_region)" ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} \
      s3 cp "$(state_place)" "$state" >/dev/null 2>&1
  elif [[ -s $DIR/terraform.tfstate ]]; then
    cp "$DIR/terraform.tfstate" "$state"
  fi
  [[ -s $state ]] || echo '{}' >"$state"
  OURS=$(jq -r '.resources[]? | select(.mode == "managed") | .instances[].attributes | .id // empty, (if .route_table_id and .destination_cidr_block then "\(.route_table_id) \(.destination_cidr_block)" else empty end)' "$state")
}
ours() { grep -qxF "$1" <<<"$OURS"; }
# The lines of standard input that are not in this state.
foreign() { grep -vxFf <(printf '%s\n' "${OURS:-none}") || true; }
