"""The Runtime API's loop and nothing else: less than AWS's own client does."""

import http.client
import importlib
import json
import os
import sys
from types import SimpleNamespace

handler = importlib.import_module(sys.argv[1]).handler
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])


def call(method, path, body=None):
    connection.request(method, f"/2018-06-01/runtime/{path}", body)
    response = connection.getresponse()
    return response.headers, response.read()


while True:
    headers, event = call("GET", "invocation/next")
    request_id = headers["lambda-runtime-aws-request-id"]
    answer = handler(json.loads(event), SimpleNamespace(aws_request_id=request_id))
    call("POST", f"invocation/{request_id}/response", json.dumps(answer))
