"""Evaluates the applied policies of the state machines offline: machines_policies_test.py OUTPUTS.json (of terraform output -json).

Every call that the definitions make is allowed to the role that makes it, and none beside them.
"""

import json
import sys
import unittest

from iam_eval import Request, evaluate

OUT = json.load(open(sys.argv.pop(1)))["extractor"]["value"]
RUNS = OUT["long_runs"]
A, REGION, NAME = OUT["function_role_arn"].split(":")[4], "eu-west-1", OUT["function_name"]
BUCKET = f"arn:aws:s3:::{RUNS['bucket']}"
RESULTS = f"{BUCKET}/{RUNS['results_prefix']}/an-execution"
STATES, EVENTS = f"arn:aws:states:{REGION}:{A}", f"arn:aws:events:{REGION}:{A}:rule/StepFunctionsGetEventsFor"
CLUSTER = f"arn:aws:ecs:{REGION}:{A}:cluster/{NAME}"
OWNER = {"aws:resourceaccount": A}
ROLES = {name: f"arn:aws:iam::{A}:role/{NAME}-{name}" for name in ("task", "task-start", "export", "export-all")}


def states(definition):
    for state in definition["States"].values():
        yield state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


class Policies(unittest.TestCase):
    def ask(self, policy, action, resource, context=None):
        return evaluate([json.loads(RUNS["policies"][policy])], Request(ROLES["export"], action, resource, context or {}))[0]

    def allowed(self, policy, calls):
        for action, resource, context in calls:
            self.assertEqual(self.ask(policy, action, resource, context), "allow", (policy, action, resource))

    def refused(self, policy, calls):
        for action, resource, context in calls:
            self.assertEqual(self.ask(policy, action, resource, context), "implicit", (policy, action, resource))

    # What each integration of a definition asks of the role, with what an emulator does not check.
    def calls(self, resource, parameters):
        task = f"arn:aws:ecs:{REGION}:{A}:task/{NAME}/0123"
        return {
            "arn:aws:states:::lambda:invoke": lambda: [("lambda:InvokeFunction", parameters["FunctionName"], {})],
            "arn:aws:states:::ecs:runTask.sync": lambda: [
                ("ecs:RunTask", parameters["TaskDefinition"], {"ecs:cluster": parameters["Cluster"]}), ("ecs:StopTask", task, {}), ("ecs:DescribeTasks", task, {}), ("ecs:TagResource", task, {"ecs:createaction": "RunTask"}),
                *((f"events:{call}", f"{EVENTS}ECSTaskRule", {}) for call in ("PutTargets", "PutRule", "DescribeRule")),
                *(("iam:PassRole", ROLES[role], {"iam:passedtoservice": "ecs-tasks.amazonaws.com"}) for role in ("task", "task-start")),
            ],
            "arn:aws:states:::states:startExecution.sync:2": lambda: [
                ("states:StartExecution", parameters["StateMachineArn"], {}),
                *((f"states:{call}", f"{STATES}:execution:{NAME}-export:x", {}) for call in ("DescribeExecution", "StopExecution")),
                *((f"events:{call}", f"{EVENTS}StepFunctionsExecutionRule", {}) for call in ("PutTargets", "PutRule", "DescribeRule")),
            ],
            "arn:aws:states:::aws-sdk:s3:putObject": lambda: [("s3:PutObject", f"{RESULTS}/1.json", OWNER)],
            "arn:aws:states:::aws-sdk:s3:getObject": lambda: [("s3:GetObject", f"{RESULTS}/1.json", OWNER)],
            "arn:aws:states:::aws-sdk:s3:listObjectsV2": lambda: [("s3:ListBucket", BUCKET, {**OWNER, "s3:prefix": f"{RUNS['results_prefix']}/x/failed/"})],
            "arn:aws:states:::aws-sdk:sfn:describeMapRun": lambda: [("states:DescribeMapRun", f"{STATES}:mapRun:{NAME}-export-all/exports:x", {})],
        }[resource]()

    def test_every_call_of_the_definitions(self):
        for machine in ("export", "export_all"):
            tasks = [state for state in states(json.loads(RUNS["definitions"][machine])) if state["Type"] == "Task"]
            self.assertGreater(len(tasks), 3)
            for task in tasks:
                self.allowed(machine, self.calls(task["Resource"], task["Parameters"]))

    def test_a_task_of_an_earlier_revision_goes_on(self):
        earlier = f"arn:aws:ecs:{REGION}:{A}:task-definition/{NAME}:1"
        self.allowed("export", [("ecs:RunTask", earlier, {"ecs:cluster": CLUSTER})])

    def test_the_distributed_map_itself(self):
        self.allowed("export_all", [
            ("states:StartExecution", f"{STATES}:stateMachine:{NAME}-export-all", {}),
            ("states:StopExecution", f"{STATES}:execution:{NAME}-export-all/exports:x", {}),
            ("s3:GetObject", f"{BUCKET}/exports/users/plan.json", OWNER), ("s3:PutObject", f"{BUCKET}/exports/users/_SUCCESS", OWNER),
            *((f"s3:{call}", f"{RESULTS}/results/x/FAILED_0.json", OWNER) for call in ("PutObject", "GetObject", "ListMultipartUploadParts", "AbortMultipartUpload")),
        ])

    def test_what_step_functions_itself_uses(self):
        for machine in ("export", "export_all"):
            self.allowed(machine, [(f"logs:{call}", "*", {}) for call in ("CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery", "ListLogDeliveries",
                                                                           "PutResourcePolicy", "DescribeResourcePolicies", "DescribeLogGroups")])
            for statement in json.loads(RUNS["policies"][machine])["Statement"]:
                if statement["Sid"] == "EncryptObjects":
                    self.allowed(machine, [("kms:GenerateDataKey", statement["Resource"][0], {"kms:viaservice": f"s3.{REGION}.amazonaws.com"})])
                    self.refused(machine, [("kms:GenerateDataKey", statement["Resource"][0], {"kms:viaservice": f"sqs.{REGION}.amazonaws.com"})])

    def test_nothing_else(self):
        other = f"arn:aws:ecs:{REGION}:{A}:task-definition/other:1"
        self.refused("export", [
            ("lambda:InvokeFunction", OUT["alias_arn"].rsplit(":", 1)[0], {}), ("ecs:RunTask", other, {"ecs:cluster": CLUSTER}),
            ("ecs:RunTask", f"arn:aws:ecs:{REGION}:{A}:task-definition/{NAME}:1", {"ecs:cluster": CLUSTER + "2"}), ("ecs:StopTask", f"arn:aws:ecs:{REGION}:{A}:task/other/1", {}),
            ("iam:PassRole", ROLES["task"], {"iam:passedtoservice": "ec2.amazonaws.com"}), ("iam:PassRole", f"arn:aws:iam::{A}:role/Admin", {"iam:passedtoservice": "ecs-tasks.amazonaws.com"}),
            ("s3:GetObject", f"{BUCKET}/exports/users/a.csv", OWNER), ("s3:PutObject", f"{RESULTS}/1.json", {"aws:resourceaccount": "333333333333"}), ("states:StartExecution", RUNS["machine_arns"]["export"], {}),
        ])
        self.refused("export_all", [
            ("ecs:RunTask", f"arn:aws:ecs:{REGION}:{A}:task-definition/{NAME}:1", {"ecs:cluster": CLUSTER}), ("iam:PassRole", ROLES["task"], {"iam:passedtoservice": "ecs-tasks.amazonaws.com"}),
            ("states:StartExecution", f"{STATES}:stateMachine:other", {}), ("s3:GetObject", f"{BUCKET}/elsewhere/plan.json", OWNER), ("s3:DeleteObject", f"{RESULTS}/x", OWNER),
            ("s3:ListBucket", BUCKET, {**OWNER, "s3:prefix": "other/"}), ("s3:ListBucket", BUCKET, OWNER),
        ])

    def test_the_task_may_what_the_function_may_and_not_what_lambda_may(self):
        function = json.loads(OUT["function_policy_json"])["Statement"]
        task = json.loads(RUNS["policies"]["task"])["Statement"]
        self.assertEqual([one for one in function if one in task], task)
        self.allowed("task", [("s3:PutObject", f"{BUCKET}/exports/users/a.csv", OWNER), ("s3:PutObject", f"{RESULTS}/1.json", OWNER), ("s3:GetObject", f"{RESULTS}/event.json", OWNER),
                              ("sts:AssumeRole", OUT["cross_account_role_arn"], {})])
        self.refused("task", [("ec2:CreateNetworkInterface", "*", {}), ("sqs:SendMessage", "*", {}), ("logs:PutLogEvents", "*", {}), ("ecs:RunTask", "*", {})])

    def test_fargate_itself(self):
        log = f"arn:aws:logs:{REGION}:{A}:log-group:{RUNS['log_group_name']}:log-stream:export/extractor/1"
        self.allowed("execution", [("logs:PutLogEvents", log, {}), ("logs:CreateLogStream", log, {}), ("ecr:BatchGetImage", f"arn:aws:ecr:{REGION}:{A}:repository/{NAME}", {}),
                                   ("ecr:GetAuthorizationToken", "*", {})])
        self.refused("execution", [("ecr:PutImage", f"arn:aws:ecr:{REGION}:{A}:repository/{NAME}", {}), ("s3:GetObject", f"{RESULTS}/event.json", OWNER)])

    def test_trusts(self):
        for policy, service, source in (("task_trust", "ecs-tasks.amazonaws.com", f"arn:aws:ecs:{REGION}:{A}:task/x"), ("machine_trust", "states.amazonaws.com", f"{STATES}:stateMachine:x")):
            for account, caller, expected in ((A, service, "allow"), ("333333333333", service, "implicit"), (A, "lambda.amazonaws.com", "implicit")):
                got = evaluate([json.loads(RUNS["policies"][policy])], Request(caller, "sts:AssumeRole", "*", {"aws:sourceaccount": account, "aws:sourcearn": source}))[0]
                self.assertEqual(got, expected, (policy, account, caller))

    def test_account_b_trusts_the_task(self):
        trust = json.loads(OUT["policies"]["cross_account_trust"])
        for role, external_id, expected in (("task", "0123456789abcdef0123456789abcdef", "allow"), ("task", "other", "implicit"), ("task-start", "0123456789abcdef0123456789abcdef", "implicit")):
            context = {"aws:principalarn": ROLES[role], "sts:externalid": external_id}
            self.assertEqual(evaluate([trust], Request(ROLES[role], "sts:AssumeRole", "*", context))[0], expected, role)


if __name__ == "__main__":
    unittest.main()
