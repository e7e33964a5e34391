"""Stands in for Lambda and ECS where state machines run on LocalStack (localstack_machines.py). Tests only.

`Server(runner)` serves what the machines call. A runner has `invoke(event)`, which returns the payload and whether the invocation
failed, and `task(environment)`, which returns an object with `exit()` (None while it runs) and `stop()`; perhaps also
`call(action, parameters)`, which is asked before other calls. All may raise `Refused`.
`Programs` starts the real program: the function's zip behind a Runtime API, and the program in a
container's environment.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import lambda_runtime


class Refused(Exception):
    """AWS refuses the call with this error code."""


class Server:
    def __init__(self, runner):
        tasks = {}

        def invoke(body):
            payload, failed = runner.invoke(body["event"])
            return {"payload": payload, "failed": failed}

        def task(body):
            overrides = body["overrides"]["containerOverrides"][0]["environment"]
            identity = uuid.uuid4().hex
            tasks[identity] = runner.task({variable["name"]: variable["value"] for variable in overrides})
            return {"id": identity}

        def state(body):
            return {"exit": tasks[body["id"]].exit()}

        def stop(body):
            tasks[body["id"]].stop()
            return {}

        def call(body):
            getattr(runner, "call", lambda action, parameters: None)(body["action"], body["parameters"])
            return {}

        answers = {"/invoke": invoke, "/call": call, "/task": task, "/state": state, "/stop": stop}

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                try:
                    answer = answers[self.path](body)
                except Refused as refused:
                    answer = {"refused": str(refused)}
                encoded = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(encoded)))
                self.end_headers()
                self.wfile.write(encoded)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def address(self):
        return f"127.0.0.1:{self.server.server_port}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Ended:
    """A task that has ended already, or that runs until it is stopped (`code` None)."""

    def __init__(self, code):
        self.code, self.stopped = code, False

    def exit(self):
        return 143 if self.stopped and self.code is None else self.code

    def stop(self):
        self.stopped = True


class Process:
    """A task that is a process of this machine."""

    def __init__(self, command, environment, log):
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def exit(self):
        code = self.process.poll()
        return code if code is None or code >= 0 else 128 - code

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()


class Programs:
    """Starts the real program: `package` is the function's zip, `command` what the container runs, `environment` what both have."""

    def __init__(self, package, command, environment, function_arn, seconds=900, log=sys.stderr):
        self.folder = tempfile.TemporaryDirectory()
        lambda_runtime.unpack(package, self.folder.name)
        self.command, self.environment = command, environment
        self.function_arn, self.seconds, self.log = function_arn, seconds, log

    def invoke(self, event, seconds=None, log=None):
        environment = {**self.environment, "AWS_LAMBDA_FUNCTION_NAME": self.function_arn.split(":")[6], "AWS_LAMBDA_FUNCTION_VERSION": "1", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769"}
        answer, failed, log = lambda_runtime.run(self.folder.name, json.dumps(event).encode(), seconds or self.seconds, environment, self.function_arn, log)
        if failed:
            print(log, file=self.log, flush=True)
        return json.loads(answer), failed

    def task(self, variables):
        return Process(self.command, {"PATH": os.environ["PATH"], **self.environment, **variables}, self.log)
