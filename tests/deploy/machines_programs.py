"""Runs a list of exports by the machines with the real program in place of Lambda and ECS: machines_programs.py SETTINGS.json.

For use in LocalStack's environment. SETTINGS.json has `port` (of LocalStack), `package` (the function's zip), `command` (what the
container runs), `environment` (the function's variables; AWS_ENDPOINT_URL is LocalStack's if it is not given), and `objects`: by key, what is in the
bucket beforehand; `parameters`: by name, the database configurations; `input`: that of the machine `export-all`; `again`: true starts it twice. Prints
each execution's outcome and, at the end, the bucket's keys, as JSON.
"""

import json
import pathlib
import sys

import boto3

import stand_in
from machines_world import ACCOUNT, BUCKET, REGION, World, render


def main(settings):
    environment = {"AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "x", "AWS_EC2_METADATA_DISABLED": "true",
                   "AWS_ENDPOINT_URL": f"http://127.0.0.1:{settings['port']}", "S3_BUCKET_NAME": BUCKET, **settings["environment"]}
    package = pathlib.Path(settings["package"]).read_bytes()
    seconds = settings.get("function_seconds", 60)
    runner = stand_in.Programs(package, settings["command"], environment, f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:rds-data-extractor:live", seconds, sys.stderr)
    world = World(sys.executable, runner, settings["port"])
    try:
        ssm = boto3.client("ssm", endpoint_url=world.endpoint, region_name=REGION, aws_access_key_id=ACCOUNT, aws_secret_access_key="x")
        for name, value in settings.get("parameters", {}).items():
            ssm.put_parameter(Name=name, Value=json.dumps(value), Type="SecureString")
        for key, value in settings.get("objects", {}).items():
            world.put(key, value)
        definitions = render(function_timeout=seconds, max_concurrency=settings.get("concurrency", 4))
        machines = {name: world.create(name.replace("_", "-"), definition) for name, definition in definitions.items()}
        executions = []
        for _ in range(2 if settings.get("again") else 1):
            described = world.ended(world.start(machines["export_all"], settings["input"]), settings.get("seconds", 600))
            executions.append({key: described[key] for key in ("status", "output", "error", "cause") if key in described})
        print(json.dumps({"executions": executions, "keys": world.keys("")}, indent=1))
        return 0 if all(one["status"] == "SUCCEEDED" for one in executions) else 1
    finally:
        world.close()


if __name__ == "__main__":
    sys.exit(main(json.loads(pathlib.Path(sys.argv[1]).read_text())))
