"""The state machines as Terraform renders them, on LocalStack. Used by machines_test.py and machines_programs_test.py."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

import boto3

import stand_in

HERE = pathlib.Path(__file__).parent
MODULE = HERE.parent.parent / "terraform" / "modules" / "long_runs"
ACCOUNT, REGION, BUCKET = "111111111111", "eu-west-1", "data-extraction-bucket"
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:rds-data-extractor"
SETTINGS = {
    "name": "rds-data-extractor", "kms_key_arn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1", "alias_arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:rds-data-extractor:live",
    "function_timeout": 60, "environment": {}, "task_statements": [], "subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"], "bucket": BUCKET,
    "bucket_owner": ACCOUNT, "results_prefix": "exports/_runs", "object_arns": [f"arn:aws:s3:::{BUCKET}/exports/*"], "image_tag": "v1", "attempts": 3, "max_concurrency": 10,
}


def render(**settings):
    """Returns the definitions of both machines, applied with a mocked provider."""
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        shutil.copytree(MODULE, place / "module", ignore=shutil.ignore_patterns(".terraform*"))
        (place / "main.tf.json").write_text(json.dumps({
            "provider": {"aws": {"region": REGION}},
            "module": {"long_runs": {"source": "./module", "providers": {"aws": "aws"}, **SETTINGS, **settings}}, "output": {"definitions": {"value": "${module.long_runs.definitions}"}},
        }))
        mocks = (MODULE.parent.parent / "tests/mocks_a/aws.tfmock.hcl").read_text()
        (place / "mocks").mkdir()
        (place / "mocks/aws.tfmock.hcl").write_text(f'{mocks}\nmock_resource "aws_sfn_state_machine" {{\n  defaults = {{ arn = "{MACHINE}-export" }}\n}}\n')
        (place / "render.tftest.hcl").write_text('mock_provider "aws" {\n  source = "./mocks"\n}\nrun "render" {}\n')
        terraform = ["terraform", f"-chdir={place}"]
        subprocess.run([*terraform, "init", "-backend=false", "-input=false"], check=True, stdout=subprocess.DEVNULL)
        # The provider looks for credentials even where it is mocked.
        environment = {**os.environ, "AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "x", "AWS_EC2_METADATA_DISABLED": "true"}
        answer = subprocess.run([*terraform, "test", "-json", "-verbose"], stdout=subprocess.PIPE, text=True, env=environment).stdout
    for line in map(json.loads, answer.splitlines()):
        if line["type"] == "test_state":
            return {name: json.loads(text) for name, text in line["test_state"]["outputs"]["definitions"]["value"].items()}
    raise AssertionError(answer)


def hurried(definition):
    """Returns the definition with every wait of a second at most, so that a test does not take as long as an outage, and with
    the one number that LocalStack's parser takes only with a point."""
    if isinstance(definition, list):
        return [hurried(one) for one in definition]
    if not isinstance(definition, dict):
        return definition
    changed = {key: hurried(value) for key, value in definition.items() if key not in ("MaxDelaySeconds", "JitterStrategy")}
    changed |= {key: 1 for key in ("IntervalSeconds", "BackoffRate") if key in changed}
    changed |= {key: float(changed[key]) for key in ("ToleratedFailurePercentage",) if key in changed}
    return changed | {"Seconds": 1} if changed.get("Type") == "Wait" else changed


class World:
    """LocalStack with a bucket; `runner` stands in for Lambda and ECS."""

    def __init__(self, python, runner, port):
        self.folder = tempfile.mkdtemp()
        self.stand_in = stand_in.Server(runner)
        self.endpoint = f"http://127.0.0.1:{port}"
        self.output = open(f"{self.folder}/log", "w")
        launcher = [python, str(HERE / "localstack_machines.py"), str(port), self.stand_in.address(), self.folder]
        self.process = subprocess.Popen(launcher, stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output, start_new_session=True)
        session = boto3.Session(aws_access_key_id=ACCOUNT, aws_secret_access_key="x", region_name=REGION)
        self.s3 = session.client("s3", endpoint_url=self.endpoint)
        self.machines = session.client("stepfunctions", endpoint_url=self.endpoint)
        self.logs = session.client("logs", endpoint_url=self.endpoint)
        self.ssm = session.client("ssm", endpoint_url=self.endpoint)
        runner.s3 = self.s3
        self.await_health()
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})

    def await_health(self):
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{self.endpoint}/_localstack/health", timeout=5)
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.2)
        sys.exit(f"LocalStack does not start: {pathlib.Path(self.folder, 'log').read_text()}")

    def close(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.stand_in.close()
        self.output.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def create(self, name, definition):
        text = json.dumps(hurried(definition))
        checked = self.machines.validate_state_machine_definition(definition=text)
        assert checked["result"] == "OK", checked["diagnostics"]
        made = self.machines.create_state_machine(name=f"rds-data-extractor-{name}", definition=text, roleArn=f"arn:aws:iam::{ACCOUNT}:role/r")
        return made["stateMachineArn"]

    def start(self, machine, given, name=None):
        return self.machines.start_execution(stateMachineArn=machine, input=json.dumps(given), **({"name": name} if name else {}))["executionArn"]

    def ended(self, execution, seconds=120):
        for _ in range(seconds * 10):
            described = self.machines.describe_execution(executionArn=execution)
            if described["status"] != "RUNNING":
                return described
            time.sleep(0.1)
        raise AssertionError(f"{execution} runs for more than {seconds} s")

    def history(self, execution):
        pages = self.machines.get_paginator("get_execution_history").paginate(executionArn=execution)
        return [event for page in pages for event in page["events"]]

    def deploy_sh(self, function, *arguments):
        """Returns what a function of deploy/long_runs.sh prints about these machines."""
        script = f'. deploy/ui.sh; . deploy/long_runs.sh; aws_a() {{ aws --region {REGION} --output json "$@"; }}; TASK_LOG=/aws/ecs/rds-data-extractor FUNCTION_LOG=/aws/lambda/rds-data-extractor; "$@"'
        environment = {**os.environ, "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}", "AWS_ENDPOINT_URL": self.endpoint, "AWS_ACCESS_KEY_ID": ACCOUNT,
                       "AWS_SECRET_ACCESS_KEY": "x", "AWS_EC2_METADATA_DISABLED": "true"}
        return subprocess.run(["bash", "-c", script, "deploy.sh", function, *arguments], cwd=HERE.parent.parent, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout

    def log(self, group, stream, *lines):
        """Writes lines to a log, as CloudWatch gets them of a function or a task."""
        for create in (lambda: self.logs.create_log_group(logGroupName=group), lambda: self.logs.create_log_stream(logGroupName=group, logStreamName=stream)):
            with contextlib.suppress(self.logs.exceptions.ResourceAlreadyExistsException):
                create()
        now = int(time.time() * 1000)
        self.logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[{"timestamp": now + n, "message": line} for n, line in enumerate(lines)])

    def put(self, key, value):
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=value if isinstance(value, (bytes, str)) else json.dumps(value))

    def get(self, key):
        return json.loads(self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def keys(self, prefix):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [one["Key"] for page in pages for one in page.get("Contents", [])]
