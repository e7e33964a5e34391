#!/usr/bin/env bats
# The state machines as Terraform renders them, on LocalStack.

. "$BATS_TEST_DIRNAME/lib.sh"

@test "each Choice, Retry and Catch of the machines" {
  use_plugins
  cd "$BATS_TEST_DIRNAME"
  environment=$(venv localstack -r "$REPO/devstack/python/localstack.txt") || skip "LocalStack cannot be installed: the machines do not run"
  run "$environment/bin/python" machines_test.py "$(free_port)"
  [[ $status -eq 0 ]] || { printf '%s\n' "$output" && false; }
}
