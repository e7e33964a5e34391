#!/usr/bin/env bats
# deploy.sh as used by someone new: each mistake gives one clear message and advice. No AWS is needed here.

. "$BATS_TEST_DIRNAME/lib.sh"

setup_file() {
  use_plugins
  export COPY="$BATS_FILE_TMPDIR/repository"
  copy_repository "$COPY"
  quick_aws "$BATS_FILE_TMPDIR"
}

teardown_file() { xargs -r kill <"$BATS_FILE_TMPDIR/pids"; }

setup() {
  HOME_DIR=$BATS_TEST_TMPDIR
  use_plugins
  jq -n '{ACCOUNT_A_SUBNET_IDS: ["subnet-0aaaaaaaaaaaaaaa1"], ACCOUNT_A_ROUTE_TABLE_IDS: ["rtb-0aaaaaaaaaaaaaaaa"],
    ACCOUNT_B_VPC_ID: "vpc-0bbbbbbbbbbbbbbbb", ACCOUNT_B_ROUTE_TABLE_IDS: ["rtb-0bbbbbbbbbbbbbbbb"], DB_SECURITY_GROUP_IDS: ["sg-0bbbbbbbbbbbbbbbb"]}' \
    >"$HOME_DIR/variables.json"
  printf '[account-a]\naws_access_key_id = AKIAAAAAAAAAAAAAAAAA\naws_secret_access_key = a\n[account-b]\naws_access_key_id = AKIABBBBBBBBBBBBBBBB\naws_secret_access_key = b\n' \
    >"$HOME_DIR/credentials"
  export AWS_SHARED_CREDENTIALS_FILE="$HOME_DIR/credentials" AWS_CONFIG_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true AWS_MAX_ATTEMPTS=1
  # Nothing listens there.
  export AWS_ENDPOINT_URL=http://127.0.0.1:9
}

teardown() {
  if [[ -f $BATS_TEST_TMPDIR/refuse.pid ]]; then kill "$(cat "$BATS_TEST_TMPDIR/refuse.pid")"; fi
}

refusing() {
  python3 "$BATS_TEST_DIRNAME/refuse.py" "$BATS_TEST_TMPDIR/port" "$1" "$2" 3>&- &
  echo $! >"$BATS_TEST_TMPDIR/refuse.pid"
  until [[ -s $BATS_TEST_TMPDIR/port ]]; do sleep 0.1; done
  AWS_ENDPOINT_URL=http://127.0.0.1:$(cat "$BATS_TEST_TMPDIR/port")
  export AWS_ENDPOINT_URL
}

# eval "$(parts NAME …)": sources these parts of deploy.sh, to test single functions.
parts() { printf 'ROOT=$REPO\n'; printf '. "$REPO/deploy/%s.sh"\n' "$@"; }

# wrong MESSAGE COMMAND …: checks that the command fails with this message.
wrong() {
  run "${@:2}"
  has "$1"
  [ "$status" -gt 0 ]
}

# deploy COMMAND [NAME=value …]
deploy() {
  local command=$1
  shift
  touch "$HOME_DIR/package.zip"
  write_config "$HOME_DIR" "$COPY/config.env" "$@"
  run "$COPY/deploy.sh" "$command" --config "$COPY/config.env"
}


@test "help lists the commands, and every command is in the help" {
  run "$REPO/deploy.sh" help
  [ "$status" -eq 0 ]
  for command in validate package plan deploy invoke diagnose logs status rollback cleanup terraform; do has "$command"; done
}

@test "an unknown command is named, with a reference to the list" {
  run "$REPO/deploy.sh" destroy
  [ "$status" -eq 2 ]
  has 'There is no command destroy'
  has './deploy.sh help'
}

@test "no config.env: how to make one" {
  run "$REPO/deploy.sh" validate --config "$HOME_DIR/none.env"
  [ "$status" -eq 2 ]
  has 'cp config.env.example'
}

@test "the example as it is: every placeholder is named at once" {
  cp "$COPY/config.env.example" "$COPY/other.env"
  run "$COPY/deploy.sh" validate --config "$COPY/other.env"
  [ "$status" -eq 2 ]
  for name in $(sed -n 's/^\([A-Z0-9_]*\)=CHANGE_ME$/\1/p' "$REPO/config.env.example"); do has "$name still has its placeholder"; done
  hasnt 'account-a belongs'
}

