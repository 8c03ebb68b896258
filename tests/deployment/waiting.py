"""Ports of this machine."""

import socket
import time

PATIENCE_S = 60


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for_port(port, process):
    """Waits until the process listens there."""
    asked = time.monotonic()
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except ConnectionRefusedError:
            assert process.poll() is None, "it ended before it listened"
            assert time.monotonic() - asked < PATIENCE_S, "it does not listen"
            time.sleep(0.05)
