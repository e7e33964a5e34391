"""Runs the `bootstrap` of a deployed zip against a Runtime API of its own, for one invocation."""

import io
import json
import os
import subprocess
import tempfile
import threading
import time
import uuid
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Invocation:
    """Serves the event and receives the answer."""

    def __init__(self, event, seconds, function_arn):
        self.event, self.seconds, self.function_arn = event, seconds, function_arn
        self.request_id = str(uuid.uuid4())
        self.handed_out = threading.Event()
        self.answered = threading.Event()
        self.answer, self.failed = b"null", False

    def finish(self, answer, failed):
        self.answer, self.failed = answer, failed
        self.answered.set()


def runtime_api(invocation):
    """A server that serves the event once, then waits until the program is stopped."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            if invocation.handed_out.is_set():
                invocation.answered.wait(invocation.seconds)
                time.sleep(1)
                return
            invocation.handed_out.set()
            self.send_response(200)
            self.send_header("Lambda-Runtime-Aws-Request-Id", invocation.request_id)
            self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + invocation.seconds) * 1000)))
            self.send_header("Lambda-Runtime-Invoked-Function-Arn", invocation.function_arn)
            self.send_header("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000;Sampled=0")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(invocation.event)))
            self.end_headers()
            self.wfile.write(invocation.event)

        def do_POST(self):
            if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
                body = b""
                while (size := int(self.rfile.readline(), 16)) > 0:
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
            else:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()
            invocation.finish(body, failed=self.path.endswith("/error"))

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    # The program is stopped while it has a connection.
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def unpack(package, folder):
    """Unpacks the bytes of a zip, as Lambda does once for many invocations."""
    zipfile.ZipFile(io.BytesIO(package)).extractall(folder)
    os.chmod(os.path.join(folder, "bootstrap"), 0o755)


def invoke(package, event, seconds, environment, function_arn):
    """Runs the zip's bootstrap once; returns the bytes of the answer, whether the invocation failed, and the log."""
    with tempfile.TemporaryDirectory() as task:
        unpack(package, task)
        return run(task, event, seconds, environment, function_arn)


def run(task, event, seconds, environment, function_arn, log=None):
    """As `invoke`, for the folder of a zip that is unpacked already; `log` is a file for the log, so that it can be read meanwhile."""
    invocation = Invocation(event, seconds, function_arn)
    server = runtime_api(invocation)
    environment = {
        **environment,
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
        "LAMBDA_TASK_ROOT": task,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(seconds),
        "PATH": os.environ["PATH"],
    }
    with log or tempfile.TemporaryFile() as log:
        process = subprocess.Popen([os.path.join(task, "bootstrap")], env=environment, cwd=task, stdout=log, stderr=log)
        end = time.monotonic() + seconds
        while not invocation.answered.wait(0.1):
            if process.poll() is not None:
                why = {"errorType": "Runtime.ExitError", "errorMessage": f"bootstrap ended with {process.returncode}"}
                invocation.finish(json.dumps(why).encode(), failed=True)
            elif time.monotonic() > end:
                why = {"errorType": "Sandbox.Timedout", "errorMessage": f"Task timed out after {seconds} seconds"}
                invocation.finish(json.dumps(why).encode(), failed=True)
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
        log.seek(0)
        text = log.read().decode(errors="replace")
    server.shutdown()
    server.server_close()
    return invocation.answer, invocation.failed, text
