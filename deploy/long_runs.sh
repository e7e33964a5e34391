# shellcheck shell=bash
# Executions of the state machines: export, export-all, stop, and what status says of them.

# need_machines: sets MACHINE (of one export), MACHINE_ALL, and what else is needed of the output.
need_machines() {
  local out
  need_deployment
  out=$(output long_runs)
  [[ -n $out ]] || die 1 'There are no state machines.' "LONG_RUNS=fargate in $CONFIG_FILE and ./deploy.sh deploy make them (docs/long-runs.md)."
  MACHINE=$(jq -r .machine_arns.export <<<"$out")
  MACHINE_ALL=$(jq -r .machine_arns.export_all <<<"$out")
  RUNS=$(jq -r '"s3://\(.bucket)/\(.results_prefix)"' <<<"$out")
  TASK_LOG=$(jq -r .log_group_name <<<"$out")
  FUNCTION_LOG=$(output log_group_name)
}

# options COMMAND ARGUMENT …: sets GIVEN (the file or URL), ROUTE and EXECUTION_NAME.
options() {
  local command=$1 word
  shift
  GIVEN='' ROUTE=function EXECUTION_NAME=''
  while (($#)); do
    word=$1
    shift
    case $word in
      --fargate) ROUTE=fargate ;;
      --name)
        [[ ${1:-} =~ ^[A-Za-z0-9_-]{1,80}$ ]] || die 2 '--name needs a name: letters, digits, - and _, 80 at most.'
        EXECUTION_NAME=$1
        shift
        ;;
      *)
        [[ -z $GIVEN ]] || die 2 "$command takes one file, not also $word."
        GIVEN=$word
        ;;
    esac
  done
}

# change_execution DONE ARGUMENT …: starts or stops one; the answer is in $WORK/execution.json.
change_execution() {
  aws_a stepfunctions "${@:2}" >"$WORK/execution.json" 2>"$WORK/execution.err" ||
    die 1 "The execution could not be $1: $(explain "$(profile_a)" "$(cat "$WORK/execution.err")")"
}

# start_execution MACHINE INPUT
start_execution() {
  local named=()
  [[ -z $EXECUTION_NAME ]] || named=(--name "$EXECUTION_NAME")
  printf '%s' "$2" >"$WORK/input.json"
  change_execution started start-execution --state-machine-arn "$1" --input "file://$WORK/input.json" "${named[@]}"
  EXECUTION_NAME=$(jq -r '.executionArn | split(":")[-1]' "$WORK/execution.json")
  ok "started $EXECUTION_NAME"
  say "./deploy.sh status shows how far it is, ./deploy.sh stop $EXECUTION_NAME ends it; its results are at $RUNS/$EXECUTION_NAME/"
}

# export [EVENT.json|-] [--fargate] [--name NAME]
cmd_export() {
  options export "$@"
  read_event "$GIVEN"
  need_machines
  ! only_said "start $MACHINE with $EVENT" || return 0
  start_execution "$MACHINE" "$(jq -c --arg r "$ROUTE" '{event: ., route: $r}' <<<"$EVENT")"
}

