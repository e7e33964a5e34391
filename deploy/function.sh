# shellcheck shell=bash
# The commands that use a deployed function.

need_deployment() {
  has_side A || die 2 'The function is account A'"'"'s, and SIDE is b.'
  init >/dev/null
  ALIAS_ARN=$(output alias_arn)
  [[ $ALIAS_ARN == arn:* ]] ||
    die 1 'Nothing is deployed from here.' 'Run ./deploy.sh deploy first (with the same configuration and STATE_BUCKET, if it was deployed elsewhere).'
  FUNCTION=$(output function_name)
}

# invoke_with EVENT: writes the answer to $WORK/answer.json. One attempt only, since a second would run the extraction again.
invoke_with() {
  local out
  printf '%s' "$1" >"$WORK/event.json"
  out=$(AWS_MAX_ATTEMPTS=1 aws_a lambda invoke --function-name "$ALIAS_ARN" --cli-read-timeout 920 \
    --payload "fileb://$WORK/event.json" "$WORK/answer.json" 2>&1) ||
    die 1 "The function could not be invoked: $(explain "$(profile_a)" "$out")"
}
show_answer() { jq . "$WORK/answer.json" 2>/dev/null || cat "$WORK/answer.json"; }
# The answer of a function that crashed is its last error, without a status.
went_well() { jq -e '.statusCode == 200' "$WORK/answer.json" >/dev/null 2>&1; }

# read_event [FILE|-]: sets EVENT; it is checked before any call to AWS.
read_event() {
  case ${1:-} in
    '') EVENT='{}' ;;
    -) EVENT=$(cat) ;;
    *) EVENT=$(cat "$1" 2>/dev/null) || die 2 "There is no event file $1." ;;
  esac
  jq -e 'type == "object"' <<<"$EVENT" >/dev/null 2>&1 || die 2 'The event is not a JSON object.' 'For example: {"keyPrefix": "exports/users"}'
}

# only_said WHAT: with --dry-run, prints it and succeeds.
only_said() { [[ $DRY_RUN == true ]] && say "would $1"; }

cmd_invoke() {
  read_event "$@"
  need_deployment
  ! only_said "invoke $ALIAS_ARN with $EVENT" || return 0
  invoke_with "$EVENT"
  show_answer
  went_well ||
    die 1 'The extraction failed; the answer above says why.' './deploy.sh diagnose walks the way hop by hop, ./deploy.sh logs shows the log.'
}

cmd_diagnose() {
  local verdict
  read_event "$@"
  need_deployment
  EVENT=$(jq -c '. + {action: "diagnose"}' <<<"$EVENT")
  ! only_said "invoke $ALIAS_ARN with $EVENT" || return 0
  step 'Every hop from the parameter to the bucket'
  invoke_with "$EVENT"
  if ! jq -e '.body.hops' "$WORK/answer.json" >/dev/null 2>&1; then
    show_answer
    die 1 'The function did not answer as diagnose does; its answer is above.'
  fi
  show_hops
  verdict=$(jq -r '.body.verdict // empty' "$WORK/answer.json")
  [[ -z $verdict ]] || say "$verdict"
  jq -e '.body.ok == true' "$WORK/answer.json" >/dev/null || die 1 'A hop fails; its lines above say why and what fixes it.'
  ok 'every hop works'
}

# One line per hop, with the cause and the fix below a failed one.
show_hops() {
  local hop state ms detail cause fix colour
  jq -r '.body.hops[] | [.hop, .state, (if .milliseconds == null then "" else "\(.milliseconds) ms" end), .detail, .cause, .fix]
    | map(. // "" | tostring | gsub("[\n\t]"; " ")) | join("\u001f")' "$WORK/answer.json" |
    while IFS=$'\x1f' read -r hop state ms detail cause fix; do
      case $state in ok) colour=$GREEN ;; failed) colour=$RED ;; *) colour=$YELLOW ;; esac
      printf '  %-14s %s%-8s%s %9s  %s\n' "$hop" "$colour" "$state" "$PLAIN" "$ms" "$detail"
      [[ -z $cause ]] || printf '  %-14s cause: %s\n' '' "$cause"
      [[ -z $fix ]] || printf '  %-14s fix:   %s\n' '' "$fix"
    done
}

# logs [MINUTES] [--follow]
cmd_logs() {
  local minutes=15 follow=false group since word
  for word in "$@"; do
    case $word in
      --follow) follow=true ;;
      *[!0-9]*) die 2 "logs takes a number of minutes and --follow, not $word" ;;
      *) minutes=$word ;;
    esac
  done
  need_deployment
  group=$(output log_group_name)
  since=$((($(date +%s) - minutes * 60) * 1000))
  while :; do
    aws_a logs filter-log-events --log-group-name "$group" --start-time "$since" >"$WORK/logs.json" 2>"$WORK/logs.err" ||
      die 1 "The log $group could not be read: $(tail -n 1 "$WORK/logs.err")"
    jq -r '.events[].message | rtrimstr("\n")' "$WORK/logs.json"
    $follow || break
    since=$(jq "[.events[].timestamp + 1, $since] | max" "$WORK/logs.json")
    sleep 3
  done
}

