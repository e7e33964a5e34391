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
