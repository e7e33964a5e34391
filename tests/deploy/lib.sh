# shellcheck shell=bash disable=SC2154
# Shared by the tests of deploying: tools, two accounts on an emulator, a database.

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CACHE=${DEPLOY_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/rds-data-extractor-tests}

# venv NAME PACKAGE …: a virtual environment with these packages, or those of a file (-r FILE), created once: also if several ask at once.
venv() {
  local place="$CACHE/$1" wanted='' word lock
  for word in "${@:2}"; do
    if [[ -f $word ]]; then wanted+=" $(cat "$word")"; else wanted+=" $word"; fi
  done
  wanted=${wanted# }
  mkdir -p "$CACHE"
  exec {lock}>"$place.lock"
  flock "$lock"
  if [[ $(cat "$place/packages" 2>/dev/null) != "$wanted" ]]; then
    rm -rf "$place"
    if ! python3 -m venv "$place" >&2 || ! "$place/bin/pip" install --quiet --no-compile --disable-pip-version-check "${@:2}" >&2; then
      exec {lock}>&-
      return 1
    fi
    printf '%s' "$wanted" >"$place/packages"
  fi
  exec {lock}>&-
  printf '%s' "$place"
}

# The folder with provider plugins: TF_PLUGIN_DIR, else one found by a search; empty if they must come from the registry.
plugin_dir() {
  if [[ -n ${TF_PLUGIN_DIR:-} ]]; then
    printf '%s' "$TF_PLUGIN_DIR"
    return
  fi
  local found
  found=$(find "$HOME/.terraform.d" /usr/share/terraform /usr/local/share/terraform /opt /usr/local/lib -maxdepth 8 \
    -path '*/registry.terraform.io/hashicorp/aws/*' -name 'terraform-provider-aws*' 2>/dev/null | head -n 1)
  [[ -z $found ]] || printf '%s' "${found%%/registry.terraform.io/*}"
}

# Makes terraform use these plugins by a separate CLI configuration. Except for init, terraform does not verify them: without the
# override each command would compute the checksum of the provider's 700 MB.
use_plugins() {
  local dir program
  dir=$(plugin_dir)
  mkdir -p "$CACHE"
  if [[ -n $dir ]]; then
    program=$(find -L "$dir/registry.terraform.io/hashicorp/aws" -name 'terraform-provider-aws*' -type f | sort -V | tail -n 1)
    printf 'provider_installation {\n  dev_overrides {\n    "hashicorp/aws" = "%s"\n  }\n  filesystem_mirror {\n    path = "%s"\n  }\n}\n' "$(dirname "$program")" "$dir" >"$CACHE/terraformrc"
    export TF_CLI_CONFIG_FILE="$CACHE/terraformrc"
  elif [[ ! -r ${TF_CLI_CONFIG_FILE:-/} ]]; then
    unset TF_CLI_CONFIG_FILE
  fi
  # With Go's default the provider spends a quarter of its time on garbage collection.
  export TF_IN_AUTOMATION=1 TF_CLI_ARGS=-no-color CHECKPOINT_DISABLE=1 GOGC=400
  # pyenv's shim of a command takes longer than the command itself.
  local aws
  if aws=$(pyenv which aws 2>/dev/null); then PATH="$(dirname "$aws"):$PATH"; fi
}

# share_provider DIR: starts one provider process for all that terraform does with mocks, instead of some hundred that take a
# second each; DIR is an initialised configuration. Not for applying, since two accounts cannot share a process.
share_provider() {
  local program log try
  program=$(find -L "$1/.terraform/providers" -name 'terraform-provider-aws*' -type f 2>/dev/null | head -n 1)
  [[ -n $program ]] || return 1
  log=$(mktemp)
  "$program" -debug >"$log" 2>&1 3>&- &
  PROVIDER=$!
  for try in $(seq 100); do
    TF_REATTACH_PROVIDERS=$(sed -n "s/.*TF_REATTACH_PROVIDERS='\(.*\)'/\1/p" "$log")
    [[ -z $TF_REATTACH_PROVIDERS ]] || break
    ((try < 100)) || return 1
    sleep 0.1
  done
  export TF_REATTACH_PROVIDERS
}

unshare_provider() {
  unset TF_REATTACH_PROVIDERS
  if [[ -n ${PROVIDER:-} ]]; then kill "$PROVIDER" 2>/dev/null; fi
}

# A port below the range of outgoing connections, reserved for a minute: a connection that the server's side closes first stays in
# TIME-WAIT, and until that ends the port is refused to whoever does not set SO_REUSEADDR before binding, as servers do.
free_port() {
  python3 - <<'PY'
import random, socket
while True:
    with socket.socket() as server:
        try:
            server.bind(("127.0.0.1", random.randrange(20000, 32000)))
        except OSError:
            continue
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.listen(1)
        with socket.create_connection(server.getsockname()):
            server.accept()[0].close()
        print(server.getsockname()[1])
        break
PY
}

# copy_repository DIR: copies what deploy.sh needs of the working tree, so that each test has its own state.
copy_repository() {
  mkdir -p "$1"
  cp -r "$REPO/terraform" "$REPO/deploy" "$REPO/deploy.sh" "$REPO/config.env.example" "$1/"
  rm -rf "$1/terraform/.terraform"
}

# few_retries CONFIGURATION SIDE …: an action that the emulator lacks would be retried for minutes.
few_retries() {
  local dir="$WORLD/repository/.deploy/$1" side
  mkdir -p "$dir"
  for side in "${@:2}"; do printf 'provider "aws" {\n  alias       = "%s"\n  max_retries = 2\n}\n' "$side"; done >"$dir/emulator_override.tf"
}

# quick_aws DIR: loads the aws CLI once for all calls, if it is version 1 (a Python program): a call takes a sixth of the CPU time.
quick_aws() {
  local python
  python=$(sed -n '1s/^#!//p' "$(command -v aws)" | tr -d '\0')
  [[ -x $python ]] && "$python" -c 'import awscli.clidriver, botocore.session' 2>/dev/null || return 0
  export AWS_SERVER="$1/aws.socket"
  "$python" "$REPO/tests/deploy/aws_server.py" "$AWS_SERVER" >"$1/aws.log" 2>&1 </dev/null 3>&- &
  echo $! >>"$1/pids"
  until [[ -S $AWS_SERVER ]]; do
    kill -0 $! || { cat "$1/aws.log" >&2; return 1; }
    sleep 0.2
  done
  mkdir -p "$1/bin"
  { echo "#!$python -IS"; cat "$REPO/tests/deploy/aws_client.py"; } >"$1/bin/aws"
  chmod +x "$1/bin/aws"
  export PATH="$1/bin:$PATH"
}

# start_world: starts two accounts, and copies deploy.sh and a package that fails to WORLD. stop_world stops them.
start_world() {
  use_plugins
  export WORLD=$BATS_FILE_TMPDIR DB_PASSWORD=a-password
  start_accounts "$WORLD"
  copy_repository "$WORLD/repository"
  few_retries config a b
  few_retries other a b
  make_stand_in 1
}
stop_world() { if [[ -f $WORLD/pids ]]; then xargs kill <"$WORLD/pids"; fi; }

# start_accounts DIR: moto with two accounts; sets AWS_… and leaves DIR/variables.json and DIR/pids.
start_accounts() {
  local dir=$1 python port
  python=$(venv moto 'moto[server]==5.2.5' boto3)/bin/python || return 1
  port=$(free_port)
  DB_TEST_PORT=$(free_port)
  export DB_TEST_PORT RDS_ADDRESS=${RDS_ADDRESS:-localhost}
  export MOTO_IAM_LOAD_MANAGED_POLICIES=true CALLS="$dir/calls"
  "$python" "$REPO/tests/deploy/moto_launcher.py" "$port" >"$dir/moto.log" 2>&1 3>&- &
  echo $! >"$dir/pids"
  quick_aws "$dir"
  export AWS_ENDPOINT_URL="http://127.0.0.1:$port" AWS_EC2_METADATA_DISABLED=true
  export AWS_SHARED_CREDENTIALS_FILE="$dir/credentials" AWS_CONFIG_FILE=/dev/null PYTHON=$python
  local try
  for try in $(seq 240); do
    curl -s "$AWS_ENDPOINT_URL/moto-api/" >/dev/null && break
    ((try < 240)) || { cat "$dir/moto.log" >&2; return 1; }
    sleep 0.5
  done
  "$python" "$REPO/tests/deploy/world.py" "$AWS_ENDPOINT_URL" "$dir/credentials" "$dir/variables.json" "${DB_TEST_PORT:-5432}"
}

# write_config DIR FILE [NAME=value …]: writes a config.env for these two accounts; later settings win.
write_config() {
  local dir=$1 file=$2
  shift 2
  jq -r 'to_entries[] | "\(.key)=\(.value | if type == "array" then join(",") else . end)"' "$dir/variables.json" >"$file"
  cat >>"$file" <<CONFIG
ACCOUNT_A_ID=111111111111
ACCOUNT_B_ID=222222222222
AWS_REGION=eu-west-1
DB_INSTANCE_IDENTIFIER=orders
DB_PORT=${DB_TEST_PORT:-5432}
DB_NAME=postgres
DB_USERNAME=exporter
EXTERNAL_ID=0123456789abcdef0123456789abcdef
S3_BUCKET_NAME=data-extraction-bucket
S3_KEY_PREFIX=exports/users
DB_QUERY="SELECT id, name FROM users ORDER BY id"
ARCHITECTURE=x86_64
TIMEOUT=60
PACKAGE_FILE=$dir/package.zip
CONFIG
  printf '%s\n' "$@" >>"$file"
}

# make_certificates DIR: creates an authority and a certificate issued by it for localhost.
make_certificates() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=tests -keyout "$1/ca.key" -out "$1/ca.pem" 2>/dev/null
  openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout "$1/server.key" -out "$1/server.csr" 2>/dev/null
  openssl x509 -req -in "$1/server.csr" -CA "$1/ca.pem" -CAkey "$1/ca.key" -CAcreateserial -days 2 \
    -extfile <(echo subjectAltName=DNS:localhost) -out "$1/server.pem" 2>/dev/null
}

