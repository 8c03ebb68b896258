"""The signed request of functions/README.md, run by bash as it stands, and signed once more by AWS's own SDK."""

import os
import re
import subprocess
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from stack import FOLDER, REGION

KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


class Endpoint(BaseHTTPRequestHandler):
    """Keeps the request that it gets."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.request = (self.path, dict(self.headers.items()), body)
        self.send_response(202)
        self.end_headers()

    def log_message(self, *_):
        pass


def command():
    """The request of the README, without the lines that find out where and as whom."""
    blocks = re.findall(r"```sh\n(.*?)```", (FOLDER / "functions" / "README.md").read_text(), re.DOTALL)
    (block,) = [block for block in blocks if "--aws-sigv4" in block]
    return block[block.index("curl ") :]


def sent(token):
    with HTTPServer(("127.0.0.1", 0), Endpoint) as server:
        # Without a request, neither the server nor its thread keeps this program from ending.
        server.timeout = 60
        answering = Thread(target=server.handle_request, daemon=True)
        answering.start()
        variables = {
            "BASE_URL": f"http://127.0.0.1:{server.server_port}",
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_SESSION_TOKEN": token,
        }
        subprocess.run(["bash", "-c", command()], env={**os.environ, **variables}, check=True, capture_output=True)
        answering.join()
        return variables["BASE_URL"], *server.request


def check(token):
    """`token` is that of a session; empty for the keys of a user."""
    base_url, path, headers, body = sent(token)
    headers = {name.lower(): value for name, value in headers.items()}
    assert headers.get("x-amz-security-token", "") == token, headers
    scope, signed, signature = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/(\S+), ?SignedHeaders=(\S+), ?Signature=(\w+)", headers["authorization"]
    ).groups()
    assert scope == f"{headers['x-amz-date'][:8]}/{REGION}/execute-api/aws4_request", scope
    assert not token or "x-amz-security-token" in signed.split(";"), signed
    by_aws = SigV4Auth(Credentials(KEY, SECRET), "execute-api", REGION)
    request = AWSRequest("POST", base_url + path, {name: headers[name] for name in signed.split(";")}, body)
    request.context["timestamp"] = headers["x-amz-date"]
    to_sign = by_aws.string_to_sign(request, by_aws.canonical_request(request))
    assert by_aws.signature(to_sign, request) == signature, headers
