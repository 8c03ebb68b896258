"""The template as CloudFormation gets it, judged: `policy.py CHECKOV`.

No policy allows more than necessary, and checkov finds nothing but what policy.txt explains. Findings in a team's own resources are
printed and do not fail.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

FOLDER = Path(__file__).resolve().parents[2]
TEMPLATE = (FOLDER / "template.yaml").read_text()
EXPLAINED = Path(__file__).with_name("policy.txt")
# What AWS lets nobody name a resource for (the service authorization reference says so).
WITHOUT_RESOURCE = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}


class NoManagedPolicies:
    def load(self):
        return {}


def expanded():
    """The template without SAM's resources."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    template = yaml_parse(TEMPLATE)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://a-bucket/an-archive"
    return transform(template, {}, NoManagedPolicies())


def listed(value):
    return value if isinstance(value, list) else [value]


def statements(template):
    yours = of_the_team()
    for name, resource in template["Resources"].items():
        if name in yours:
            continue
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::Role":
            assert not properties.get("ManagedPolicyArns"), f"{name} has policies that others write"
            for policy in properties["Policies"]:
                for statement in listed(policy["PolicyDocument"]["Statement"]):
                    # What is there under a condition is judged as if it held.
                    yield name, statement["Fn::If"][1] if "Fn::If" in statement else statement


def too_wide(name, statement):
    """What is wrong with a statement of a role's policy."""
    actions, resources = listed(statement["Action"]), listed(statement["Resource"])
    for action in actions:
        if "*" in action:
            yield f"{name} may do {action}"
    if "*" in resources and not set(actions) <= WITHOUT_RESOURCE:
        yield f"{name} may do {actions} to everything"
    if {"NotAction", "NotResource", "NotPrincipal"} & statement.keys():
        yield f"{name} may do all but something: {statement}"


def invoked_by_anybody(template):
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Lambda::Permission" and "SourceArn" not in resource["Properties"]:
            yield f"{name} lets every API of every account in"


def without_conditions(template):
    """The template with every resource that there can be: checkov leaves out what the parameters' defaults leave out."""
    resources = {
        name: {member: value for member, value in resource.items() if member != "Condition"}
        for name, resource in template["Resources"].items()
    }
    return {**template, "Resources": resources}


def found_by_checkov(checkov, template):
    """The checks that fail, and where."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "template.json"
        file.write_text(json.dumps(template, indent=1))
        command = [Path(checkov).absolute(), "--file", file, "--framework", "cloudformation", "--skip-download", "--output", "json"]
        printed = subprocess.run(command, capture_output=True, text=True, cwd=folder).stdout
    results = json.loads(printed)["results"]
    assert results["passed_checks"] and not results["parsing_errors"], printed
    return {f"{failed['check_id']} {failed['resource'].rsplit('.', 1)[1]}" for failed in results["failed_checks"]}


def explained():
    """The checks that may fail: `CHECK RESOURCES: reason`, a line each."""
    for line in EXPLAINED.read_text().splitlines():
        if line and not line.startswith("#"):
            what, reason = line.split(": ", 1)
            check, resources = what.split(" ", 1)
            assert reason, line
            yield from (f"{check} {resource}" for resource in resources.split(" "))


def of_the_team():
    """The resources in the part of the template that is a team's own."""
    part = re.search(r"^  # ---- Yours.*?^\w", TEMPLATE, re.MULTILINE | re.DOTALL)
    assert part, "template.yaml has no part for a team's own resources"
    return set(re.findall(r"^  (\w+):", part[0], re.MULTILINE))


def unread_variables():
    """The variables of a team's own kinds that their code does not mention."""
    text = TEMPLATE.split("\n          # Yours", 1)[1]
    given = yaml_parse(TEMPLATE)["Resources"]["WorkerFunction"]["Properties"]["Environment"]["Variables"]
    code = "".join(file.read_text() for file in (FOLDER / "functions/jobs/src").rglob("*.rs"))
    return [name for name in given if f"\n          {name}:" in text and name not in code]


def main(checkov):
    for name in unread_variables():
        print(f"warning: the worker gets {name}, which no kind reads")
    template = expanded()
    wrong = [sentence for name, statement in statements(template) for sentence in too_wide(name, statement)]
    wrong += invoked_by_anybody(template)
    found, known = found_by_checkov(checkov, without_conditions(template)), set(explained())
    yours = of_the_team()
    for failure in sorted(found - known):
        if failure.split(" ", 1)[1] in yours:
            print(f"checkov, of your own resources: {failure}")
        else:
            wrong.append(f"checkov: {failure} (policy.txt does not explain it)")
    wrong += [f"checkov: {failure} is explained and does not fail" for failure in sorted(known - found)]
    print("\n".join(wrong) or f"{len(list(statements(template)))} statements and {len(known)} explanations are as they should be")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
