#!/usr/bin/env bash
# side-by-side.sh BESIDE COMMAND …: runs both in parallel, since both mostly wait, and prints the output of BESIDE last. Fails
# if either does.
set -uo pipefail

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# With nice: if the processor is busy, COMMAND, which has deadlines to meet, comes first.
nice "$1" >"$log" 2>&1 &
beside=$!
trap 'kill "$beside" 2>/dev/null; exit 130' INT TERM
shift
status=0
"$@" || status=$?
wait "$beside" || status=$?
cat "$log"
exit "$status"
