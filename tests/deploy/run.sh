#!/usr/bin/env bash
# Runs all checks of deploying: terraform, its policies, deploy.sh, packaging. Tools come from the machine, apt (as root) or PyPI
# (into a cache); missing ones are named. Ends with "N passed, N failed".
set -uo pipefail
# shellcheck source=tests/deploy/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$REPO" || exit 1
PASSED=0 FAILED=0
LOGS=$(mktemp -d)
trap 'unshare_provider; rm -rf "$LOGS"' EXIT

notice() { printf 'notice  %s\n' "$1"; }

# check NAME COMMAND …: runs the command, and shows its output if it fails.
check() {
  local name=$1
  shift
  if "$@" >"$LOGS/check" 2>&1; then
    PASSED=$((PASSED + 1))
    printf 'pass    %s\n' "$name"
  else
    FAILED=$((FAILED + 1))
    printf 'FAIL    %s\n' "$name"
    sed 's/^/        /' "$LOGS/check" | tail -n 60
  fi
}

# tally FILE: counts a TAP file of bats.
tally() {
  local line
  while IFS= read -r line; do
    case $line in
      'ok '*'# skip'*) notice "${line#ok }" ;;
      'ok '*) PASSED=$((PASSED + 1)); printf 'pass    %s\n' "${line#ok }" ;;
      'not ok '*) FAILED=$((FAILED + 1)); printf 'FAIL    %s\n' "${line#not ok }" ;;
      1..*) ;;
      *) printf '        %s\n' "$line" ;;
    esac
  done <"$1"
  grep -q '^1\.\.' "$1" || { FAILED=$((FAILED + 1)); printf 'FAIL    bats did not run\n'; cat "$1"; }
}

# have TOOL [APT-PACKAGE]: whether the tool is installed, or could be installed from apt.
have() {
  command -v "$1" >/dev/null && return
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    { apt-get install -y -q "${2:-$1}" || { apt-get update -q && apt-get install -y -q "${2:-$1}"; }; } >/dev/null 2>&1
  fi
  command -v "$1" >/dev/null
}

for tool in jq curl openssl; do have $tool || notice "$tool is missing and cannot be installed here: much below will fail"; done
have python3 python3-venv || notice 'python3 is missing: no emulator, no checkov, no evaluation of policies'
if ! command -v aws >/dev/null; then
  if cli=$(venv awscli awscli); then PATH="$cli/bin:$PATH"; else notice 'no aws command and no PyPI: tests of deploy.sh will fail'; fi
fi
use_plugins

# beside NAME FILE …: runs these in a separate process with its own ports and folders; the results are counted at the end.
BESIDE=()
beside() {
  local name=$1
  shift
  bats --timing --tap "$@" >"$LOGS/$name.tap" 2>&1 &
  BESIDE+=("$!:$name")
}

if ! have bats; then
  notice 'bats is missing: deploy.sh is not tested (apt-get install bats)'
elif ! command -v terraform >/dev/null; then
  notice 'terraform is missing: deploy.sh is not tested on two accounts'
elif ! venv moto 'moto[server]==5.2.5' boto3 >/dev/null 2>"$LOGS/pip"; then
  notice "moto cannot be installed: deploy.sh is not tested on two accounts ($(tail -n 1 "$LOGS/pip"))"
else
  # The longest tests mostly wait, so they run in eight processes in parallel with the others.
  beside accounts tests/deploy/accounts.bats
  beside harms tests/deploy/harms.bats
  beside again tests/deploy/{again,sides,tutorial}.bats
  beside ways tests/deploy/ways.bats
  beside transit_gateway tests/deploy/transit_gateway.bats
  beside privatelink tests/deploy/privatelink.bats
  beside privatelink_both tests/deploy/privatelink_both.bats
  beside machines tests/deploy/machines{,_run,_programs}.bats
fi

if have shellcheck; then
  check 'shellcheck' shellcheck -x deploy.sh deploy/*.sh package/*.sh tests/deploy/*.sh
else
  notice 'shellcheck is missing (apt-get install shellcheck)'
fi
check 'every refusal of deploy.sh and package.sh is tested' python3 tests/deploy/messages_test.py
check 'the evaluator of policies' python3 tests/deploy/iam_eval_test.py
check "the modules' READMEs have their inputs and outputs" python3 tests/deploy/module_readmes.py --check

if command -v terraform >/dev/null; then
  check 'terraform fmt' terraform fmt -check -recursive terraform
  check 'the lock file has the hashes of all platforms' test "$(grep -c '"zh:' terraform/.terraform.lock.hcl)" -ge 14
  copy_repository "$LOGS/copy"
  mkdir "$LOGS/copy/refusals"
  check 'terraform init with the lock file' terraform -chdir="$LOGS/copy/terraform" init -backend=false -input=false -lockfile=readonly
  share_provider "$LOGS/copy/terraform" || notice 'terraform starts the provider anew for each test: that takes minutes longer'
  check 'every refusal has its message' python3 tests/deploy/refusals_test.py "$LOGS/copy/refusals"
  # The examples refer to the packages of make package.
  mkdir -p "$LOGS/copy/target/package"
  for package in {rds-data-extractor,nlb-target-updater}-{arm64,x86_64}; do echo zip >"$LOGS/copy/target/package/$package.zip"; done
  for example in terraform/examples/*/; do
    name=$(basename "$example")
    check "example $name" sh -c "terraform -chdir='$LOGS/copy/$example' init -backend=false -input=false && terraform -chdir='$LOGS/copy/$example' validate"
  done
  for file in terraform/tests/*.tftest.hcl; do
    check "terraform test $(basename "$file")" terraform -chdir="$LOGS/copy/terraform" test -filter="tests/$(basename "$file")"
  done
  unshare_provider
else
  notice 'terraform is missing: fmt, validate and test are left out (1.11 or newer is needed)'
fi

if checkov=$(venv checkov checkov 2>"$LOGS/pip"); then
  check 'checkov of terraform and the workflows' "$checkov/bin/checkov" -d terraform -d .github --framework terraform github_actions --skip-download --quiet --compact
  check 'checkov of the Dockerfile' "$checkov/bin/checkov" -f package/container/Dockerfile --framework dockerfile --skip-download --quiet --compact
else
  notice "checkov cannot be installed: $(tail -n 1 "$LOGS/pip")"
fi

if command -v bats >/dev/null; then
  for file in newcomer package bare; do
    [[ $file != bare || ${#BESIDE[@]} -gt 0 ]] || continue
    bats --timing --tap "tests/deploy/$file.bats" >"$LOGS/$file.tap" 2>&1
    tally "$LOGS/$file.tap"
  done
fi
for process in "${BESIDE[@]}"; do
  wait "${process%%:*}"
  tally "$LOGS/${process#*:}.tap"
done

printf '%d passed, %d failed\n' "$PASSED" "$FAILED"
[[ $FAILED -eq 0 ]]
