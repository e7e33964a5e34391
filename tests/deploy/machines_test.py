"""The machines of terraform/modules/long_runs on LocalStack: machines_test.py PORT [TEST …], in LocalStack's environment.

Each Choice, Retry and Catch is taken at least once; what was taken is read off the histories of the executions.
"""

import atexit
import json
import re
import sys
import threading
import time
import unittest

from machines_script import Coverage, Refused, Script, failure, response
from machines_world import HERE, World, render

PORT = int(sys.argv.pop(1))
DEFINITIONS = render(max_concurrency=20)
EXPORT, ALL = DEFINITIONS["export"], DEFINITIONS["export_all"]
EACH = ALL["States"]["Each"]
CHILD = {"StartAt": EACH["ItemProcessor"]["StartAt"], "States": EACH["ItemProcessor"]["States"]}
ENDINGS = ["", ".csv", ".csv.gz", ".csv.zst", ".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet"]
SCRIPT = Script()
WORLD = World(sys.executable, SCRIPT, PORT)
atexit.register(WORLD.close)
MACHINES = {name: WORLD.create(name, definition) for name, definition in (("export", EXPORT), ("export-all", ALL), ("child", CHILD))}
COVERED = {name: Coverage(definition) for name, definition in (("export", EXPORT), ("export-all", ALL), ("child", CHILD))}


def run(machine, given, name=None):
    execution = WORLD.start(MACHINES[machine], given, name)
    described = WORLD.ended(execution)
    COVERED[machine].add(WORLD.history(execution))
    return described