# make_package DIR PROGRAM [ZIP]: creates a zip with this program as bootstrap.
make_package() {
  "${PYTHON:-python3}" - "$1/${3:-package.zip}" "$2" <<'PY'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
    z.write(sys.argv[2], "bootstrap")
PY
}

# make_stand_in STATUS: makes a package whose program exits at once.
make_stand_in() {
  printf '#!/bin/sh\nexit %d\n' "$1" >"$WORLD/bootstrap"
  make_package "$WORLD" "$WORLD/bootstrap"
}

# The extractor's binary for this machine: EXTRACTOR, else the newest that cargo has built; empty if there is none.
extractor() {
  if [[ -n ${EXTRACTOR:-} ]]; then
    printf '%s' "$EXTRACTOR"
    return
  fi
  built rds-data-extractor
}
# built PROGRAM: the newest binary of this program that cargo has built; empty if there is none.
# shellcheck disable=SC2012 # newest first is what ls -t is for
built() { ls -t "${CARGO_TARGET_DIR:-$REPO/target}"/{release,debug}/"$1" 2>/dev/null | head -n 1; }

# The folder of PostgreSQL's server programs; empty if there are none.
postgres_bin() {
  local dir
  for dir in "${PG_BIN:-}" /usr/lib/postgresql/*/bin /usr/local/pgsql/bin "$(dirname "$(command -v initdb || echo /nowhere/x)")"; do
    if [[ -x $dir/initdb && -x $dir/pg_ctl ]]; then
      printf '%s' "$dir"
      return
    fi
  done
}

in_a() { aws --profile account-a --region eu-west-1 --output json "$@"; }
in_b() { aws --profile account-b --region eu-west-1 --output json "$@"; }
# setting NAME: prints a setting of these accounts; of a list, the first item.
setting() { jq -r --arg n "$1" '.[$n] | if type == "array" then .[0] else . end' "$WORLD/variables.json"; }

# Assertions on the last `run`: its output contains TEXT or does not, and it succeeded.
has() { [[ $output == *"$1"* ]] || { printf 'not in the output: %s\n%s\n' "$1" "$output" && false; }; }
hasnt() { [[ $output != *"$1"* ]] || { printf 'in the output: %s\n%s\n' "$1" "$output" && false; }; }
succeeded() { [[ $status -eq 0 ]] || { printf 'status %s\n%s\n' "$status" "$output" && false; }; }
deploy() { run "$WORLD/repository/deploy.sh" "$@"; }

everything() { "$PYTHON" "$REPO/tests/deploy/everything.py" "$AWS_ENDPOINT_URL"; }

# PostgreSQL refuses to run as root.
unprivileged() { if [[ $(id -u) == 0 ]]; then runuser -u nobody -- "$@"; else "$@"; fi; }

# start_database DIR: starts it at DB_TEST_PORT, with the certificate of make_certificates; its files are in DATA.
start_database() {
  local pg
  pg=$(postgres_bin)
  DATA=$(mktemp -d)
  cp "$1"/server.{pem,key} "$DATA/"
  if [[ $(id -u) == 0 ]]; then chown -R nobody "$DATA"; fi
  chmod 600 "$DATA/server.key"
  unprivileged "$pg/initdb" -D "$DATA/db" -U postgres -A trust >"$1/initdb.log"
  printf 'local all all trust\nhostssl all exporter 127.0.0.1/32 scram-sha-256\n' | unprivileged tee "$DATA/db/pg_hba.conf" >/dev/null
  unprivileged "$pg/pg_ctl" -D "$DATA/db" -w -l "$DATA/log" \
    -o "-p $DB_TEST_PORT -h 127.0.0.1 -k $DATA -c ssl=on -c ssl_cert_file=$DATA/server.pem -c ssl_key_file=$DATA/server.key" start >/dev/null
  "$pg/psql" -q -h "$DATA" -p "$DB_TEST_PORT" -U postgres postgres <<SQL
CREATE TABLE users (id int, name text);
INSERT INTO users SELECT i, 'user ' || i FROM generate_series(1, 1500) i;
CREATE ROLE exporter LOGIN PASSWORD '$DB_PASSWORD';
GRANT SELECT ON users TO exporter;
SQL
}
stop_database() { [[ -z ${DATA:-} ]] || unprivileged "$(postgres_bin)/pg_ctl" -D "$DATA/db" -m immediate stop >/dev/null || true; }
