"""Evaluates the applied policies against the recorded calls of runs: recorded_calls.py CALLS OUTPUTS.json.

Every call of a complete run is allowed, with its conditions, and every statement except those that Lambda itself uses
(or that need what an emulator lacks) was needed by some call.
"""

import json
import sys

from iam_eval import Request, evaluate

# Used by Lambda, KMS or CloudWatch, not by a call that the emulator sees; applied_policies_test.py evaluates each.
NOT_SEEN = {
    "DecryptConfiguration", "DecryptEnvironment", "EncryptObjects", "EncryptFailures", "WriteLogs", "ReportFailures",
    "AttachToVpc", "NoNetworkFromCode", "Trace", "ReadQueue", "DecryptQueue",
}

calls = [json.loads(line) for line in open(sys.argv[1])]
outputs = json.load(open(sys.argv[2]))["extractor"]["value"]
policies = {
    outputs["function_role_arn"]: json.loads(outputs["function_policy_json"]),
    outputs["cross_account_role_arn"]: json.loads(outputs["policies"]["cross_account"]),
}
used, wrong = set(), []
for call in calls:
    if call["principal"] not in policies:
        continue
    request = Request(call["principal"], call["action"], call["resource"], call["context"])
    policy = policies[call["principal"]]
    verdict, _ = evaluate([policy], request)
    used.update(s["Sid"] for s in policy["Statement"] if evaluate([{"Statement": [s]}], request)[0] == "allow")
    if verdict != "allow":
        wrong.append(f"{call['action']} on {call['resource']}: {verdict}")
wanted = {s["Sid"] for p in policies.values() for s in p["Statement"]} - NOT_SEEN
for sid in sorted(wanted - used):
    wrong.append(f"no run needed {sid}")
print(f"{len(calls)} calls recorded, statements used: {' '.join(sorted(used))}")
for line in dict.fromkeys(wrong):
    print(f"FAILED: {line}")
sys.exit(1 if wrong else 0)
