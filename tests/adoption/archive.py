"""The kind `archive` in the copy that adopt.py made: on one machine, and in a stack that the SAM CLI deploys to ministack.

`MINISTACK_URL=http://127.0.0.1:4566 python3 archive.py LOCAL`, after `sam build --parameter-overrides Architecture=x86_64` in the copy.
LOCAL is the service's executable, which runs the functions that were built.
"""

import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "deployment"))

from http_api import Api  # noqa: E402
from stack import ENDPOINT, FOLDER, Stack, client  # noqa: E402
from waiting import free_port, wait_for_port  # noqa: E402

TOKEN = "token-of-the-site"
PAGES = {"index.html": b"<h1>A page</h1>", "two.html": b"2"}


class Site(BaseHTTPRequestHandler):
    """The web site whose pages are stored, for callers with the token."""

    def do_GET(self):
        page = PAGES.get(self.path.removeprefix("/"))
        is_known = self.headers["authorization"] == f"Bearer {TOKEN}"
        self.send_response(401 if not is_known else 404 if page is None else 200)
        self.end_headers()
        if is_known and page is not None:
            self.wfile.write(page)

    def log_message(self, *_):
        pass


def check(api, bucket):
    """What the kind does, and what it refuses."""
    uri = api.submit("archive", {"pages": list(PAGES)})
    job = api.wait_for_end(uri)["job"]
    assert job["job-status"] == "SUCCESS", job
    assert job["result"] == {"prefix": f"{job['id']}/", "bytes": sum(map(len, PAGES.values()))}, job
    for page, body in PAGES.items():
        stored = client("s3").get_object(Bucket=bucket, Key=f"{job['id']}/{page}")["Body"].read()
        assert stored == body, (page, stored)
    failed = api.wait_for_end(api.submit("archive", {"pages": ["three.html"]}))
    assert failed["error"]["code"] == "no-page", failed
    refused = api.post_job({"name": "archive", "input": {"pages": ["index.html", "A page", "../secret"]}})
    pointers = [error["pointer"] for error in refused.json()["errors"]]
    assert refused.status == 422 and pointers == ["/input/pages/1", "/input/pages/2"], refused
    schemas = api.get("/openapi.json").json()["components"]["schemas"]
    assert schemas["ArchivedOutput"]["required"] == ["prefix", "bytes"], schemas["archive_result"]


def on_this_machine(local, site):
    client("s3").create_bucket(Bucket="archive")
    client("secretsmanager").create_secret(Name="site-token", SecretString=TOKEN)
    variables = {
        "ARCHIVE_SITE": site,
        "ARCHIVE_BUCKET": "archive",
        "ARCHIVE_SECRET": "site-token",
        "AWS_ENDPOINT_URL_S3": ENDPOINT,
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": ENDPOINT,
    }
    port = free_port()
    with tempfile.NamedTemporaryFile("w", suffix=".env") as file:
        file.writelines(f"{name}={value}\n" for name, value in variables.items())
        file.flush()
        options = ("--quiet", "--port", str(port), "--env-file", file.name, "--functions", FOLDER / ".aws-sam/build")
        service = subprocess.Popen([local, "serve", *options])
        try:
            wait_for_port(port, service)
            check(Api(f"http://127.0.0.1:{port}"), "archive")
        finally:
            service.terminate()
            service.wait(timeout=60)


def in_a_stack(site):
    stack = Stack("archive").deploy(Authorization="NONE")
    (bucket,) = stack.resources("AWS::S3::Bucket").values()
    (secret,) = (arn for name, arn in stack.resources("AWS::SecretsManager::Secret").items() if name == "ArchiveSecret")
    client("secretsmanager").put_secret_value(SecretId=secret, SecretString=TOKEN)
    assert stack.environment("WorkerFunction")["ARCHIVE_BUCKET"] == bucket
    # The template names a site that this machine cannot reach.
    stack.set_variables("WorkerFunction", ARCHIVE_SITE=site)
    check(stack.api(), bucket)
    stack.delete()


def main(local):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    site = f"http://127.0.0.1:{server.server_port}"
    on_this_machine(local, site)
    print("archive: on this machine: ok", flush=True)
    in_a_stack(site)
    print("archive: in a stack: ok", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