class Export(unittest.TestCase):
    """One export. `keyPrefix` names the answers of the stand-in."""

    def export(self, prefix, function=None, tasks=None, name=None, **given):
        SCRIPT.function[prefix], SCRIPT.tasks[prefix] = function or [response()], tasks or [(0, response())]
        ended = run("export", {"event": {"keyPrefix": prefix, "query": "SELECT 1", **given.pop("event", {})}, **given}, name)
        ended["calls"] = len(SCRIPT.events[prefix])
        return ended

    def succeeds(self, ended, calls, rows=3):
        self.assertEqual((ended["status"], ended["calls"]), ("SUCCEEDED", calls), ended.get("cause"))
        self.assertEqual(json.loads(ended["output"]), response(rows))

    def fails(self, ended, calls, error, *said):
        self.assertEqual((ended["status"], ended.get("error"), ended["calls"]), ("FAILED", error, calls), ended)
        for text in said:
            self.assertIn(text, ended["cause"])

    def test_a_short_run_is_the_functions(self):
        self.succeeds(self.export("short"), 1)

    def test_a_run_that_reaches_the_deadline_goes_on_as_a_task(self):
        for number, error in enumerate(("DeadlineExceeded", "Sandbox.Timedout")):
            ended = self.export(f"long{number}", [error], [(0, response(5))], name=f"long-{number}")
            self.succeeds(ended, 2, rows=5)
            self.assertEqual(WORLD.get(f"exports/_runs/long-{number}/event.json"), SCRIPT.events[f"long{number}"][0])
            self.assertIn(f"exports/_runs/long-{number}/1.json", SCRIPT.results)

    def test_a_function_that_does_not_answer_in_time(self):
        slow = {**EXPORT, "States": {**EXPORT["States"], "Function": {**EXPORT["States"]["Function"], "TimeoutSeconds": 1}}}
        SCRIPT.function["silent"], SCRIPT.tasks["silent"] = [5], [(0, response())]
        execution = WORLD.start(WORLD.create("silent", slow), {"event": {"keyPrefix": "silent"}})
        self.assertEqual(WORLD.ended(execution)["status"], "SUCCEEDED")
        COVERED["export"].add(WORLD.history(execution))

    def test_by_fargate_at_once(self):
        self.succeeds(self.export("at-once", tasks=[(0, response(7))], route="fargate"), 1, rows=7)
        self.succeeds(self.export("by-event", tasks=[(0, response(8))], event={"route": "fargate"}, route="function"), 1, rows=8)

    def test_a_failure_that_may_pass_is_repeated_and_one_that_may_not_is_not(self):
        self.succeeds(self.export("passing", ["ConnectTimeout", "ConnectionLost", response()]), 3)
        self.fails(self.export("lasting", ["QueryInvalid"]), 1, "QueryInvalid", "QueryInvalid happened.", "Mend QueryInvalid.")

    def test_lambda_refuses_for_a_while(self):
        self.succeeds(self.export("throttled", [Refused("TooManyRequestsException"), response()]), 2)

    def test_a_task_that_failed_is_repeated_if_its_result_says_so(self):
        again = [(75, failure("ConnectionLost", True)), (0, response(4))]
        self.succeeds(self.export("again", tasks=again, route="fargate", name="again"), 2, rows=4)
        self.assertIn("exports/_runs/again/2.json", SCRIPT.results)
        never = self.export("never", tasks=[(1, failure("QueryFailed", False))], route="fargate")
        self.fails(never, 1, "QueryFailed", "QueryFailed happened. Mend QueryFailed.")

    def test_a_task_is_repeated_a_bounded_number_of_times(self):
        self.fails(self.export("always", tasks=[(75, failure("DnsFailed", True))], route="fargate"), 3, "DnsFailed", "Mend DnsFailed.")

    def test_a_task_that_leaves_no_result(self):
        self.fails(self.export("killed", tasks=[(137, None)], route="fargate"), 1, "TaskFailed", '"ExitCode": 137')
        self.fails(self.export("lost", tasks=[(0, None)], route="fargate"), 1, "ResultMissing", "its result cannot be read")

    def test_calls_that_are_refused_are_repeated(self):
        SCRIPT.refusals += [("putObject", "refused/event.json", "S3.S3Exception"), ("getObject", "refused/1.json", "S3.SdkClientException")]
        self.succeeds(self.export("refused", tasks=[Refused("AmazonECS.Unknown"), (0, response())], route="fargate", name="refused"), 2)
        self.assertEqual(SCRIPT.refusals, [])

    def event_of(self, execution, kind):
        """Waits for an event of this kind in the history of a running execution, and returns its details."""
        for _ in range(1200):
            for event in WORLD.history(execution):
                if event["type"] == kind:
                    return next(value for name, value in event.items() if name.endswith("EventDetails"))
            time.sleep(0.1)
        self.fail(f"no {kind}")

    def running_task(self, prefix):
        """Returns an execution whose task runs, and the ARN of the task."""
        SCRIPT.tasks[prefix] = [None]
        execution = WORLD.start(MACHINES["export"], {"event": {"keyPrefix": prefix}, "route": "fargate"})
        # Before this event, LocalStack ends an execution that is stopped as failed.
        return execution, json.loads(self.event_of(execution, "TaskSubmitted")["output"])["Tasks"][0]["TaskArn"]

    @staticmethod
    def line(wanted, rows, seconds, **more):
        return json.dumps({"message": "extracting", "wanted": wanted, "stage": "rows", "rows": rows, "bytes": rows * 10, "seconds": seconds, **more})

    def test_status_shows_how_far_a_task_is(self):
        execution, task = self.running_task("shown")
        lines = [self.line("s3://b/k", 1000, 10), self.line("s3://b/k", 2000, 20), json.dumps({"message": "connecting failed, trying again"}), "not JSON"]
        WORLD.log("/aws/ecs/rds-data-extractor", f"export/extractor/{task.split('/')[-1]}", *lines)
        self.assertEqual(WORLD.deploy_sh("progress", execution), "Task, 2000 rows, 20000 bytes after 20 s (rows)")
        WORLD.machines.stop_execution(executionArn=execution)

    def test_status_shows_how_far_the_function_is(self):
        for number, (event, wanted, others) in enumerate([
            ({"fileName": "a+b.csv"}, "PREFIX/a+b.csv", ["PREFIX/aab.csv", "PREFIX/other/a+b.csv", "PREFIX/a+b.csv.gz", "x/PREFIX/a+b.csv"]),
            # The name is that of the execution.
            ({"keyPrefix": "PREFIX/{isoDate}/"}, "PREFIX/2026-11-30/PREFIX.csv", ["PREFIX/2026-11-30/PREFIX2.csv"]),
            ({"fileName": "Large {{1}}/"}, "PREFIX/Large {1}", ["PREFIX/Large 1"]),
            ({"incremental": {"stream": "orders"}}, "PREFIX/orders", ["PREFIX/orders2"]),
        ]):
            name = f"watched-{number}"
            event = {"keyPrefix": name, **json.loads(json.dumps(event).replace("PREFIX", name))}
            answered = threading.Event()
            SCRIPT.function[event["keyPrefix"]] = [answered]
            execution = WORLD.start(MACHINES["export"], {"event": event}, name)
            self.event_of(execution, "TaskScheduled")
            self.assertEqual(WORLD.deploy_sh("progress", execution), "Function")
            lines = [self.line(f"s3://b/{place}".replace("PREFIX", name), 1000 + n, 10 + n) for n, place in enumerate([wanted, wanted, *others])]
            WORLD.log("/aws/lambda/rds-data-extractor", f"2026/11/30/[1]{number}", *lines, "START RequestId: 1", json.dumps({"message": "database found"}))
            self.assertEqual(WORLD.deploy_sh("progress", execution), "Function, 1001 rows, 10010 bytes after 11 s (rows)")
            answered.set()
            self.assertEqual(WORLD.ended(execution)["status"], "SUCCEEDED")

    def test_stopping_stops_the_task(self):
        execution, _ = self.running_task("stopped")
        WORLD.machines.stop_execution(executionArn=execution)
        self.assertEqual(WORLD.ended(execution)["status"], "ABORTED")
        for _ in range(100):
            if SCRIPT.running["stopped"].stopped:
                return
            time.sleep(0.1)
        self.fail("the task goes on")

    def test_what_the_machine_sets(self):
        skip = {"raiseOnError": True, "ifExists": "skip"}
        for number, (event, expected) in enumerate([
            ({}, {**skip, "fileName": "NAME.csv"}),
            ({"format": "csv", "compression": "gzip"}, {**skip, "fileName": "NAME.csv.gz"}),
            ({"format": None, "compression": "zstd"}, {**skip, "fileName": "NAME.csv.zst"}),
            ({"format": "jsonl", "compression": None}, {**skip, "fileName": "NAME.jsonl"}),
            ({"format": "jsonl", "compression": "gzip"}, {**skip, "fileName": "NAME.jsonl.gz"}),
            ({"format": "jsonl", "compression": "zstd"}, {**skip, "fileName": "NAME.jsonl.zst"}),
            ({"format": "parquet", "compression": "snappy"}, {**skip, "fileName": "NAME.parquet"}),
            ({"tables": ["public.*"]}, {**skip, "fileName": "NAME"}),
            ({"partitionBy": ["day"], "format": "parquet"}, {**skip, "fileName": "NAME"}),
            ({"format": "xml"}, {**skip, "fileName": "NAME"}),
            ({"fileName": "mine.csv", "ifExists": "fail"}, {**skip, "fileName": "mine.csv"}),
            ({"incremental": {"stream": "s"}, "raiseOnError": False}, {"raiseOnError": True}),
        ]):
            name = f"sets-{number}"
            self.succeeds(self.export(name, event=event, name=name), 1)
            got = SCRIPT.events[name][0]
            wanted = {**event, **expected, "keyPrefix": name, "query": "SELECT 1"}
            self.assertEqual(got, {key: value.replace("NAME", name) if isinstance(value, str) else value for key, value in wanted.items()})

    def test_no_event(self):
        ended = run("export", {"query": "SELECT 1"})
        self.assertEqual((ended["status"], ended["error"]), ("FAILED", "InvalidRequest"))
        self.assertIn("The input has no event", ended["cause"])


