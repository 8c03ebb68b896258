"""The functions under AWS's own Runtime Interface Emulator, which comes with the SAM CLI."""

import json
import os
import subprocess
import urllib.request
from pathlib import Path

import samcli

from stack import ENVIRONMENT, FOLDER, sam
from waiting import free_port, wait_for_port

EMULATOR = Path(samcli.__file__).parent / "local/rapid/aws-lambda-rie-x86_64"
# The ids in events/ were issued under it.
ID_SECRET = "events-only-secret-of-32-characters"

# What each function is asked, in this order, and the statuses that make sense: the ids that events/ name are those of the
# jobs that its submissions make, and the deployed worker may already have come to their end.
HTTP_EVENTS = {
    "SubmitFunction": [
        ("submit-http-api", {202}),
        ("submit-http-api-jwt", {202}),
        ("submit-rest-api", {202}),
        ("submit-function-url", {202}),
        ("cancel-http-api", {200, 202, 409}),
        ("delete-http-api", {204, 409}),
        ("upload-http-api", {201}),
    ],
    "StatusFunction": [
        ("status-http-api", {200, 410}),
        ("status-http-api-jwt", {200}),
        ("status-http-api-stage", {200, 410}),
        ("status-rest-api", {200, 410}),
        ("status-function-url", {200, 410}),
        ("result-http-api", {200, 404, 410}),
    ],
}
BATCH = "worker-batch"
# The second record of the batch is not a valid message.
NO_MESSAGE = "2e1424d4-f796-459a-8184-9c92662be6da"


class Emulated:
    """A function that waits for invocations, until its block is left."""

    def __init__(self, function, variables):
        self.port = free_port()
        self.bootstrap = FOLDER / ".aws-sam/build" / function / "bootstrap"
        self.environment = {
            **{name: value for name, value in ENVIRONMENT.items() if not name.startswith("AWS_LAMBDA")},
            **variables,
            "AWS_REGION": ENVIRONMENT["AWS_DEFAULT_REGION"],
            "AWS_LAMBDA_FUNCTION_TIMEOUT": "30",
        }

    def __enter__(self):
        command = [
            EMULATOR,
            *("--runtime-interface-emulator-address", f"127.0.0.1:{self.port}"),
            *("--runtime-api-address", f"127.0.0.1:{free_port()}"),
            self.bootstrap,
        ]
        # A group of its own, so that the function goes with the emulator.
        self.process = subprocess.Popen(
            command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        wait_for_port(self.port, self.process)
        return self

    def invoke(self, event):
        url = f"http://127.0.0.1:{self.port}/2015-03-31/functions/function/invocations"
        with urllib.request.urlopen(url, data=event.encode(), timeout=60) as answer:
            return json.load(answer)

    def __exit__(self, *_):
        os.killpg(self.process.pid, 9)
        self.process.wait()


def recorded(event):
    return (FOLDER / "events" / f"{event}.json").read_text()


def generated(*names):
    event, succeeded = sam("local", "generate-event", *names)
    assert succeeded, event
    return event


def check(function, variables):
    """Every event that can reach the function is answered, and the process is the same one at the end."""
    with Emulated(function, {**variables, "ID_SECRETS": ID_SECRET}) as emulated:
        check_http(function, emulated) if function in HTTP_EVENTS else check_worker(emulated)
        assert emulated.process.poll() is None, f"{function} died"


def check_http(function, emulated):
    for event, sensible in HTTP_EVENTS[function]:
        answer = emulated.invoke(recorded(event))
        assert answer.get("statusCode") in sensible, (event, answer)
        print(f"   {function}: {event}: {answer['statusCode']}")
    for names in (("apigateway", "http-api-proxy"), ("apigateway", "aws-proxy")):
        answer = emulated.invoke(generated(*names))
        assert answer.get("statusCode") in {404, 405}, (names, answer)
        assert answer["headers"]["content-type"] == "application/problem+json", (names, answer)
        print(f"   {function}: {' '.join(names)}: {answer['statusCode']}")


def check_worker(emulated):
    assert failed(emulated.invoke(recorded(BATCH))) == [NO_MESSAGE]
    print(f"   WorkerFunction: {BATCH}: one of three is redelivered")
    foreign = generated("sqs", "receive-message")
    ids = [record["messageId"] for record in json.loads(foreign)["Records"]]
    assert failed(emulated.invoke(foreign)) == ids
    print("   WorkerFunction: sqs receive-message: an invalid message is redelivered")


def failed(answer):
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
