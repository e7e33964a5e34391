#!/usr/bin/env bats
# After the first deployment: a new deployment within the week in which AWS keeps deleted secrets and keys. With a
# secret, a bucket under the customer key, and a database that admits the function's group. The tests depend on each other.

. "$BATS_TEST_DIRNAME/lib.sh"

setup_file() {
  start_world
  write_config "$WORLD" "$WORLD/repository/config.env" CONFIGURATION_STORE=secret BUCKET_ENCRYPTION=aws:kms DB_ADMIT=security_group
  everything >"$WORLD/before.json"
}

teardown_file() { stop_world; }

told() { in_a lambda get-function-configuration --function-name rds-data-extractor | jq -r .Environment.Variables.DB_CONFIG_PARAM; }
secret() { told | sed 's|^/aws/reference/secretsmanager/||'; }
value() { in_a secretsmanager get-secret-value --secret-id "$1" | jq -r .SecretString; }
bucket_key() { in_a s3api get-bucket-encryption --bucket data-extraction-bucket | jq -r '.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.KMSMasterKeyID'; }

@test "the database admits the function's group once the peering is active, and nothing is to do then" {
  deploy deploy --yes
  succeeded
  group=$(in_a lambda get-function-configuration --function-name rds-data-extractor | jq -r '.VpcConfig.SecurityGroupIds[0]')
  in_b ec2 describe-security-groups --group-ids "$(jq -r '.DB_SECURITY_GROUP_IDS[0]' "$WORLD/variables.json")" |
    jq -e --arg g "$group" --argjson p "$DB_TEST_PORT" '[.SecurityGroups[0].IpPermissions[] | [.FromPort, .ToPort, (.UserIdGroupPairs[] | .UserId, .GroupId), (.IpRanges | length)]]
      == [[$p, $p, "111111111111", $g, 0]]'
  DB_PASSWORD='' deploy plan
  has 'nothing to change'
}

@test "another DB_HOST arrives in the secret, without the password" {
  echo DB_HOST=db.example.com >>"$WORLD/repository/config.env"
  DB_PASSWORD='' deploy deploy --yes
  succeeded
  value "$(secret)" | jq -e '.host == "db.example.com" and .password == "a-password"'
}

@test "cleanup: the bucket's files can still be read, and the secret can be restored" {
  secret >"$WORLD/secret"
  bucket_key >"$WORLD/key"
  echo '"id"' | in_a s3 cp - s3://data-extraction-bucket/exports/users/kept.csv
  deploy cleanup --yes
  succeeded
  [ "$(in_a kms describe-key --key-id "$(cat "$WORLD/key")" | jq -r .KeyMetadata.KeyState)" = Enabled ]
  run in_a secretsmanager get-secret-value --secret-id "$(cat "$WORLD/secret")"
  has 'InvalidRequestException'
  in_a secretsmanager restore-secret --secret-id "$(cat "$WORLD/secret")"
  value "$(cat "$WORLD/secret")" | jq -e '.password == "a-password"'
  in_a secretsmanager delete-secret --recovery-window-in-days 7 --secret-id "$(cat "$WORLD/secret")"
}

@test "deploy while the old secret's name is taken: the function gets the new name, and the bucket is used again" {
  deploy deploy --yes
  succeeded
  [ "$(secret)" != "$(cat "$WORLD/secret")" ]
  value "$(secret)" | jq -e '.host == "db.example.com" and .password == "a-password"'
  [ "$(bucket_key)" = "$(cat "$WORLD/key")" ]
  in_a s3api head-object --bucket data-extraction-bucket --key exports/users/kept.csv
}

@test "cleanup with the bucket: what was there before is there after" {
  deploy cleanup --with-bucket --yes
  succeeded
  [ "$(in_a kms describe-key --key-id "$(cat "$WORLD/key")" | jq -r .KeyMetadata.KeyState)" = PendingDeletion ]
  everything >"$WORLD/after.json"
  diff "$WORLD/before.json" "$WORLD/after.json"
}
