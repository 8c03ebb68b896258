"""httplint finds nothing to say about any kind of exchange, beyond what is listed here with its reason.

The exchanges are the running service's, byte by byte as they come over the wire.
"""

import json
import socket
import time
from urllib.parse import urlsplit

import pytest
from httplint import HttpRequestLinter, HttpResponseLinter, levels

from service import URL, rehearsal, submit

# What httplint says of an answer that is meant so: the note, of which answers, and why.
EXCEPTIONS = {
    # The contract of this pattern: the 202's Location is the status URI. So the guidelines of Azure and OGC have it.
    "LOCATION_UNDEFINED": lambda exchange, note: exchange.status == 202,
    # That is how this pattern's Atom monitor says that the result is there: at its Location.
    "CREATED_SAFE_METHOD": lambda exchange, note: "atom" in exchange.header("content-type"),
    # The note says no more than that it is a 400.
    "STATUS_BAD_REQUEST": lambda exchange, note: exchange.status == 400,
    # The true content type, to guide caches (RFC 9110, section 15.4.5, allows that): API Gateway would add a wrong one.
    "HEADER_SHOULD_NOT_BE_IN_304": lambda exchange, note: note.vars["headers"].strip() == "- `content-type`"
    and exchange.header("content-type") == Exchange("GET", exchange.target).header("content-type"),
}

JSON = {"content-type": "application/json"}
ATOM = {"accept": "application/atom+xml;type=entry"}
PAGE = {"accept": "text/html"}


class Exchange:
    """One request on a connection of its own, and the answer to it."""

    def __init__(self, method, target, headers=None, body=b""):
        place = urlsplit(URL)
        self.method, self.target = method, target.removeprefix(URL)
        headers = {"host": place.netloc, "user-agent": "tests", "connection": "close", **(headers or {})}
        if body or method in ("POST", "PUT"):
            headers["content-length"] = str(len(body))
        self.request = [(name.encode(), value.encode()) for name, value in headers.items()]
        head = [f"{method} {self.target} HTTP/1.1".encode()]
        head += [name + b": " + value for name, value in self.request]
        with socket.create_connection((place.hostname, place.port), timeout=60) as connection:
            connection.sendall(b"\r\n".join(head) + b"\r\n\r\n" + body)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        head, _, self.body = answer.partition(b"\r\n\r\n")
        status_line, *lines = head.split(b"\r\n")
        self.version, self.code, self.phrase = (status_line.split(b" ", 2) + [b""])[:3]
        self.status = int(self.code)
        self.headers = [tuple(part.strip() for part in line.split(b":", 1)) for line in lines]

    def header(self, name):
        return dict(self.headers)[name.encode()].decode()

    def json(self):
        return json.loads(self.body)

    def notes(self):
        """What httplint warns of."""
        request = HttpRequestLinter()
        request.process_request_topline(self.method.encode(), self.target.encode(), b"1.1")
        request.process_headers(self.request)
        request.finish_content(True)
        response = HttpResponseLinter(start_time=time.time())
        response.request, response.is_head_response = request, self.method == "HEAD"
        response.base_uri = URL + self.target
        response.process_response_topline(self.version.removeprefix(b"HTTP/"), self.code, self.phrase)
        response.process_headers(self.headers)
        response.feed_content(self.body)
        response.finish_content(True)
        return [note for note in response.notes if note.level in (levels.WARN, levels.BAD)]


def post(target, document, **headers):
    return Exchange("POST", target, {**JSON, **headers}, json.dumps(document).encode())


def finished(outcome="success"):
    """The status URI of a job that has ended so."""
    job = post("/jobs", rehearsal(outcome, 0), prefer="wait=20")
    assert job.status == 200, job.body
    return job.header("content-location")


def scheduled():
    """The status URI of a job that waits for its start."""
    start = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    job = post("/jobs", dict(rehearsal(), **{"scheduled-start-time": start}))
    assert job.status == 202, job.body
    return job.header("location")


def canceled():
    uri = scheduled()
    assert post(f"{uri}/cancel", {}).status == 200
    return uri


def deleted():
    uri = finished()
    assert Exchange("DELETE", uri).status == 204
    return uri


def running():
    uri, _ = submit(seconds=600)
    while Exchange("GET", uri).json()["job"]["job-state"] != "STARTED":
        time.sleep(0.1)
    return uri


def known(target):
    """The target again, by a client that has it."""
    return Exchange("GET", target, {"if-none-match": Exchange("GET", target).header("etag")})


def cancel_running():
    uri = running()
    return post(f"{uri}/cancel", {})


