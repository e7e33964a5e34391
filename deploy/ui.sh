# shellcheck shell=bash
# Output: steps, colours on a terminal only, and mistakes that are collected and shown at once.

if [[ -t 1 && -z "${NO_COLOR:-}" ]]; then
  BOLD=$'\e[1m' RED=$'\e[31m' GREEN=$'\e[32m' YELLOW=$'\e[33m' PLAIN=$'\e[0m'
else
  BOLD='' RED='' GREEN='' YELLOW='' PLAIN=''
fi

MISTAKES=()
STEP='starting'

step() {
  STEP=$1
  printf '%s==> %s%s\n' "$BOLD" "$1" "$PLAIN"
}
ok() { printf '  %sok%s      %s\n' "$GREEN" "$PLAIN" "$1"; }
warn() { printf '  %swarning%s %s\n' "$YELLOW" "$PLAIN" "$1"; }
say() { printf '  %s\n' "$1"; }
mistake() { MISTAKES+=("$1"); }

# die STATUS MESSAGE [ADVICE …]
die() {
  local status=$1 message=$2 line
  shift 2
  printf '%serror%s: %s\n' "$RED" "$PLAIN" "$message" >&2
  for line in "$@"; do printf '       %s\n' "$line" >&2; done
  exit "$status"
}

# Exits with all mistakes found so far, if there are any.
tell_mistakes() {
  ((${#MISTAKES[@]} == 0)) && return
  local one
  printf '%s%d to fix%s (nothing was changed):\n' "$RED" "${#MISTAKES[@]}" "$PLAIN" >&2
  for one in "${MISTAKES[@]}"; do printf '  - %s\n' "$one" >&2; done
  exit 2
}

# confirm QUESTION: exits unless the answer is yes.
confirm() {
  [[ $ASSUME_YES == true ]] && return
  [[ -t 0 ]] || die 2 "This asks \"$1\" and there is no terminal to answer on." 'Add --yes to agree beforehand.'
  local answer
  read -r -p "$1 [y/N] " answer
  [[ $answer == [yY] || $answer == [yY][eE][sS] ]] || die 1 'Stopped, as you said. Nothing was changed.'
}

# Runs a command that changes something; with --dry-run only prints it.
change() {
  if [[ $DRY_RUN == true ]]; then
    {
      printf '  would run:'
      case $1 in aws_a) shift && set -- aws --profile "$(profile_a)" "$@" ;; esac
      printf ' %q' "$@"
      printf '\n'
    } >&2
  else
    "$@"
  fi
}

on_interrupt() {
  trap 'die 130 "Interrupted at: $STEP." "Nothing was left half done; run the same command again."' INT
}
