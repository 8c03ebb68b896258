"""Is every Atom document of the service valid, in every state of a job?

SERVICE_URL is a running service with a short retention. Needs jing, a validator for RELAX NG. Beside the grammar of RFC 4287
(appendix B) this checks what the grammar leaves to Schematron and to prose.
"""

import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import xml.etree.ElementTree as xml
from datetime import datetime, timedelta, timezone

SERVICE = os.environ["SERVICE_URL"]
GRAMMAR = pathlib.Path(__file__).with_name("rfc4287.rnc")
ATOM = "{http://www.w3.org/2005/Atom}"
ENTRY, FEED = "application/atom+xml;type=entry", "application/atom+xml;type=feed"
PATIENCE_SECONDS = 60


class Client:
    """Somebody who asks for Atom, and keeps every document that comes."""

    def __init__(self, name: str, folder: pathlib.Path) -> None:
        credentials = base64.b64encode(f"{name}:".encode()).decode()
        self.headers = {"accept": "application/atom+xml", "authorization": f"Basic {credentials}"}
        self.folder = folder
        self.jobs: dict[str, list[tuple[int, xml.Element]]] = {}

    def send(self, method: str, path: str, body: object = None) -> tuple[int, dict, xml.Element]:
        data = None if body is None else json.dumps(body).encode()
        headers = self.headers | ({} if body is None else {"content-type": "application/json"})
        url = path if path.startswith("http") else SERVICE + path
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            response = urllib.request.urlopen(request, timeout=PATIENCE_SECONDS)
        except urllib.error.HTTPError as error:
            response = error
        status, headers, text = response.status, {k.lower(): v for k, v in response.headers.items()}, response.read()
        kind = headers["content-type"]
        assert kind in (ENTRY, FEED), f"{method} {path}: {status} {kind} {text!r}"
        number = len(list(self.folder.iterdir()))
        (self.folder / f"{number:04}-{status}.xml").write_bytes(text)
        document = xml.fromstring(text)
        assert document.tag == ATOM + ("entry" if kind == ENTRY else "feed")
        return status, headers, document

    def submit(self, **job: object) -> str:
        status, headers, entry = self.send("POST", "/jobs", {"name": "rehearsal", **job})
        assert status == 202, status
        self.jobs[headers["location"]] = [(status, entry)]
        return headers["location"]

    def look(self, uri: str) -> int:
        status, headers, entry = self.send("GET", uri)
        assert status in (200, 201, 410), status
        assert ("location" in headers) == (status == 201), headers
        assert ("retry-after" in headers) == (status == 200), headers
        self.jobs[uri].append((status, entry))
        return status

    def look_until(self, uri: str, wanted) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not wanted(self.look(uri), self.jobs[uri][-1][1]):
            assert time.monotonic() < deadline, f"waited too long for {uri}"
            time.sleep(0.1)


def text(parent: xml.Element, name: str) -> str:
    return parent.findtext(ATOM + name) or ""


def terms(entry: xml.Element) -> list[str]:
    return [category.get("term") for category in entry.findall(ATOM + "category")]


def live_through_everything(client: Client) -> None:
    later = (datetime.now(timezone.utc) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert not client.send("GET", "/jobs")[2].findall(ATOM + "entry"), "the list begins empty"
    waiting = client.submit(input={}, **{"scheduled-start-time": later})
    odd = client.submit(input={"seconds": 2, "steps": 4}, summary="]]> <![CDATA[ &amp; \"'\t\r\n \U0001f980 \u0085\u2028")
    failing = client.submit(input={"seconds": 1, "outcome": "failure"})
    retried = client.submit(input={"seconds": 0, "outcome": "retry-then-success"})
    stopped = client.submit(input={"seconds": 60})
    client.look(waiting)
    client.look_until(stopped, lambda _, entry: "STARTED" in terms(entry))
    assert client.send("POST", f"{stopped}/cancel")[0] == 202
    assert client.send("POST", f"{waiting}/cancel")[0] == 200
    for uri in (odd, retried):
        client.look_until(uri, lambda status, _: status == 201)
    for uri in (failing, stopped, waiting):
        client.look_until(uri, lambda status, _: status == 410)
    page = "/jobs?limit=2"
    while page:
        feed = client.send("GET", page)[2]
        links = {link.get("rel"): link.get("href") for link in feed.findall(ATOM + "link")}
        page = links.get("next")
    client.look_until(odd, lambda status, entry: status == 410 and text(entry, "title").endswith("gone"))


def check_history(uri: str, history: list[tuple[int, xml.Element]]) -> None:
    """The entry of a job is the same entry all its life, and gets newer."""
    assert len({text(entry, "id") for _, entry in history}) == 1, uri
    assert len({text(entry, "published") for _, entry in history}) == 1, uri
    updated = [datetime.fromisoformat(text(entry, "updated")) for _, entry in history]
    assert updated == sorted(updated), f"updated falls: {uri}"
    statuses = [status for status, _ in history]
    assert statuses == sorted(statuses, key=[202, 200, 201, 410].index), statuses


def check_rules(document: xml.Element, name: str) -> None:
    """What the grammar does not say (sections 4.1.1 to 4.1.3, 4.2.7), for each entry of the document."""
    entries = [document] if document.tag == ATOM + "entry" else document.findall(ATOM + "entry")
    for entry in entries:
        assert entry.find(ATOM + "author") is not None or document.find(ATOM + "author") is not None, name
        content = entry.find(ATOM + "content")
        links = entry.findall(ATOM + "link")
        alternates = [link.get("type") for link in links if link.get("rel", "alternate") == "alternate"]
        assert alternates or content is not None, name
        assert len(alternates) == len(set(alternates)), name
        if content is not None and content.get("src"):
            assert text(entry, "summary"), f"{name}: content elsewhere needs a summary"
    versions = [(text(entry, "id"), text(entry, "updated")) for entry in entries]
    assert len(versions) == len(set(versions)), name


def validate(files: list[pathlib.Path]) -> subprocess.CompletedProcess:
    return subprocess.run(["jing", "-c", GRAMMAR, *files], stdout=subprocess.PIPE, text=True, check=False)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        clients = [Client(name, folder) for name in ("alice", "<b&b> \"'é]]>")]
        for client in clients:
            live_through_everything(client)
            for uri, history in client.jobs.items():
                check_history(uri, history)
        files = sorted(folder.iterdir())
        for file in files:
            check_rules(xml.parse(file).getroot(), file.name)
        # The validator is there, and refuses a document that is not Atom.
        wrong = folder / "wrong.xml"
        wrong.write_text(files[0].read_text().replace("<title>", "<heading>").replace("</title>", "</heading>"))
        assert validate([wrong]).returncode == 1, "jing accepts a document that is not Atom"
        result = validate(files)
        print(result.stdout, end="")
        if result.returncode:
            sys.exit(f"not all of {len(files)} documents are valid")
        print(f"{len(files)} documents are valid")


if __name__ == "__main__":
    main()