@test "the example knows every variable of terraform, and no other" {
  eval "$(parts ui config)"
  read_types
  for name in "${!TYPES[@]}"; do
    grep -q "^$name=" "$REPO/config.env.example" || { echo "$name is not in config.env.example" && false; }
  done
  read_config "$REPO/config.env.example"
  [[ "${MISTAKES[*]}" != *"there is no"* ]] || { printf '%s\n' "${MISTAKES[@]}" && false; }
}

@test "a placeholder left" {
  deploy validate EXTERNAL_ID=CHANGE_ME
  [ "$status" -eq 2 ]
  has 'EXTERNAL_ID still has its placeholder: CHANGE_ME'
}

@test "all mistakes at once, before any call, in config.env's names" {
  deploy validate ACCOUNT_A_ID=1234 AWS_REGION= STATE_REGION=europe EXISTING_ENDPOINTS='[1]' ACCOUNT_B_VPC_ID=default DB_PORT=abc EXTERNAL_ID=short S3_BUCKET_NAME=My_Bucket ALARM_EMAIL=me \
    ALLOW_EVENT_QUERY=yes STATE_BUCKET=My_States DB_SSL_ROOT_CERT=/nowhere.pem MEMORY_SIZE=64 EVENT_QUEUE=many IF_EXISTS=overwrite COMPRESSION=zip KMS_KEY_ARN=arn:aws:kms:eu-west-1:111111111111:alias/x NAME=aws-x
  [ "$status" -eq 2 ]
  has 'AWS_REGION is missing; config.env.example says where to find it'
  has 'STATE_BUCKET is 3 to 63 lower-case letters, digits and hyphens, not: My_States'
  has 'DB_SSL_ROOT_CERT is the file of a certificate in PEM, and /nowhere.pem cannot be read'
  has 'ACCOUNT_A_ID is 12 digits, not: 1234'
  has 'STATE_REGION is a region such as eu-west-1, not: europe'
  has 'EXISTING_ENDPOINTS is a list such as a,b,c, not: [1]'
  has 'ACCOUNT_B_VPC_ID looks like vpc-'
  has 'DB_PORT: a number is required'
  has 'EXTERNAL_ID needs 16 to 1224 characters'
  has 'S3_BUCKET_NAME is 3 to 63'
  has 'ALARM_EMAIL is an address'
  has 'ALLOW_EVENT_QUERY: a bool is required'
  has 'MEMORY_SIZE is 128 to 10240 MB'
  has 'EVENT_QUEUE is a JSON object, as in config.env.example, not: many'
  has 'IF_EXISTS is suffix, fail or skip'
  has 'COMPRESSION is none, gzip, zstd or snappy'
  has 'KMS_KEY_ARN is the ARN of a key (…:key/…), not of an alias'
  has 'NAME begins with a lower-case letter'
}

@test "settings that do not go together" {
  deploy validate ASYNC_RETRIES=2 DB_QUERY_PARAM=/queries/one DB_USERNAME= CONNECTIVITY=existing DB_ADMIT=security_group
  [ "$status" -eq 2 ]
  has 'ASYNC_RETRIES is 0, 1 or 2, and above 0 needs IF_EXISTS skip'
  has 'DB_QUERY: set DB_QUERY or DB_QUERY_PARAM, not both'
  has 'DB_USERNAME is the user to log in as'
  has 'DB_ADMIT is cidr or security_group, and security_group works over a peering'
}

@test "a side alone, and an unknown side" {
  deploy validate SIDE=c
  has 'SIDE is both, a or b, not: c'
  deploy validate SIDE=b
  has 'PEERING_CONNECTION_ID is missing: the peering that account A has requested'
  hasnt 'profile account-a'
}

@test "the same account twice" {
  deploy validate ACCOUNT_B_ID=111111111111
  has 'ACCOUNT_A_ID and ACCOUNT_B_ID are the same'
}

@test "a misspelt name and a line that is not a setting" {
  deploy validate ACOUNT_A_ID=111111111111 'just words'
  [ "$status" -eq 2 ]
  has 'there is no ACOUNT_A_ID; see config.env.example'
  has 'is not NAME=value: just words'
}

@test "a password in the file is refused and not shown" {
  deploy validate DB_PASSWORD=hunter2hunter2
  [ "$status" -eq 2 ]
  has 'a password does not belong into a file'
  hasnt hunter2
}

@test "the file is read, not run" {
  deploy validate "DB_QUERY=\"\$(touch $HOME_DIR/ran)\`touch $HOME_DIR/ran\`\""
  [ ! -e "$HOME_DIR/ran" ]
}

