"""A closed API on this machine, as `serve --authorization` starts it: the client gets in with the credentials that are printed, and only with them."""

import json
import os
import re
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
def accepted(tmp_path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": str(tmp_path / "none")}

    def run(url, *arguments, **variables):
        line = [PROGRAMS / "accepted", *arguments, "--url", url]
        return subprocess.run(line, env=environment | variables, capture_output=True, text=True, timeout=60)

    return run


def status_without_credentials(url):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{url}/jobs", timeout=30)
    return refused.value.code


def test_iam_demands_a_signature_of_the_printed_key(accepted, tmp_path):
    with serve("iam") as (url, welcome):
        # The lines for a profile, as they are printed.
        profile = re.search(r"\[local\](\n +\w+ = \S+)+", welcome)[0]
        credentials = tmp_path / "credentials"
        credentials.write_text(profile.replace("\n  ", "\n"))
        file = {"AWS_SHARED_CREDENTIALS_FILE": str(credentials)}

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


def test_jwt_demands_the_printed_token(accepted):
    with serve("jwt") as (url, welcome):
        token = re.search(r"TOKEN=(\S+)", welcome)[1]

        listed = accepted(url, "list", "--header", f"Authorization: Bearer {token}")
        other = accepted(url, "list", "--header", f"Authorization: Bearer {token[:-4]}AAAA")

        assert status_without_credentials(url) == 401
    assert listed.returncode == 0, listed.stderr
    assert other.returncode == 2 and "401" in other.stderr
