"""Adds the example of functions/jobs/README.md to a copy of the project, as its reader would: `adopt.py COPY`.

Only the files that the README names are touched, so that what passes in the copy passes for a team that does the same.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
README = "functions/jobs/README.md"


def copy_project(copy):
    """The files that git knows or would take, as they are."""
    shutil.rmtree(copy, ignore_errors=True)
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=PROJECT, capture_output=True, check=True, text=True).stdout
    for name in filter(lambda name: name and (PROJECT / name).exists(), listed.split("\0")):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(PROJECT / name, copy / name)


def blocks():
    """The code blocks of the example, each with its language."""
    (chapter,) = re.findall(r"^## An example with all of these$(.*?)^## ", (PROJECT / README).read_text(), re.M | re.S)
    return re.findall(r"^```(\w+)\n(.*?)^```$", chapter, re.M | re.S)


def insert(path, below, text):
    """Adds text below the only line that begins like this."""
    lines = path.read_text().splitlines(keepends=True)
    (place,) = (number for number, line in enumerate(lines) if line.strip().startswith(below))
    lines.insert(place + 1, text)
    path.write_text("".join(lines))


def adopt(copy):
    of = {}
    for language, block in blocks():
        of.setdefault(language, []).append(block)
    (kind,) = of["rs"]
    dependencies, for_tests = of["toml"]
    variables, resources = of["yaml"]
    jobs = copy / "functions/jobs"
    (jobs / "src/archive.rs").write_text(kind)
    insert(jobs / "src/lib.rs", "//! The job kinds", "\nmod archive;\n")
    insert(jobs / "src/lib.rs", "kinds.add::<csv_profile", "    kinds.add::<archive::Archive>();\n")
    insert(jobs / "Cargo.toml", "[dependencies]", dependencies)
    insert(jobs / "Cargo.toml", "[dev-dependencies]", for_tests)
    insert(copy / "template.yaml", "# Yours", variables)
    insert(copy / "template.yaml", "# ---- Yours", resources)


if __name__ == "__main__":
    copy = Path(sys.argv[1]).resolve()
    copy_project(copy)
    adopt(copy)
