"""The template with the recipe of functions/README.md for a recurring job: `recipe.py FILE` writes it to FILE."""

import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2]


def main(file):
    readme = (FOLDER / "functions/README.md").read_text()
    section = readme.split("\n## Recurring jobs\n", 1)[1]
    recipe = section.split("\n```yaml\n", 1)[1].split("\n```\n", 1)[0]
    before, behind = (FOLDER / "template.yaml").read_text().split("\nOutputs:\n", 1)
    Path(file).parent.mkdir(exist_ok=True)
    Path(file).write_text(f"{before}\n{recipe}\n\nOutputs:\n{behind}")


if __name__ == "__main__":
    main(sys.argv[1])
