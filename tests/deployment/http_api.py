"""A client of the HTTP API, wherever it is served on this machine."""

import hashlib
import http.client
import json
import time
from urllib.parse import urlsplit

# More than anything here takes, so that a check fails and does not hang.
PATIENCE_S = 120
LOOK_EVERY_S = 0.2


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:2000]!r}"


def fetch(method, href, body=None, headers=None):
    """A request to the store, without credentials of the API."""
    url = urlsplit(href)
    connection = http.client.HTTPConnection("127.0.0.1", url.port, timeout=60)
    try:
        connection.request(method, f"{url.path}?{url.query}", body=body, headers={"host": url.netloc, **(headers or {})})
        return Answer(connection.getresponse())
    finally:
        connection.close()


class Api:
    """The API at a base URL, called with these headers."""

    def __init__(self, url, headers=None):
        self.url = url.rstrip("/")
        self.headers = headers or {}

    def send(self, method, target, body=None, headers=None):
        """Any request; `target` is a path, or a URL that the service gave."""
        url = urlsplit(target if "://" in target else self.url + target)
        base = urlsplit(self.url)
        # The names of the deployed APIs mean nothing to a resolver: all of them are this machine.
        connection = http.client.HTTPConnection("127.0.0.1", base.port, timeout=60)
        # A gateway tells its function so; the one of ministack does not.
        sent = {"host": base.netloc, "x-forwarded-proto": "http", **self.headers, **(headers or {})}
        path = url.path + (f"?{url.query}" if url.query else "")
        try:
            connection.request(method, path or "/", body=body, headers=sent)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, target, **headers):
        return self.send("GET", target, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def post_job(self, job, headers=None):
        body = job if isinstance(job, str) else json.dumps(job)
        return self.send("POST", "/jobs", body, {"content-type": "application/json", **(headers or {})})

    def submit(self, name, job_input, **more):
        """Submits a job that is accepted; its status URI."""
        answer = self.post_job({"name": name, "input": job_input, **more})
        assert answer.status == 202, answer
        return answer.headers["location"]

    def upload(self, content, media_type):
        """Uploads a content; the upload's id. The store gets nothing but what the ticket says."""
        ticket = {"media-type": media_type, "bytes": len(content), "sha-256": hashlib.sha256(content).hexdigest()}
        answer = self.send("POST", "/uploads", json.dumps(ticket), {"content-type": "application/json"})
        assert answer.status == 201, answer
        upload = answer.json()["upload"]
        stored = fetch(upload["method"], upload["href"], content, upload["headers"])
        assert stored.status == 200, stored
        return upload["id"]

    def wait_for(self, uri, wanted):
        """The job's members, once `wanted` is true of them. The status URI answers 200 all the while."""
        asked = time.monotonic()
        while True:
            answer = self.get(uri)
            assert answer.status == 200, answer
            document = answer.json()
            if wanted(document["job"]):
                return document
            assert time.monotonic() - asked < PATIENCE_S, f"waited too long: {document}"
            time.sleep(LOOK_EVERY_S)

    def wait_for_end(self, uri):
        return self.wait_for(uri, lambda job: job["job-state"] == "COMPLETED")
