#!/usr/bin/env bash
# behind-pooler.sh [WORD...]: runs the scenarios and the integration tests, or those that contain one of the words, with a PgBouncer
# in session mode in front of every PostgreSQL server. tests/behind-pooler.tsv lists the tests, and the rows of the fault matrix, that
# are left out, and why.
set -euo pipefail
cd "$(dirname "$0")/.."
export DEVSTACK_POOLER=session

list=tests/behind-pooler.tsv
cargo test --workspace --test cucumber --test it --no-run
known=$(cargo test --quiet --workspace --test it -- --list; cat features/*.feature)
skip=()
rows=()
while IFS=$'\t' read -r name reason; do
  [ -n "$reason" ] || { echo "$list: $name has no reason" >&2; exit 1; }
  case $name in
    "matrix: "*) rows+=("${name#matrix: }"); continue ;;
  esac
  grep -qF -- "$name" <<<"$known" || { echo "$list: there is no test or scenario $name" >&2; exit 1; }
  skip+=(--skip "$name")
done < "$list"
# The test of the matrix refuses a name that is not a row's.
MATRIX_WITHOUT=$(printf '%s\n' "${rows[@]}")
export MATRIX_WITHOUT
echo "$list: $((${#skip[@]} / 2)) names of tests and scenarios and ${#rows[@]} of rows of the matrix are left out"

status=0
for test in cucumber it; do
  cargo test --workspace --test "$test" -- "${skip[@]}" "$@" || status=$?
done
exit "$status"