# export-all LIST.json|PLAN.json|s3://BUCKET/KEY [--fargate] [--name NAME]: an array of events, the event of a plan, or a list in S3.
cmd_export-all() {
  local input kind place key
  options export-all "$@"
  [[ -n $GIVEN ]] || die 2 'export-all needs a list of events, the event of a plan, or the s3:// address of a list.' './deploy.sh export-all s3://BUCKET/exports/…/plan.json'
  if [[ $GIVEN == s3://* ]]; then
    place=${GIVEN#s3://}
    key=${place#*/}
    [[ $place == */?* && $key != */ ]] || die 2 "$GIVEN is not the address of an object." 's3://BUCKET/KEY'
    input=$(jq -cn --arg b "${place%%/*}" --arg k "$key" '{bucket: $b, key: $k} + if $k | contains("/") then {folder: ($k | split("/")[:-1] | join("/"))} else {} end')
  else
    kind=$(jq -r type "$GIVEN" 2>/dev/null)
    case $kind in
      object) input=$(jq -c '{event: .}' "$GIVEN") ;;
      array) ;;
      *) die 2 "$GIVEN is neither a JSON array of events nor the event of a plan." ;;
    esac
  fi
  need_machines
  if [[ -z ${input:-} ]]; then
    EXECUTION_NAME=${EXECUTION_NAME:-list-$(date -u +%Y%m%dT%H%M%SZ)}
    place="$RUNS/$EXECUTION_NAME/plan.json"
    ! only_said "copy $GIVEN to $place and start $MACHINE_ALL with it" || return 0
    aws_a s3 cp --only-show-errors "$GIVEN" "$place" || die 1 "$GIVEN could not be copied to $place."
    place=${place#s3://}
    input=$(jq -cn --arg b "${place%%/*}" --arg k "${place#*/}" '{bucket: $b, key: $k}')
  fi
  input=$(jq -c --arg r "$ROUTE" '. + {route: $r}' <<<"$input")
  ! only_said "start $MACHINE_ALL with $input" || return 0
  start_execution "$MACHINE_ALL" "$input"
}

# stop NAME
cmd_stop() {
  local machine arn
  [[ -n ${1:-} ]] || die 2 'stop needs the name of an execution.' './deploy.sh status lists them.'
  need_machines
  for machine in "$MACHINE" "$MACHINE_ALL"; do
    arn="${machine/:stateMachine:/:execution:}:$1"
    [[ $(aws_a stepfunctions describe-execution --execution-arn "$arn" 2>/dev/null | jq -r .status) == RUNNING ]] || continue
    ! only_said "stop $arn" || return 0
    confirm "Stop ${arn##*:execution:}? What it has not finished leaves nothing behind."
    change_execution stopped stop-execution --execution-arn "$arn" --error Stopped --cause 'Stopped by deploy.sh'
    ok "stopped $1"
    return
  done
  die 1 "There is no running execution $1." './deploy.sh status lists them.'
}

# executions MACHINE STATUS COUNT: name, since when and ARN of its newest executions.
executions() {
  aws_a stepfunctions list-executions --state-machine-arn "$1" --status-filter "$2" --max-results "$3" |
    jq -r '.executions[] | [.name, (.startDate | tostring), .executionArn] | join("\u001f")'
}

# progress ARN: what an execution of one export does: its state and, of the function or a task, the last line of progress in its log.
progress() {
  local history task asked
  history=$(aws_a stepfunctions get-execution-history --execution-arn "$1" --reverse-order --max-results 20)
  task=$(jq -r '[.events[] | select(.taskSubmittedEventDetails.resourceType == "ecs")][0].taskSubmittedEventDetails.output // empty
    | fromjson | .Tasks[0].TaskArn | split("/")[-1]' <<<"$history" 2>/dev/null)
  jq -j '[.events[].stateEnteredEventDetails.name // empty][0] // "begins"' <<<"$history"
  if [[ -n $task ]]; then
    last_line "$TASK_LOG" . --log-stream-names "export/extractor/$task"
    return
  fi
  asked=$(jq -c '[.events[].taskScheduledEventDetails // empty][0] | select(.resourceType == "lambda").parameters | fromjson.Payload' <<<"$history" 2>/dev/null)
  # The function logs for all executions, and its streams have names of its own: what it writes tells whose a line is. As it is
  # logged every 10 s, an older line is that of an attempt before.
  [[ -z $asked ]] || last_line "$FUNCTION_LOG" "$(wanted "$asked")" --start-time "$((($(date +%s) - 60) * 1000))"
}

# wanted EVENT: a regular expression for the location that lines of progress of this event have as `wanted`.
wanted() {
  jq -r 'def form: gsub("(?<double>\\{\\{|\\}\\}?)|(?<placeholder>\\{[A-Za-z]+\\})|(?<special>[][.*+?^$()|\\\\])";
      if .placeholder then ".*" else "\\" + (.double // .special)[:1] end);
    "^s3://[^/]+/"
    + if (.keyPrefix // "") == "" then "(.*/)?" else (.keyPrefix | sub("/$"; "") | form) + "/" end
    + ((.incremental.stream? // .fileName // "") | sub("/+$"; "") | form) + "$"' <<<"$1"
}

# last_line LOG PATTERN OPTION …: rows and bytes of the last line of progress whose location fits the pattern; nothing without one.
last_line() {
  aws_a logs filter-log-events --log-group-name "$1" --filter-pattern '{ $.message = "extracting" }' "${@:3}" 2>/dev/null |
    jq -j --arg wanted "$2" '[.events | sort_by(.timestamp)[].message | fromjson? | select(.message == "extracting" and ((.wanted // "-") | test($wanted)))][-1] // empty
      | ", \(.rows) rows, \(.bytes) bytes after \(.seconds) s (\(.stage))"'
}

# show_executions: the part of status about the machines; nothing without them.
show_executions() {
  local name since arn machine
  [[ -n $(output long_runs) ]] || return 0
  need_machines
  step 'Executions'
  for machine in "$MACHINE" "$MACHINE_ALL"; do
    while IFS=$'\x1f' read -r name since arn; do
      if [[ $machine == "$MACHINE" ]]; then say "running  $name, since $since: $(progress "$arn")"; else say "running  $name (a list), since $since: $(of_list "$arn")"; fi
    done < <(executions "$machine" RUNNING 20)
    while IFS=$'\x1f' read -r name since arn; do say "too long $name, of $since"; done < <(executions "$machine" TIMED_OUT 5)
    while IFS=$'\x1f' read -r name since arn; do
      say "failed   $name, of $since: $(aws_a stepfunctions describe-execution --execution-arn "$arn" | jq -r '"\(.error // "-"): \((.cause // "")[:300] | gsub("\n"; " "))"')"
    done < <(executions "$machine" FAILED 5)
  done
}

# of_list ARN: how many exports of a list are done.
of_list() {
  local run
  run=$(aws_a stepfunctions list-map-runs --execution-arn "$1" | jq -r '.mapRuns[0].mapRunArn // empty')
  [[ -n $run ]] || { printf 'begins' && return; }
  aws_a stepfunctions describe-map-run --map-run-arn "$run" |
    jq -j '.itemCounts | "\(.succeeded) of \(.total) done, \(.running) running, \(.failed + .timedOut + .aborted) failed"'
}
