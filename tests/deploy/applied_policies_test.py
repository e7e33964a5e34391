"""Evaluates the applied policies offline: applied_policies_test.py OUTPUTS.json (of terraform output -json).

Evaluates what an emulator cannot test (conditions, trust, keys, what Lambda itself does) with iam_eval, on the very
documents that were applied.
"""

import json
import sys
import unittest

from iam_eval import Request, evaluate, may_assume

OUT = json.load(open(sys.argv.pop(1)))["extractor"]["value"]
FUNCTION = OUT["function_role_arn"]
ROLE_B = OUT["cross_account_role_arn"]
A, B, REGION = FUNCTION.split(":")[4], ROLE_B.split(":")[4], "eu-west-1"
EXTERNAL_ID = "0123456789abcdef0123456789abcdef"
BUCKET = "arn:aws:s3:::data-extraction-bucket"
KEY = OUT["kms_key_arn"]
NAME = OUT["function_name"]


def policy(name):
    return json.loads(OUT["policies"][name] if name in OUT["policies"] else OUT[name])


def ask(document, principal, action, resource, **context):
    keys = {k.replace("__", ":"): v for k, v in context.items()}
    return evaluate([document], Request(principal, action, resource, {k.lower(): v for k, v in keys.items()}))[0]


class Trust(unittest.TestCase):
    trust = policy("cross_account_trust")

    def test_the_function_with_its_external_id(self):
        self.assertTrue(may_assume(self.trust, FUNCTION, EXTERNAL_ID))

    def test_external_id_missing(self):
        self.assertFalse(may_assume(self.trust, FUNCTION))

    def test_external_id_wrong(self):
        self.assertFalse(may_assume(self.trust, FUNCTION, EXTERNAL_ID[:-1] + "0"))

    def test_another_role_of_a(self):
        self.assertFalse(may_assume(self.trust, f"arn:aws:iam::{A}:role/someone-else", EXTERNAL_ID))
        self.assertFalse(may_assume(self.trust, FUNCTION + "-2", EXTERNAL_ID))

    def test_another_account(self):
        self.assertFalse(may_assume(self.trust, FUNCTION.replace(A, "333333333333"), EXTERNAL_ID))

    def test_scheduler_only_from_its_group(self):
        trust = policy("scheduler_trust")
        group = f"arn:aws:scheduler:{REGION}:{A}:schedule-group/{NAME}"
        for account, source, expected in ((A, group, "allow"), (A, group + "-2", "implicit"), (B, group, "implicit")):
            got = evaluate([trust], Request("scheduler.amazonaws.com", "sts:AssumeRole", "*",
                                            {"aws:sourceaccount": account, "aws:sourcearn": source}))[0]
            self.assertEqual(got, expected, (account, source))


