#!/usr/bin/env bash
# Runs all checks of the code that do not run it.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo fmt --all --check
cargo clippy --workspace --all-targets -- -D warnings
RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --lib --quiet
scripts/cargo-deny.sh
if command -v shellcheck >/dev/null; then
    git ls-files -z -- '*.sh' .ci/run | xargs -0r shellcheck
else
    echo "shellcheck is not installed, so shell scripts were not checked: apt-get install shellcheck" >&2
fi
if command -v terraform >/dev/null; then
    terraform fmt -check -recursive terraform
else
    echo "terraform is not installed, so its format was not checked" >&2
fi
