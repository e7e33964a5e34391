"""A stand-in for Lambda and ECS that answers as a test says, and what histories of executions show. Used by machines_test.py."""

import collections
import json
import threading
import time
from urllib.parse import urlparse

from stand_in import Ended, Refused


def response(rows=3, message="Data extraction completed successfully"):
    return {"statusCode": 200, "body": {"message": message, "recordsProcessed": rows, "s3Location": "s3://b/k"}}


def failure(kind, retryable):
    return {"statusCode": 500, "body": {"error": f"{kind} happened.", "errorType": kind, "stage": "rows", "hint": f"Mend {kind}.", "retryable": retryable}}


class Script:
    """`function` and `tasks` map an event's `keyPrefix` to the answers of one call after another; the last one stays.

    An answer of the function is a response, the name of an error, `Refused`, seconds to sleep or an event to wait for; one of a task is (exit status,
    result or None), `Refused`, or None for a task that runs until it is stopped. `refusals` are (action, end of the key, error) of
    other calls that are refused once.
    """

    def __init__(self):
        self.function, self.tasks, self.refusals = {}, {}, []
        self.events, self.results, self.lock = collections.defaultdict(list), [], threading.Lock()
        self.running = {}

    def next(self, answers, event, usual):
        with self.lock:
            given = answers.get(event["keyPrefix"], [usual])
            return given.pop(0) if len(given) > 1 else given[0]

    def invoke(self, event):
        self.events[event["keyPrefix"]].append(event)
        answer = self.next(self.function, event, response())
        if isinstance(answer, Refused):
            raise answer
        if isinstance(answer, threading.Event):
            answer.wait(60)
            answer = response()
        if isinstance(answer, (int, float)):
            time.sleep(answer)
            answer = response()
        if isinstance(answer, str):
            return {"errorType": answer, "errorMessage": f"{answer} happened. (stage rows) Mend {answer}."}, True
        return answer, False

    def task(self, variables):
        event, result = self.at(variables["EVENT"]), urlparse(variables["RESULT"])
        event = json.loads(self.s3.get_object(**event)["Body"].read())
        self.events[event["keyPrefix"]].append(event)
        self.results.append(result.path[1:])
        answer = self.next(self.tasks, event, (0, response()))
        if isinstance(answer, Refused):
            raise answer
        if answer is None:
            self.running[event["keyPrefix"]] = task = Ended(None)
            return task
        code, body = answer
        if body is not None:
            self.s3.put_object(Bucket=result.netloc, Key=result.path[1:], Body=json.dumps(body))
        return Ended(code)

    @staticmethod
    def at(url):
        parsed = urlparse(url)
        return {"Bucket": parsed.netloc, "Key": parsed.path[1:]}

    def call(self, action, parameters):
        place = (parameters.get("Key") or parameters.get("Prefix") or "") + ("+" if "ContinuationToken" in parameters else "")
        with self.lock:
            for refusal in self.refusals:
                wanted, end, error = refusal
                if action == wanted and place.endswith(end):
                    self.refusals.remove(refusal)
                    raise Refused(error)


class Coverage:
    """The transitions and retries that executions of a definition have made."""

    def __init__(self, definition):
        self.states = definition["States"]
        self.steps, self.retried = set(), set()

    def add(self, history):
        current = failed = None
        for event in history:
            if "stateEnteredEventDetails" in event:
                name = event["stateEnteredEventDetails"]["name"]
                # States within an inline Map belong to another level.
                if name not in self.states:
                    continue
                if current:
                    self.steps.add((current, failed if failed else None, name))
                current, failed = name, None
            elif event["type"] in ("TaskFailed", "TaskTimedOut"):
                details = event.get("taskFailedEventDetails") or event.get("taskTimedOutEventDetails")
                failed = details.get("error")
            elif event["type"] == "TaskScheduled" and failed and current:
                self.retried.add((current, failed))
                failed = None

    def missing(self):
        """Returns every Choice, Catch, Next and Retry that no execution has taken."""
        for name, state in self.states.items():
            for target in {choice["Next"] for choice in state.get("Choices", [])} | {state[key] for key in ("Next", "Default") if key in state}:
                if not any(step[0] == name and step[2] == target for step in self.steps):
                    yield f"{name} to {target}"
            for number, catch in enumerate(state.get("Catch", [])):
                for error in catch["ErrorEquals"] if len(catch["ErrorEquals"]) < 4 else catch["ErrorEquals"][:1]:
                    taken = [step for step in self.steps if step[0] == name and step[2] == catch["Next"] and step[1]]
                    if not any(error in (step[1], "States.ALL", "States.TaskFailed") for step in taken):
                        yield f"{name}: catch {number} of {error}"
            for number, retry in enumerate(state.get("Retry", [])):
                if not any(one == name and (error in retry["ErrorEquals"] or "States.TaskFailed" in retry["ErrorEquals"]) for one, error in self.retried):
                    yield f"{name}: retry {number}"
