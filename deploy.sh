#!/usr/bin/env bash
# From two AWS accounts to a function that runs on a schedule: ./deploy.sh help
set -uo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CONFIG_FILE="$ROOT/config.env"
ASSUME_YES=false
DRY_RUN=false
export AWS_PAGER=''

# shellcheck source=deploy/ui.sh
. "$ROOT/deploy/ui.sh"
# shellcheck source=deploy/config.sh
. "$ROOT/deploy/config.sh"
# shellcheck source=deploy/state.sh
. "$ROOT/deploy/state.sh"
# shellcheck source=deploy/validate.sh
. "$ROOT/deploy/validate.sh"
# shellcheck source=deploy/network.sh
. "$ROOT/deploy/network.sh"
# shellcheck source=deploy/terraform.sh
. "$ROOT/deploy/terraform.sh"
# shellcheck source=deploy/function.sh
. "$ROOT/deploy/function.sh"

usage() {
  cat <<'HELP'
./deploy.sh COMMAND [options]

  validate              check tools, config.env, both accounts and the way to the database; changes nothing
  package               build the function's zip (make package)
  plan                  show what deploy would change
  deploy                make the accounts as config.env says; twice changes nothing
  invoke [EVENT.json|-] run an extraction and show its answer
  diagnose [EVENT.json] let the function test every hop from parameter to bucket
  logs [MINUTES]        the function's log (15 minutes); --follow goes on
  overview [--open]     make the page of all databases and exports; --open: a link to it for an hour
  status                function, version, schedules, alarms, queues
  rollback [VERSION]    serve the version before (or VERSION) and hold it; --undo takes it back
  cleanup               name and remove everything but the bucket; --with-bucket removes that too
  terraform ARGUMENT …  terraform itself on this configuration's state: import …, state list, force-unlock …
  help                  this

  --config FILE   another file than config.env, with a state of its own
  --yes           do not ask
  --dry-run       say what would be done, do nothing

Exit status: 0 done, 1 failed, 2 something to fix in config.env or the command, 130 interrupted.
The password of the database comes from DB_PASSWORD or is asked for; it is in no file and no state.
HELP
}

cmd_package() {
  local arch
  arch=$(get ARCHITECTURE arm64)
  step "Packaging for $arch"
  change make -C "$ROOT" package "ARCH=$arch" || die 1 'The package was not built; nothing was changed.' 'The build says above what is missing.'
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
  case ${command:-help} in
    help)
      usage
      return
      ;;
    validate | package | plan | deploy | invoke | diagnose | logs | overview | status | rollback | cleanup | terraform) ;;
    *) die 2 "There is no command $command." './deploy.sh help lists them.' ;;
  esac
  # Without jq not even the lists of config.env can be read.
  command -v jq >/dev/null || die 2 'jq is not installed.' 'apt-get install jq, or brew install jq'
  read_types
  read_config "$CONFIG_FILE"
  choose_directory "$CONFIG_FILE"
  [[ -t 1 ]] || export TF_CLI_ARGS="${TF_CLI_ARGS:-} -no-color"
  export TF_IN_AUTOMATION=1
  unset TF_DATA_DIR TF_WORKSPACE
  [[ $command == validate || $command == plan || $command == deploy || $command == cleanup || $command == terraform ]] || tell_mistakes
  if [[ $command == validate ]]; then validate; else "cmd_$command" "${arguments[@]}"; fi
}

on_interrupt
main "$@"
