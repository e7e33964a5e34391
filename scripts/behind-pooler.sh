#!/usr/bin/env bash
# behind-pooler.sh [WORD...]: runs the scenarios and the integration tests, or those that contain one of the words, with a PgBouncer
# in session mode in front of every PostgreSQL server. tests/behind-pooler.tsv lists what is left out, and why.
set -euo pipefail
cd "$(dirname "$0")/.."
export DEVSTACK_POOLER=session

list=tests/behind-pooler.tsv
cargo test --workspace --test cucumber --test it --no-run
known=$(cargo test --quiet --workspace --test it -- --list; cat features/*.feature)
skip=()
while IFS=$'\t' read -r name reason; do
  [ -n "$reason" ] || { echo "$list: $name has no reason" >&2; exit 1; }
  grep -qF -- "$name" <<<"$known" || { echo "$list: there is no test or scenario $name" >&2; exit 1; }
  skip+=(--skip "$name")
done < "$list"

status=0
for test in cucumber it; do
  cargo test --workspace --test "$test" -- "${skip[@]}" "$@" || status=$?
done
exit "$status"
