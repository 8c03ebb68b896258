"""The program of the Rust client, and the example of its README, against the running service."""

import json
import os
import re
import subprocess
from datetime import UTC, datetime, timedelta

from service import URL
from test_closed import PROGRAMS


def run(program, *arguments, stdin=""):
    line = [PROGRAMS / program, *arguments]
    return subprocess.run(line, env=os.environ | {"ACCEPTED_URL": URL}, input=stdin, capture_output=True, text=True, timeout=60)


def test_the_example_submits_waits_and_lists():
    example = run("examples/jobs")

    assert example.returncode == 0, example.stderr
    assert re.findall(r": (\d+) rows", example.stdout) == ["1", "2"]


def test_each_line_is_a_job_and_the_same_lines_under_their_key_are_the_same_jobs():
    lines = [json.dumps({"seconds": 0})] * 120
    each = ["submit", "rehearsal", "--each", "-", "--key", os.urandom(8).hex()]

    first = run("accepted", *each, stdin="\n".join(lines))
    again = run("accepted", *each, stdin="\n".join([*lines, '{"seconds": "x"}']))

    assert first.returncode == 0, first.stderr
    assert len(set(first.stdout.split())) == 120
    assert (again.returncode, again.stdout) == (2, first.stdout)
    assert "line 121: " in again.stderr and "/input/seconds: " in again.stderr


def test_all_jobs_of_a_kind_and_a_state_are_canceled():
    user = ["--user", "test-accepted"]
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    job = run("accepted", "submit", "rehearsal", "{}", "--at", tomorrow, *user).stdout.strip().rsplit("/", 1)[1]
    cancel = ["cancel", "--all", "--status", "SCHEDULED", "--kind", "rehearsal", *user]

    listed = run("accepted", *cancel, "--dry-run")
    canceled = run("accepted", *cancel, "--yes")

    assert job in listed.stdout
    assert canceled.stdout == f"{job}  canceled\n"