# presign URI: a link for an hour. Version 1 of the aws CLI signs in a way that only old buckets accept, unless its configuration
# says otherwise; a copy of the configuration does so.
presign() {
  cp "${AWS_CONFIG_FILE:-$HOME/.aws/config}" "$WORK/aws" 2>/dev/null || : >"$WORK/aws"
  AWS_CONFIG_FILE=$WORK/aws aws configure set s3.signature_version s3v4 --profile "$(profile_a)" &&
    AWS_CONFIG_FILE=$WORK/aws aws_a s3 presign "$1" --expires-in 3600
}

# overview [--open]
cmd_overview() {
  local overview page open=false opener
  [[ ${1:-} != --open ]] || open=true
  need_deployment
  overview=$(output overview)
  page=$(jq -r .page <<<"$overview" 2>/dev/null)
  [[ -n $page ]] || die 1 'There is no overview.' "OVERVIEW=true in $CONFIG_FILE and ./deploy.sh deploy make one."
  ALIAS_ARN=$(jq -r .function_name <<<"$overview")
  if $open; then
    ! only_said "sign a link to $page" || return 0
    aws_a s3 ls "$page" >/dev/null || die 1 "There is no page at $page yet." './deploy.sh overview makes it now.'
    page=$(presign "$page") || die 1 'The link could not be signed.'
    say 'Whoever has this link sees the page, for an hour (or as long as the credentials of the profile last):' >&2
    printf '%s\n' "$page"
    opener=$(command -v xdg-open || command -v open)
    [[ ! -t 1 || -z $opener ]] || "$opener" "$page" >/dev/null 2>&1
    return
  fi
  ! only_said "invoke $ALIAS_ARN" || return 0
  step 'Looking at all databases and exports'
  invoke_with "$(jq -r .event <<<"$overview")"
  went_well || { show_answer; die 1 'The page was not made; the answer above says why.'; }
  jq -r '.body | (.findings[] | "  \(.kind)  \(.subject): \(.what)"), (.warnings[]? | "  warning: \(.)")' "$WORK/answer.json"
  ok "$(jq -r .body.message "$WORK/answer.json")"
  say 'To look at it: ./deploy.sh overview --open'
}

cmd_status() {
  need_deployment
  step 'Function'
  local out queue live newest
  out=$(aws_a lambda get-function-configuration --function-name "$ALIAS_ARN") || die 1 'The function could not be read.'
  jq -r '"  \(.FunctionName) \(.State // "Active"), \(.Architectures[0]), \(.MemorySize) MB, \(.Timeout) s, changed \(.LastModified)"' <<<"$out"
  live=$(live_version) newest=$(newest_version)
  say "serves version $live of $newest$([[ $live == "$newest" ]] || echo ' (held by LIVE_VERSION)')"
  step 'Schedules'
  output schedule_names | jq -r '.[] | "  " + .'
  step 'Alarms'
  mapfile -t names < <(output alarm_names | jq -r '.[]')
  aws_a cloudwatch describe-alarms --alarm-names "${names[@]}" | jq -r '.MetricAlarms[] | "  \(.StateValue)\t\(.AlarmName)"'
  step 'Queues'
  # Version 1 of the aws CLI ignores AWS_ENDPOINT_URL for SQS.
  local endpoint=(${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"})
  for queue in $(output queue_urls | jq -r '.[]'); do
    aws_a "${endpoint[@]}" sqs get-queue-attributes --queue-url "$queue" --attribute-names ApproximateNumberOfMessages |
      jq -r --arg q "${queue##*/}" '"  \($q): \(.Attributes.ApproximateNumberOfMessages)"'
  done
  show_executions
}

live_version() { aws_a lambda get-alias --function-name "$FUNCTION" --name live | jq -r .FunctionVersion; }
versions() { aws_a lambda list-versions-by-function --function-name "$FUNCTION" | jq -r '.Versions[].Version | select(. != "$LATEST")' | sort -n; }
newest_version() { versions | tail -n 1; }

# serve VERSION [LINE]: moves the alias, and sets LIVE_VERSION in the configuration, so that the next deploy leaves it there.
serve() {
  change aws_a lambda update-alias --function-name "$FUNCTION" --name live --function-version "$1" >/dev/null ||
    die 1 'The alias could not be moved; nothing was changed.'
  [[ $DRY_RUN == true ]] && return
  { grep -v '^LIVE_VERSION=' "$CONFIG_FILE"; [[ -z ${2:-} ]] || echo "$2"; } >"$WORK/config" && cat "$WORK/config" >"$CONFIG_FILE"
  ok "version $1 serves"
}

# rollback [VERSION | --undo]
cmd_rollback() {
  need_deployment
  local live newest target
  live=$(live_version) newest=$(newest_version)
  if [[ ${1:-} == --undo ]]; then
    [[ $live != "$newest" || -n $(get LIVE_VERSION) ]] || die 1 'Nothing is rolled back.'
    confirm "Serve version $newest again?"
    serve "$newest"
    return
  fi
  target=${1:-$(versions | awk -v live="$live" '$1 < live' | tail -n 1)}
  [[ -n $target ]] || die 1 "Version $live is the first; there is nothing to go back to."
  grep -qx "$target" <<<"$(versions)" || die 2 "There is no version $target." "There are: $(versions | paste -sd ' ')"
  step "Rolling back from version $live to $target"
  confirm 'Go on?'
  serve "$target" "LIVE_VERSION=$target"
  say "LIVE_VERSION=$target in $CONFIG_FILE holds it, whatever is deployed. Forward: ./deploy.sh rollback --undo"
}
