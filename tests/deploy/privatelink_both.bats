#!/usr/bin/env bats
# Connectivity privatelink, both accounts at once, with a private zone of the database's name. The updater is the real one. The tests
# depend on each other, in this order.

. "$BATS_TEST_DIRNAME/lib.sh"
. "$BATS_TEST_DIRNAME/privatelink.sh"

setup_file() {
  start_privatelink_world
  write_config "$WORLD" "$WORLD/repository/config.env" "${FEW[@]}" PRIVATELINK_PRIVATE_ZONE=true
}

teardown_file() { stop_world; }

setup() { cd "$WORLD/repository"; }

@test "both accounts at once, with a private zone" {
  deploy deploy --yes
  succeeded
  in_a ec2 describe-vpc-endpoints | jq -e '[.VpcEndpoints[] | select(.VpcEndpointType == "Interface") | .State] == ["available"]' >/dev/null
  in_a route53 list-hosted-zones | jq -e '[.HostedZones[] | [.Name, .Config.PrivateZone]] == [["10.1.1.10.", true]]' >/dev/null
  in_a ssm get-parameter --with-decryption --name /rds-data-extractor/db-config | jq -e '.Parameter.Value | fromjson | has("host") or has("tlsServerName") | not' >/dev/null
  [ "$(registered)" = "[[\"10.1.1.10\",$DB_TEST_PORT]]" ]
}

@test "nothing is to do then, and to the endpoint's name is a plan that touches neither bucket nor key" {
  deploy plan
  succeeded
  has 'nothing to change'
  echo PRIVATELINK_PRIVATE_ZONE=false >>config.env
  deploy plan
  succeeded
  output=$(grep '^  # ' <<<"$output")
  has 'aws_route53_zone.database[0] will be destroyed'
  has 'aws_ssm_parameter.configuration[0] will be updated in-place'
  hasnt 'aws_vpc_endpoint.database'
  hasnt 'module.bucket'
  hasnt 'aws_kms_key'
  hasnt 'must be replaced'
}

@test "cleanup of both, and all is as it was" {
  deploy cleanup --with-bucket --yes
  succeeded
  everything >"$WORLD/after.json"
  diff "$WORLD/before.json" "$WORLD/after.json"
}
