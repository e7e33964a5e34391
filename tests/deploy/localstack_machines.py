"""LocalStack for state machines: localstack_machines.py PORT STAND_IN FOLDER. Tests only.

Its Step Functions run the machines; `lambda:invoke` and `ecs:runTask.sync` go to the HTTP server STAND_IN (stand_in.py), since neither
Lambda nor ECS runs without containers. It may also refuse calls to S3 and Step Functions. An execution that ends stops its task, as on AWS.
"""

import http.client
import json
import os
import runpy
import signal
import sys
import threading
import time

PORT, STAND_IN, FOLDER = sys.argv[1:4]
del sys.argv[1:]
os.environ.update(
    GATEWAY_LISTEN=f"127.0.0.1:{PORT}", SERVICES="s3,sts,iam,stepfunctions,events,ssm,kms,logs", SKIP_SSL_CERT_DOWNLOAD="1", DISABLE_EVENTS="1",
    DNS_ADDRESS="0", LS_LOG="warn", OVERRIDE_IN_DOCKER="0", TMPDIR=FOLDER, FILESYSTEM_ROOT=FOLDER, CUSTOM_SSL_CERT_PATH=f"{FOLDER}/certificate.pem",
)

from botocore.exceptions import ClientError
from localstack.services.s3 import provider as s3
from localstack.services.stepfunctions.asl.component.common.error_name.custom_error_name import CustomErrorName
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name import StatesErrorName
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from localstack.services.stepfunctions.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task import lambda_eval_utils
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service import state_task_service_aws_sdk, state_task_service_callback, state_task_service_ecs, state_task_service_sfn
from localstack.services.stepfunctions.asl.eval.event.event_detail import EventDetails

s3.DEFAULT_S3_TMP_DIR = f"{FOLDER}/s3"
# How often the end of a task or of another execution is looked for.
state_task_service_callback._DELAY_SECONDS_SYNC_CONDITION_CHECK = 0.5


def end_with(parent):
    """Ends LocalStack and what it has started if the test is killed."""
    while os.getppid() == parent:
        time.sleep(1)
    os.killpg(os.getpgid(0), signal.SIGKILL)


threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()


def ask(path, body):
    connection = http.client.HTTPConnection(STAND_IN, timeout=900)
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def refused(operation, code):
    return ClientError({"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": 429, "RequestId": "1"}}, operation)


def invoke(parameters, region, state_credentials):
    answer = ask("/invoke", {"function": parameters["FunctionName"], "event": json.loads(parameters["Payload"])})
    if "refused" in answer:
        raise refused("Invoke", answer["refused"])
    return {"StatusCode": 200, "ExecutedVersion": "1", "Payload": answer["payload"]} | ({"FunctionError": "Unhandled"} if answer["failed"] else {})


def failure(service, env, error, cause):
    details = EventDetails(taskFailedEventDetails={"resource": service._get_sfn_resource(), "resourceType": service._get_sfn_resource_type(), "error": error, "cause": cause})
    name = StatesErrorName(typ=StatesErrorNameType.from_name(error)) if error.startswith("States.") else CustomErrorName(error)
    return FailureEventException(FailureEvent(env=env, error_name=name, event_type="TaskFailed", event_details=details))


def run_task(self, env, resource_runtime_part, normalised_parameters, state_credentials):
    answer = ask("/task", normalised_parameters)
    if "refused" in answer:
        raise failure(self, env, answer["refused"], "RunTask was refused.")
    arn = f"arn:aws:ecs:{resource_runtime_part.region}:111111111111:task/rds-data-extractor/{answer['id']}"
    env.stack.append({"Tasks": [{"TaskArn": arn, "ClusterArn": normalised_parameters["cluster"], "LastStatus": "PROVISIONING"}], "Failures": []})

    def stop_with_the_execution():
        while ask("/state", {"id": answer["id"]})["exit"] is None:
            if not env.is_running():
                ask("/stop", {"id": answer["id"]})
            time.sleep(0.2)

    threading.Thread(target=stop_with_the_execution, daemon=True).start()


def await_task(self, env, resource_runtime_part, normalised_parameters, state_credentials):
    task = env.stack.pop()["Tasks"][0]

    def ended():
        exit_code = ask("/state", {"id": task["TaskArn"].split("/")[-1]})["exit"]
        if exit_code is None:
            return None
        stopped = {**task, "LastStatus": "STOPPED", "StopCode": "EssentialContainerExited", "Containers": [{"Name": "extractor", "ExitCode": exit_code}]}
        if exit_code != 0:
            raise failure(self, env, "States.TaskFailed", json.dumps(stopped))
        return stopped

    return ended


def may_be_refused(service):
    """Lets the stand-in refuse a call that LocalStack would carry out."""
    call = service._eval_service_task

    def asked(self, env, resource_runtime_part, normalised_parameters, state_credentials):
        body = {name: value for name, value in normalised_parameters.items() if isinstance(value, str)}
        error = ask("/call", {"action": self.resource.api_action, "parameters": body}).get("refused")
        if error:
            raise failure(self, env, error, "The call was refused.")
        return call(self, env, resource_runtime_part, normalised_parameters, state_credentials)

    service._eval_service_task = asked


may_be_refused(state_task_service_aws_sdk.StateTaskServiceAwsSdk)
may_be_refused(state_task_service_sfn.StateTaskServiceSfn)
lambda_eval_utils._invoke_lambda_function = invoke
state_task_service_ecs.StateTaskServiceEcs._eval_service_task = run_task
state_task_service_ecs.StateTaskServiceEcs._build_sync_resolver = await_task
runpy.run_module("localstack.runtime.main", run_name="__main__", alter_sys=True)
