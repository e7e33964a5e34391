# shellcheck shell=bash
# For tests in which each team deploys its own account by the commands of a document, which are in $WORLD/commands.

# side a|b COMMAND …: runs deploy.sh with the configuration of one team.
side() {
  local side=$1
  shift
  run ./deploy.sh "$@" --config "$side.env"
}

# step COMMAND [OPTION …]: runs a command that the document shows, with these options; its questions are answered with yes.
step() {
  grep -qxF "$1" "$WORLD/commands" || { printf 'the document shows:\n%s\n' "$(cat "$WORLD/commands")" && false; }
  sed -i "\\|^$1\$|d" "$WORLD/commands"
  run bash -c "$* --yes"
  succeeded
}

# shown_in SECTION [TEXT]: the commands of a section of docs/connectivity.md, of those with TEXT in them.
shown_in() {
  awk -v section="$1" '/^## / { shown = $2 == section } shown' "$BATS_TEST_DIRNAME/../../docs/connectivity.md" |
    sed -n 's/^ *\(\.\/deploy\.sh .*\)/\1/p' | grep -e "${2:-deploy}"
}

# set_to NAME=value …: changes the configuration of both accounts.
set_to() { printf '%s\n' "$@" >>"$WORLD/repository/config.env"; }

# only_the_way: checks that the plan in $output neither touches what holds data nor replaces the function.
only_the_way() {
  output=$(grep '^  # ' <<<"$output")
  hasnt 'module.bucket'
  hasnt 'aws_kms_key'
  hasnt 'aws_ssm_parameter'
  hasnt 'must be replaced'
  hasnt 'aws_lambda_function.this will be destroyed'
}