EXCHANGES = {
    # POST /jobs
    "accepted": (202, lambda: post("/jobs", rehearsal(seconds=0))),
    "accepted, respond-async": (202, lambda: post("/jobs", rehearsal(seconds=0), prefer="respond-async")),
    "waited for": (200, lambda: post("/jobs", rehearsal(seconds=0), prefer="wait=20")),
    "waited for in vain": (202, lambda: post("/jobs", rehearsal(seconds=3), prefer="wait=1")),
    "replayed": (202, lambda: [post("/jobs", rehearsal(), **{"idempotency-key": '"lint"'}) for _ in "12"][1]),
    "key reused": (
        422,
        lambda: [post("/jobs", rehearsal(seconds=n), **{"idempotency-key": '"lint-2"'}) for n in (0, 1)][1],
    ),
    "no key": (400, lambda: post("/jobs", rehearsal(), **{"idempotency-key": '"'})),
    "no JSON": (400, lambda: Exchange("POST", "/jobs", JSON, b"{")),
    "no body": (400, lambda: Exchange("POST", "/jobs", JSON)),
    "too large": (413, lambda: Exchange("POST", "/jobs", JSON, b" " * 1_047_553)),
    "no JSON type": (415, lambda: Exchange("POST", "/jobs", {"content-type": "text/plain"}, b"{}")),
    "no job": (422, lambda: post("/jobs", {})),
    # GET /jobs/{id}
    "scheduled": (200, lambda: Exchange("GET", scheduled())),
    "running": (200, lambda: Exchange("GET", running())),
    "succeeded": (200, lambda: Exchange("GET", finished())),
    "failed": (200, lambda: Exchange("GET", finished("failure"))),
    "canceled": (200, lambda: Exchange("GET", canceled())),
    "succeeded, HEAD": (200, lambda: Exchange("HEAD", finished())),
    "waited for, GET": (200, lambda: Exchange("GET", finished(), {"prefer": "wait=5"})),
    "known": (304, lambda: known(finished())),
    "known, unfinished": (304, lambda: known(scheduled())),
    "deleted": (410, lambda: Exchange("GET", deleted())),
    "deleted, HEAD": (410, lambda: Exchange("HEAD", deleted())),
    "never issued": (404, lambda: Exchange("GET", "/jobs/6f1d2c3b-4a59-8e07-9b1c-2d3e4f506172")),
    "wrong method": (405, lambda: Exchange("PUT", finished(), JSON, b"{}")),
    "succeeded, Atom": (201, lambda: Exchange("GET", finished(), ATOM)),
    "scheduled, Atom": (200, lambda: Exchange("GET", scheduled(), ATOM)),
    "failed, Atom": (410, lambda: Exchange("GET", finished("failure"), ATOM)),
    "accepted, Atom": (202, lambda: post("/jobs", rehearsal(seconds=0), **ATOM)),
    "scheduled, page": (200, lambda: Exchange("GET", scheduled(), PAGE)),
    "succeeded, page": (200, lambda: Exchange("GET", finished(), PAGE)),
    "succeeded, page, HEAD": (200, lambda: Exchange("HEAD", finished(), PAGE)),
    "deleted, page": (410, lambda: Exchange("GET", deleted(), PAGE)),
    "no such form": (406, lambda: Exchange("GET", finished(), {"accept": "image/png"})),
    "no such form of a submit": (406, lambda: post("/jobs", rehearsal(), accept="image/png")),
    # GET /jobs/{id}/result
    "result": (200, lambda: Exchange("GET", f"{finished()}/result")),
    "result, HEAD": (200, lambda: Exchange("HEAD", f"{finished()}/result")),
    "result, known": (304, lambda: known(f"{finished()}/result")),
    "no result yet": (404, lambda: Exchange("GET", f"{scheduled()}/result")),
    "no result: failed": (410, lambda: Exchange("GET", f"{finished('failure')}/result")),
    "no result: canceled": (410, lambda: Exchange("GET", f"{canceled()}/result")),
    # POST /jobs/{id}/cancel, DELETE /jobs/{id}
    "cancel": (200, lambda: post(f"{scheduled()}/cancel", {})),
    "cancel, running": (202, cancel_running),
    "cancel, finished": (409, lambda: post(f"{finished()}/cancel", {})),
    "cancel, deleted": (410, lambda: post(f"{deleted()}/cancel", {})),
    "cancel, GET": (405, lambda: Exchange("GET", f"{scheduled()}/cancel")),
    "delete": (204, lambda: Exchange("DELETE", finished())),
    "delete, unfinished": (409, lambda: Exchange("DELETE", scheduled())),
    "delete, deleted": (410, lambda: Exchange("DELETE", deleted())),
    # GET /jobs and the other resources
    "list": (200, lambda: Exchange("GET", "/jobs?limit=2")),
    "list, Atom": (200, lambda: Exchange("GET", "/jobs?limit=2", {"accept": "application/atom+xml"})),
    "list, page": (200, lambda: Exchange("GET", "/jobs?limit=2", PAGE)),
    "list, known": (304, lambda: known("/jobs?limit=2")),
    "list, HEAD": (200, lambda: Exchange("HEAD", "/jobs?limit=2")),
    "list, bad query": (400, lambda: Exchange("GET", "/jobs?limit=0")),
    "list, wrong method": (405, lambda: Exchange("DELETE", "/jobs")),
    "home": (200, lambda: Exchange("GET", "/")),
    "home, HEAD": (200, lambda: Exchange("HEAD", "/")),
    "home, known": (304, lambda: known("/")),
    "problem type": (200, lambda: Exchange("GET", "/problems/job-expired")),
    "no route": (404, lambda: Exchange("GET", "/nothing")),
}


@pytest.mark.parametrize("kind", EXCHANGES)
def test_the_exchange_is_as_the_standards_have_it(kind):
    status, exchange = EXCHANGES[kind]

    exchange = exchange()

    assert exchange.status == status, exchange.body
    for note in exchange.notes():
        is_meant_so = EXCEPTIONS.get(type(note).__name__, lambda exchange, note: False)
        assert is_meant_so(exchange, note), (note.summary, note.vars, exchange.headers)


def test_httplint_looks_at_all_of_it():
    """A 202 has what no other status code may have, and it is seen."""
    notes = EXCHANGES["accepted"][1]().notes()

    assert [type(note).__name__ for note in notes] == ["LOCATION_UNDEFINED"]
