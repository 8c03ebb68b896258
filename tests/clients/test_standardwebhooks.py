"""The Python library of Standard Webhooks verifies what the service signs (`webhook.json`), in the receiver that the README shows."""

import http.client
import json
import sys
import threading
from datetime import datetime, timedelta
from http.server import HTTPServer
from pathlib import Path

import pytest
import standardwebhooks.webhooks as library

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "receivers"))
from receiver import Receiver  # noqa: E402

RECORDED = json.loads((HERE / "webhook.json").read_text())


@pytest.fixture
def deliver(monkeypatch):
    """Posts a delivery to the receiver, by this secret and so long after it was signed, and returns its status."""
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def post(headers, body, secret, after=timedelta()):
        class Clock(datetime):
            @classmethod
            def now(cls, tz=None):
                return cls.fromtimestamp(int(RECORDED["headers"]["webhook-timestamp"]), tz) + after

        monkeypatch.setattr(library, "datetime", Clock)
        monkeypatch.setenv("WEBHOOK_SECRET", secret)
        connection = http.client.HTTPConnection(*server.server_address, timeout=10)
        connection.request("POST", "/", body.encode(), headers)
        return connection.getresponse().status

    yield post
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("secret", RECORDED["secrets"])
def test_a_delivery_is_verified_by_each_of_the_secrets(deliver, capfd, secret):
    assert deliver(RECORDED["headers"], RECORDED["body"], secret) == 204
    assert capfd.readouterr().out == f"{RECORDED['headers']['webhook-id']} job.completed\n"


def test_what_somebody_altered_or_repeats_is_refused(deliver, capfd):
    headers, body, secret = RECORDED["headers"], RECORDED["body"], RECORDED["secrets"][0]
    assert deliver(headers, body + " ", secret) == 401
    assert deliver({**headers, "webhook-id": "msg_1"}, body, secret) == 401
    assert deliver({**headers, "webhook-timestamp": "1767264646"}, body, secret) == 401
    assert deliver({**headers, "webhook-signature": "v1,AAAA"}, body, secret) == 401
    assert deliver({}, body, secret) == 401
    assert deliver(headers, body, "whsec_" + "A" * 43 + "=") == 401
    assert deliver(headers, body, secret, after=timedelta(minutes=6)) == 401
    assert capfd.readouterr().out == ""
