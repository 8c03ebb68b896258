"""openapi-python-client makes a client from the document of the running service, without a warning: it reads every example of the document,
and drives jobs in the lines that the page for authors of clients has."""

import importlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from service import URL
from test_closed import serve

PAGE = (Path(__file__).parents[2] / "functions/api/CLIENTS.md").read_text()
LINES, BATCH, SIGNING = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
DOCUMENT = httpx.get(f"{URL}/openapi.json").json()


@pytest.fixture(scope="module", autouse=True)
def generated(tmp_path_factory):
    """The folder with the client, which the tests import."""
    folder = tmp_path_factory.mktemp("generated")
    line = ["openapi-python-client", "generate", "--url", f"{URL}/openapi.json", "--meta", "none", "--fail-on-warning"]
    # The generator formats what it makes with ruff, and warns if there is none.
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    made = subprocess.run(
        [*line, "--output-path", folder / "jobs_client"], env={**os.environ, "PATH": path}, capture_output=True, text=True
    )
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


def operation(name):
    return importlib.import_module(f"jobs_client.api.default.{name}")


def client(**options):
    return importlib.import_module("jobs_client").Client(URL, **options)


def snake_case(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


RESPONSES = [
    (methods[method]["operationId"], int(status), response)
    for methods in DOCUMENT["paths"].values()
    for method in methods
    for status, response in methods[method]["responses"].items()
]


@pytest.mark.parametrize(("name", "status", "response"), RESPONSES, ids=lambda value: value if isinstance(value, (str, int)) else "")
def test_every_response_is_read(name, status, response):
    models = importlib.import_module("jobs_client.models")
    parse = operation(snake_case(name))._parse_response
    # Otherwise it is an error that the response is not one of those that were generated.
    strict = client(raise_on_unexpected_status=True)

    def read(value):
        return parse(client=strict, response=httpx.Response(status, json=value))

    for media_type, content in response.get("content", {"": {}}).items():
        if content.get("schema", {}).get("$ref", "").endswith("GatewayError"):
            assert isinstance(read({"message": "refused"}), models.GatewayError)
        for example in content.get("examples", {}).values():
            parsed = read(example["value"])
            assert isinstance(parsed, models.Problem) == (media_type == "application/problem+json"), parsed
            assert json.loads(json.dumps(parsed.to_dict())).keys() == example["value"].keys()
    if "content" not in response:
        assert parse(client=strict, response=httpx.Response(status)) is None


def test_a_refusal_is_a_typed_problem():
    models = importlib.import_module("jobs_client.models")
    body = models.CsvProfileSubmission(name="csv_profile", input_=models.CsvProfileInput(csv=""))

    problem = operation("submit_job").sync(client=client(), body=body)

    assert isinstance(problem, models.Problem)
    assert (problem.error.code, [error.pointer for error in problem.errors]) == ("invalid-job", ["/input/csv"])


def test_a_list_is_paged_by_its_cursor():
    models, list_jobs = importlib.import_module("jobs_client.models"), operation("list_jobs")
    for index in range(2):
        body = models.RehearsalSubmission(name="rehearsal", input_=models.RehearsalInput(seconds=index))
        operation("submit_job").sync(client=client(), body=body)

    first = list_jobs.sync(client=client(), limit=1)
    second = list_jobs.sync(client=client(), limit=1, cursor=first.next_cursor)

    assert first.jobs[0].id != second.jobs[0].id


def test_the_lines_of_the_page_print_the_result(generated):
    lines = LINES.replace("http://127.0.0.1:3000", URL)
    printed = subprocess.run([sys.executable, "-c", lines], cwd=generated, capture_output=True, text=True, timeout=60)
    assert "ProfileOutput(" in printed.stdout, printed.stdout + printed.stderr


def test_the_lines_for_a_batch_get_its_jobs_again_and_those_of_mended_items():
    lines = BATCH.replace("http://127.0.0.1:3000", URL).replace("cities-batch", f"cities-{time.time_ns()}")
    wrong = lines.replace("answer =", 'jobs[1]["input"]["csv"] = ""\nanswer =')
    first, mended, again = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60).stdout.splitlines()
        for code in (wrong, lines, lines)
    ]
    assert [line.split()[1][:6] for line in first] == ["/jobs/", "/1/inp", "/jobs/"], first
    assert (mended[0], mended[2]) == (first[0], first[2])
    assert mended[1].startswith("1 /jobs/") and again == mended


def test_a_closed_api_takes_what_the_page_signs(generated):
    lines = f"""{SIGNING}
import sys
from jobs_client import Client
from jobs_client.api.default import list_jobs, submit_job
from jobs_client.models import RehearsalInput, RehearsalSubmission
client = Client(sys.argv[1], httpx_args={{"auth": Signature()}})
body = RehearsalSubmission(name="rehearsal", input_=RehearsalInput())
for answer in submit_job.sync_detailed(client=client, body=body), list_jobs.sync_detailed(client=client, limit=1):
    print(answer.status_code.value)"""
    with serve("iam") as (url, welcome):
        keys = dict(re.findall(r"(AWS_\w+)=(\S+)", welcome), AWS_DEFAULT_REGION="us-east-1")
        ran = [
            subprocess.run([sys.executable, "-c", lines, url], cwd=generated, env={**os.environ, **keys, **other}, capture_output=True, text=True)
            for other in ({}, {"AWS_SECRET_ACCESS_KEY": "another"})
        ]
    assert [one.stdout.split() for one in ran] == [["202", "200"], ["403", "403"]], ran
