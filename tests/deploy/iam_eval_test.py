"""Tests the evaluator against IAM's documented rules."""

import unittest

from iam_eval import Request, arn_like, evaluate, glob, operator_holds


def allow(**more):
    return {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", **more}]}


def request(action="s3:GetObject", resource="arn:aws:s3:::b/k", context=None):
    return Request("arn:aws:iam::111111111111:role/r", action, resource, context or {})


class Evaluation(unittest.TestCase):
    def test_no_statement_is_an_implicit_deny(self):
        self.assertEqual(evaluate([], request())[0], "implicit")
        self.assertEqual(evaluate([allow()], request(action="s3:PutObject"))[0], "implicit")
        self.assertEqual(evaluate([allow()], request(resource="arn:aws:s3:::c/k"))[0], "implicit")

    def test_actions_are_case_insensitive_resources_are_not(self):
        self.assertEqual(evaluate([allow()], request(action="S3:getobject"))[0], "allow")
        self.assertEqual(evaluate([allow()], request(resource="arn:aws:s3:::B/k"))[0], "implicit")

    def test_an_explicit_deny_beats_every_allow(self):
        deny = {"Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Sid": "No"}]}
        self.assertEqual(evaluate([allow(), deny], request()), ("deny", "No"))
        self.assertEqual(evaluate([deny, allow()], request()), ("deny", "No"))

    def test_a_missing_key_fails_a_condition(self):
        document = allow(Condition={"StringEquals": {"aws:ResourceAccount": "1"}})
        self.assertEqual(evaluate([document], request())[0], "implicit")
        self.assertEqual(evaluate([document], request(context={"aws:resourceaccount": "1"}))[0], "allow")

    def test_if_exists_and_negation_hold_where_the_key_is_missing(self):
        self.assertTrue(operator_holds("StringLikeIfExists", "s3:prefix", "a/*", {}))
        self.assertFalse(operator_holds("StringLikeIfExists", "s3:prefix", "a/*", {"s3:prefix": "b/c"}))
        self.assertTrue(operator_holds("StringNotEquals", "aws:PrincipalOrgID", "o-1", {}))
        self.assertFalse(operator_holds("StringNotEquals", "aws:PrincipalOrgID", "o-1", {"aws:principalorgid": "o-1"}))
        self.assertTrue(operator_holds("StringNotEqualsIfExists", "aws:PrincipalOrgID", "o-1", {"aws:principalorgid": "o-2"}))

    def test_an_unknown_operator_is_an_error(self):
        with self.assertRaises(KeyError):
            operator_holds("IpAddress", "aws:SourceIp", "10.0.0.0/8", {"aws:sourceip": "10.0.0.1"})

    def test_wildcards(self):
        self.assertTrue(glob("arn:aws:s3:::b/*", "arn:aws:s3:::b/a/b"))
        self.assertFalse(glob("a[b]", "ab"))
        self.assertTrue(arn_like("arn:aws:logs:*:1:log-group:/x*", "arn:aws:logs:eu-west-1:1:log-group:/x/y:z"))
        self.assertFalse(arn_like("arn:aws:iam::*:role/x", "arn:aws:iam::1:user:role/x"))

    def test_the_account_as_principal_stands_for_all_its_roles(self):
        trust = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::111111111111:root"}}]}
        self.assertEqual(evaluate([trust], request(action="sts:AssumeRole"))[0], "allow")
        other = Request("arn:aws:iam::222222222222:role/r", "sts:AssumeRole", "*")
        self.assertEqual(evaluate([trust], other)[0], "implicit")


if __name__ == "__main__":
    unittest.main()
