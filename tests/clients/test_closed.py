"""A closed API on this machine, as `serve --authorization` starts it: the client gets in with the credentials that are printed, and only with them."""

import http.client
import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

PROGRAMS = Path(os.environ.get("CARGO_TARGET_DIR", Path(__file__).parents[2] / "target")) / "debug"


@contextmanager
def serve(authorization):
    line = [PROGRAMS / "local", "serve", "--port", "0", "--quiet", "--authorization", authorization]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as service:
        try:
            welcome = ""
            while "Ctrl-C" not in welcome:
                welcome += service.stdout.readline()
                assert service.poll() is None
            yield re.search(r"API +(\S+)", welcome)[1], welcome
        finally:
            service.terminate()


@pytest.fixture
def environment(tmp_path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return environment | {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": str(tmp_path / "none")}


@pytest.fixture
def accepted(environment):
    def run(url, *arguments, **variables):
        line = [PROGRAMS / "accepted", *arguments, "--url", url]
        return subprocess.run(line, env=environment | variables, capture_output=True, text=True, timeout=60)

    return run


def status_without_credentials(url):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{url}/jobs", timeout=30)
    return refused.value.code


def profile_of(welcome, tmp_path):
    """A file with the lines for a profile, as they are printed, and its variable."""
    profile = re.search(r"\[local\](\n +\w+ = \S+)+", welcome)[0]
    credentials = tmp_path / "credentials"
    credentials.write_text(profile.replace("\n  ", "\n"))
    return credentials, {"AWS_SHARED_CREDENTIALS_FILE": str(credentials)}


@contextmanager
def pages(environment, *arguments):
    """Host and path of the pages that `open` serves, until Ctrl-C."""
    line = [PROGRAMS / "accepted", "open", "--no-browser", *arguments]
    with subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, text=True) as program:
        try:
            yield re.fullmatch(r"http://(127\.0\.0\.1:\d+)(/[0-9a-f]{32})/\n", program.stdout.readline()).groups()
        finally:
            program.send_signal(signal.SIGINT)
    assert program.returncode == 0


def ask(host, path, method="GET", body=None, **headers):
    """Status, headers and text of an answer."""
    connection = http.client.HTTPConnection(host, timeout=30)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, {"content-type": "application/json"} | headers)
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read().decode()


def test_iam_demands_a_signature_of_the_printed_key(accepted, tmp_path):
    with serve("iam") as (url, welcome):
        credentials, file = profile_of(welcome, tmp_path)

        submitted = accepted(url, "submit", "rehearsal", '{"seconds": 0}', "--watch", "--profile", "local", **file)
        listed = accepted(url, "list", "--profile", "local", **file)
        document = accepted(url, "result", submitted.stdout.strip(), "--profile", "local", **file)
        unsigned = accepted(url, "list")
        credentials.write_text(credentials.read_text().replace("secret_access_key = ", "secret_access_key = x"))
        other = accepted(url, "list", "--profile", "local", **file)

        assert status_without_credentials(url) == 403
    assert submitted.returncode == 0, submitted.stderr
    assert "rehearsal" in listed.stdout
    assert json.loads(document.stdout)["outcome"] == "success"
    for refused in unsigned, other:
        assert refused.returncode == 2
        assert "403" in refused.stderr and "--profile" in refused.stderr


def test_a_named_profile_goes_before_the_keys_of_the_environment_and_must_exist(accepted, tmp_path):
    with serve("iam") as (url, welcome):
        _, file = profile_of(welcome, tmp_path)
        keys = dict(re.findall(r"(AWS_(?:SECRET_)?ACCESS_KEY(?:_ID)?)=(\S+)", welcome))
        keys["AWS_REGION"] = "us-east-1"
        others = {**file, **keys, "AWS_SECRET_ACCESS_KEY": "of-somebody-else"}

        named = accepted(url, "list", "--profile", "local", **others)
        of_environment = accepted(url, "list", "--sign", **file, **keys)
        unknown = accepted(url, "list", "--profile", "nope", **file, **keys)

    assert (named.returncode, of_environment.returncode) == (0, 0), named.stderr + of_environment.stderr
    assert unknown.returncode == 2 and "nope" in unknown.stderr, unknown


def test_open_serves_the_pages_of_a_closed_api_to_whoever_has_their_address(environment, tmp_path):
    with serve("iam") as (url, welcome):
        _, file = profile_of(welcome, tmp_path)
        with pages(environment | file, "--url", url, "--profile", "local") as (host, base):
            own = {"Origin": f"http://{host}"}
            job = json.dumps({"name": "rehearsal", "input": {"seconds": 0}})
            submitted, headers, _ = ask(host, f"{base}/jobs", "POST", job, **own)
            job_path = headers["Location"].removeprefix(f"http://{host}")
            ask(host, job_path, Prefer="wait=20")
            listed, _, page = ask(host, f"{base}/jobs", Accept="text/html")
            shown, shown_headers, _ = ask(host, job_path, Accept="text/html")
            unchanged, _, _ = ask(host, job_path, Accept="text/html", If_None_Match=shown_headers["ETag"])
            _, _, result = ask(host, f"{job_path}/result")
            foreign = ask(host, f"{base}/jobs", "POST", job, Origin="https://evil.example")[0]
            rebound = ask(host, f"{base}/jobs", Host="evil.example")[0]
            guessed = ask(host, "/jobs")[0]

        assert status_without_credentials(url) == 403
    assert submitted == 202 and job_path.startswith(f"{base}/jobs/")
    assert listed == 200 and f"http://{host}{job_path}" in page and url not in page
    assert (shown, unchanged) == (200, 304) and "default-src 'none'" in shown_headers["Content-Security-Policy"]
    assert json.loads(result)["outcome"] == "success"
    assert (foreign, rebound, guessed) == (403, 403, 404)


def test_jwt_demands_the_printed_token(accepted):
    with serve("jwt") as (url, welcome):
        token = re.search(r"TOKEN=(\S+)", welcome)[1]

        listed = accepted(url, "list", "--header", f"Authorization: Bearer {token}")
        other = accepted(url, "list", "--header", f"Authorization: Bearer {token[:-4]}AAAA")

        assert status_without_credentials(url) == 401
    assert listed.returncode == 0, listed.stderr
    assert other.returncode == 2 and "401" in other.stderr