class Function(unittest.TestCase):
    document = policy("function_policy_json")

    def may(self, action, resource, **context):
        return ask(self.document, FUNCTION, action, resource, **context)

    def test_configuration(self):
        base = f"arn:aws:ssm:{REGION}:{A}:parameter"
        self.assertEqual(self.may("ssm:GetParameter", base + OUT["db_config_param"]), "allow")
        self.assertEqual(self.may("ssm:GetParameter", base + "/other"), "implicit")
        self.assertEqual(self.may("ssm:PutParameter", base + OUT["db_config_param"]), "implicit")

    def test_key_only_through_its_services(self):
        self.assertEqual(self.may("kms:Decrypt", KEY, kms__viaservice=f"ssm.{REGION}.amazonaws.com"), "allow")
        self.assertEqual(self.may("kms:Decrypt", KEY), "implicit")
        self.assertEqual(self.may("kms:Decrypt", KEY, kms__viaservice=f"ec2.{REGION}.amazonaws.com"), "implicit")
        self.assertEqual(self.may("kms:Decrypt", KEY, **{"kms:EncryptionContext:aws:lambda:FunctionArn": f"arn:aws:lambda:{REGION}:{A}:function:{NAME}"}), "allow")

    def test_one_role(self):
        self.assertEqual(self.may("sts:AssumeRole", ROLE_B), "allow")
        self.assertEqual(self.may("sts:AssumeRole", f"arn:aws:iam::{B}:role/Admin"), "implicit")

    def test_bucket(self):
        inside, outside = f"{BUCKET}/exports/users/a.csv", f"{BUCKET}/other/a.csv"
        for action in ("s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"):
            self.assertEqual(self.may(action, inside, aws__resourceaccount=A), "allow", action)
            self.assertEqual(self.may(action, outside, aws__resourceaccount=A), "implicit", action)
            self.assertEqual(self.may(action, inside, aws__resourceaccount="333333333333"), "implicit", action)
        self.assertEqual(self.may("s3:DeleteObject", inside, aws__resourceaccount=A), "implicit")
        self.assertEqual(self.may("s3:ListBucket", BUCKET, aws__resourceaccount=A, s3__prefix="exports/users/a.csv"), "allow")
        self.assertEqual(self.may("s3:ListBucket", BUCKET, aws__resourceaccount=A, s3__prefix="other/"), "implicit")
        # For HeadObject of a missing key, S3 requires ListBucket without a prefix.
        self.assertEqual(self.may("s3:ListBucket", BUCKET, aws__resourceaccount=A), "allow")
        self.assertEqual(self.may("s3:ListBucketMultipartUploads", BUCKET, aws__resourceaccount=A), "allow")

    def test_what_lambda_itself_uses(self):
        log = f"arn:aws:logs:{REGION}:{A}:log-group:{OUT['log_group_name']}:log-stream:2026/11/23/[1]abc"
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            self.assertEqual(self.may(action, log), "allow", action)
        for action in ("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"):
            self.assertEqual(self.may(action, "*"), "allow", action)
            # ... but not for the function's own code.
            self.assertEqual(self.may(action, "*", **{"lambda:SourceFunctionArn": f"arn:aws:lambda:{REGION}:{A}:function:{NAME}"}), "deny", action)
        for action in ("xray:PutTraceSegments", "xray:PutTelemetryRecords"):
            self.assertEqual(self.may(action, "*"), "allow", action)
        self.assertEqual(self.may("sqs:SendMessage", f"arn:aws:sqs:{REGION}:{A}:{NAME}-failures"), "allow")

    def test_nothing_else(self):
        for action, resource in (("iam:PassRole", "*"), ("s3:ListAllMyBuckets", "*"), ("lambda:InvokeFunction", "*"), ("rds:DescribeDBInstances", "*"),
                                 ("logs:CreateLogGroup", "*"), ("secretsmanager:GetSecretValue", "*"), ("kms:Encrypt", KEY)):
            self.assertEqual(self.may(action, resource), "implicit", action)


class RoleOfB(unittest.TestCase):
    document = policy("cross_account")

    def test_its_database_and_what_discover_needs(self):
        base = f"arn:aws:rds:{REGION}:{B}"
        self.assertEqual(ask(self.document, ROLE_B, "rds:DescribeDBInstances", f"{base}:db:orders"), "allow")
        self.assertEqual(ask(self.document, ROLE_B, "cloudwatch:GetMetricData", "*"), "allow")
        for action in ("rds:DeleteDBInstance", "rds:ModifyDBInstance", "rds-db:connect", "secretsmanager:GetSecretValue"):
            self.assertEqual(ask(self.document, ROLE_B, action, f"{base}:db:orders"), "implicit", action)


class Bucket(unittest.TestCase):
    document = policy("bucket")

    def test_tls_only(self):
        for secure, version, expected in (("false", "1.2", "deny"), ("true", "1.1", "deny"), ("true", "1.2", "implicit")):
            got = ask(self.document, FUNCTION, "s3:PutObject", f"{BUCKET}/exports/users/a", aws__securetransport=secure, s3__tlsversion=version)
            self.assertEqual(got, expected, (secure, version))


class Endpoints(unittest.TestCase):
    def test_one_role_each(self):
        policies = {service: json.loads(text) for service, text in OUT["endpoint_policies"].items()}
        parameter = f"arn:aws:ssm:{REGION}:{A}:parameter{OUT['db_config_param']}"
        database = f"arn:aws:rds:{REGION}:{B}:db:orders"
        cases = [
            ("ssm", FUNCTION, "ssm:GetParameter", parameter, "allow"),
            ("ssm", f"arn:aws:iam::{A}:role/other", "ssm:GetParameter", parameter, "implicit"),
            ("sts", FUNCTION, "sts:AssumeRole", ROLE_B, "allow"),
            ("sts", FUNCTION, "sts:AssumeRole", f"arn:aws:iam::{B}:role/Admin", "implicit"),
            ("rds", ROLE_B, "rds:DescribeDBInstances", database, "allow"),
            ("rds", FUNCTION, "rds:DescribeDBInstances", database, "implicit"),
            ("s3", FUNCTION, "s3:PutObject", f"{BUCKET}/exports/users/a", "allow"),
            ("s3", FUNCTION, "s3:PutObject", "arn:aws:s3:::elsewhere/a", "implicit"),
        ]
        for service, principal, action, resource, expected in cases:
            got = ask(policies[service], principal, action, resource, aws__principalarn=principal)
            self.assertEqual(got, expected, (service, principal, action, resource))


if __name__ == "__main__":
    unittest.main()
