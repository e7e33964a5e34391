"""40 tables through both machines with the real program in place of Lambda and ECS: plan, map, task, object, summary.

machines_programs_test.py PORT PACKAGE PROGRAM CONFIGURATION PSQL …, in LocalStack's environment: the function's zip, what the container
runs, the database configuration as a file, and the command that reaches the same database as its owner.
"""

import collections
import csv
import gzip
import json
import pathlib
import subprocess
import sys
import threading
import time
import unittest
from urllib.parse import urlparse

import stand_in
from machines_world import ACCOUNT, BUCKET, REGION, World, render

PORT, PACKAGE, PROGRAM, CONFIGURATION, *PSQL = sys.argv[1:]
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:rds-data-extractor:live"
# Which rows they have: 37 for each table before it in the list. The last ones are not exported at the first attempt.
LOCKED, DENIED = "locked", "denied, at first"
NAMES = ["empty", "Order Items", 'quo"te', "a.b", "a/b", "100%", "x{y}z", "übung", "plus+and&more", *(f"t{n}" for n in range(9)), LOCKED, DENIED]
LARGE = 20000
# An export that takes long enough for a line of progress.
SLOW = "slow.csv"


def quoted(name):
    return '"{}"'.format(name.replace('"', '""'))


def named(event):
    """Returns the name of an event's table, which has quotes only where it needs them."""
    name = event["table"].split(".", 1)[1]
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def psql(sql):
    return subprocess.run([*PSQL, "-qAt", "-v", "ON_ERROR_STOP=1"], input=sql, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


class Lock:
    """A session that holds a table, so that a query waits until it is released."""

    def __init__(self, table):
        self.released = False
        self.session = subprocess.Popen([*PSQL, "-qAt"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.session.stdin.write(f"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE; SELECT 'held';\n")
        self.session.stdin.flush()
        assert self.session.stdout.readline().strip() == "held"

    def release(self):
        self.session.communicate()
        self.released = True


class Runner(stand_in.Programs):
    """Notes by table which way the exports went. In the first plan, a table is denied and another one locked when its list is made;
    the locked one's function has few seconds, after which the table is released."""

    def __init__(self):
        environment = {
            "AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "x", "AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": f"http://127.0.0.1:{PORT}",
            "DB_CONFIG_PARAM": "/cross-account/db-config", "S3_BUCKET_NAME": BUCKET, "S3_KEY_PREFIX": "exports",
        }
        super().__init__(pathlib.Path(PACKAGE).read_bytes(), [PROGRAM, "extract"], environment, ARN, 60)
        self.ways, self.guard, self.lock = collections.defaultdict(list), threading.Lock(), None

    def note(self, event, way):
        with self.guard:
            self.ways[named(event)].append(way)

    def invoke(self, event):
        if event.get("action") == "plan":
            answer = super().invoke(event)
            if self.lock is None:
                psql(f"REVOKE SELECT ON shop.{quoted(DENIED)} FROM exporter")
                self.lock = Lock(f"shop.{quoted(LOCKED)}")
            return answer
        if event["fileName"] == SLOW:
            return super().invoke(event, log=open(self.slow_log(), "w+b"))
        self.note(event, "function")
        if named(event) != LOCKED or self.lock.released:
            return super().invoke(event)
        payload, failed = super().invoke(event, 6)
        self.lock.release()
        self.note(event, payload.get("errorType"))
        return payload, failed

    def slow_log(self):
        return pathlib.Path(self.folder.name, "slow.log")

    def task(self, variables):
        place = urlparse(variables["EVENT"])
        self.note(json.loads(self.s3.get_object(Bucket=place.netloc, Key=place.path[1:])["Body"].read()), "task")
        return super().task(variables)


def make_tables():
    for number, (schema, name) in enumerate((schema, name) for schema in ("shop", "archive") for name in NAMES):
        rows = LARGE if name == "t0" else 37 * NAMES.index(name)
        yield f"CREATE TABLE {schema}.{quoted(name)} AS SELECT i AS id, E'of {number}, \"quoted\"\\nand broken' AS note FROM generate_series(1, {rows}) i;"


class Programs(unittest.TestCase):
    """The tests go on from each other, in the order of their names; none runs after one that failed."""

    @classmethod
    def setUpClass(cls):
        psql("CREATE SCHEMA shop; CREATE SCHEMA archive;" + "".join(make_tables())
             + "GRANT USAGE ON SCHEMA shop, archive TO exporter; GRANT SELECT ON ALL TABLES IN SCHEMA shop, archive TO exporter;")
        cls.runner = Runner()
        cls.world = World(sys.executable, cls.runner, PORT)
        cls.addClassCleanup(cls.world.close)
        cls.world.ssm.put_parameter(Name="/cross-account/db-config", Value=pathlib.Path(CONFIGURATION).read_text(), Type="SecureString")
        definitions = render(function_timeout=60, max_concurrency=4)
        cls.machines = {name: cls.world.create(name.replace("_", "-"), definition) for name, definition in definitions.items()}

    def run_all(self, given, name):
        self.runner.ways.clear()
        return self.world.ended(self.world.start(self.machines["export_all"], given, name), 300)

    def plan(self, schema, template):
        return {"event": {"template": {"table": "{table}", **template}, "forEach": {"tables": [f"{schema}.*"]}, "keyPrefix": f"exports/{schema}"}}

    def listed(self, schema):
        """Returns the list of a plan, the folder in which it lies, and by table the key of its object."""
        key = next(key for key in self.world.keys(f"exports/{schema}/") if key.endswith("/_plan.json"))
        events = self.world.get(key)
        unescaped = {named(event): event["fileName"].replace("{{", "{").replace("}}", "}") for event in events}
        folder = key.rsplit("/", 1)[0]
        self.assertEqual(set(unescaped), set(NAMES))
        return key, folder, {table: f"{folder}/{name}" for table, name in unescaped.items()}

    def objects(self, folder):
        pages = self.world.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{folder}/")
        return {one["Key"]: (one["ETag"], one["LastModified"]) for page in pages for one in page["Contents"] if "/_" not in one["Key"]}

    def ids(self, key):
        body = self.world.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        if key.endswith(".jsonl.gz"):
            return [json.loads(line)["id"] for line in gzip.decompress(body).splitlines()]
        return [int(row["id"]) for row in csv.DictReader(body.decode().splitlines(keepends=True))]

    def check(self, schema, keys):
        """Each object has the rows of its table, and the answer of its execution says how many; no upload is left."""
        answers = {}
        pages = self.world.machines.get_paginator("list_executions").paginate(stateMachineArn=self.machines["export"], statusFilter="SUCCEEDED")
        for execution in (one for page in pages for one in page["executions"]):
            body = json.loads(self.world.machines.describe_execution(executionArn=execution["executionArn"])["output"])["body"]
            if "recordsProcessed" in body and "nothing was extracted" not in body["message"]:
                answers[body["s3Location"]] = body["recordsProcessed"]
        for table, key in keys.items():
            there = [int(line) for line in psql(f"SELECT id FROM {schema}.{quoted(table)} ORDER BY id").split()]
            self.assertEqual(sorted(self.ids(key)), there, table)
            self.assertEqual(answers[f"s3://{BUCKET}/{key}"], len(there), table)
        self.assertNotIn("Uploads", self.world.s3.list_multipart_uploads(Bucket=BUCKET))

    def summary(self, folder, **expected):
        summary = self.world.get(f"{folder}/_summary.json")
        self.assertEqual({name: summary[name] for name in expected}, expected, summary)
        return summary

    def test_1_one_of_the_list_fails_and_is_named(self):
        ended = self.run_all(self.plan("shop", {}), "first")
        key, folder, keys = self.listed("shop")
        name = keys[DENIED].rsplit("/", 1)[1]
        self.assertEqual((ended["status"], ended.get("error")), ("FAILED", "ExportsFailed"), ended)
        for text in ("1 of 20 exports failed: ", f"\"{name} (QueryDenied)\"", "exports/_runs/first/failed/"):
            self.assertIn(text, ended["cause"])
        self.summary(folder, list=f"s3://{BUCKET}/{key}", total=20, done=19, skipped=0, failed=1, execution="first")
        note = next(self.world.get(key) for key in self.world.keys("exports/_runs/first/failed/"))
        self.assertIn("permission denied", note["error"])
        self.assertTrue(self.world.keys("exports/_runs/first/results/"))
        self.assertNotIn(f"{folder}/_SUCCESS", self.world.keys(folder))
        # By the function, except for the one that reached its deadline there.
        self.assertEqual(self.runner.ways, {table: ["function", "DeadlineExceeded", "task"] if table == LOCKED else ["function"] for table in keys})
        del keys[DENIED]
        self.assertEqual(set(self.objects(folder)), set(keys.values()))
        self.check("shop", keys)

    def test_2_the_same_list_again_exports_only_that_one(self):
        psql(f"GRANT SELECT ON shop.{quoted(DENIED)} TO exporter")
        key, folder, keys = self.listed("shop")
        before = self.objects(folder)
        ended = self.run_all({"bucket": BUCKET, "key": key, "folder": folder}, "second")
        self.assertEqual(ended["status"], "SUCCEEDED", ended)
        self.assertEqual(self.summary(folder, total=20, done=20, skipped=19, failed=0, failures=[], execution="second"), json.loads(ended["output"]))
        self.assertIn(f"{folder}/_SUCCESS", self.world.keys(folder))
        after = self.objects(folder)
        self.assertIn(keys[DENIED], after.keys() - before.keys())
        self.assertEqual(after, {**before, keys[DENIED]: after[keys[DENIED]]})
        self.check("shop", keys)

    def test_3_by_tasks_as_the_template_says(self):
        ended = self.run_all(self.plan("archive", {"format": "jsonl", "compression": "gzip", "parallelism": 2, "route": "fargate"}), "third")
        self.assertEqual(ended["status"], "SUCCEEDED", ended)
        key, folder, keys = self.listed("archive")
        self.assertEqual(self.summary(folder, total=20, done=20, skipped=0, failed=0, failures=[]), json.loads(ended["output"]))
        self.assertIn(f"{folder}/_SUCCESS", self.world.keys(folder))
        self.assertEqual(self.runner.ways, {table: ["task"] for table in keys})
        self.assertEqual(set(self.objects(folder)), set(keys.values()))
        self.check("archive", keys)

    def test_4_status_shows_what_the_function_logs(self):
        query = "SELECT i, repeat('x', 1000) || pg_sleep(0.05)::text FROM generate_series(1, 300) i"
        execution = self.world.start(self.machines["export"], {"event": {"query": query, "fileName": SLOW}}, "slow")
        lines = []
        while not any('"extracting"' in line for line in lines):
            self.assertEqual(self.world.machines.describe_execution(executionArn=execution)["status"], "RUNNING", lines)
            time.sleep(0.2)
            lines = self.runner.slow_log().read_text().splitlines() if self.runner.slow_log().exists() else []
        self.world.log("/aws/lambda/rds-data-extractor", "2026/11/30/[1]slow", *lines)
        shown = self.world.deploy_sh("progress", execution)
        self.assertRegex(shown, r"^Function, [1-9][0-9]+ rows, [1-9][0-9]+ bytes after 1[0-9] s \(rows\)$")
        print(shown)
        self.assertEqual(self.world.ended(execution)["status"], "SUCCEEDED")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2, failfast=True)
