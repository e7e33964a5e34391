#!/usr/bin/env bats
# 40 tables of a real PostgreSQL through the state machines, which run on LocalStack and start the real program.

. "$BATS_TEST_DIRNAME/lib.sh"

setup_file() {
  use_plugins
  export FOLDER=$BATS_FILE_TMPDIR DB_PASSWORD=a-password DB_TEST_PORT DATA
  PROGRAM=$(extractor)
  [[ -n $PROGRAM ]] || { echo 'cargo build --workspace --bins first' >&2 && return 1; }
  # Without debug information it is started sooner.
  strip -o "$FOLDER/rds-data-extractor" "$PROGRAM" || cp "$PROGRAM" "$FOLDER/rds-data-extractor"
  make_package "$FOLDER" "$FOLDER/rds-data-extractor"
  DB_TEST_PORT=$(free_port)
  make_certificates "$FOLDER"
  start_database "$FOLDER" 3>&-
  jq -n --argjson port "$DB_TEST_PORT" --rawfile ca "$FOLDER/ca.pem" --arg password "$DB_PASSWORD" \
    '{host: "127.0.0.1", port: $port, tlsServerName: "localhost", database: "postgres", username: "exporter", password: $password, sslRootCert: $ca}' >"$FOLDER/db-config.json"
}

teardown_file() { stop_database; }

@test "a list of exports with the real program: one fails and is named, the list again makes only that one, tasks do another" {
  cd "$BATS_TEST_DIRNAME"
  environment=$(venv localstack -r "$REPO/devstack/python/localstack.txt") || skip "LocalStack cannot be installed: the machines do not run"
  run "$environment/bin/python" machines_programs_test.py "$(free_port)" "$FOLDER/package.zip" "$FOLDER/rds-data-extractor" "$FOLDER/db-config.json" \
    "$(postgres_bin)/psql" -h "$DATA" -p "$DB_TEST_PORT" -U postgres postgres
  [[ $status -eq 0 ]] || { printf '%s\n' "$output" && false; }
}
