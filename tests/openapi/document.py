"""Is the document valid OpenAPI 3.1, and is each of its examples an instance of its schema?

    python tests/openapi/document.py http://127.0.0.1:3000
"""

import json
import sys
import urllib.request

from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

DOCUMENT = "urn:openapi"


def examples(node, path=()):
    """Every example beside a schema (in a media type) or in one, with that schema: path, schema, value."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from examples(item, (*path, index))
    if not isinstance(node, dict):
        return
    named = node.get("examples")
    if isinstance(named, dict) and "schema" in node:
        for name, example in named.items():
            yield (*path, name), node["schema"], example["value"]
    if isinstance(named, list):
        for index, value in enumerate(named):
            yield (*path, index), node, value
    for name, member in node.items():
        # What an example says is data and no part of the document.
        if name != "examples":
            yield from examples(member, (*path, name))


def absolute(node):
    """The schema with references that lead into the document from wherever it is looked at."""
    if isinstance(node, list):
        return [absolute(item) for item in node]
    if isinstance(node, dict):
        return {
            name: DOCUMENT + member if name == "$ref" else absolute(member)
            for name, member in node.items()
        }
    return node


def main(url):
    with urllib.request.urlopen(f"{url}/openapi.json") as answer:
        document = json.load(answer)
    OpenAPIV31SpecValidator(document).validate()
    registry = Registry().with_resource(
        DOCUMENT, Resource.from_contents(document, default_specification=DRAFT202012)
    )
    seen = 0
    for path, schema, value in examples(document):
        validator = Draft202012Validator(
            absolute(schema), registry=registry, format_checker=FormatChecker()
        )
        for error in validator.iter_errors(value):
            sys.exit(f"{'/'.join(map(str, path))}: {error.message} at {error.json_path}")
        seen += 1
    # One for each problem at least: fewer would mean that they were not found.
    if seen < 30:
        sys.exit(f"only {seen} examples were found")
    print(f"valid OpenAPI {document['openapi']}, and so are its {seen} examples")


if __name__ == "__main__":
    main(sys.argv[1])
