"""The example of the Rust client, as its README shows it, against the running service."""

import os
import re
import subprocess

from service import URL
from test_closed import PROGRAMS


def test_the_example_submits_waits_and_lists():
    example = subprocess.run([PROGRAMS / "examples" / "jobs"], env=os.environ | {"ACCEPTED_URL": URL}, capture_output=True, text=True, timeout=60)

    assert example.returncode == 0, example.stderr
    assert re.findall(r": (\d+) rows", example.stdout) == ["1", "2"]
