"""The signatures of the program `accepted`, judged by botocore: the service is a server that computes each signature itself."""

import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

TARGET = os.environ.get("CARGO_TARGET_DIR", Path(__file__).parents[2] / "target")
PROGRAM = Path(TARGET) / "debug" / "accepted"
KEYS = {"default": ("AKIADEFAULT", "secret/of+default", None), "other": ("ASIAOTHER", "secret/of+other", "a/session+token==")}
JOB = "01929b6e-7a52-8c3e-9d1f-0123456789ab"


def signature(handler, body, profile, region):
    """What botocore signs: the same method, URL, time and body, and those headers that the request says are signed."""
    stated = dict(part.strip().split("=", 1) for part in handler.headers["authorization"].split(" ", 1)[1].split(","))
    signed = stated["SignedHeaders"].split(";")
    assert {"host", "x-amz-date"} <= set(signed)
    url = f"http://{handler.headers['host']}{handler.path}"
    headers = {name: handler.headers[name] for name in signed}
    request = AWSRequest(handler.command, url, headers=headers, data=body)
    request.context["timestamp"] = handler.headers["x-amz-date"]
    judge = SigV4Auth(Credentials(*KEYS[profile]), "execute-api", region)
    assert stated["Credential"] == f"{KEYS[profile][0]}/{judge.credential_scope(request)}"
    assert handler.headers["x-amz-security-token"] == KEYS[profile][2]
    text = judge.string_to_sign(request, judge.canonical_request(request))
    return stated["Signature"], judge.signature(text, request)


class Service:
    """Answers everything with an empty list, or with a job, and keeps what was signed."""

    def __init__(self, profile, region):
        service, self.pairs, self.unsigned = self, [], 0

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                if "authorization" in self.headers:
                    service.pairs.append(signature(self, body, profile, region))
                else:
                    service.unsigned += 1
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b'{"jobs": [], "next": null}')

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/stage"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def accepted(tmp_path):
    credentials = tmp_path / "credentials"
    lines = []
    for name, (key, secret, token) in KEYS.items():
        lines += [f"[{name}]", f"aws_access_key_id = {key}", f"aws_secret_access_key = {secret}", "region = eu-west-3"]
        lines += [f"aws_session_token = {token}"] if token else []
    credentials.write_text("\n".join(lines))
    config = tmp_path / "config"
    config.write_text("[default]\nregion = eu-west-3\n[profile other]\nregion = eu-west-3\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    files = {"AWS_SHARED_CREDENTIALS_FILE": str(credentials), "AWS_CONFIG_FILE": str(config), "AWS_EC2_METADATA_DISABLED": "true"}

    def run(service, *arguments):
        line = [PROGRAM, *arguments, "--url", service.url]
        return subprocess.run(line, env=environment | files, capture_output=True, text=True, timeout=60)

    yield run


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "--job-status", "failed", "--limit", "7"],
        ["submit", "csv_profile", '{"csv": "größe,2\\n"}', "--key", "a'key", "--summary", "ß"],
        ["cancel", JOB],
    ],
    ids=["query", "body", "no body"],
)
@pytest.mark.parametrize("profile", KEYS)
def test_botocore_computes_the_same_signature(accepted, arguments, profile):
    service = Service(profile, "eu-west-3")

    ended = accepted(service, *arguments, "--profile", profile)

    assert service.pairs, ended.stderr
    assert service.unsigned == 0
    for stated, computed in service.pairs:
        assert stated == computed


def test_the_region_of_the_command_line_counts(accepted):
    service = Service("default", "us-west-1")

    accepted(service, "list", "--region", "us-west-1")

    [(stated, computed)] = service.pairs
    assert stated == computed


def test_nothing_is_signed_unless_that_is_asked_for(accepted):
    service = Service("default", "eu-west-3")

    accepted(service, "list")

    assert (service.pairs, service.unsigned) == ([], 1)


def test_without_credentials_nothing_is_sent(accepted):
    service = Service("default", "eu-west-3")

    ended = accepted(service, "list", "--profile", "missing", "--region", "eu-west-3")

    assert ended.returncode == 2, ended.stderr
    assert "--profile" in ended.stderr
    assert (service.pairs, service.unsigned) == ([], 0)