class ExportAll(unittest.TestCase):
    def plan(self, name, events, failing=(), skipped=()):
        for index, event in enumerate(events):
            kind = "QueryFailed" if index in failing else response(message="The object exists already; nothing was extracted") if index in skipped else response()
            SCRIPT.function[event["keyPrefix"]] = [kind]
            SCRIPT.events.pop(event["keyPrefix"], None)
        WORLD.put(f"exports/{name}/plan.json", events)
        return {"bucket": "data-extraction-bucket", "key": f"exports/{name}/plan.json", "folder": f"exports/{name}"}

    def test_two_hundred_with_three_failures_and_again(self):
        events = [{"keyPrefix": f"many/{n}", "fileName": f"{n}.csv"} for n in range(200)]
        given = self.plan("many", events, failing=(5, 77, 199))
        ended = run("export-all", given, "many-1")
        self.assertEqual((ended["status"], ended["error"]), ("FAILED", "ExportsFailed"), ended)
        for text in ("3 of 200 exports failed", "5.csv (QueryFailed)", "77.csv (QueryFailed)", "199.csv (QueryFailed)", "exports/_runs/many-1/failed/"):
            self.assertIn(text, ended["cause"])
        self.assertEqual([len(SCRIPT.events[event["keyPrefix"]]) for event in events], [1] * 200)
        summary = WORLD.get("exports/many/_summary.json")
        self.assertEqual([summary[key] for key in ("total", "done", "skipped", "failed")], [200, 197, 0, 3])
        self.assertEqual(sorted(one["name"] for one in summary["failures"]), ["199.csv", "5.csv", "77.csv"])
        self.assertEqual(WORLD.get("exports/_runs/many-1/failed/77.json")["error"].count("Mend QueryFailed."), 1)
        self.assertNotIn("exports/many/_SUCCESS", WORLD.keys("exports/many/"))
        # What stands is skipped by the program itself; the others run.
        given = self.plan("many", events, skipped=set(range(200)) - {5, 77, 199})
        again = run("export-all", given, "many-2")
        self.assertEqual(again["status"], "SUCCEEDED", again)
        output = json.loads(again["output"])
        self.assertEqual([output[key] for key in ("total", "done", "skipped", "failed", "failures")], [200, 200, 197, 0, []])
        self.assertEqual(WORLD.get("exports/many/_summary.json"), output)
        self.assertIn("exports/many/_SUCCESS", WORLD.keys("exports/many/"))

    def test_more_than_a_page_of_skipped_ones(self):
        for n in range(301):
            WORLD.put(f"exports/_runs/pages/skipped/{n}.json", {})
        ended = run("export-all", self.plan("pages", [{"keyPrefix": "pages/1", "fileName": "1.csv"}]), "pages")
        self.assertEqual(json.loads(ended["output"])["skipped"], 301)

    def test_a_plan_is_made_first(self):
        listed = self.plan("planned", [{"keyPrefix": "planned/1", "fileName": "1.csv"}])
        SCRIPT.function["planning"] = ["DnsFailed", Refused("ServiceException"), {"statusCode": 200, "body": {"plan": listed}}]
        before = len(SCRIPT.results)
        ended = run("export-all", {"event": {"keyPrefix": "planning", "template": {}}, "route": "fargate"})
        self.assertEqual(ended["status"], "SUCCEEDED", ended)
        self.assertEqual(json.loads(ended["output"])["done"], 1)
        self.assertEqual(SCRIPT.events["planning"][0], {"keyPrefix": "planning", "template": {}, "action": "plan", "raiseOnError": True})
        self.assertIn("exports/planned/_SUCCESS", WORLD.keys("exports/planned/"))
        # The route is that of every export: the function was asked for the plan alone.
        self.assertEqual(len(SCRIPT.events["planned/1"]), 1)
        self.assertEqual([key.rsplit("/", 1)[1] for key in SCRIPT.results[before:]], ["1.json"])

    def test_a_list_without_a_folder(self):
        given = self.plan("bare", [{"keyPrefix": "bare/1"}])
        del given["folder"]
        ended = run("export-all", given, "bare")
        self.assertEqual(ended["status"], "SUCCEEDED")
        self.assertIn("exports/_runs/bare/_SUCCESS", WORLD.keys("exports/_runs/bare/"))
        self.assertTrue(SCRIPT.events["bare/1"][0]["fileName"].endswith(".csv"))

    def test_no_list(self):
        self.assertEqual(run("export-all", {"bucket": "data-extraction-bucket"})["error"], "InvalidRequest")
        ended = run("export-all", {"bucket": "data-extraction-bucket", "key": "exports/absent.json"})
        self.assertEqual(ended["status"], "FAILED")

    def test_calls_that_are_refused_are_repeated(self):
        SCRIPT.refusals += [(action, end, "S3.S3Exception") for action, end in (
            ("listObjectsV2", "steady/failed/"), ("listObjectsV2", "steady/skipped/"), ("listObjectsV2", "steady/skipped/+"), ("putObject", "steady/_summary.json"), ("putObject", "steady/_SUCCESS"))]
        SCRIPT.refusals.append(("describeMapRun", "", "Sfn.SfnException"))
        for n in range(301):
            WORLD.put(f"exports/_runs/steady/skipped/{n}.json", {})
        ended = run("export-all", self.plan("steady", [{"keyPrefix": "steady/1", "fileName": "1.csv"}]), "steady")
        self.assertEqual((ended["status"], SCRIPT.refusals), ("SUCCEEDED", []))


