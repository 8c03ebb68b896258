"""Checks that the document is valid OpenAPI 3.1, that each example matches its schema, and that the documents and results of jobs in all
states match theirs.

    python tests/openapi/document.py http://127.0.0.1:3000
"""

import json
import sys
import time
import urllib.request

from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

DOCUMENT = "urn:openapi"


def examples(node, path=()):
    """Every example beside a schema (in a media type) or in one, with that schema: path, schema, value."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from examples(item, (*path, index))
    if not isinstance(node, dict):
        return
    named = node.get("examples")
    if isinstance(named, dict) and "schema" in node:
        for name, example in named.items():
            yield (*path, name), node["schema"], example["value"]
    if isinstance(named, list):
        for index, value in enumerate(named):
            yield (*path, index), node, value
    for name, member in node.items():
        # What an example says is data and no part of the document.
        if name != "examples":
            yield from examples(member, (*path, name))


def absolute(node):
    """The schema with references that lead into the document from wherever it is looked at."""
    if isinstance(node, list):
        return [absolute(item) for item in node]
    if isinstance(node, dict):
        return {
            name: DOCUMENT + member if name == "$ref" else absolute(member)
            for name, member in node.items()
        }
    return node


def call(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return str(answer.status), json.load(answer)


def jobs_of(url, has_webhooks):
    """Documents of jobs in all states, as the service sends them: path, status of the response, value."""
    in_an_hour = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    outcomes = ("success", "failure", "retry-then-success", "unmeasured", "spin")
    bodies = [{"name": "rehearsal", "input": {"seconds": 1, "outcome": outcome}} for outcome in outcomes]
    bodies.append({"name": "rehearsal", "input": {}, "scheduled-start-time": in_an_hour})
    bodies.append({"name": "csv_profile", "input": {"csv": "city,people\nUlm,2\nBonn,3\n"}})
    if has_webhooks:
        # Nobody has this host (RFC 6761, section 6.4).
        bodies += [{**body, "callback": {"url": "https://hooks.invalid/"}} for body in bodies[:2]]
        yield "/callbacks", "get", *call(f"{url}/callbacks")
    states = set()
    for body in bodies:
        status, accepted = call(f"{url}/jobs", body)
        yield "/jobs", "post", status, accepted
        uri = url + accepted["task"]["href"]
        status, document = call(uri)
        asked = time.monotonic()
        while document["status"] == "InProgress":
            states.add(document["job"]["job-state"])
            yield "/jobs/{id}", "get", status, document
            is_to_be_canceled = body["input"].get("outcome") == "spin" and document["job"]["job-state"] == "STARTED"
            if is_to_be_canceled or "scheduled-start-time" in body:
                yield "/jobs/{id}/cancel", "post", *call(f"{uri}/cancel", {})
            time.sleep(0.2)
            status, document = call(uri)
            if time.monotonic() - asked > 60:
                sys.exit(f"waited too long: {document}")
        states.add(document["status"])
        yield "/jobs/{id}", "get", status, document
        if document["status"] == "Succeeded":
            yield "/jobs/{id}/result", "get", *call(f"{uri}/result")
    if states != {"SCHEDULED", "STARTED", "Succeeded", "Failed", "Canceled"}:
        sys.exit(f"not every state was seen: {states}")
    yield "/jobs", "get", *call(f"{url}/jobs?limit=100")


def main(url):
    with urllib.request.urlopen(f"{url}/openapi.json") as answer:
        document = json.load(answer)
    OpenAPIV31SpecValidator(document).validate()
    registry = Registry().with_resource(
        DOCUMENT, Resource.from_contents(document, default_specification=DRAFT202012)
    )

    def check(path, schema, value):
        validator = Draft202012Validator(
            absolute(schema), registry=registry, format_checker=FormatChecker()
        )
        for error in validator.iter_errors(value):
            sys.exit(f"{'/'.join(map(str, path))}: {error.message} at {error.json_path}")

    seen = 0
    for path, schema, value in examples(document):
        check(path, schema, value)
        seen += 1
    # One for each problem at least: fewer would mean that they were not found.
    if seen < 30:
        sys.exit(f"only {seen} examples were found")
    sent = 0
    for path, method, status, value in jobs_of(url, "webhooks" in document):
        response = document["paths"][path][method]["responses"][status]
        check((method, path), response["content"]["application/json"]["schema"], value)
        sent += 1
    print(f"valid OpenAPI {document['openapi']}, and so are its {seen} examples and {sent} documents of jobs")


if __name__ == "__main__":
    main(sys.argv[1])
