#!/usr/bin/env bash
# Creates the profiles account-a and account-b of the roles ROLE_A and ROLE_B in a GitHub Actions job with id-token: write. GitHub's
# identity token is valid for five minutes only, so each role gets its own, exchanged at once for credentials valid for an hour.
set -euo pipefail
: "${ROLE_A:?}" "${ROLE_B:?}"
file="$RUNNER_TEMP/aws-credentials"
(umask 077 && : >"$file")
for profile in account-a account-b; do
  [[ $profile == account-a ]] && role=$ROLE_A || role=$ROLE_B
  token=$(curl --fail --silent --show-error --header "Authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" \
    "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=sts.amazonaws.com" | jq -er .value)
  aws sts assume-role-with-web-identity --role-arn "$role" --role-session-name "github-${GITHUB_RUN_ID:-run}" --web-identity-token "$token" \
    --duration-seconds 3600 --output json | jq -r --arg p "$profile" '.Credentials | "[\($p)]\naws_access_key_id = \(.AccessKeyId)\naws_secret_access_key = \(.SecretAccessKey)\naws_session_token = \(.SessionToken)\n"' >>"$file"
done
echo "AWS_SHARED_CREDENTIALS_FILE=$file" >>"$GITHUB_ENV"
