"""The README's two terminals: `local backends` in one, `cargo lambda watch` in the other: `watch.py LOCAL`.

The checks of acceptance.py through cargo-lambda's port, then `cargo lambda invoke` with every file of events/.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import acceptance
from http_api import Api
from waiting import free_port, wait_for_port

FOLDER = Path(__file__).resolve().parents[2]
FUNCTIONS = {"submit": ("submit", "cancel", "delete", "upload"), "status": ("status", "result"), "worker": ("worker",)}
# All three, on a machine that has other things to do.
BUILDING_S = 3600
STARTING_S = 120
# Long enough for the checks before the one that waits for its end.
RETENTION_S = 60


def build():
    """As `cargo lambda watch` does at each function's first request, which would be kept waiting."""
    names = [argument for function in FUNCTIONS for argument in ("--bin", function)]
    subprocess.run(["cargo", "build", "--locked", *names], cwd=FOLDER, check=True, timeout=BUILDING_S)


@contextmanager
def running(*command, log):
    """A command in a group of its own, and interrupted as by Ctrl-C, with all that it started."""
    process = subprocess.Popen(command, cwd=FOLDER, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for_file(path, process):
    asked = time.monotonic()
    while not path.exists():
        assert process.poll() is None, "the back ends ended"
        assert time.monotonic() - asked < STARTING_S, f"nobody writes {path}"
        time.sleep(0.1)


def is_expected(event, answer):
    """Of jobs that these back ends never had, `status` and `submit` know nothing; the batch is for nobody."""
    if event.startswith("worker"):
        return "batchItemFailures" in answer
    if event.startswith("upload"):
        return answer["statusCode"] == 201
    return answer["statusCode"] == (202 if event.startswith("submit") else 404)


def invoke_with_every_event(port):
    for event in sorted((FOLDER / "events").glob("*.json")):
        (function,) = (name for name, verbs in FUNCTIONS.items() if event.stem.startswith(verbs))
        address = ("--invoke-address", "127.0.0.1", "--invoke-port", str(port))
        command = ("cargo", "lambda", "invoke", function, "--data-file", event, *address)
        done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=STARTING_S)
        assert done.returncode == 0, (event.name, done.stdout, done.stderr)
        answer = json.loads(done.stdout)
        assert is_expected(event.stem, answer), (event.name, answer)
        print(f"cargo lambda invoke {function} --data-file events/{event.name}: {done.stdout[:60]}")


def check(local, port, folder, log):
    url = f"http://localhost:{port}"
    variables = Path(folder, "watch.env")
    options = ("--functions", url, "--env-file", variables, "--retention", str(RETENTION_S))
    with running(local, "backends", *options, log=log) as backends:
        wait_for_file(variables, backends)
        options = ("--invoke-address", "127.0.0.1", "--invoke-port", str(port), "--env-file", variables)
        with running("cargo", "lambda", "watch", *options, log=log) as watch:
            wait_for_port(port, watch)
            passed = acceptance.run(Api(url))
            invoke_with_every_event(port)
    return passed


def main(local):
    build()
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        passed = False
        try:
            passed = check(Path(local).resolve(), free_port(), folder, log)
        finally:
            if not passed:
                log.seek(0)
                print(log.read()[-20000:])
    return not passed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
