#!/usr/bin/env bash
# side-by-side.sh BESIDE COMMAND …: runs both at once, since both mostly wait; what BESIDE says comes after the rest. Fails
# if one does.
set -uo pipefail

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Nicely: where there is too little of the processor, what has deadlines to keep comes first.
nice "$1" >"$log" 2>&1 &
beside=$!
trap 'kill "$beside" 2>/dev/null; exit 130' INT TERM
shift
status=0
"$@" || status=$?
wait "$beside" || status=$?
cat "$log"
exit "$status"