class Child(unittest.TestCase):
    """What runs for each export of a list: LocalStack keeps no history of it, so it also runs as a machine of its own."""

    def child(self, prefix, answer=None, **event):
        SCRIPT.function[prefix] = [answer or response()]
        return run("child", {"event": {"keyPrefix": prefix, **event}, "index": 7, "folder": f"exports/_runs/{prefix}", "route": "function"})

    def test_its_name(self):
        for prefix, event, name in (("by-file", {"fileName": "a.csv"}, "a.csv"), ("by-table", {"table": "t"}, "t"), ("by-number", {}, "number 7")):
            ended = self.child(prefix, **event)
            self.assertEqual((ended["status"], json.loads(ended["output"])), ("SUCCEEDED", {"name": name}))
            self.assertEqual(WORLD.keys(f"exports/_runs/{prefix}/"), [])

    def test_what_stood_there_is_noted(self):
        SCRIPT.refusals.append(("putObject", "stood/skipped/7.json", "S3.S3Exception"))
        self.assertEqual(self.child("stood", response(message="An earlier attempt of this delivery wrote the object; nothing was extracted again"))["status"], "SUCCEEDED")
        self.assertEqual(WORLD.keys("exports/_runs/stood/"), ["exports/_runs/stood/skipped/7.json"])

    def test_a_failure_is_noted(self):
        SCRIPT.refusals.append(("putObject", "noted/failed/7.json", "S3.S3Exception"))
        ended = self.child("noted", "TlsFailed", fileName="a.csv")
        self.assertEqual((ended["status"], ended["error"]), ("FAILED", "ExportFailed"))
        self.assertTrue(ended["cause"].startswith("TlsFailed: "), ended["cause"])
        note = WORLD.get("exports/_runs/noted/failed/7.json")
        self.assertEqual([note[key] for key in ("index", "name", "errorType")], [7, "a.csv", "TlsFailed"])

    def test_a_failure_that_cannot_be_noted_is_one_all_the_same(self):
        SCRIPT.refusals += [("putObject", "unnoted/failed/7.json", "S3.S3Exception")] * 5
        self.assertEqual(self.child("unnoted", "TlsFailed")["error"], "ExportFailed")

    def test_an_execution_that_cannot_be_started(self):
        SCRIPT.refusals.append(("startExecution", "", "StepFunctions.ExecutionLimitExceededException"))
        self.assertEqual(self.child("limited")["status"], "SUCCEEDED")
        SCRIPT.refusals.append(("startExecution", "", "StepFunctions.AccessDeniedException"))
        self.assertEqual(self.child("denied")["status"], "FAILED")
        self.assertEqual(WORLD.get("exports/_runs/denied/failed/7.json")["errorType"], "StepFunctions.AccessDeniedException")

    def test_an_execution_that_is_stopped(self):
        SCRIPT.tasks["halted"] = [None]
        execution = WORLD.start(MACHINES["child"], {"event": {"keyPrefix": "halted"}, "index": 7, "folder": "exports/_runs/halted", "route": "fargate"})
        while "halted" not in SCRIPT.running:
            time.sleep(0.1)
        for one in WORLD.machines.list_executions(stateMachineArn=MACHINES["export"], statusFilter="RUNNING")["executions"]:
            WORLD.machines.stop_execution(executionArn=one["executionArn"])
        self.assertEqual(WORLD.ended(execution)["error"], "ExportFailed")
        COVERED["child"].add(WORLD.history(execution))
        self.assertEqual(WORLD.get("exports/_runs/halted/failed/7.json")["errorType"], "ABORTED")


