"""The README's two terminals: `cargo lambda watch` runs the functions, `local backends` the rest: `watch.py LOCAL`.

Then `cargo lambda invoke` with every file of events/.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import acceptance
from http_api import Api
from waiting import free_port, wait_for_port

FOLDER = Path(__file__).resolve().parents[2]
FUNCTIONS = {"submit": ("submit", "cancel", "delete"), "status": ("status", "result"), "worker": ("worker",)}
# All three are built before the first one answers.
BUILDING_S = 1200


def function_of(event):
    (function,) = (name for name, verbs in FUNCTIONS.items() if event.stem.startswith(verbs))
    return function


def start(*command, log):
    return subprocess.Popen(command, cwd=FOLDER, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)


def stop(process):
    os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def build():
    """As `cargo lambda watch` does with each function's first request: it would keep that one waiting."""
    for function in FUNCTIONS:
        subprocess.run(["cargo", "build", "--locked", "--bin", function], cwd=FOLDER, check=True, timeout=BUILDING_S)


def invoke_with_every_event(port):
    for event in sorted((FOLDER / "events").glob("*.json")):
        address = ("--invoke-address", "127.0.0.1", "--invoke-port", str(port))
        command = ("cargo", "lambda", "invoke", function_of(event), "--data-file", event, *address)
        done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True)
        assert done.returncode == 0, (event.name, done.stdout, done.stderr)
        expected = "batchItemFailures" if event.stem.startswith("worker") else "statusCode"
        assert expected in done.stdout, (event.name, done.stdout)
        print(f"   {event.name}: {done.stdout[:60]}")


def main(local):
    build()
    port = free_port()
    url = f"http://localhost:{port}"
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        variables = f"{folder}/watch.env"
        backends = start(local, "backends", "--functions", url, "--env-file", variables, "--retention", "20", log=log)
        watch = None
        try:
            while not Path(variables).exists():
                assert backends.poll() is None, "the back ends ended"
                time.sleep(0.1)
            options = ("--invoke-address", "127.0.0.1", "--invoke-port", str(port), "--env-file", variables)
            watch = start("cargo", "lambda", "watch", "--ignore-changes", "--concurrency", "4", *options, log=log)
            wait_for_port(port, watch)
            passed = acceptance.run(Api(url))
            if passed:
                invoke_with_every_event(port)
        finally:
            for process in filter(None, (watch, backends)):
                stop(process)
            log.seek(0)
            shown = log.read()
        if not passed:
            print(shown[-20000:])
    return not passed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
