#!/usr/bin/env bats
# Runs "A first deployment" of docs/deploying.md as a new user would, command by command, with the real extractor.

. "$BATS_TEST_DIRNAME/lib.sh"

setup_file() {
  [ -n "$(extractor)" ] || skip 'no extractor binary: build it, or name one in EXTRACTOR'
  [ -n "$(postgres_bin)" ] || skip 'no PostgreSQL server on this machine'
  start_world
  make_certificates "$WORLD"
  make_package "$WORLD" "$(extractor)"
  start_database "$WORLD"
  export DATA
  # The sources of the package are not copied here; package.bats builds it.
  printf 'package:\n\tmkdir -p target/package && cp %s target/package/rds-data-extractor-$(ARCH).zip\n' "$WORLD/package.zip" >"$WORLD/repository/Makefile"
  # The values that a new user finds out, line by line.
  write_config "$WORLD" "$WORLD/answers" "DB_SSL_ROOT_CERT=$WORLD/ca.pem" DB_QUERY='"SELECT * FROM users"'
  sed -i '/^PACKAGE_FILE=/d' "$WORLD/answers"
  sed -n '/^## A first deployment/,/^## /s/^       //p' "$BATS_TEST_DIRNAME/../../docs/deploying.md" >"$WORLD/commands"
}

teardown_file() {
  stop_database
  stop_world
}

setup() { cd "$WORLD/repository"; }

# step COMMAND: checks that it is the next command of the document, and runs it; questions are answered with yes, as the document says.
step() {
  [ "$(head -n 1 "$WORLD/commands")" = "$1" ] || { printf 'the document says: %s\n' "$(head -n 1 "$WORLD/commands")" && false; }
  sed -i 1d "$WORLD/commands"
  run bash -c "${1/%deploy/deploy --yes}"
  succeeded
}

@test "a configuration, and what is wrong with it" {
  step 'cp config.env.example config.env'
  while IFS= read -r line; do
    grep -q "^${line%%=*}=" config.env || { echo "the example has no ${line%%=*}" && false; }
    printf '%s\n' "$line" >"$WORLD/line"
    sed -i -e "/^${line%%=*}=/{r $WORLD/line" -e 'd}' config.env
  done <"$WORLD/answers"
  step './deploy.sh validate'
  has 'nothing to fix'
}

@test "the package, and both accounts" {
  step './deploy.sh package'
  step 'export DB_PASSWORD=…'
  step './deploy.sh deploy'
  has 'serves version 1'
}

@test "every hop, and the first extraction" {
  step './deploy.sh diagnose'
  has 'every hop works'
  step './deploy.sh invoke'
  has '"recordsProcessed": 1500'
  [ ! -s "$WORLD/commands" ]
}