class Zz(unittest.TestCase):
    """Runs last."""

    maxDiff = None

    def test_every_branch_was_taken(self):
        if len(sys.argv) == 1:
            self.assertEqual({name: sorted(covered.missing()) for name, covered in COVERED.items()}, {"export": [], "export-all": [], "child": []})


class Agreement(unittest.TestCase):
    """What the definitions repeat of the program."""

    def test_the_errors_that_are_repeated_are_those_that_the_document_advises(self):
        block = re.search(r'```json\n(\{"Retry".*?)```', (HERE.parent.parent / "docs/operations.md").read_text(), re.S)[1]
        documented = [retry["ErrorEquals"] for retry in json.loads(block)["Retry"]]
        self.assertEqual([retry["ErrorEquals"] for retry in EXPORT["States"]["Function"]["Retry"]], documented)

    def test_the_answer_of_a_run_that_found_its_object(self):
        source = (HERE.parent.parent / "src/pipeline/outcome.rs").read_text()
        text = CHILD["States"]["Stood there"]["Choices"][0]["StringMatches"].strip("*")
        self.assertEqual(source.count(text), 2)

    def test_aws_accepts_a_definition(self):
        """Each state can be reached, whatever the operator's variables, and the definition is not too long."""
        for definition in (EXPORT, ALL, CHILD, render(environment={"MAX_FILE_SIZE": "256MiB"})["export"]):
            states = definition["States"]
            targets = {state[key] for state in states.values() for key in ("Next", "Default") if key in state}
            targets |= {one["Next"] for state in states.values() for key in ("Choices", "Catch") for one in state.get(key, [])}
            self.assertEqual(targets | {definition["StartAt"]}, set(states))
            self.assertLess(len(json.dumps(definition)), 1 << 20)


if __name__ == "__main__":
    unittest.main(verbosity=2)