@test "quotes, comments, lists and JSON reach terraform as they are meant" {
  eval "$(parts ui config)"
  printf '%s\n' "DB_QUERY=\"SELECT 'a' # b \${x} %{y}\" # a comment" COMPRESSION=zstd S3_SSE=AES256 "export ACCOUNT_A_SUBNET_IDS=subnet-1, subnet-2" "TAGS='{\"Team\":\"data\"}'" \
    'NAME=plain # a comment' 'LOG_LEVEL=' >"$HOME_DIR/c.env"
  read_types
  read_config "$HOME_DIR/c.env"
  [ "$(settings "$REPO"/terraform/variables*.tf | jq -cS)" = \
    '{"account_a_subnet_ids":["subnet-1","subnet-2"],"db_query":"SELECT '"'a' # b \$\${x} %%{y}"'","environment":{"COMPRESSION":"zstd","S3_SSE":"AES256"},"name":"plain","tags":{"Team":"data"}}' ]
}

@test "a state for each configuration, whatever they say" {
  eval "$(parts ui config state)"
  CONFIG=([STATE_BUCKET]=states [AWS_REGION]=eu-west-1 [ACCOUNT_A_ID]=111111111111)
  CONFIG_FILE=/somewhere/production.env
  [ "$(state_place)" = s3://states/rds-data-extractor/111111111111/eu-west-1/production.tfstate ]
  CONFIG_FILE=/somewhere/test.env
  [ "$(state_place)" = s3://states/rds-data-extractor/111111111111/eu-west-1/test.tfstate ]
}

@test "no network" {
  deploy validate
  [ "$status" -eq 2 ]
  has 'no network: AWS could not be reached with profile account-a'
  has 'no network: AWS could not be reached with profile account-b'
}

@test "expired credentials" {
  refusing ExpiredToken 'The security token included in the request is expired'
  deploy validate
  [ "$status" -eq 2 ]
  has 'the credentials of profile account-a have expired: aws sso login --profile account-a'
  has 'nothing was changed'
}

@test "credentials that AWS does not know" {
  refusing InvalidClientTokenId 'The security token included in the request is invalid.'
  deploy validate
  has 'AWS does not know the credentials of profile account-b'
}

@test "a profile that does not exist" {
  deploy validate ACCOUNT_B_PROFILE=account-bb
  has 'there is no profile account-bb: aws configure --profile account-bb'
}

@test "an old terraform, and one that is missing" {
  mkdir "$HOME_DIR/bin"
  printf '#!/bin/sh\necho "{\\"terraform_version\\": \\"1.9.8\\"}"\n' >"$HOME_DIR/bin/terraform"
  chmod +x "$HOME_DIR/bin/terraform"
  PATH="$HOME_DIR/bin:$PATH" deploy validate
  has 'terraform is 1.9.8, 1.11.0 or newer is needed'
}

@test "tools that are missing, and an old aws" {
  eval "$(parts ui validate)"
  command() { [[ $2 != aws && $2 != terraform ]]; }
  check_tools
  [ "${MISTAKES[*]}" = 'terraform is not installed aws is not installed' ]
  unset -f command
  aws() { echo 'aws-cli/1.18.0 Python/3.8'; }
  MISTAKES=()
  check_tools
  output=${MISTAKES[*]}
  has 'aws is 1.18.0, 1.32 or any 2.x is needed'
  mkdir "$HOME_DIR/few"
  for tool in bash dirname mktemp cat rm; do ln -s "$(type -P "$tool")" "$HOME_DIR/few/"; done
  PATH="$HOME_DIR/few" run "$COPY/deploy.sh" validate
  [ "$status" -eq 2 ]
  has 'jq is not installed.'
}

@test "commands that lack something say what" {
  write_config "$HOME_DIR" "$COPY/config.env"
  wrong '--config needs a file.' "$COPY/deploy.sh" validate --config
  wrong 'cleanup does not take --with-buckets.' "$COPY/deploy.sh" cleanup --with-buckets
  wrong 'deploy does not take production.' "$COPY/deploy.sh" deploy production
  wrong 'Which command of terraform?' "$COPY/deploy.sh" terraform
  wrong 'There is no event file none.json.' "$COPY/deploy.sh" invoke none.json
  echo '[]' >"$HOME_DIR/event.json"
  wrong 'The event is not a JSON object.' "$COPY/deploy.sh" invoke "$HOME_DIR/event.json"
  wrong 'Nothing is deployed from here.' "$COPY/deploy.sh" invoke
  echo SIDE=b >>"$COPY/config.env"
  wrong "The function is account A's, and SIDE is b." "$COPY/deploy.sh" diagnose
}

@test "deploying without a password, and no terminal to ask on" {
  eval "$(parts ui config terraform)"
  aws_a() { return 1; }
  run find_password </dev/null
  [ "$status" -eq 2 ]
  has 'The database password is missing.'
  has 'export DB_PASSWORD=…'
}

@test "deploying without a package says how to make one" {
  PACKAGE=$HOME_DIR/package.zip
  [ ! -e "$PACKAGE" ]
  eval "$(parts ui config terraform)"
  CONFIG[PACKAGE_FILE]=$PACKAGE
  run check_package
  [ "$status" -eq 1 ]
  has "There is no package $PACKAGE."
  has './deploy.sh package'
}

@test "what AWS refuses is said: function, log, alias, secret, overview" {
  eval "$(parts ui config validate terraform function)"
  aws_a() { echo 'An error occurred (AccessDeniedException) when calling' >&2 && false; }
  need_deployment() { ALIAS_ARN=arn FUNCTION=name; }
  output() { echo "{\"name\": \"$1\"}"; }
  wrong 'The function could not be invoked: profile account-a may not do that: An error' cmd_invoke
  wrong 'logs takes a number of minutes and --follow, not ten' cmd_logs ten
  wrong ' could not be read: An error occurred' cmd_logs
  has 'The log '
  wrong 'The function could not be read.' cmd_status
  wrong 'The alias could not be moved; nothing was changed.' serve 2
  DB_PASSWORD=one wrong 'All is deployed, but the secret ' fill_secret
  has ' was not filled: An error occurred'
  aws_a() { echo '{"statusCode": 500, "body": {"hops": [], "ok": false}}' >"$WORK/answer.json"; }
  wrong 'A hop fails; its lines above say why and what fixes it.' cmd_diagnose
  output() { echo '{"page": "s3://bucket/index.html", "function_name": "overview", "event": "{}"}'; }
  wrong 'The page was not made; the answer above says why.' cmd_overview
  presign() { return 1; }
  wrong 'The link could not be signed.' cmd_overview --open
  output() { :; }
  wrong 'There is no overview.' cmd_overview
}

@test "what terraform refuses is shown, and nothing is changed" {
  eval "$(parts ui config state validate terraform)"
  DIR=$HOME_DIR
  open_state() { :; }
  write_root() { :; }
  tf() {
    [[ $1 != state ]] || printf 'module.extractor.%s\n' aws_lambda_function.this 'module.bucket[0].aws_s3_bucket.this'
    [[ $1 == state ]] || { echo 'Error: as terraform says it' && false; }
  }
  wrong 'The plan to remove failed; nothing was removed.' cmd_cleanup
  has 'Error: as terraform says it'
  wrong 'The bucket could not be prepared for removal; nothing was removed.' cmd_cleanup --with-bucket
  has 'Error: as terraform says it'
  wrong 'The plan failed; nothing was changed.' plan_or_die
  wrong 'terraform init failed; nothing was changed.' install -reconfigure
  has 'Error: as terraform says it'
}

@test "a state that would be left behind is not begun anew" {
  eval "$(parts ui config state)"
  DIR=$HOME_DIR
  echo '{}' >"$DIR/terraform.tfstate"
  CONFIG=([STATE_BUCKET]=states)
  wrong "There is a state at $DIR/terraform.tfstate, and STATE_BUCKET names another place." check_place
  has "Copy it first: aws s3 cp $DIR/terraform.tfstate s3://states/"
}

@test "a question is answered by someone, or by --yes" {
  eval "$(parts ui)"
  wrong 'This asks "Go on?" and there is no terminal to answer on.' confirm 'Go on?' </dev/null
  run python3 "$REPO/tests/deploy/terminal.py" n ". '$REPO/deploy/ui.sh'; confirm 'Go on?'"
  [ "$status" -eq 1 ]
  has 'Stopped, as you said. Nothing was changed.'
  run python3 "$REPO/tests/deploy/terminal.py" y ". '$REPO/deploy/ui.sh'; confirm 'Go on?'"
  [ "$status" -eq 0 ]
  ASSUME_YES=true confirm 'Go on?' </dev/null
}

@test "plain text where there is no terminal" {
  deploy validate
  hasnt $'\e'
}
