"""The running service, as a test of a client sees it: what submits the jobs that the client under test then waits for."""

import json
import os
import urllib.request

URL = os.environ["SERVICE_URL"]


def post(url, document=None):
    """The status, the headers and the JSON of an answer to a POST."""
    body = json.dumps(document or {}).encode()
    request = urllib.request.Request(url, body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.status, answer.headers, json.load(answer)


def rehearsal(outcome="success", seconds=1.0):
    """The body of a job that ends so after this time."""
    return {"name": "rehearsal", "input": {"seconds": seconds, "outcome": outcome}}


def submit(outcome="success", seconds=1.0):
    """The status URI and the id of a new job."""
    status, headers, document = post(f"{URL}/jobs", rehearsal(outcome, seconds))
    assert status == 202, document
    return headers["Location"], document["task"]["id"]
