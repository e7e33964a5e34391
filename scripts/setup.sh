#!/usr/bin/env bash
# Installs what demo, tests and benchmarks need, or names the command if it may not install packages. With the argument
# drills, also what Spark needs.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
compgen -G '/usr/share/postgresql/*/extension/hstore.control' >/dev/null || missing+=(postgresql-contrib)
command -v psql >/dev/null || missing+=(postgresql-client)
[[ -x /usr/sbin/pgbouncer ]] || command -v pgbouncer >/dev/null || missing+=(pgbouncer)
python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv)
command -v cc >/dev/null || missing+=(build-essential)
command -v perl >/dev/null || missing+=(perl)
command -v zstd >/dev/null || missing+=(zstd)
command -v jq >/dev/null || missing+=(jq)
[[ ${1:-} != drills ]] || command -v java >/dev/null || missing+=(default-jre-headless)
command -v chromedriver >/dev/null || missing+=(chromium-driver)

if ((${#missing[@]})); then
    install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}")
    if command -v apt-get >/dev/null && [[ $(id -u) == 0 ]]; then
        apt-get update -q && "${install[@]}"
    elif command -v apt-get >/dev/null && command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo apt-get update -q && sudo "${install[@]}"
    else
        echo "Missing: ${missing[*]}. On Debian or Ubuntu: sudo apt-get install ${missing[*]}" >&2
        exit 1
    fi
fi
if ! command -v cargo >/dev/null; then
    echo "Missing: Rust. See https://rustup.rs, or: apt-get install rustup && rustup default stable" >&2
    exit 1
fi
