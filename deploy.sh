#!/usr/bin/env bash
# Deploys the function and what it needs in both accounts: ./deploy.sh help
set -uo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CONFIG_FILE="$ROOT/config.env"
ASSUME_YES=false
DRY_RUN=false
export AWS_PAGER=''

. "$ROOT/deploy/ui.sh"
. "$ROOT/deploy/config.sh"
. "$ROOT/deploy/state.sh"
. "$ROOT/deploy/validate.sh"
. "$ROOT/deploy/network.sh"
. "$ROOT/deploy/terraform.sh"
. "$ROOT/deploy/function.sh"
. "$ROOT/deploy/long_runs.sh"

usage() {
  cat <<'HELP'
./deploy.sh COMMAND [options]

  validate              check tools, config.env, both accounts and the network to the database; changes nothing
  package               build the functions' zips (make package)
  plan                  show what deploy would change
  deploy                apply config.env to the accounts; a second run changes nothing
  invoke [EVENT.json|-] run an extraction and show its answer
  diagnose [EVENT.json] let the function test every hop from parameter to bucket
  logs [MINUTES]        show the function's log (15 minutes); --follow keeps showing new lines
  overview [--open]     make the page of all databases and exports; --open: print a link to it for an hour
  status                show function, version, schedules, alarms, queues, executions
  export [EVENT.json|-] start an export that may take longer than 15 minutes; --fargate: not by the function, --name NAME
  export-all LIST       start all exports of a JSON array of events (a file or s3://…), or of a plan; likewise
  stop NAME             stop an execution of these two
  rollback [VERSION]    return to the previous version (or VERSION) and pin it; --undo returns to the newest
  cleanup               list and remove everything but the bucket; --with-bucket removes that too
  terraform ARGUMENT …  run terraform on this configuration's state: import …, state list, force-unlock …
  help                  show this help

  --config FILE   use FILE instead of config.env, with its own state
  --yes           do not ask
  --dry-run       say what would be done, without doing it

Exit status: 0 done, 1 failed, 2 something to fix in config.env or the command, 130 interrupted.
The password of the database comes from DB_PASSWORD or is asked for; it is in no file and no state.
HELP
}

cmd_package() {
  local arch programs=''
  arch=$(get ARCHITECTURE arm64)
  ! has_side A || programs='rds-data-extractor'
  ! needs_updater || programs+=' nlb-target-updater'
  step "Packaging for $arch"
  change make -C "$ROOT" package "ARCH=$arch" "PROGRAM=${programs:-rds-data-extractor}" || die 1 'The package was not built; nothing was changed.' 'The build says above what is missing.'
}

main() {
  local command='' arguments=()
  while (($#)); do
    case $1 in
      --config)
        [[ -n ${2:-} ]] || die 2 '--config needs a file.'
        CONFIG_FILE=$2
        shift
        ;;
      --yes) ASSUME_YES=true ;;
      --dry-run) DRY_RUN=true ;;
      -h | --help) command=help ;;
      *) if [[ -z $command ]]; then command=$1; else arguments+=("$1"); fi ;;
    esac
    shift
  done
  if [[ ${command:-help} == help ]]; then
    usage
    return
  fi
  declare -F "cmd_$command" >/dev/null || die 2 "There is no command $command." './deploy.sh help lists them.'
  case "$command ${arguments[*]}" in
    'overview --open' | 'cleanup --with-bucket' | invoke* | diagnose* | logs* | rollback* | export* | stop* | terraform* | *' ') ;;
    *) die 2 "$command does not take ${arguments[*]}." './deploy.sh help lists what it takes.' ;;
  esac
  # Even reading the lists of config.env requires jq.
  command -v jq >/dev/null || die 2 'jq is not installed.' 'apt-get install jq, or brew install jq'
  read_types
  read_config "$CONFIG_FILE"
  choose_directory "$CONFIG_FILE"
  [[ -t 1 ]] || export TF_CLI_ARGS="${TF_CLI_ARGS:-} -no-color"
  export TF_IN_AUTOMATION=1
  unset TF_DATA_DIR TF_WORKSPACE
  [[ $command == validate || $command == plan || $command == deploy || $command == cleanup || $command == terraform ]] || tell_mistakes
  "cmd_$command" "${arguments[@]}"
}

on_interrupt
main "$@"
